"""The form in which somebody writes a template of answers."""

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.plain_text import plain_text
from leads.entries import MAX_TEXT
from leads.models import clean_line, with_something_visible
from leads.repository.reply_templates import Template, new_id
from leads.web.form_fields import MultilineField, checked
from leads.web.placeholders import unknown_in
from leads.web.reply_form import MAX_SUBJECT

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_NAME = 60


class TemplateForm(forms.Form):
    """A template; ``token`` is the id of a new one, so that a repeat is the same one."""

    name = forms.CharField(label=pgettext_lazy("of a template", "Name"), max_length=MAX_NAME)
    subject = forms.CharField(
        label=gettext_lazy("Subject"),
        required=False,
        max_length=MAX_SUBJECT,
        help_text=gettext_lazy("Empty: that of the lead, after “Re:”."),
    )
    text = MultilineField(label=gettext_lazy("Text"), max_length=MAX_TEXT)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**15)
    token = forms.RegexField(r"^[0-9a-f]{32}\Z", widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, now: Template | None = None) -> None:
        template = now or Template(new_id(), "", "", "")
        initial = {**vars(template), "token": template.id}
        super().__init__(data, initial=initial)
        self.fields["text"].widget.attrs.pop("maxlength", None)

    def clean_name(self) -> str:
        """Return the name as one line."""
        return checked(clean_line, self.cleaned_data["name"])

    def clean_subject(self) -> str:
        """Return the subject as one line, with placeholders that there are."""
        return _with_known_placeholders(checked(clean_line, self.cleaned_data["subject"]))

    def clean_text(self) -> str:
        """Return the text, with placeholders that there are."""
        text = checked(plain_text, self.cleaned_data["text"])
        return _with_known_placeholders(checked(with_something_visible, text.strip()))

    @property
    def template(self) -> Template:
        """What a valid form asks for."""
        given = self.cleaned_data
        texts = (given["name"], given["subject"], given["text"])
        return Template(given["token"], *texts, version=given["version"])


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the form, and their labels."""
    fields = TemplateForm.base_fields
    return {name: fields[name].label or name for name in ("name", "subject", "text")}


def _with_known_placeholders(text: str) -> str:
    if unknown := unknown_in(text):
        names = ", ".join(f"{{{name}}}" for name in unknown)
        raise ValidationError(_("There is no such placeholder: %(names)s.") % {"names": names})
    return text
