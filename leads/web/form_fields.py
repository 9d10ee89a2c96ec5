"""Form fields that more than one feature has."""

from typing import override

from django import forms

from leads.addresses import normal_form


class MultilineField(forms.CharField):
    """Text over several lines; a line break counts as one character, as in browsers."""

    widget = forms.Textarea({"rows": 8})

    @override
    def to_python(self, value: object) -> str:
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        return str(super().to_python(text) or "")


class AddressField(forms.CharField):
    """An e-mail address: in its normal form, if it is one."""

    @override
    def to_python(self, value: object) -> str:
        text = str(super().to_python(value) or "")
        return normal_form(text) or text
