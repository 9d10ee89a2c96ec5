"""The brand that all forms have."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.accounts import security_log
from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest, form_page, is_act
from crm.accounts.models import Role
from crm.accounts.security_events import Kind
from crm.traits import Trait, declares, takes_text
from leads.forms.brand_form import InstallationForm, text_labels
from leads.repository import brand
from leads.repository.brand import StaleBrandError, Stored
from leads.repository.forms import FormTooLargeError
from leads.web.form_sizes import too_large_text
from leads.web.responses import page

TEMPLATE = "forms/brand.html"


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def form_brand(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Change the brand that all forms have; 422 with errors, 409 if it was changed meanwhile."""
    now = brand.read()
    form = InstallationForm(brand=now.brand, initial={"seen": now.version})
    if request.method == "POST":
        form = InstallationForm(request.POST, request.FILES, brand=now.brand, initial={})
    if not is_act(request) or not form.is_valid():
        return form_page(request, TEMPLATE, {"form": form})
    try:
        with security_log.recording(Kind.SETTINGS_CHANGED) as event:
            brand.save(
                form.brand,
                seen=form.cleaned_data["seen"],
                logo=form.new_logo,
                beside=[event],
            )
    except StaleBrandError as stale:
        return _conflict(request, stale.now)
    except FormTooLargeError as large:
        form.add_error(None, too_large_text(large))
        return form_page(request, TEMPLATE, {"form": form})
    messages.success(request, _("The brand was saved, and all forms have it within half a minute."))
    return redirect("form_brand")


def _conflict(request: AuthenticatedHttpRequest, now: Stored) -> HttpResponse:
    """Show what was typed, to be saved in the place of what another admin did."""
    posted = request.POST.copy()
    posted["seen"] = str(now.version)
    form = InstallationForm(posted, request.FILES, brand=now.brand, initial={})
    context = {"form": form, "is_stale": True}
    return page(request, TEMPLATE, context, status=HTTPStatus.CONFLICT)
