"""Whose leads the board shows: the choices above its columns."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import pgettext

from leads.web.owners import ME, NOBODY, owner_choices
from leads.web.pagination import address_of


@dataclass(frozen=True)
class OwnerFilter:
    """Links (label, address, whether it is the present one), and colleagues to choose among.

    ``colleague`` is the chosen one's id.
    """

    links: list[tuple[str, str, bool]]
    colleagues: list[tuple[str, str]]
    colleague: str


def owner_filter(user_id: str, owner_id: str | None) -> OwnerFilter:
    """Return the choices for a user on a board of ``owner_id``: "" for nobody, ``None`` for all."""
    colleague = owner_id if owner_id and owner_id != user_id else ""
    links = [
        (pgettext("owner", "Everybody"), "", None),
        (pgettext("owner", "Me"), ME, user_id),
        (pgettext("owner", "Unassigned"), NOBODY, ""),
    ]
    choices = owner_choices(colleague, pgettext("owner", "Colleague…"))
    return OwnerFilter(
        links=[
            (label, address_of(reverse("board"), {"owner": name}), shows == owner_id)
            for label, name, shows in links
        ],
        colleagues=[(person_id, name) for person_id, name in choices if person_id != user_id],
        colleague=colleague,
    )
