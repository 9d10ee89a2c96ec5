"""Which held messages are shown, and what is done with all of them."""

import re
from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any, cast, override

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from crm import zones
from crm.networks import UNKNOWN
from leads.held.models import State
from leads.held.overview import Overview, Selection
from leads.held.presentation import hour_text, network_text
from leads.models import moment

# What lists of choices show: the networks with the most messages, the latest hours.
MOST_CHOICES = 50
_ALL = {"network": pgettext_lazy("networks", "All"), "hour": pgettext_lazy("hours", "All")}
_HOUR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}")


class SelectionForm(forms.Form):
    """A network and an hour; both are optional."""

    network = forms.CharField(
        label=_("Network"), required=False, max_length=64, widget=forms.Select
    )
    hour = forms.CharField(label=_("Hour"), required=False, widget=forms.Select)

    def clean_network(self) -> str:
        """Take the name of a network."""
        text: str = self.cleaned_data["network"]
        if text not in {"", UNKNOWN} and not _is_network(text):
            raise forms.ValidationError(_("There is no such network."))
        return text

    def clean_hour(self) -> str:
        """Take an hour as it is stored."""
        text: str = self.cleaned_data["hour"]
        if text and not (_HOUR.fullmatch(text) and moment(f"{text}:00:00Z")):
            raise forms.ValidationError(_("There is no such hour."))
        return text


class FilterForm(SelectionForm):
    """What the list shows."""

    show = forms.ChoiceField(
        required=False,
        choices=[("", ""), (State.DISCARDED.value, "")],
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("There is no such list.")},
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, auto_id="filter-%s")
        self._offer("network", [])
        self._offer("hour", [])
        self.fields["hour"].label = gettext("Hour (%(zone)s)") % {"zone": zones.label()}

    @property
    def selection(self) -> Selection:
        """Return what is asked for; what is at fault asks for nothing."""
        given = self.cleaned_data
        state = State(given.get("show") or State.HELD)
        return Selection(state, given.get("network", ""), given.get("hour", ""))

    def query(self) -> dict[str, str]:
        """Return the filters that are set, as parameters of an address."""
        return {name: text for name, text in self.cleaned_data.items() if text}

    def offer(self, found: Overview) -> None:
        """Offer the networks and hours that there are to choose from."""
        _state, network, hour = self.selection
        networks = [name for name, _number in found.networks.most_common(MOST_CHOICES)]
        hours = sorted(found.hours, reverse=True)[:MOST_CHOICES]
        self._offer(
            "network",
            [
                (name, _numbered(network_text(name), found, found.networks[name]))
                for name in _with(network, networks)
            ],
        )
        self._offer(
            "hour",
            [
                (one, _numbered(hour_text(one), found, found.hours[one]))
                for one in _with(hour, hours)
            ],
        )

    def _offer(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        widget = cast("forms.Select", self.fields[name].widget)
        widget.choices = [("", _ALL[name]), *choices]


class BulkForm(SelectionForm):
    """What is done with all messages of a network or an hour, and how far that is.

    Each request does some of them: ``cursor`` is where it goes on, the numbers what became of
    those before. Messages newer than ``until`` had not come in when the user was asked.
    """

    action = forms.ChoiceField(
        choices=[
            ("release", pgettext_lazy("action", "Release")),
            ("discard", pgettext_lazy("action", "Discard")),
        ]
    )
    until = forms.CharField(required=False, max_length=40)
    cursor = forms.CharField(required=False, max_length=4096, strip=False)
    total = forms.IntegerField(required=False, min_value=0, max_value=10**9)
    done = forms.IntegerField(required=False, min_value=0, max_value=10**9)
    others = forms.IntegerField(required=False, min_value=0, max_value=10**9)
    kept = forms.IntegerField(required=False, min_value=0, max_value=10**9)

    @property
    def selection(self) -> Selection:
        """Return what a valid form asks for."""
        return Selection(State.HELD, self.cleaned_data["network"], self.cleaned_data["hour"])

    @override
    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not self.errors and not (given["network"] or given["hour"]):
            self.add_error(None, _("Choose a network or an hour first: nothing was changed."))
        return given


def _is_network(text: str) -> bool:
    try:
        return str(ip_network(text)) == text
    except ValueError:
        return False


def _with(chosen: str, names: list[str]) -> list[str]:
    return names if not chosen or chosen in names else [chosen, *names]


def _numbered(label: str, found: Overview, number: int) -> str:
    # Numbers of the newest alone would mislead.
    return label if found.more else f"{label} ({number})"
