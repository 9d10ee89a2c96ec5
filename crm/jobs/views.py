"""Jobs that failed for good: the list, and trying one again."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from crm import zones
from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from crm.dynamodb.cursor import InvalidCursorError
from crm.jobs import store, thread
from crm.jobs.models import key_at


@cache_control(private=True, no_cache=True)
@require_safe
@require_role(Role.ADMIN)
def failed_jobs(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the jobs that failed for good, the last ones first.

    A cursor that is not of this list raises ``InvalidCursorError``.
    """
    cursor = request.GET.get("cursor", "")
    page = store.failed(cursor)
    context = {
        "jobs": page.jobs,
        "newest_url": request.path if cursor else "",
        "older_url": f"{request.path}?{urlencode({'cursor': page.older})}" if page.older else "",
        "zone": zones.label(),
    }
    return render(request, "jobs/list.html", context)


@require_POST
@require_role(Role.ADMIN)
def try_again(request: AuthenticatedHttpRequest, address: str) -> HttpResponse:
    """Let a job that failed for good be due now; 404 if it has not, or somebody else did."""
    try:
        store.try_again(key_at(address))
    except (InvalidCursorError, store.JobNotFoundError) as error:
        raise Http404("It is tried again already, or was done.") from error
    thread.wake()
    messages.success(request, _("It is tried again now."))
    return redirect("job_list")
