"""``recount`` puts the agenda right: what lacks, what differs, what is of nothing that is due."""

import pytest
from django.core.management.base import CommandError

from crm.dynamodb import calls
from crm.tables import LEADS, RECORDS
from leads import keys, repository
from leads.models import Lead
from leads.repository.agenda_items import agenda_item
from tests.maintenance.helpers import run
from tests.make import ANN, act, add


def dated(due: str = "2026-12-03") -> Lead:
    lead = add(owner_id="u-bob")
    return repository.follow_up(lead.lead_id, due, "Call", version=1, actor=ANN, write_id=act())


def entries(lead_id: str) -> list[calls.Item]:
    return calls.query_all(RECORDS, "#PK = :pk", {"pk": f"{keys.AGENDA}{lead_id}"})


def test_nothing_is_said_of_an_agenda_that_is_right(store: str) -> None:
    dated()
    assert "Agenda: all entries are right." in run("recount")


def test_what_is_wrong_is_repaired_and_told(store: str) -> None:
    lacks, differs, gone, closed, twice = (dated() for _ in range(5))
    calls.delete(RECORDS, keys.agenda_entry(lacks.lead_id))
    whole = entries(differs.lead_id)
    calls.put(RECORDS, whole[0] | {"title": "Another"})
    once = entries(twice.lead_id)
    for other in ("ALL", "OWN"):
        calls.put(RECORDS, once[0] | {"SK": other})
    calls.delete(LEADS, keys.lead(gone.lead_id))
    calls.put(LEADS, {**_stored(closed), "status": "closed"})
    with pytest.raises(CommandError, match="Nothing was changed"):
        run("recount", "--dry-run")
    assert len(entries(gone.lead_id)) == 1
    said = run("recount")
    assert "Agenda: 2 entries were missing or wrong, 4 of nothing that is due: repaired." in said
    assert entries(lacks.lead_id) == [agenda_item(lacks)]
    assert entries(differs.lead_id) == whole
    assert entries(twice.lead_id) == once
    assert entries(gone.lead_id) == entries(closed.lead_id) == []
    assert "Agenda: all entries are right." in run("recount")


def _stored(lead: Lead) -> calls.Item:
    item = calls.get(LEADS, keys.lead(lead.lead_id), consistent=True)
    assert item is not None
    return item
