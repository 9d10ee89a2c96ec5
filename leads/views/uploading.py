"""The way in for a file of leads, and the imports so far."""

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from crm.accounts.access import requires
from crm.accounts.http import AuthenticatedHttpRequest, form_page
from crm.accounts.models import Role
from leads.importing import staging
from leads.imports.files.read import UnreadableFileError
from leads.models import timestamp
from leads.uploads import TOO_LARGE, LimitHandler, UploadForm
from leads.views.imports import summary
from leads.web.requests import actor


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Role.SALES)
def import_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Take a file, or show the form for one; 422 with the reason if it cannot be read."""
    # Checking the CSRF token reads the upload: the limit has to be there before.
    request.upload_handlers.insert(0, LimitHandler(request))
    return _import_list(request)


@csrf_protect
def _import_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, UploadForm())
    files = request.FILES
    form = UploadForm(request.POST, files, is_too_large=TOO_LARGE in request.META)
    if not form.is_valid():
        return _page(request, form)
    file = form.cleaned_data["file"]
    began = timestamp(datetime.now(UTC))
    try:
        run = staging.stage(
            file.name,
            file.file,
            actor(request),
            delimiter=form.cleaned_data["delimiter"] or None,
            encoding=form.cleaned_data["encoding"] or None,
        )
    except UnreadableFileError as error:
        form.add_error("file", str(error))
        return _page(request, form)
    if run.staged_at < began:
        known = "This file was uploaded before: here is how far its import has come."
        messages.info(request, known)
    return redirect("lead_import_run", run.import_id)


def _page(request: AuthenticatedHttpRequest, form: UploadForm) -> HttpResponse:
    imports = [summary(run) for run in staging.recent()]
    return form_page(request, "leads/import_list.html", {"form": form, "imports": imports})
