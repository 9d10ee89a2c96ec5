"""The form in which admins set reasons, limits, hours of work, rules for arrivals, sources."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast, override

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.working_hours import WorkingHours
from crm.zone_field import ZoneField
from leads.campaigns import clean_source, source_key
from leads.formatting import number_text
from leads.models import MAX_REASON, ClosedAs, Status
from leads.repository.desk_settings import DEFAULT_LIMITS, DeskSettings, Rules
from leads.repository.sources import MOST_SOURCES
from leads.web.closing import reason_line
from leads.web.form_fields import MultilineField
from leads.web.owners import workers

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_REASONS = 20
MOST_UNITS = 999
HOURS, DAYS = "hours", "days"
UNITS = [(HOURS, gettext_lazy("hours")), (DAYS, gettext_lazy("days"))]
LIMITED = [Status.NEW, Status.CONTACTED, Status.QUALIFIED]

MOST_OPEN = 9_999
NINE, FIVE = time(9), time(17)
HOURS_FIELDS = ("hours_days", "hours_begin", "hours_end", "hours_zone")
RULES_FIELDS = ("rules_on", "rules_people", "rules_most_open")

type Stored = tuple[str, ...] | timedelta | time | bool | int | str | None
type Values = dict[str, Stored]


class ChoicesField(forms.MultipleChoiceField):
    """Some of several, each with a box: a tuple of their values."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, label: "StrOrPromise", choices: Callable[[], Iterable[Any]] = list) -> None:
        super().__init__(label=label, required=False, choices=choices)

    @override
    def clean(self, value: Any) -> Any:
        return tuple(super().clean(value))


class ClockField(forms.TimeField):
    """A time of the day, by the clocks of the desk."""

    def __init__(self, label: "StrOrPromise") -> None:
        widget = forms.TimeInput({"type": "time"}, format="%H:%M")
        super().__init__(label=label, required=False, widget=widget)


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


