"""What a visitor may send: one set of rules for the form and for the JSON intake."""

from typing import Any, override

from django import forms
from pydantic import ValidationError

from leads.limits import MAX_COMPANY, MAX_EMAIL, MAX_MESSAGE, MAX_NAME, MAX_SUBJECT
from leads.models import LeadFields

_NOT_TEXT = "This holds characters that cannot be stored. Please remove them."


class MessageField(forms.CharField):
    """Text over several lines; a line break counts as one character, as in browsers."""

    widget = forms.Textarea({"rows": 8})

    @override
    def to_python(self, value: object) -> str:
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        return str(super().to_python(text) or "")


class ContactForm(forms.Form):
    """The contact form's fields; a valid form has its :attr:`lead_fields`."""

    name = forms.CharField(
        max_length=MAX_NAME,
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": "Please tell us your name."},
    )
    email = forms.EmailField(
        label="E-mail address",
        max_length=MAX_EMAIL,
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={
            "required": "Please tell us where to answer you.",
            "invalid": "This is not an e-mail address. Please look at it again.",
        },
    )
    company = forms.CharField(
        max_length=MAX_COMPANY,
        required=False,
        widget=forms.TextInput({"autocomplete": "organization"}),
    )
    subject = forms.CharField(
        max_length=MAX_SUBJECT, error_messages={"required": "Please say what it is about."}
    )
    message = MessageField(
        max_length=MAX_MESSAGE, error_messages={"required": "Please write your message."}
    )
    lead_fields: LeadFields

    @override
    def clean(self) -> dict[str, Any]:
        cleaned = {**self.cleaned_data}
        if self.errors:
            return cleaned
        try:
            self.lead_fields = LeadFields.model_validate(cleaned)
        except ValidationError as error:
            for name in {str(part["loc"][0]) for part in error.errors()}:
                self.add_error(name, _NOT_TEXT)
        return cleaned
