"""What people wrote about a lead, in the shape of templates."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.urls import reverse

from crm.accounts.directory import people
from crm.accounts.models import User
from crm.outbox.models import Delivery, State
from leads.entries import WRITTEN, Earlier, Entry, Kind
from leads.mails import Mail
from leads.models import Actor, Event, EventType, Lead
from leads.repository import conversation
from leads.repository.errors import EntryNotFoundError
from leads.web import presentation

_NAME = re.compile(r"([0-9TZ:.-]{24})~([0-9a-f]{32})")


@dataclass(frozen=True)
class Remark:
    """An entry of the conversation, for somebody to whom some actions may be open.

    ``again_url`` writes a reply anew that was taken back, ``send_url`` sends one that failed
    or came back.
    """

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
    mail: Mail | None
    delivery: Delivery | None
    again_url: str
    send_url: str
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
        # The mail itself tells of an answer that changed nothing else.
        if isinstance(one, Entry) or one.type is not EventType.REPLIED or one.changes
    ]


def remark(entry: Entry, lead_id: str, user: User) -> Remark:
    """Return an entry as ``user`` gets to see it."""
    name = entry_name(entry)
    is_open = user.can_work and not entry.deleted_by
    is_own = entry.author.id == user.id
    is_written = entry.kind in WRITTEN
    state = entry.delivery.state if entry.delivery else None
    is_in_motion = bool(entry.delivery and entry.delivery.is_open)
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
        edit_url=reverse("note_edit", args=[lead_id, name])
        if is_open and is_own and is_written
        else "",
        delete_url=reverse("note_delete", args=[lead_id, name])
        if is_open and (is_own or user.is_admin) and not is_in_motion
        else "",
        mail=entry.mail,
        delivery=entry.delivery,
        again_url=f"{reverse('lead_reply', args=[lead_id])}?again={name}"
        if is_open and is_own and state is State.WITHDRAWN
        else "",
        send_url=reverse("reply_send", args=[lead_id, name])
        if is_open and entry.delivery and entry.delivery.has_failed
        else "",
    )


def entry_or_404(lead_id: str, name: str, *, is_to_change: bool = True) -> Entry:
    """Read the entry that an address names. Raises ``Http404``, also for one deleted to change."""
    found = _NAME.fullmatch(name)
    if not found:
        raise Http404("There is no such entry.")
    try:
        entry = conversation.one(lead_id, found[1], found[2])
    except EntryNotFoundError as error:
        raise Http404("There is no such entry.") from error
    if entry.deleted_by and is_to_change:
        raise Http404("This entry has been deleted.")
    return entry


def entry_name(entry: Entry) -> str:
    """Name an entry within its lead, for addresses."""
    return f"{entry.at}~{entry.id}"


def dom_id(entry: Entry) -> str:
    """Return the element id of an entry."""
    return f"entry-{entry.id}"


def _name(actor: Actor) -> str:
    known = people().get(actor.id)
    return known.name if known else actor.name
