"""The form that says what the columns of a file are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, override

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from crm.texts import shorten
from crm.zone_field import ZoneField
from leads.imports.columns.mapping import Mapping
from leads.imports.columns.targets import targets
from leads.imports.run.models import Duplicates

SHOWN_VALUES = 3
SHOWN_LENGTH = 80


@dataclass(frozen=True)
class Column:
    """A column of the file, as the page shows it."""

    name: str
    values: list[str]
    field: BoundField


class MappingForm(forms.Form):
    """A choice for each column, what to do with duplicates, and how dates are written.

    A valid form has its :attr:`mapping`.
    """

    duplicates = forms.ChoiceField(
        label=_("If a lead with the same e-mail address is there already"),
        widget=forms.RadioSelect,
        choices=[
            (Duplicates.SKIP.value, _("Skip the row and leave the lead as it is")),
            (Duplicates.UPDATE.value, _("Update the lead with what the row says")),
            (Duplicates.CREATE.value, _("Add another lead all the same")),
        ],
        error_messages={"required": _("Choose one of these.")},
    )
    dates = forms.ChoiceField(
        label=_("Dates such as 3/4/2026 mean"),
        widget=forms.RadioSelect,
        choices=[
            ("day", _("3 April: the day comes first")),
            ("month", _("March 4: the month does")),
        ],
        error_messages={"required": _("Choose one of these.")},
    )
    zone = ZoneField(
        label=_("Times that say no zone are in"),
        help_text=_("A date without a time stays that date."),
    )
    mapping: Mapping

    def __init__(
        self,
        header: Sequence[str],
        mapping: Mapping,
        duplicates: Duplicates,
        data: QueryDict | None = None,
    ) -> None:
        """Show ``mapping``, which also tells what the form does not ask."""
        initial = {
            "duplicates": duplicates.value,
            "dates": "day" if mapping.day_first else "month",
            "zone": mapping.zone,
            **{_field(index): target for index, target in mapping.columns.items()},
        }
        super().__init__(data, initial=initial)
        self._header = header
        self._shielded = mapping.shielded
        choices = [
            ("", pgettext("column", "Leave out")),
            *((one.name, one.label) for one in targets().values()),
        ]
        for index, name in enumerate(header):
            self.fields[_field(index)] = forms.ChoiceField(
                label=name or gettext("Column %(number)s") % {"number": index + 1},
                required=False,
                choices=choices,
                widget=forms.Select({"autocomplete": "off"}),
                error_messages={"invalid_choice": _("There is no such field.")},
            )

    def columns(self, rows: Sequence[Sequence[str]]) -> list[Column]:
        """Return the columns with some of their values."""
        return [
            Column(str(self[_field(index)].label), _values(rows, index), self[_field(index)])
            for index in range(len(self._header))
        ]

    @property
    def chosen_duplicates(self) -> Duplicates:
        """What a valid form wants done with duplicates."""
        return Duplicates(self.cleaned_data["duplicates"])

    def clean_zone(self) -> str:
        """Return the name of a zone; the one that was suggested if none is given."""
        return str(self.cleaned_data["zone"] or self.initial["zone"])

    @override
    def clean(self) -> dict[str, Any]:
        chosen = {i: self.cleaned_data.get(_field(i)) for i in range(len(self._header))}
        self.mapping = Mapping(
            columns={index: value for index, value in chosen.items() if value},
            day_first=self.cleaned_data.get("dates") == "day",
            shielded=self._shielded,
            zone=self.cleaned_data.get("zone") or self.initial["zone"],
        )
        for index, text in self.mapping.problems().items():
            self.add_error(None if index is None else _field(index), text)
        return self.cleaned_data


def _field(index: int) -> str:
    return f"column-{index}"


def _values(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    found: dict[str, None] = {}
    for cells in rows:
        text = " ".join(cells[index].split()) if index < len(cells) else ""
        if text:
            found[shorten(text, SHOWN_LENGTH)] = None
        if len(found) == SHOWN_VALUES:
            break
    return list(found)
