"""Which acts are shown."""

from typing import cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from leads.models import EventType
from leads.repository.acts import Wanted
from leads.web.owners import owner_choices

KINDS = {
    EventType.MOVED: pgettext_lazy("act", "Moved"),
    EventType.EDITED: pgettext_lazy("act", "Edited"),
    EventType.ASSIGNED: pgettext_lazy("act", "Assigned"),
    EventType.CLOSED: pgettext_lazy("act", "Closed"),
    EventType.REPLIED: pgettext_lazy("act", "Answered"),
    EventType.DATED: pgettext_lazy("act", "Follow-up"),
    EventType.DELETED: pgettext_lazy("act", "Deleted"),
    EventType.UNDONE: pgettext_lazy("act", "Undone"),
}


def kind_text(kind: EventType) -> str:
    """Say what was done."""
    return str(KINDS.get(kind, kind.value))


class FilterForm(forms.Form):
    """A person and a kind; both are optional."""

    person = forms.ChoiceField(
        label=_("Person"),
        required=False,
        error_messages={"invalid_choice": _("There is no such person.")},
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=lambda: [("", pgettext("kinds of changes", "All")), *_kinds()],
        error_messages={"invalid_choice": _("There is no such kind of change.")},
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, auto_id="filter-%s")
        person = cast("forms.ChoiceField", self.fields["person"])
        person.choices = owner_choices(None, pgettext("person", "Anyone"), everyone=True)

    def query(self) -> dict[str, str]:
        """Return the filters that are set, as parameters of an address."""
        return {name: text for name, text in self.cleaned_data.items() if text}

    def wanted(self) -> Wanted:
        """Return what a valid form asks for."""
        return Wanted(**self.query())


def _kinds() -> list[tuple[str, str]]:
    return [(kind.value, str(label)) for kind, label in KINDS.items()]
