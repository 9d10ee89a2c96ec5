"""What is done with several leads of the list."""

import re
from typing import Any, cast, override

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext, pgettext_lazy

from leads.models import MAX_ID_BYTES, ClosedAs, EventType, Status
from leads.repository.large_act import Task
from leads.web.closing import ReasonField
from leads.web.filters import FilterForm
from leads.web.owners import ME, NOBODY, AssigneeField, assignees

MAX_PICKED = 100
_PICKED = re.compile(r"([0-9]{1,9}):(.+)", re.DOTALL)


def bulk_owners(user_id: str) -> list[tuple[str, str]]:
    """Return to whom a user can give picked leads; nobody has a name, for none may be chosen."""
    return [(person_id or NOBODY, name) for person_id, name in assignees(user_id)]


class BulkForm(forms.Form):
    """An action on leads picked from the list, each as ``version:id``, or on ``all`` of a list.

    A valid form has :attr:`picked`: lead ids with the versions that the user saw; or
    :attr:`filters`: those of the list, as its address has them.
    """

    action = forms.ChoiceField(
        choices=[
            ("move", pgettext_lazy("action", "Move")),
            ("assign", pgettext_lazy("action", "Assign")),
            ("close", pgettext_lazy("action", "Close")),
            ("delete", pgettext_lazy("action", "Delete")),
        ]
    )
    status = forms.ChoiceField(required=False, choices=Status.choices)
    owner = AssigneeField(
        required=False,
        error_messages={
            "invalid_choice": _lazy("There is no such person: nothing was changed."),
        },
    )
    outcome = forms.ChoiceField(required=False, choices=ClosedAs.choices)
    reason = ReasonField()
    picked: dict[str, int]
    filters: FilterForm

    def __init__(self, data: QueryDict, user_id: str) -> None:
        super().__init__(data)
        self._user_id = user_id
        self.is_of_all = "all" in data
        owner = cast("AssigneeField", self.fields["owner"])
        owner.user_id, owner.choices = user_id, bulk_owners(user_id)

    @property
    def owner_id(self) -> str:
        """The chosen person's id; empty for nobody."""
        chosen: str = self.cleaned_data["owner"]
        return {ME: self._user_id, NOBODY: ""}.get(chosen, chosen)

    def task(self) -> Task:
        """Return what a valid form asks to be done to each lead."""
        given = self.cleaned_data
        match given["action"]:
            case "move":
                return Task(kind=EventType.MOVED, status=Status(given["status"]))
            case "assign":
                return Task(kind=EventType.ASSIGNED, owner_id=self.owner_id)
            case "close":
                outcome = ClosedAs(given["outcome"])
                return Task(kind=EventType.CLOSED, outcome=outcome, reason=given["reason"])
        return Task(kind=EventType.DELETED)

    @override
    def clean(self) -> dict[str, Any]:
        if problem := self._of_leads() or self._of_action():
            self.add_error(None, problem)
        return self.cleaned_data

    def _of_leads(self) -> str:
        """Read which leads are meant; return what is wrong with that, if anything."""
        data = cast("QueryDict", self.data)
        if self.is_of_all:
            self.filters = FilterForm(QueryDict(data.get("filter", "")), self._user_id)
            is_right = "filter" in data and self.filters.is_valid()
            return "" if is_right else _("The selection could not be read: nothing was changed.")
        values = data.getlist("lead")
        found = [_PICKED.fullmatch(value) for value in values]
        self.picked = {match[2]: int(match[1]) for match in found if match}
        if not values:
            return _("Select leads first: nothing was changed.")
        if len(values) > MAX_PICKED:
            text = ngettext(
                "Select at most %(most)s lead: nothing was changed.",
                "Select at most %(most)s leads: nothing was changed.",
                MAX_PICKED,
            )
            return text % {"most": MAX_PICKED}
        if not all(found) or any(len(key.encode()) > MAX_ID_BYTES for key in self.picked):
            return _("The selection could not be read: nothing was changed.")
        return ""

    def _of_action(self) -> str:
        """Return what is wrong with the action, if anything."""
        given = self.cleaned_data
        match given.get("action"):
            case "move" if not given.get("status"):
                return _("Choose a stage to move to: nothing was changed.")
            case "close" if not given.get("outcome"):
                return _("Choose how to close them: nothing was changed.")
            case "assign" if not given.get("owner", NOBODY):
                return _("Choose whom to assign them to: nothing was changed.")
        return ""
