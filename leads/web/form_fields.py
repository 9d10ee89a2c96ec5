"""Parts of forms that more than one feature has."""

from typing import override

from django import forms

from crm.accounts.directory import active_people, people


class MultilineField(forms.CharField):
    """Text over several lines; a line break counts as one character, as in browsers."""

    widget = forms.Textarea({"rows": 8})

    @override
    def to_python(self, value: object) -> str:
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        return str(super().to_python(text) or "")


def owner_choices(
    present: str | None, nobody: str, *, everyone: bool = False
) -> list[tuple[str, str]]:
    """Return who can be an owner, and the ``present`` one even if not; or ``everyone``."""
    known = people()
    choices = [(person.id, person.name) for person in active_people()]
    listed = {person_id for person_id, _ in choices}
    others = known if everyone else [present] if present else []
    for person_id in others:
        if person_id not in listed:
            name = known[person_id].name if person_id in known else person_id
            choices.append((person_id, f"{name} (inactive)"))
    return [("", nobody), *choices]
