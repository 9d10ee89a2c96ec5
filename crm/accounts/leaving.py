"""What becomes of somebody's work when they are deactivated, or may only read any more.

The platform does not know what work is: ``settings.WORK_OF_PEOPLE`` names who does.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

from django import forms
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from crm.accounts.directory import active_people
from crm.accounts.models import User
from crm.dynamodb.calls import Write

NOBODY = "none"


class Work(NamedTuple):
    """The open work of people.

    ``number`` tells by their id how much somebody has, ``None`` where nobody knows.
    ``handing_over`` returns what hands it over, for the transaction that changes somebody
    (an id), to a colleague (an id) or nobody (""), by an admin; ``begin`` begins with it once
    that is stored.
    """

    number: Callable[[str], int | None]
    handing_over: Callable[[str, str, User], Sequence[Write]]
    begin: Callable[[], None]


class HeirForm(forms.Form):
    """To whom the open work of somebody goes."""

    heir = forms.ChoiceField(
        label=_("Their open leads go to"),
        error_messages={
            "required": _("Choose to whom they go, or nobody."),
            "invalid_choice": _("There is no such person, or their account is not active."),
        },
    )

    def __init__(self, data: dict[str, str] | None, user_id: str) -> None:
        super().__init__(data)
        others = [one for one in active_people() if one.can_work and one.id != user_id]
        heir = cast("forms.ChoiceField", self.fields["heir"])
        heir.choices = [
            ("", gettext("Choose…")),
            *((one.id, one.name) for one in others),
            (NOBODY, pgettext("owner", "Nobody")),
        ]

    @property
    def heir_id(self) -> str:
        """The chosen person's id; empty for nobody."""
        heir: str = self.cleaned_data["heir"]
        return "" if heir == NOBODY else heir


def work() -> Work:
    """Return who knows the work of people."""
    found: Work = import_string(settings.WORK_OF_PEOPLE)
    return found
