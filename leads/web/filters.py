"""The filters of the list, of the pages of a search and of an export."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any, cast, override

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from leads.addresses import normal_form
from leads.attribution import SLUG
from leads.campaigns import source_key
from leads.fields import EMAIL
from leads.models import MAX_REASON, ClosedAs, Lead, Status
from leads.repository import Filter, desk_settings
from leads.repository.form_index import known_index
from leads.repository.looks import Looks, known_looks
from leads.web.closing import closings
from leads.web.owners import ME, NOBODY, asked_owner, owner_choices

_ALL_AND_ONE = 2
OTHERS = "-"
"""Stands for all sources that no admin lists."""
# A whole address can be looked for.
MAX_SEARCH = EMAIL.limit


class SearchForm(forms.Form):
    """Words to look for."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        # What another program stored as an address may end in a blank.
        strip=False,
        max_length=MAX_SEARCH,
        widget=forms.TextInput(
            {
                "type": "search",
                "autocomplete": "off",
                "placeholder": _("Name, company, e-mail, subject"),
            }
        ),
    )

    def clean_q(self) -> str:
        """Take white space of any kind for one space; an address stays as it is."""
        typed: str = self.cleaned_data["q"]
        text = " ".join(typed.split())
        if any(unicodedata.category(character) == "Cc" for character in text):
            raise forms.ValidationError(_("Control characters are not allowed."))
        return typed if normal_form(typed) else text


def _stages() -> list[tuple[str, str]]:
    return [("", pgettext("stages", "All")), *((status.value, status.label) for status in Status)]


def _forms(asked: str) -> list[tuple[str, str]]:
    """Return the forms by their titles; one that is asked for by its address may be gone."""
    index = known_index()
    # Who never wrote a form has no titles.
    looks = known_looks() if index.rev else Looks()
    titles = {one.slug: looks.title(one.slug) for one in index.forms}
    often = Counter(titles.values())
    # A copy has the title of what it was made of, until somebody changes it.
    known = {
        slug: f"{title} ({slug})" if often[title] > 1 else title for slug, title in titles.items()
    }
    if SLUG.fullmatch(asked):
        known.setdefault(asked, asked)
    return [("", pgettext("form", "Any")), *known.items()]


def _sources() -> list[tuple[str, str]]:
    listed = [(source, source) for source in desk_settings.current().sources]
    others = [(OTHERS, pgettext("source", "Others"))] if listed else []
    return [("", pgettext("source", "Any")), *listed, *others]


def _asked_source(text: str) -> str | None:
    if not text:
        return None
    return "" if text == OTHERS else source_key(text)


def _reasons(asked: str) -> list[tuple[str, str]]:
    """Return the reasons that admins keep, and the one asked for: leads may have any."""
    kept = (reason for closing in closings() for reason in closing.reasons)
    asked = asked if len(asked) <= MAX_REASON else ""
    return [("", pgettext("reason", "Any")), *_distinct([*kept, asked])]


def _distinct(reasons: Iterable[str]) -> list[tuple[str, str]]:
    return [(reason, reason) for reason in dict.fromkeys(reasons) if reason]


class FilterForm(SearchForm):
    """What the list shows; everything is optional. A program is nobody, and has no leads."""

    status = forms.ChoiceField(
        required=False,
        choices=_stages,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("There is no such stage.")},
    )
    outcome = forms.ChoiceField(
        required=False,
        choices=[("", ""), *ClosedAs.choices()],
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("Leads are closed as lost, spam or duplicate.")},
    )
    owner = forms.ChoiceField(
        label=_("Owner"),
        required=False,
        error_messages={"invalid_choice": _("There is no such person.")},
    )
    since = forms.DateField(
        label=_("Received from"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=_("Received up to"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.ChoiceField(label=_("Reason for closing"), required=False)
    form = forms.ChoiceField(
        label=_("Form"),
        required=False,
        error_messages={"invalid_choice": _("There is no such form.")},
    )
    source = forms.ChoiceField(
        label=_("Source"),
        required=False,
        error_messages={"invalid_choice": _("There is no such source.")},
    )
    email = forms.CharField(
        label=_("Exact e-mail"),
        required=False,
        strip=False,
        max_length=EMAIL.limit,
        widget=forms.TextInput({"type": "search", "inputmode": "email", "autocomplete": "off"}),
    )

    def __init__(self, data: QueryDict, user_id: str = "") -> None:
        super().__init__(data, auto_id="filter-%s")
        self._user_id = user_id
        owner = cast("forms.ChoiceField", self.fields["owner"])
        anyone, *known = owner_choices(None, pgettext("owner", "Anyone"), everyone=True)
        mine = [(ME, pgettext("owner", "Me"))] if user_id else []
        owner.choices = [anyone, *mine, (NOBODY, pgettext("owner", "Unassigned")), *known]
        reason = cast("forms.ChoiceField", self.fields["reason"])
        reason.choices = _reasons(data.get("reason", ""))
        if not (data.get("status") == Status.CLOSED or data.get("outcome") or data.get("reason")):
            # Of closed leads alone.
            del self.fields["reason"]
        source = cast("forms.ChoiceField", self.fields["source"])
        source.choices = _sources()
        if not (len(source.choices) > 1 or data.get("source")):
            del self.fields["source"]
        form = cast("forms.ChoiceField", self.fields["form"])
        form.choices = _forms(data.get("form", ""))
        if not (len(form.choices) > _ALL_AND_ONE or data.get("form")):
            del self.fields["form"]
        if not data.get("email"):
            # For addresses that name one: people search.
            del self.fields["email"]

    def clean_email(self) -> str:
        """Take blanks alone for nothing."""
        text: str = self.cleaned_data["email"]
        return text if text.strip() else ""

    @override
    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", _("This is before the first day."))
        if self.cleaned_data.get("outcome") or self.cleaned_data.get("reason"):
            self.cleaned_data["status"] = Status.CLOSED.value
        return self.cleaned_data

    def offer_reasons(self, leads: Iterable[Lead]) -> None:
        """Offer the reasons of the leads that are shown, too: admins may have renamed them."""
        if "reason" in self.fields:
            field = cast("forms.ChoiceField", self.fields["reason"])
            (_none, label), *kept = cast("list[tuple[str, str]]", field.choices)
            reasons = [*(value for value, _text in kept), *(lead.reason for lead in leads)]
            field.choices = [("", label), *_distinct(reasons)]

    def query(self) -> dict[str, str]:
        """Return the filters that are set, as parameters of an address."""
        given = {name: self.cleaned_data.get(name) for name in self.fields}
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in given.items()
            if value
        }

    def asked_filter(self) -> Filter:
        """Return what a valid form asks for."""
        given = self.query()
        wanted = Filter(
            status=Status(given["status"]) if "status" in given else None,
            owner_id=asked_owner(given.get("owner", ""), self._user_id),
            email=given.get("email"),
            outcome=ClosedAs.read(given.get("outcome", "")),
            reason=given.get("reason", ""),
            form=given.get("form", ""),
            source=_asked_source(given.get("source", "")),
        )
        first, last = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        return wanted.in_days(first, last, timezone.get_current_timezone())
