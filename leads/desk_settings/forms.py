"""The form in which admins set reasons and limits."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, override

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leads.formatting import number_text
from leads.models import MAX_REASON, ClosedAs, Status
from leads.repository.desk_settings import DEFAULT_LIMITS, DeskSettings
from leads.web.closing import reason_line
from leads.web.form_fields import MultilineField

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_REASONS = 20
MOST_UNITS = 999
HOURS, DAYS = "hours", "days"
UNITS = [(HOURS, gettext_lazy("hours")), (DAYS, gettext_lazy("days"))]
LIMITED = [Status.NEW, Status.CONTACTED, Status.QUALIFIED]

type Values = dict[str, tuple[str, ...] | timedelta | None]


class ReasonsField(MultilineField):
    """Reasons, one a line: a tuple of texts."""

    def __init__(self, label: "StrOrPromise") -> None:
        area = forms.Textarea({"rows": 5, "class": "reasons"})
        super().__init__(label=label, required=False, widget=area)

    @override
    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, tuple) else value

    @override
    def clean(self, value: Any) -> Any:
        lines = map(reason_line, str(super().clean(value)).splitlines())
        reasons = tuple(dict.fromkeys(filter(None, lines)))
        if len(reasons) > MOST_REASONS:
            text = _("At most %(most)s reasons, please; these are %(number)s.")
            raise ValidationError(text % _numbers(MOST_REASONS, len(reasons)))
        longest = max(reasons, key=len, default="")
        if len(longest) > MAX_REASON:
            text = _("At most %(most)s characters a line, please; one has %(number)s.")
            raise ValidationError(text % _numbers(MAX_REASON, len(longest)))
        return reasons


class LimitWidget(forms.MultiWidget):
    """A number and its unit, side by side."""

    use_fieldset = True

    def __init__(self) -> None:
        number = {"min": 1, "max": MOST_UNITS, "aria-label": gettext_lazy("Number")}
        unit = {"aria-label": gettext_lazy("Unit")}
        widgets: dict[str, forms.Widget | type[forms.Widget]] = {
            "number": forms.NumberInput(number),
            "unit": forms.Select(unit, UNITS),
        }
        super().__init__(widgets, {"class": "limit"})

    @override
    def decompress(self, value: timedelta | None) -> list[int | str | None]:
        if value is None:
            return [None, HOURS]
        days, seconds = divmod(int(value.total_seconds()), 24 * 3600)
        return [days * 24 + seconds // 3600, HOURS] if seconds else [days, DAYS]

    @override
    def id_for_label(self, id_: str) -> str:
        return f"{id_}_number"


class LimitField(forms.MultiValueField):
    """How long a lead may stand in a stage; nothing is for ever."""

    widget = LimitWidget

    def __init__(self) -> None:
        fields = (
            forms.IntegerField(min_value=1, max_value=MOST_UNITS),
            forms.ChoiceField(choices=UNITS),
        )
        super().__init__(fields, required=False, require_all_fields=False)

    @override
    def clean(self, value: Any) -> Any:
        # A unit alone is no limit.
        return super().clean(value if value and value[0] else [])

    @override
    def compress(self, data_list: Sequence[Any]) -> timedelta | None:
        if not data_list:
            return None
        number, unit = data_list
        return timedelta(days=number) if unit == DAYS else timedelta(hours=number)


class DeskSettingsForm(forms.Form):
    """Reasons and limits as they are ``now``, with what somebody ``typed`` in place of some.

    ``seen`` has a digest of each value as the page showed it: so what somebody changed is
    known, whatever others did meanwhile. A valid form has its :attr:`settings`.
    """

    reasons_lost = ReasonsField(gettext_lazy("Lost"))
    reasons_spam = ReasonsField(gettext_lazy("Spam"))
    reasons_duplicate = ReasonsField(gettext_lazy("Duplicate"))
    limit_new = LimitField()
    limit_contacted = LimitField()
    limit_qualified = LimitField()
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**15)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        now: DeskSettings,
        typed: Mapping[str, object] | None = None,
    ) -> None:
        stored, typed = _values(now), typed or {}
        hidden = {"version": now.version, "seen": _digests(stored)}
        super().__init__(data, initial={**stored, **typed, **hidden})
        for stage in LIMITED:
            self.fields[f"limit_{stage}"].label = stage.label
        self._now = {name: stored[name] for name in typed if typed[name] != stored[name]}

    @property
    def settings(self) -> DeskSettings:
        """What a valid form asks for."""
        given = self.cleaned_data
        reasons = {outcome.value: given[f"reasons_{outcome}"] for outcome in ClosedAs}
        limits = {stage: given.get(f"limit_{stage}") for stage in DEFAULT_LIMITS}
        return DeskSettings(reasons, limits, given["version"])

    def touched_fields(self) -> dict[str, object]:
        """Return what somebody changed in a valid form."""
        given = _values(self.settings)
        shown = self.cleaned_data["seen"].split(".")
        if len(shown) != len(given):  # altered: all of it counts
            return {**given}
        return {
            name: value
            for (name, value), digest in zip(given.items(), shown, strict=True)
            if _digest(value) != digest
        }

    @property
    def reason_rows(self) -> list[tuple[BoundField, str | None]]:
        """The fields of reasons, each with what it is now if something else was typed."""
        return [self._row(f"reasons_{outcome}") for outcome in ClosedAs]

    @property
    def limit_rows(self) -> list[tuple[BoundField, str | None]]:
        """The fields of limits, in the same way."""
        return [self._row(f"limit_{stage}") for stage in LIMITED]

    def _row(self, name: str) -> tuple[BoundField, str | None]:
        return self[name], _text(self._now[name]) if name in self._now else None


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the form, and their labels."""
    fields = DeskSettingsForm.base_fields
    names = [f"reasons_{outcome}" for outcome in ClosedAs]
    return {name: fields[name].label or name for name in names}


def _values(settings: DeskSettings) -> Values:
    reasons = {f"reasons_{outcome}": settings.reasons[outcome] for outcome in ClosedAs}
    return {**reasons, **{f"limit_{stage}": settings.limits[stage] for stage in LIMITED}}


def _digests(values: Values) -> str:
    return ".".join(map(_digest, values.values()))


def _digest(value: object) -> str:
    return sha256(repr(value).encode()).hexdigest()[:12]


def _text(value: tuple[str, ...] | timedelta | None) -> str:
    if not isinstance(value, timedelta):
        return "\n".join(value or ())
    number, unit = LimitWidget().decompress(value)
    count = int(number or 0)
    if unit == DAYS:
        text = ngettext("%(number)s day", "%(number)s days", count)
    else:
        text = ngettext("%(number)s hour", "%(number)s hours", count)
    return text % {"number": number_text(count)}


def _numbers(most: int, number: int) -> dict[str, str]:
    return {"most": number_text(most), "number": number_text(number)}
