"""What people wrote about a lead, in the shape of templates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from crm.accounts.directory import people
from crm.accounts.models import User
from leads.entries import Earlier, Entry, Kind
from leads.models import Actor, Event, Lead
from leads.web import presentation


@dataclass(frozen=True)
class Remark:
    """An entry of the conversation, for somebody to whom some actions may be open."""

    dom_id: str
    kind: Kind
    outcome: str
    text: str
    who: str
    at: datetime | None
    edited: datetime | None
    history: tuple[Earlier, ...]
    deleted_by: str
    edit_url: str
    delete_url: str
    is_remark = True


def history(
    happened: Iterable[Event | Entry], lead: Lead, user: User
) -> list[presentation.Entry | Remark]:
    """Return what happened to a lead and what was said of it, in order."""
    return [
        remark(one, lead.lead_id, user)
        if isinstance(one, Entry)
        else presentation.entries([one], lead)[0]
        for one in happened
    ]


def remark(entry: Entry, lead_id: str, user: User) -> Remark:
    """Return an entry as ``user`` gets to see it."""
    name = entry_name(entry)
    is_open = user.can_work and not entry.deleted_by
    is_own = entry.author.id == user.id
    return Remark(
        dom_id=dom_id(entry),
        kind=entry.kind,
        outcome=entry.outcome.label if entry.outcome else "",
        text=entry.text,
        who=_name(entry.author),
        at=entry.happened,
        edited=entry.edited,
        history=entry.history,
        deleted_by=_name(entry.deleted_by) if entry.deleted_by else "",
        edit_url=reverse("note_edit", args=[lead_id, name]) if is_open and is_own else "",
        delete_url=reverse("note_delete", args=[lead_id, name])
        if is_open and (is_own or user.is_admin)
        else "",
    )


def entry_name(entry: Entry) -> str:
    """Name an entry within its lead, for addresses."""
    return f"{entry.at}~{entry.id}"


def dom_id(entry: Entry) -> str:
    """Return the element id of an entry."""
    return f"entry-{entry.id}"


def _name(actor: Actor) -> str:
    known = people().get(actor.id)
    return known.name if known else actor.name
