"""What admins set for the desk."""

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
from leads.desk_settings.by_source import by_source
from leads.desk_settings.forms import DeskSettingsForm, text_labels
from leads.repository import desk_settings as store
from leads.repository.desk_settings import StaleSettingsError
from leads.web.requests import posted_version
from leads.web.responses import page

TEMPLATE = "desk_settings/edit.html"


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def desk_settings(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Change reasons and limits; 422 with errors, 409 if another admin was quicker."""
    now = store.read()
    form = DeskSettingsForm(request.POST if request.method == "POST" else None, now=now)
    if not is_act(request) or not form.is_valid():
        return form_page(request, TEMPLATE, {"form": form, "by_source": by_source()})
    if form.settings == now:
        messages.info(request, _("Nothing was changed in the settings."))
        return redirect("desk_settings")
    try:
        with security_log.recording(Kind.SETTINGS_CHANGED) as event:
            store.save(form.settings, events=[event])
    except StaleSettingsError as stale:
        fresh = DeskSettingsForm(now=stale.now, typed=form.touched_fields())
        context = {"form": fresh, "is_stale": True, "by_source": by_source()}
        return page(request, TEMPLATE, context, status=HTTPStatus.CONFLICT)
    messages.success(request, _("The settings were changed."))
    return redirect("desk_settings")


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def desk_settings_reset(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Ask, then go back to the defaults; 409 if another admin changed something meanwhile."""
    template = "desk_settings/reset.html"
    if request.method != "POST":
        return page(request, template, {"now": store.read()})
    try:
        with security_log.recording(Kind.SETTINGS_CHANGED) as event:
            store.reset(posted_version(request), events=[event])
    except StaleSettingsError as stale:
        context = {"now": stale.now, "is_stale": True}
        return page(request, template, context, status=HTTPStatus.CONFLICT)
    messages.success(request, _("The settings are the defaults again."))
    return redirect("desk_settings")
