"""The agenda's entries of a lead: written with each change of it, by its one author.

A lead has at most two, one on the agenda of everybody and one on that of its owner; where
nobody owns it, on that of who set the follow-up. Each has all that a line of the agenda shows.
"""

from crm.dynamodb.calls import Delete, Item, Key, Put
from crm.tables import RECORDS
from leads import keys
from leads.dues import sort_key
from leads.models import Lead

KIND = "follow-up"
MAX_TITLE = 200


def agenda_items(lead: Lead) -> list[Item]:
    """Return the entries of a lead; none if nothing is due, or if it is closed."""
    if not lead.follow_up_at or lead.is_closed:
        return []
    person_id = lead.owner_id or lead.follow_up_by
    line = {
        "dueAt": sort_key(lead.follow_up_at),
        "kind": KIND,
        "title": lead.title[:MAX_TITLE],
        "company": lead.company[:MAX_TITLE],
        "status": lead.status.value,
        "text": lead.follow_up_text,
        "personId": lead.owner_id or "",
        "version": lead.version,
    }
    line = {name: value for name, value in line.items() if value}
    agendas = [keys.EVERYBODYS, *([keys.agenda(person_id)] if person_id else [])]
    return [
        {**keys.agenda_entry(lead.lead_id, agenda), "agendaKey": agenda, **line}
        for agenda in agendas
    ]


def agenda_keys(lead_id: str) -> list[Key]:
    """Return the keys of all entries that a lead can have."""
    return [keys.agenda_entry(lead_id, agenda) for agenda in (keys.EVERYBODYS, "")]


def agenda_writes(before: Lead | None, after: Lead | None) -> list[Put | Delete]:
    """Return what takes the agenda from ``before`` to ``after`` a change: 3 WRU each.

    ``None`` stands for a lead that is on no agenda.
    """
    old = agenda_items(before) if before else []
    new = agenda_items(after) if after else []
    kept = [RECORDS.key_of(item) for item in new]
    outdated = [key for key in map(RECORDS.key_of, old) if key not in kept]
    puts = [Put(table=RECORDS, item=item) for item in new if item not in old]
    return [*puts, *(Delete(table=RECORDS, key=key) for key in outdated)]