class SourcesField(ReasonsField):
    """Sources, one a line: a tuple of texts as messages have them."""

    @override
    def clean(self, value: Any) -> Any:
        lines = filter(None, map(clean_source, MultilineField.clean(self, value).splitlines()))
        sources: dict[str, str] = {}
        for line in lines:
            # Of capital and small letters the first spelling counts.
            sources.setdefault(source_key(line), line)
        if len(sources) > MOST_SOURCES:
            text = _("At most %(most)s sources, please; these are %(number)s.")
            raise ValidationError(text % _numbers(MOST_SOURCES, len(sources)))
        return tuple(sources.values())


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
    hours_days = ChoicesField(gettext_lazy("Days of work"), lambda: _weekdays().items())
    hours_begin = ClockField(gettext_lazy("From"))
    hours_end = ClockField(gettext_lazy("To"))
    hours_zone = ZoneField(
        label=gettext_lazy("Time zone of the desk"),
        help_text=gettext_lazy("Such as Europe/Berlin. Empty: UTC."),
    )
    rules_on = forms.BooleanField(
        label=gettext_lazy("Give new leads to people in turn"),
        required=False,
        help_text=gettext_lazy("Off: whoever wants a new lead takes it."),
    )
    rules_people = ChoicesField(gettext_lazy("People"), workers)
    rules_most_open = forms.IntegerField(
        label=gettext_lazy("Most open leads a person"),
        required=False,
        min_value=1,
        max_value=MOST_OPEN,
        help_text=gettext_lazy(
            "Who has so many in New, Contacted and Qualified gets no other. Empty: any number."
        ),
    )
    sources = SourcesField(gettext_lazy("Sources to count"))
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
        people = cast("ChoicesField", self.fields["rules_people"])
        people.choices = workers(now.rules.people)
        self._now = {name: stored[name] for name in typed if typed[name] != stored[name]}

    @property
    def settings(self) -> DeskSettings:
        """What a valid form asks for."""
        given = self.cleaned_data
        reasons = {outcome.value: given[f"reasons_{outcome}"] for outcome in ClosedAs}
        limits = {stage: given.get(f"limit_{stage}") for stage in DEFAULT_LIMITS}
        return DeskSettings(
            reasons,
            limits,
            self._hours(),
            self._rules(),
            given["sources"],
            version=given["version"],
        )

    @override
    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        begin, end = given.get("hours_begin"), given.get("hours_end")
        if given.get("hours_days") and not {"hours_begin", "hours_end"} & self.errors.keys():
            if begin is None or end is None:
                self.add_error("hours_end", _("Say from when to when."))
            elif begin >= end:
                self.add_error("hours_end", _("The end must come after the beginning."))
        if given.get("rules_on") and not given.get("rules_people", True):
            self.add_error("rules_people", _("Choose who gets new leads."))
        return given

    def _hours(self) -> WorkingHours | None:
        given = self.cleaned_data
        if not given["hours_days"]:
            return None
        days = frozenset(map(int, given["hours_days"]))
        zone = given["hours_zone"] or "UTC"
        return WorkingHours(days, given["hours_begin"], given["hours_end"], zone)

    def _rules(self) -> Rules:
        given = self.cleaned_data
        return Rules(given["rules_on"], given["rules_people"], given["rules_most_open"])

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

    @property
    def hours_rows(self) -> list[tuple[BoundField, str | None]]:
        """The fields of the hours of work, in the same way."""
        return list(map(self._row, HOURS_FIELDS))

    @property
    def rules_rows(self) -> list[tuple[BoundField, str | None]]:
        """The fields of the assignment rules, in the same way."""
        return list(map(self._row, RULES_FIELDS))

    @property
    def sources_rows(self) -> list[tuple[BoundField, str | None]]:
        """The field of the sources, in the same way."""
        return [self._row("sources")]

    def _row(self, name: str) -> tuple[BoundField, str | None]:
        return self[name], self._now_text(name) if name in self._now else None

    def _now_text(self, name: str) -> str:
        value, field = self._now[name], self.fields[name]
        if isinstance(field, ChoicesField):
            labels = dict(cast("Iterable[tuple[str, str]]", field.choices))
            chosen = cast("tuple[str, ...]", value)
            return ", ".join(str(labels.get(one, one)) for one in chosen)
        return _text(value)


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the form, and their labels."""
    fields = DeskSettingsForm.base_fields
    names = [*(f"reasons_{outcome}" for outcome in ClosedAs), "hours_zone", "sources"]
    return {name: fields[name].label or name for name in names}


def _weekdays() -> dict[str, str]:
    return {str(day): str(name) for day, name in WEEKDAYS.items()}


def _values(settings: DeskSettings) -> Values:
    reasons = {f"reasons_{outcome}": settings.reasons[outcome] for outcome in ClosedAs}
    limits = {f"limit_{stage}": settings.limits[stage] for stage in LIMITED}
    hours, rules = settings.hours, settings.rules
    return {
        **reasons,
        **limits,
        "hours_days": tuple(map(str, sorted(hours.days))) if hours else (),
        "hours_begin": hours.begins if hours else NINE,
        "hours_end": hours.ends if hours else FIVE,
        "hours_zone": hours.zone if hours else "",
        "rules_on": rules.is_on,
        "rules_people": rules.people,
        "rules_most_open": rules.most_open,
        "sources": settings.sources,
    }


def _digests(values: Values) -> str:
    return ".".join(map(_digest, values.values()))


def _digest(value: object) -> str:
    return sha256(repr(value).encode()).hexdigest()[:12]


def _text(value: Stored) -> str:
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, time):
        return value.isoformat("minutes")
    if not isinstance(value, timedelta):
        return "\n".join(value) if isinstance(value, tuple) else str(value or "")
    number, unit = LimitWidget().decompress(value)
    count = int(number or 0)
    if unit == DAYS:
        text = ngettext("%(number)s day", "%(number)s days", count)
    else:
        text = ngettext("%(number)s hour", "%(number)s hours", count)
    return text % {"number": number_text(count)}


def _numbers(most: int, number: int) -> dict[str, str]:
    return {"most": number_text(most), "number": number_text(number)}
