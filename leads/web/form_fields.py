"""Form fields that more than one feature has."""

from collections.abc import Callable
from typing import TYPE_CHECKING, override

from django import forms
from django.core.exceptions import ValidationError

from leads.addresses import normal_form
from leads.fields import in_page_order

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
    """Return the texts that people type into the forms of a lead, and their labels."""
    return {field.name: field.label for field in in_page_order()}


class AddressField(forms.CharField):
    """An e-mail address: in its normal form, if it is one."""

    @override
    def to_python(self, value: object) -> str:
        text = str(super().to_python(value) or "")
        return normal_form(text) or text
