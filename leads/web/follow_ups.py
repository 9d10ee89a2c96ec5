"""Follow-ups wherever a lead is shown: how one is written, and the form that sets it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, override

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from leads.dues import day_of, is_ahead, is_day, is_overdue, start
from leads.models import MAX_FOLLOW_UP, Lead, clean_line
from leads.typed_dues import read_due

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

EXAMPLES = gettext_lazy("tomorrow, Thu, in 2 weeks, 3 Mar 14:00")
DUE_LABEL = gettext_lazy("Follow up")
TEXT_LABEL = gettext_lazy("What for")
_UNREADABLE = gettext_lazy(
    "This is no day or time that can be read. Write it as tomorrow, Thu, in 2 weeks,"
    " 3 Mar 14:00 or 2026-12-03."
)


class DueField(forms.CharField):
    """A day or a moment, as people type it; cleaned it is as stored, "" for none."""

    def __init__(self) -> None:
        widget = forms.TextInput(
            {
                "placeholder": EXAMPLES,
                "autocomplete": "off",
                "autocapitalize": "off",
                "enterkeyhint": "done",
            }
        )
        super().__init__(label=DUE_LABEL, required=False, widget=widget)

    @override
    def to_python(self, value: object) -> str:
        text = str(super().to_python(value) or "")
        due = read_due(text, datetime.now(UTC)) if text else ""
        if due is None:
            raise ValidationError(str(_UNREADABLE))
        return due


class FollowUpTextField(forms.CharField):
    """What a follow-up is for, in one line."""

    def __init__(self) -> None:
        super().__init__(
            label=TEXT_LABEL,
            required=False,
            max_length=MAX_FOLLOW_UP,
            # Without a maxlength: browsers cut what is pasted there, and say nothing.
            widget=forms.TextInput(
                {"placeholder": TEXT_LABEL, "aria-label": TEXT_LABEL, "autocomplete": "off"}
            ),
            error_messages={
                "max_length": gettext_lazy(
                    "What a follow-up is for has at most %(limit_value)d characters."
                )
            },
        )

    @override
    def widget_attrs(self, widget: forms.Widget) -> dict[str, object]:
        return {"dir": "auto"}

    @override
    def to_python(self, value: object) -> str:
        try:
            return clean_line(str(super().to_python(value) or ""))
        except ValueError as error:
            raise ValidationError(str(error)) from error


class FollowUpForm(forms.Form):
    """When to get back to a lead, and what for; an empty ``due`` is done with it.

    A post without a ``text`` leaves the present one; one with ``new`` means to set a day.
    """

    due = DueField()
    text = FollowUpTextField()

    def __init__(self, data: QueryDict | None = None, *, lead: Lead | None = None) -> None:
        initial = (
            {"due": typed_text(lead.follow_up_at), "text": lead.follow_up_text} if lead else {}
        )
        super().__init__(data, initial=initial, auto_id="follow-up-%s")
        self.fields["due"].widget.attrs["aria-keyshortcuts"] = "F"

    def clean_due(self) -> str:
        """Return the day or moment as stored, or "" for done."""
        due: str = self.cleaned_data["due"]
        if not due and "new" in self.data:
            raise ValidationError(_("Say when: %(examples)s.") % {"examples": EXAMPLES})
        return due

    @property
    def chosen_due(self) -> str:
        """The day or moment of a valid form, as stored; "" for done."""
        due: str = self.cleaned_data["due"]
        return due

    @property
    def chosen_text(self) -> str | None:
        """What it is for, or ``None`` to leave that as it is."""
        return self.cleaned_data["text"] if "text" in self.data else None

    @property
    def problem(self) -> str:
        """What is wrong with it, in one line."""
        return " ".join(str(text) for texts in self.errors.values() for text in texts)


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the form, and their labels."""
    return {"due": DUE_LABEL, "text": TEXT_LABEL}


@dataclass(frozen=True)
class Due:
    """When something is due, as people read it; ``at`` is for programs."""

    text: str
    at: str
    is_overdue: bool
    is_ahead: bool


def due_shown(due: str) -> Due | None:
    """Return how a stored day or moment is shown; ``None`` for none."""
    if not due:
        return None
    now = datetime.now(UTC)
    at = due if is_day(due) else start(due).isoformat(timespec="minutes")
    return Due(due_text(due), at, is_overdue(due, now), is_ahead(due, now))


def due_text(due: str) -> str:
    """Write a day or a moment in the present zone, as near days are called: Tomorrow, 14:00."""
    day = _day_text(day_of(due), timezone.localdate())
    if is_day(due):
        return day
    return _("%(day)s, %(time)s") % {"day": day, "time": date_format(start(due), "H:i")}


def typed_text(due: str) -> str:
    """Write a day or a moment so that it can be typed and is read as the same."""
    if not due or is_day(due):
        return due
    return f"{start(due):%Y-%m-%d %H:%M}"


def _day_text(day: date, today: date) -> str:
    near = {
        today - timedelta(days=1): pgettext("day", "Yesterday"),
        today: pgettext("day", "Today"),
        today + timedelta(days=1): pgettext("day", "Tomorrow"),
    }
    if day in near:
        return near[day]
    if day.year == today.year:
        return date_format(day, pgettext("format of Django's date filter", "D j M"))
    return date_format(day, pgettext("format of Django's date filter", "D j M Y"))
