"""What is done with several leads of the list."""

import re
from typing import Any, cast, override

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext, pgettext_lazy

from leads.models import MAX_ID_BYTES, ClosedAs, Status
from leads.web.closing import ReasonField
from leads.web.owners import ME, NOBODY, AssigneeField, assignees

MAX_PICKED = 100
_PICKED = re.compile(r"([0-9]{1,9}):(.+)", re.DOTALL)


def bulk_owners(user_id: str) -> list[tuple[str, str]]:
    """Return to whom a user can give picked leads; nobody has a name, for none may be chosen."""
    return [(person_id or NOBODY, name) for person_id, name in assignees(user_id)]


class BulkForm(forms.Form):
    """An action on leads picked from the list, each as ``version:id``.

    A valid form has :attr:`picked`: lead ids with the versions that the user saw.
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

    def __init__(self, data: QueryDict, user_id: str) -> None:
        super().__init__(data)
        self._user_id = user_id
        owner = cast("AssigneeField", self.fields["owner"])
        owner.user_id, owner.choices = user_id, bulk_owners(user_id)

    @property
    def owner_id(self) -> str:
        """The chosen person's id; empty for nobody."""
        chosen: str = self.cleaned_data["owner"]
        return {ME: self._user_id, NOBODY: ""}.get(chosen, chosen)

    @override
    def clean(self) -> dict[str, Any]:
        values = cast("QueryDict", self.data).getlist("lead")
        found = [_PICKED.fullmatch(value) for value in values]
        self.picked = {match[2]: int(match[1]) for match in found if match}
        if not values:
            self.add_error(None, _("Select leads first: nothing was changed."))
        elif len(values) > MAX_PICKED:
            text = ngettext(
                "Select at most %(most)s lead: nothing was changed.",
                "Select at most %(most)s leads: nothing was changed.",
                MAX_PICKED,
            )
            self.add_error(None, text % {"most": MAX_PICKED})
        elif not all(found) or any(len(key.encode()) > MAX_ID_BYTES for key in self.picked):
            self.add_error(None, _("The selection could not be read: nothing was changed."))
        elif self.cleaned_data.get("action") == "move" and not self.cleaned_data.get("status"):
            self.add_error(None, _("Choose a stage to move to: nothing was changed."))
        elif self.cleaned_data.get("action") == "close" and not self.cleaned_data.get("outcome"):
            self.add_error(None, _("Choose how to close them: nothing was changed."))
        elif self.cleaned_data.get("action") == "assign" and not self.cleaned_data.get(
            "owner", NOBODY
        ):
            self.add_error(None, _("Choose whom to assign them to: nothing was changed."))
        return self.cleaned_data
