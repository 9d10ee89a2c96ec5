"""What is due, in the order of time: of a person or of everybody, one Query a page."""

from typing import NamedTuple

from crm.dynamodb.calls import Item, Key, query
from crm.dynamodb.cursor import InvalidCursorError, Position, decode, encode
from crm.dynamodb.schema import Index
from crm.tables import AGENDA_INDEX, RECORDS, TEAM_AGENDA_INDEX
from leads import keys
from leads.dues import due_of
from leads.models import Lead, Status

PAGE_SIZE = 50


class AgendaPage(NamedTuple):
    """Leads that are due, the first one first, and the cursor of the next page; "" at the end."""

    leads: list[Lead]
    cursor: str


def page(
    person_id: str | None, until: str, cursor: str = "", *, limit: int = PAGE_SIZE
) -> AgendaPage:
    """Read what is due before a place in time: 2.5 RRU for 50, whatever there is besides.

    Of a person, or for ``None`` of everybody. The leads have what a line shows. Raises
    ``InvalidCursorError``.
    """
    index = TEAM_AGENDA_INDEX if person_id is None else AGENDA_INDEX
    agenda = keys.EVERYBODYS if person_id is None else keys.agenda(person_id)
    found = query(
        RECORDS,
        f"#{index.partition_key} = :agenda AND #dueAt < :until",
        {"agenda": agenda, "until": until},
        index=index,
        limit=limit,
        start=_start(cursor, index, agenda),
    )
    last = found.last_key
    position: Position = {name: last[name] for name in ("PK", "dueAt")} if last else {}
    following = encode(position, _scope(agenda)) if position else ""
    return AgendaPage([_lead(item) for item in found.items], following)


def _lead(item: Item) -> Lead:
    return Lead(
        lead_id=keys.lead_id_of_agenda(str(item["PK"])),
        name=str(item.get("title", "")),
        company=str(item.get("company", "")),
        status=Status.read(str(item.get("status", ""))),
        version=int(str(item.get("version", 0))),
        owner_id=str(item.get("personId", "")) or None,
        follow_up_at=due_of(str(item["dueAt"])),
        follow_up_text=str(item.get("text", "")),
    )


def _start(cursor: str, index: Index, agenda: str) -> Key | None:
    if not cursor:
        return None
    position = decode(cursor, _scope(agenda))
    partition, due = position.get("PK"), position.get("dueAt")
    if not (isinstance(partition, str) and isinstance(due, str)):
        raise InvalidCursorError("The page address is of another list.")
    key = keys.agenda_entry(keys.lead_id_of_agenda(partition))
    return {**key, index.partition_key: agenda, index.sort_key: due}


def _scope(agenda: str) -> str:
    return f"agenda:{agenda}"
