"""The form that writes a note or logs a call, wherever a lead is open."""

from typing import Any, override
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from leads.entries import WRITTEN, CallOutcome, Entry, Kind, Said
from leads.validation import field_errors
from leads.web.follow_ups import DueField
from leads.web.form_fields import MultilineField

TEXT_LABEL = _("Note")


def _kinds() -> list[tuple[str, str]]:
    return [(kind.value, kind.label) for kind in WRITTEN]


def _outcomes() -> list[tuple[str, str]]:
    return [(outcome.value, outcome.label) for outcome in CallOutcome]


class Composer(forms.Form):
    """What somebody says of a lead, anew or in place of what an ``edited`` entry says.

    ``entry`` names the form and ``at`` is when it was first sent, by the browser's clock, so
    that a repeat is the same entry. A valid form has what it asks for as ``said``. After a call
    it may say when it is to be followed up; ``was`` is when that was to be before.
    """

    kind = forms.ChoiceField(
        label=_("What to write"), choices=_kinds, required=False, widget=forms.RadioSelect
    )
    outcome = forms.ChoiceField(
        label=_("What became of the call"),
        choices=_outcomes,
        required=False,
        widget=forms.RadioSelect,
    )
    text = MultilineField(
        label=TEXT_LABEL,
        required=False,
        # Without a maxlength: browsers cut what is pasted there, and say nothing.
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )
    due = DueField()
    was = forms.CharField(required=False, widget=forms.HiddenInput)
    entry = forms.CharField(required=False, widget=forms.HiddenInput)
    at = forms.CharField(required=False, widget=forms.HiddenInput)
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None = None, *, edited: Entry | None = None, due: str = ""
    ) -> None:
        initial: dict[str, object] = {"kind": Kind.NOTE.value, "entry": uuid4().hex, "was": due}
        if edited:
            initial = {**edited.said.model_dump(), "version": edited.version}
        super().__init__(
            data, initial=initial, auto_id=f"{edited.id}-%s" if edited else "composer-%s"
        )
        if edited:
            del self.fields["due"], self.fields["was"]
        self._edited = edited
        self.said = Said.model_construct()
        # The key that leads to a composer; one who opened an entry wants to write there.
        more = {"autofocus": True} if edited else {"data-key": "n"}
        self.fields["text"].widget.attrs |= more

    @property
    def is_of_call(self) -> bool:
        """Whether it edits an entry that is a call."""
        return bool(self._edited and self._edited.kind is Kind.CALL)

    @property
    def chosen_due(self) -> str:
        """When a valid form wants a call to be followed up; "" for a note, or for never."""
        due: str = self.cleaned_data["due"]
        return due if self.said.kind is Kind.CALL else ""

    @override
    def clean(self) -> dict[str, Any]:
        kind = self._edited.kind if self._edited else self.cleaned_data.get("kind") or Kind.NOTE
        texts = {
            "outcome": self.cleaned_data.get("outcome") or None,
            "text": self.cleaned_data.get("text", ""),
        }
        try:
            self.said = Said.model_validate({"kind": kind, **texts})
        except ValidationError as error:
            for name, text in field_errors(error).items():
                if name not in self.errors:
                    self.add_error(name, text)
        return self.cleaned_data
