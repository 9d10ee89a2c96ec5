"""What a visitor may send: one set of rules for the form and for the JSON intake."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, override

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from leads.addresses import has_dotted_domain, normal_form
from leads.countries import CALLING_CODES
from leads.definitions import AskedField, Definition
from leads.fields import EMAIL, PHONE, Field, Kind, slug_of
from leads.models import LeadFields
from leads.validation import field_errors
from leads.web.form_fields import AddressField, MultilineField, custom_form_field, is_day

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CONSENT = "consent"
_WHO = ("name", "email")
# A site or a program may name the value of the box: nobody agrees by saying no.
_NOT_AGREED = {"0", "false", "no", "off"}
_NOT_TEXT = _("This holds characters that cannot be stored. Please remove them.")


class _Options(TypedDict, total=False):
    label: "StrOrPromise"
    required: bool
    max_length: int
    widget: forms.Widget
    error_messages: "dict[str, StrOrPromise]"


# What a visitor is told of a field.
_OPTIONS: dict[str, _Options] = {
    "name": {
        "widget": forms.TextInput({"autocomplete": "name"}),
        "error_messages": {"required": _("Please tell us your name.")},
    },
    "email": {
        "label": _("E-mail address"),
        "widget": forms.EmailInput({"autocomplete": "email"}),
        "error_messages": {
            "required": _("Please tell us where to answer you."),
            "invalid": _("This is not an e-mail address. Please look at it again."),
        },
    },
    "company": {"widget": forms.TextInput({"autocomplete": "organization"})},
    # Its digits are read from left to right everywhere.
    "phone": {"widget": forms.TextInput({"type": "tel", "autocomplete": "tel", "dir": "ltr"})},
    "subject": {
        "error_messages": {"required": _("Please say what it is about.")},
    },
    "message": {
        "error_messages": {"required": _("Please write your message.")},
    },
}


class _InternetAddressField(AddressField):
    """An e-mail address on the internet, in its normal form."""

    @override
    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not (normal_form(value) and has_dotted_domain(value)):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


class ContactForm(forms.Form):
    """The fields that a form asks for; a valid form has its :attr:`lead_fields`."""

    lead_fields: LeadFields

    def __init__(self, definition: Definition, data: Mapping[str, str] | None = None) -> None:
        if data and data.get(CONSENT, "").strip().lower() in _NOT_AGREED:
            data = {name: data[name] for name in data} | {CONSENT: ""}
        super().__init__(data)
        self.definition = definition
        known = [(asked, field) for asked in definition.fields if (field := asked.field)]
        self._custom = [field for asked, field in known if slug_of(asked.name)]
        typed = data or {}
        self.fields |= {
            asked.name: _form_field(field, asked, typed.get(asked.name, ""))
            for asked, field in known
        }
        if definition.country in CALLING_CODES and PHONE.name in self.fields:
            self.fields[PHONE.name].help_text = _phone_help(CALLING_CODES[definition.country])
        if definition.consent:
            self.fields[CONSENT] = forms.BooleanField(label=definition.consent)

    def who(self) -> list[BoundField]:
        """Return the fields about who writes."""
        return [self[name] for name in self.fields if name in _WHO]

    def about(self) -> list[BoundField]:
        """Return the fields that are not about who writes."""
        return [self[name] for name in self.fields if name not in _WHO]

    @override
    def clean(self) -> dict[str, Any]:
        cleaned = {**self.cleaned_data}
        try:
            self.lead_fields = LeadFields.read(cleaned, self._custom)
        except ValidationError as error:
            for name, text in field_errors(error).items():
                # What is wrong already was left out of what is cleaned.
                if name not in self.errors:
                    self.add_error(name, text if slug_of(name) else _NOT_TEXT)
        return cleaned


def usual_labels(fields: Iterable[Field]) -> dict[str, str]:
    """Return what visitors read at fields without a label of the form's own, by their names."""
    asked = tuple(AskedField.of(field, label="", required=False) for field in fields)
    form = ContactForm(Definition(fields=asked))
    return {name: str(field.label) for name, field in form.fields.items()}


def _form_field(field: Field, asked: AskedField, typed: str) -> forms.Field:
    if slug_of(asked.name):
        made = custom_form_field(field, typed)
        if field.kind is Kind.DATE and typed and not is_day(typed):
            # In a field for dates browsers show nothing else.
            made.widget = forms.TextInput()
        made.label = asked.label or asked.usual
        made.required = made.widget.is_required = asked.required
        return made
    options: _Options = {"label": field.label, "max_length": field.limit}
    options |= _OPTIONS.get(field.name, {})
    options["required"] = asked.required or field.required
    if asked.label:
        options["label"] = asked.label
    if field is EMAIL:
        return _InternetAddressField(**options)
    return (MultilineField if field.multiline else forms.CharField)(**options)


def _phone_help(calling_code: int) -> str:
    # Between marks that keep its sign in front of its digits in Arabic, too.
    code = f"\u2066+{calling_code}\u2069"
    return gettext("Outside %(code)s, please begin with + and your country code.") % {"code": code}
