"""How leads are closed: the choices, the reason, and what a closed one says of itself."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, override

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.directory import people
from leads.formatting import age
from leads.models import MAX_REASON, ClosedAs, Lead, clean_line
from leads.repository import desk_settings


@dataclass(frozen=True)
class Closing:
    """A way to close a lead, with the reasons that admins keep for it."""

    value: str
    label: str
    reasons: tuple[str, ...]


def closings() -> list[Closing]:
    """Return the ways to close a lead."""
    reasons = desk_settings.current().reasons
    return [Closing(one.value, one.label, reasons[one]) for one in ClosedAs]


class ReasonField(forms.CharField):
    """Why a lead is closed: any line of text, or none."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Reason"),
            required=False,
            max_length=MAX_REASON,
            error_messages={
                "max_length": gettext_lazy("A reason has at most %(limit_value)d characters.")
            },
        )

    @override
    def to_python(self, value: Any) -> Any:
        return reason_line(str(super().to_python(value)))


def reason_line(text: str) -> str:
    """Return a reason as one line; one rule for those who keep reasons and those who give one."""
    try:
        return clean_line(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def closed_text(lead: Lead) -> str:
    """Say how a lead was closed, why, by whom and when; "" of one that is not."""
    if not lead.is_closed:
        return ""
    what = lead.standing.label
    if lead.reason:
        what = _("%(outcome)s · %(reason)s") % {"outcome": what, "reason": lead.reason}
    person = people().get(lead.closed_by) if lead.closed_by else None
    at = lead.stage_entered
    names = {"what": what, "who": person.name if person else "", "age": age(at)}
    if not at or datetime.now(UTC) - at < timedelta(minutes=1):
        return _("%(what)s, by %(who)s") % names if person else what
    if person:
        return _("%(what)s, by %(who)s, %(age)s ago") % names
    return _("%(what)s, %(age)s ago") % names
