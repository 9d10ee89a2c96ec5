"""The form in which an admin adds a custom field or changes one."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, override

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from leads.fields import Field, Kind, custom_field, custom_name
from leads.models import clean_line
from leads.repository.registry import MOST, Registry
from leads.repository.search_terms import fold
from leads.web.form_fields import MultilineField, checked

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_LABEL = 60
MAX_SLUG = 40
MOST_CHOICES = 50
MAX_CHOICE = 80
KINDS: dict[Kind, "StrOrPromise"] = {
    Kind.TEXT: pgettext_lazy("kind of field", "Text"),
    Kind.LONG: pgettext_lazy("kind of field", "Long text"),
    Kind.CHOICE: pgettext_lazy("kind of field", "Choice"),
    Kind.NUMBER: pgettext_lazy("kind of field", "Number"),
    Kind.DATE: pgettext_lazy("kind of field", "Date"),
}
_SLUG = re.compile(rf"[a-z0-9_]{{1,{MAX_SLUG}}}")


class FieldForm(forms.Form):
    """A custom field within a registry; its slug and kind are chosen once.

    A valid form has its :attr:`rows`, the whole registry as it is to be.
    """

    label = forms.CharField(label=pgettext_lazy("of a field", "Label"), max_length=MAX_LABEL)
    kind = forms.ChoiceField(
        label=pgettext_lazy("of a field", "Kind"), choices=[*KINDS.items()], initial=Kind.TEXT
    )
    choices = MultilineField(
        label=pgettext_lazy("of a field", "Choices"),
        required=False,
        help_text=gettext_lazy("For the kind Choice: one a line."),
    )
    slug = forms.CharField(
        label=gettext_lazy("Name for programs"),
        required=False,
        max_length=MAX_SLUG,
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Small letters, digits and “_”. Empty: made of the label. It never changes."
        ),
    )
    searched = forms.BooleanField(
        label=gettext_lazy("Leads are found by what it says"),
        required=False,
        help_text=gettext_lazy("Leads of before are found by it after “manage.py recount”."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**9)

    def __init__(
        self, data: QueryDict | None = None, *, now: Registry, field: Field | None = None
    ) -> None:
        """Show ``field`` of the registry as it is ``now``, or a new one."""
        initial: dict[str, object] = {"version": now.version}
        if field:
            choices = "\n".join(field.choices)
            initial |= {"label": field.label, "choices": choices, "searched": field.searched}
        super().__init__(data, initial=initial)
        self._now, self._field = now, field
        if field:
            del self.fields["kind"], self.fields["slug"]
        if field and field.kind is not Kind.CHOICE:
            del self.fields["choices"]
        self.rows: list[Field] = []

    def clean_label(self) -> str:
        """Return the label as one line that no other field has."""
        label = checked(clean_line, self.cleaned_data["label"])
        others = [str(row.label).casefold() for row in self._now.rows if not self._is_own(row)]
        if label.casefold() in others:
            raise ValidationError(_("Another field is called that, perhaps a retired one."))
        return label

    def clean_slug(self) -> str:
        """Return a slug that no other field has; if none is given, one that the label makes."""
        slug = self.cleaned_data["slug"] or _slug_of(self.cleaned_data.get("label", ""))
        if not slug and "label" in self.cleaned_data:
            raise ValidationError(_("Choose a name: none can be made of this label."))
        if slug and not _SLUG.fullmatch(slug):
            raise ValidationError(_("Small letters from a to z, digits and “_” alone, please."))
        if custom_name(slug) in self._now.by_name:
            raise ValidationError(_("Another field has this name, perhaps a retired one."))
        return slug

    def clean_choices(self) -> tuple[str, ...]:
        """Return the lines that are not empty."""
        lines = [checked(clean_line, line) for line in self.cleaned_data["choices"].split("\n")]
        choices = tuple(filter(None, lines))
        if len({one.casefold() for one in choices}) < len(choices):
            raise ValidationError(_("Each choice once, please."))
        if len(choices) > MOST_CHOICES or any(len(one) > MAX_CHOICE for one in choices):
            message = _("At most %(most)s choices of %(length)s characters each, please.")
            raise ValidationError(message % {"most": MOST_CHOICES, "length": MAX_CHOICE})
        return choices

    @override
    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        kind = self._field.kind if self._field else Kind(given.get("kind") or Kind.TEXT)
        if kind is Kind.CHOICE and "choices" in given and not given["choices"]:
            self.add_error("choices", _("Give at least one choice."))
        if not self._field and len(self._now.rows) >= MOST:
            message = _("There are %(most)s fields, the retired ones included: that is all.")
            self.add_error(None, message % {"most": MOST})
        if not self.errors:
            self.rows = self._rows(kind)
            if not Registry(tuple(self.rows), self._now.version).fits:
                message = _("All fields together, with their choices, hold 4 KB: say less here.")
                self.add_error("choices" if "choices" in self.fields else "label", message)
        return given

    def _rows(self, kind: Kind) -> list[Field]:
        given = self.cleaned_data
        choices = given.get("choices", ()) if kind is Kind.CHOICE else ()
        told = {"label": given["label"], "choices": choices, "searched": given["searched"]}
        if not self._field:
            return [*self._now.rows, replace(custom_field(given["slug"], "", kind), **told)]
        return [replace(row, **told) if self._is_own(row) else row for row in self._now.rows]

    def _is_own(self, row: Field) -> bool:
        return bool(self._field and row.name == self._field.name)


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the form, and their labels."""
    fields = FieldForm.base_fields
    return {name: fields[name].label or name for name in ("label", "slug", "choices")}


def _slug_of(label: str) -> str:
    return re.sub("[^a-z0-9]+", "_", fold(label)).strip("_")[:MAX_SLUG].rstrip("_")
