"""The field in which people name a time zone; ``components/zones.html`` suggests some."""

from typing import TYPE_CHECKING, override

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm import zones

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ZoneField(forms.CharField):
    """The name of a zone, or "" for none."""

    def __init__(self, label: "StrOrPromise", help_text: "StrOrPromise") -> None:
        super().__init__(
            label=label,
            required=False,
            max_length=zones.MAX_NAME,
            widget=forms.TextInput({"list": "zones", "autocomplete": "off"}),
            help_text=help_text,
        )

    @property
    def names(self) -> list[str]:
        """The names of zones, to choose from."""
        return zones.names()

    @override
    def validate(self, value: str) -> None:
        if value and zones.find(value) is None:
            raise ValidationError(_("There is no such zone: choose one of the list."))
