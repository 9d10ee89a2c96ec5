"""What an event of the security log is called on a page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.accounts.directory import Person
from crm.accounts.models import Role
from crm.accounts.security_events import Event, Kind
from crm.accounts.security_log import COMMAND_LINE

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_TEXTS: dict[Kind, "StrOrPromise"] = {
    Kind.SIGNED_IN: gettext_lazy("Signed in"),
    Kind.SIGNED_OUT: gettext_lazy("Signed out"),
    Kind.SIGN_IN_FAILED: gettext_lazy("Failed to sign in"),
    Kind.THROTTLED: gettext_lazy("Refused after too many attempts"),
    Kind.RESET_ASKED: gettext_lazy("Asked for a link to set a password"),
    Kind.PASSWORD_RESET: gettext_lazy("Password set through a link by mail"),
    Kind.PASSWORD_CHANGED: gettext_lazy("Password changed"),
    Kind.PASSWORD_SET: gettext_lazy("Password set by somebody else"),
    Kind.ACCOUNT_ADDED: gettext_lazy("Account added with the role %(role)s"),
    Kind.NAME_CHANGED: gettext_lazy("Name changed"),
    Kind.ROLE_CHANGED: gettext_lazy("Role changed from %(before)s to %(role)s"),
    Kind.ACTIVATED: gettext_lazy("Account activated"),
    Kind.DEACTIVATED: gettext_lazy("Account deactivated"),
    Kind.EXPORTED: gettext_lazy("Exported as %(format)s"),
    Kind.SETTINGS_CHANGED: gettext_lazy("Settings of the desk changed"),
}


def event_text(event: Event) -> str:
    """Return what happened."""
    details = {name: _detail_text(name, value) for name, value in event.details.items()}
    number = int(event.details.get("rows") or event.details.get("number") or 0)
    match event.kind:
        case Kind.IMPORTED:
            text = ngettext("Import of %(rows)s row", "Import of %(rows)s rows", number)
        case Kind.IMPORT_UNDONE:
            text = ngettext(
                "Import of %(rows)s row taken back", "Import of %(rows)s rows taken back", number
            )
        case Kind.DELETED if not number:
            text = _("Deletion of all entries of a list")
        case Kind.DELETED:
            text = ngettext(
                "Deletion of %(number)s entry", "Deletion of %(number)s entries at once", number
            )
        case kind:
            text = str(_TEXTS[kind])
    return text % details


def refusal_texts(numbers: Sequence[int]) -> list[str]:
    """Return what was refused on a day, how often; ``numbers`` are as in ``DayCounts``."""
    failed, throttled, resets = numbers
    texts = (
        (failed, ngettext("%(number)s failed sign-in", "%(number)s failed sign-ins", failed)),
        (
            throttled,
            ngettext(
                "%(number)s refusal after too many attempts",
                "%(number)s refusals after too many attempts",
                throttled,
            ),
        ),
        (
            resets,
            ngettext(
                "%(number)s request for a link to set a password",
                "%(number)s requests for a link to set a password",
                resets,
            ),
        ),
    )
    return [
        text % {"number": number_format(number, force_grouping=True)}
        for number, text in texts
        if number
    ]


def who_text(event: Event, people: dict[str, Person]) -> str:
    """Return who did it."""
    if not event.who:
        return _("Somebody who was not signed in")
    if event.who.startswith(COMMAND_LINE):
        name = event.who.removeprefix(COMMAND_LINE)
        return _("%(name)s on the command line") % {"name": name}
    return _name(event.who, people)


def whom_text(event: Event, people: dict[str, Person]) -> str:
    """Return whose account it was about; "" if it was about none or that of who did it."""
    return _name(event.whom, people) if event.whom != event.who else ""


def _name(user_id: str, people: dict[str, Person]) -> str:
    return people[user_id].name if user_id in people else user_id


def _detail_text(name: str, value: str | int) -> str:
    if name in {"role", "before"}:
        return Role(str(value)).label
    return number_format(value, force_grouping=True) if isinstance(value, int) else value
