"""Who leads can belong to, and whose leads a page shows."""

from collections.abc import Iterable
from typing import Any, override

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.accounts.directory import Person, active_people, people

ME = "me"
NOBODY = "none"
"""What addresses call the one who is signed in, and nobody."""


class UnknownPersonError(LookupError):
    """Nobody has such an account."""


class AssigneeField(forms.ChoiceField):
    """To whom a user can give a lead; their own id says the same as ``me``."""

    user_id = ""

    @override
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return ME if text and text == self.user_id else text


def new_owner_choices(present: str | None, nobody: str) -> list[tuple[str, str]]:
    """Return to whom a lead can be given, and the ``present`` owner even if not."""
    known = people()
    return [
        (person_id, name)
        for person_id, name in owner_choices(present, nobody)
        if person_id in {"", present} or known[person_id].can_work
    ]


def owner_choices(
    present: str | None, nobody: str, *, everyone: bool = False
) -> list[tuple[str, str]]:
    """Return who may own leads, and the ``present`` one even if not; or ``everyone``."""
    known = people()
    choices = [(person.id, person.name) for person in active_people()]
    listed = {person_id for person_id, _ in choices}
    others = known if everyone else [present] if present else []
    for person_id in others:
        if person_id not in listed:
            name = known[person_id].name if person_id in known else person_id
            choices.append((person_id, _("%(name)s (inactive)") % {"name": name}))
    return [("", nobody), *choices]


def assignees(user_id: str, present: str | None = None) -> list[tuple[str, str]]:
    """Return to whom a user can give a lead, and the ``present`` owner even if not."""
    others = new_owner_choices(present, pgettext("owner", "Nobody"))
    nobody, *people_by_name = [choice for choice in others if choice[0] != user_id]
    return [(ME, pgettext("owner", "Me")), *people_by_name, nobody]


def workers(present: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return who can get leads, and those of the ``present`` ones who cannot any more."""
    able = {person.id: person.name for person in active_people() if person.can_work}
    others = [one for one in present if one not in able]
    known = people()
    names = {one: known[one].name if one in known else one for one in others}
    return [
        *able.items(),
        *((one, _("%(name)s (inactive)") % {"name": name}) for one, name in names.items()),
    ]


def owner(owner_id: str | None) -> Person | None:
    """Return the owner of a lead; one whose account is unknown has the id as name."""
    if not owner_id:
        return None
    return people().get(owner_id) or Person(owner_id, owner_id, "?", is_active=False)


def asked_owner(asked: str, user_id: str) -> str | None:
    """Return whose leads a page was asked for: an owner's id, "" for nobody, ``None`` for all.

    Raises :class:`UnknownPersonError`.
    """
    if asked in {"", ME, NOBODY}:
        return {"": None, ME: user_id, NOBODY: ""}[asked]
    if asked not in people():
        raise UnknownPersonError(asked)
    return asked
