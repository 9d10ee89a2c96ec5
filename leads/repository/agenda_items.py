"""Where a lead stands on the agenda: written with each change of it, by its one author.

One item, which two indexes hold: one for everybody, one for its owner, or where nobody owns it
for who set the follow-up. It has all that a line of the agenda shows.
"""

from crm.dynamodb.calls import Delete, Item, Put
from crm.tables import RECORDS
from leads import keys
from leads.dues import sort_key
from leads.models import Lead

MOST_SHOWN = 120
"""How many characters of a name and a company a line shows."""


def agenda_item(lead: Lead) -> Item | None:
    """Return what is due about a lead; ``None`` if nothing is, or if it is closed."""
    if not lead.follow_up_at or lead.is_closed:
        return None
    person_id = lead.owner_id or lead.follow_up_by
    line = {
        "agendaKey": keys.agenda(person_id) if person_id else "",
        "teamKey": keys.EVERYBODYS,
        "dueAt": sort_key(lead.follow_up_at),
        # One character more than a line shows tells it that there are more.
        "title": lead.title[: MOST_SHOWN + 1],
        "company": lead.company[: MOST_SHOWN + 1],
        "status": lead.status.value,
        "text": lead.follow_up_text,
        "personId": lead.owner_id or "",
        "version": lead.version,
    }
    shown = {name: value for name, value in line.items() if value}
    return {**keys.agenda_entry(lead.lead_id), **shown}


def agenda_writes(before: Lead | None, after: Lead | None) -> list[Put | Delete]:
    """Return what takes the agenda from ``before`` to ``after`` a change: 4 WRU, 6 to another day.

    ``None`` stands for a lead that is on no agenda.
    """
    old = agenda_item(before) if before else None
    new = agenda_item(after) if after else None
    if new and new != old:
        return [Put(table=RECORDS, item=new)]
    if old and not new:
        return [Delete(table=RECORDS, key=RECORDS.key_of(old))]
    return []
