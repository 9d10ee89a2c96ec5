"""Whose a lead is to be."""

from typing import Any, cast, override

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leads.web.owners import ME, AssigneeField, assignees


class OwnerForm(forms.Form):
    """An owner: ``me``, the id of an active person, or nobody."""

    owner = AssigneeField(
        label=pgettext_lazy("field", "Owner"),
        required=False,
        error_messages={
            "invalid_choice": _("There is no such person, or their account is not active.")
        },
    )

    def __init__(self, data: QueryDict, user_id: str) -> None:
        super().__init__(data)
        self._user_id = user_id
        owner = cast("AssigneeField", self.fields["owner"])
        owner.user_id, owner.choices = user_id, assignees(user_id)

    @override
    def clean(self) -> dict[str, Any]:
        if "owner" not in self.data:
            self.add_error("owner", _("Choose whose the lead is to be."))
        return self.cleaned_data

    @property
    def owner_id(self) -> str:
        """The chosen person's id; empty for nobody."""
        chosen: str = self.cleaned_data["owner"]
        return self._user_id if chosen == ME else chosen
