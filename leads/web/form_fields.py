"""Form fields that more than one feature has."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, override

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from leads.addresses import normal_form
from leads.fields import Field, Kind, in_page_order
from leads.repository import registry

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class MultilineField(forms.CharField):
    """Text over several lines; a line break counts as one character, as in browsers."""

    widget = forms.Textarea({"rows": 8})

    @override
    def to_python(self, value: object) -> str:
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        return str(super().to_python(text) or "")


def checked(check: Callable[[str], str], text: str) -> str:
    """Return what a rule of :mod:`leads.models` makes of a text. Raises ``ValidationError``."""
    try:
        return check(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the forms of a lead, and their labels.

    It is asked where the store may be in trouble, and so asks it for nothing.
    """
    return {field.name: field.label for field in (*in_page_order(), *registry.remembered().rows)}


def custom_form_field(field: Field, present: str = "") -> forms.Field:
    """Return the form field of a custom field; ``present`` is what the lead has of it.

    What is typed is judged by :func:`leads.models.cleaned_fields`.
    """
    if field.kind is Kind.CHOICE:
        # What is stored stays chosen, whatever it is.
        known = dict.fromkeys(["", *field.choices, *([present] if present else [])])
        choices = [(one, one or gettext("Not chosen")) for one in known]
        return forms.ChoiceField(label=field.label, required=False, choices=choices)
    if field.multiline:
        area = forms.Textarea({"rows": 4})
        return MultilineField(label=field.label, required=False, widget=area)
    attributes: dict[str, object] = {"maxlength": field.limit, "autocomplete": "off"}
    if field.kind is Kind.NUMBER:
        attributes["inputmode"] = "decimal"
    if field.kind is Kind.DATE:
        attributes = {"type": "date"}
    return forms.CharField(label=field.label, required=False, widget=forms.TextInput(attributes))


def is_day(text: str) -> bool:
    """Tell whether a field for dates shows and sends a text."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


class AddressField(forms.CharField):
    """An e-mail address: in its normal form, if it is one."""

    @override
    def to_python(self, value: object) -> str:
        text = str(super().to_python(value) or "")
        return normal_form(text) or text
