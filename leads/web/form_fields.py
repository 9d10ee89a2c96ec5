"""Form fields that more than one feature has."""

from typing import override

from django import forms


class MultilineField(forms.CharField):
    """Text over several lines; a line break counts as one character, as in browsers."""

    widget = forms.Textarea({"rows": 8})

    @override
    def to_python(self, value: object) -> str:
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        return str(super().to_python(text) or "")
