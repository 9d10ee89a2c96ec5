"""Each person's own account: what they set for themselves."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.accounts.access import require_role
from crm.accounts.errors import StaleUserError
from crm.accounts.http import AuthenticatedHttpRequest, form_page, is_act
from crm.accounts.models import Role, User
from crm.accounts.own_form import OwnAccountForm, text_labels
from crm.traits import Trait, declares, takes_text

TEMPLATE = "accounts/own_account.html"


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.VIEWER)
def own_account(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Change what somebody sets for themselves; 409 if the account has changed meanwhile."""
    form = OwnAccountForm(request.POST if request.method == "POST" else None, user=request.user)
    if not is_act(request) or not form.is_valid():
        return form_page(request, TEMPLATE, {"form": form})
    for name, value in form.cleaned_data.items():
        setattr(request.user, name, value)
    try:
        request.user.save(own=True)
    except StaleUserError:
        return _stale_page(request, form)
    messages.success(request, _("Your account was changed."))
    return redirect("own_account")


def _stale_page(request: AuthenticatedHttpRequest, posted: OwnAccountForm) -> HttpResponse:
    user = User.objects.find(request.user.id)
    if user is None:
        message = "There is no such account."
        raise Http404(message)
    # What was posted is not what the page says of who is signed in.
    request.user = user
    text = _("Your account has changed meanwhile. It is shown as it is now.")
    messages.error(request, text)
    form = OwnAccountForm(user=user, posted=posted)
    context = {"form": form, "is_stale": True}
    return render(request, TEMPLATE, context, status=HTTPStatus.CONFLICT)
