"""The security log, for admins."""

from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from crm import zones
from crm.accounts import directory, refusal_counts, security_record
from crm.accounts.access import require_role
from crm.accounts.directory import Person
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from crm.accounts.security_events import ACCOUNT_CHANGES, DATA_ACTS, Event, Kind
from crm.accounts.security_record import Filter, Page
from crm.accounts.security_texts import event_text, refusal_texts, who_text, whom_text

DAYS = 14
KINDS = {
    "sign-ins": (Kind.SIGNED_IN,),
    "accounts": ACCOUNT_CHANGES,
    "data": DATA_ACTS,
    "settings": (Kind.SETTINGS_CHANGED,),
}


class LogFilterForm(forms.Form):
    """Which events: all by default."""

    what = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=[
            ("", _("Everything")),
            ("sign-ins", _("Sign-ins")),
            ("accounts", _("Changes of accounts")),
            ("data", _("Exports, imports, deletions")),
            ("settings", _("Changes of settings")),
        ],
    )
    person = forms.ChoiceField(label=_("By or about"), required=False)

    def __init__(self, data: dict[str, str], people: dict[str, Person]) -> None:
        """Take the filter of an address; ``people`` are those to choose from."""
        super().__init__(data)
        by_name = sorted(people.values(), key=lambda person: person.name.casefold())
        choices = [("", _("Everybody")), *((person.id, person.name) for person in by_name)]
        self.fields["person"].choices = choices  # type: ignore[attr-defined] # a ChoiceField

    @property
    def wanted(self) -> Filter:
        """The filter, once the form is valid."""
        kinds = KINDS.get(self.cleaned_data["what"], ())
        return Filter(kinds, self.cleaned_data["person"])


class Row(NamedTuple):
    """An event as the page shows it."""

    at: datetime
    what: str
    who: str
    whom: str
    address: str


@require_safe
@require_role(Role.ADMIN)
def security_log(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show sign-ins, changes of accounts and acts on data, newest first; refusals as counts."""
    people = directory.people()
    asked = {name: request.GET.get(name, "") for name in ("what", "person")}
    form = LogFilterForm(asked, people)
    is_valid = form.is_valid()
    page = Page([], "")
    if is_valid:
        page = security_record.read_page(form.wanted, request.GET.get("cursor", ""))
    refusal_counts.settle()
    counts = refusal_counts.last_days(DAYS)
    context = {
        "form": form,
        "rows": [_row(event, people) for event in page.events],
        "is_filtered": any(asked.values()),
        "newest_url": _address(request, asked) if "cursor" in request.GET else "",
        "older_url": _address(request, {**asked, "cursor": page.older}) if page.older else "",
        "days": [(day, texts) for day, numbers in counts if (texts := refusal_texts(numbers))],
        "days_shown": DAYS,
        "days_kept": settings.SECURITY_LOG_DAYS,
        "zone": zones.label(),
    }
    status = HTTPStatus.OK if is_valid else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "accounts/user_log.html", context, status=status)


def _row(event: Event, people: dict[str, Person]) -> Row:
    who, whom = who_text(event, people), whom_text(event, people)
    return Row(event.at, event_text(event), who, whom, event.address)


def _address(request: AuthenticatedHttpRequest, parameters: dict[str, str]) -> str:
    given = {name: text for name, text in parameters.items() if text}
    return f"{request.path}?{urlencode(given)}" if given else request.path
