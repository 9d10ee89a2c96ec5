"""Values of custom fields within a lead: written one by one, on every engine."""

import pytest

from crm.dynamodb import calls
from crm.dynamodb.items import Item
from crm.tables import LEADS
from leads import keys, repository
from leads.fields import CUSTOM
from leads.models import Lead
from leads.repository.custom_values import flat, nested
from tests.custom import FIELDS, set_fields
from tests.make import ANN, BOB, act, add, published, write


def stored(lead_id: str) -> Item:
    item = calls.get(LEADS, keys.lead(lead_id), consistent=True)
    assert item
    assert nested(flat(item)) == item
    return item


def edit(lead: Lead, **fields: str) -> Lead:
    return repository.edit(lead.lead_id, fields, version=lead.version, actor=ANN, write_id=act())


def undo_last(lead: Lead) -> repository.Undone:
    event = repository.last_change(lead)
    assert event
    name = repository.act_of(lead, event.write_id)
    return repository.undo(name, actor=BOB, write_id=act())


def test_one_value_is_written_and_others_stay_as_they_are(store: str) -> None:
    set_fields(*FIELDS)
    theirs: calls.Value = {"trade": 7, "other": {"a": 1}, "budget": "5"}
    edited = edit(write(published("theirs", custom=theirs)), x_budget="6")
    assert stored("theirs")[CUSTOM] == {"trade": 7, "other": {"a": 1}, "budget": "6"}
    again = edit(edited, x_budget="", x_trade="Boats")
    assert stored("theirs")[CUSTOM] == {"trade": "Boats", "other": {"a": 1}}
    assert undo_last(again).is_done
    assert stored("theirs")[CUSTOM] == {"trade": "7", "other": {"a": 1}, "budget": "6"}


def test_the_first_value_and_the_last_come_and_go(store: str) -> None:
    set_fields(*FIELDS)
    lead = edit(add(), x_trade="Boats", x_size="more")
    assert stored(lead.lead_id)[CUSTOM] == {"trade": "Boats", "size": "More"}
    emptied = edit(lead, x_trade="", x_size="")
    assert stored(lead.lead_id)[CUSTOM] == {}
    assert undo_last(emptied).is_done
    assert stored(lead.lead_id)[CUSTOM] == {"trade": "Boats", "size": "More"}


def test_a_map_that_goes_meanwhile_makes_the_lead_stale(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_fields(*FIELDS)
    lead = edit(add(), x_trade="Boats")
    sent = calls.transact

    def meanwhile(*arguments: object, **more: object) -> None:
        monkeypatch.undo()
        calls.update(LEADS, keys.lead(lead.lead_id), f"REMOVE #{CUSTOM}")
        sent(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("leads.repository.writes.transact", meanwhile)
    with pytest.raises(repository.StaleLeadError):
        edit(lead, x_trade="Ships")
    edit(repository.get(lead.lead_id, consistent=True), x_trade="Ships")
    assert stored(lead.lead_id)[CUSTOM] == {"trade": "Ships"}
