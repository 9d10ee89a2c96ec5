"""The forms of the list: its filters, and what is done with several leads."""

import re
import unicodedata
from datetime import date
from typing import Any, cast, override

from django import forms
from django.http import QueryDict

from leads.fields import EMAIL
from leads.models import MAX_ID_BYTES, Status
from leads.repository import Filter
from leads.web.form_fields import owner_choices

MAX_PICKED = 100
MAX_SEARCH = 200
_PICKED = re.compile(r"([0-9]{1,9}):(.+)", re.DOTALL)


class SearchForm(forms.Form):
    """Words to look for."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=MAX_SEARCH,
        widget=forms.TextInput(
            {
                "type": "search",
                "autocomplete": "off",
                "placeholder": "Name, company, e-mail, subject",
            }
        ),
    )

    def clean_q(self) -> str:
        """Take white space of any kind for one space."""
        text = " ".join(self.cleaned_data["q"].split())
        if any(unicodedata.category(character) == "Cc" for character in text):
            raise forms.ValidationError("Control characters are not allowed.")
        return text


class FilterForm(SearchForm):
    """What the list shows; everything is optional."""

    status = forms.ChoiceField(
        required=False,
        choices=[("", "All"), *Status.choices()],
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": "There is no such stage."},
    )
    owner = forms.ChoiceField(
        required=False, error_messages={"invalid_choice": "There is no such person."}
    )
    since = forms.DateField(
        label="Received from",
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label="Received up to",
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    email = forms.CharField(
        label="Exact e-mail",
        required=False,
        max_length=EMAIL.limit,
        widget=forms.TextInput({"type": "search", "inputmode": "email", "autocomplete": "off"}),
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, auto_id="filter-%s")
        owner = cast("forms.ChoiceField", self.fields["owner"])
        owner.choices = owner_choices(None, "Anyone", everyone=True)
        if not data.get("email"):
            # For addresses that name one: people search.
            del self.fields["email"]

    @override
    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", "This is before the first day.")
        return self.cleaned_data

    def query(self) -> dict[str, str]:
        """Give the filters that are set, as parameters of an address."""
        given = {name: self.cleaned_data.get(name) for name in self.fields}
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in given.items()
            if value
        }

    def wanted(self) -> Filter:
        """Give what a valid form asks for."""
        given = self.query()
        return Filter(
            status=Status(given["status"]) if "status" in given else None,
            owner_id=given.get("owner"),
            email=given.get("email", "").lower() or None,
            # Every time of a day sorts between its date and its date and "~", whatever
            # precision another program wrote.
            since=given.get("since"),
            until=f"{given['until']}~" if "until" in given else None,
        )


class BulkForm(forms.Form):
    """An action on leads picked from the list, each as ``version:id``.

    A valid form has :attr:`picked`: lead ids with the versions that the user saw.
    """

    action = forms.ChoiceField(choices=[("move", "Move"), ("delete", "Delete")])
    status = forms.ChoiceField(required=False, choices=Status.choices())
    picked: dict[str, int]

    @override
    def clean(self) -> dict[str, Any]:
        values = cast("QueryDict", self.data).getlist("lead")
        found = [_PICKED.fullmatch(value) for value in values]
        self.picked = {match[2]: int(match[1]) for match in found if match}
        if not values:
            self.add_error(None, "Select leads first: nothing was changed.")
        elif len(values) > MAX_PICKED:
            self.add_error(None, f"Select at most {MAX_PICKED} leads: nothing was changed.")
        elif not all(found) or any(len(key.encode()) > MAX_ID_BYTES for key in self.picked):
            self.add_error(None, "The selection could not be read: nothing was changed.")
        elif self.cleaned_data.get("action") == "move" and not self.cleaned_data.get("status"):
            self.add_error(None, "Choose a stage to move to: nothing was changed.")
        return self.cleaned_data
