"""The registry of custom fields in the table: what reading it costs, and who may change it."""

import pytest

from crm.dynamodb import calls
from crm.dynamodb.capacity import Usage, count_requests
from crm.dynamodb.scan import scan
from crm.remember import forget_all
from crm.tables import LEADS, RECORDS
from leads import keys, repository
from leads.fields import Kind, custom_field
from leads.models import Lead, LeadFields, Status
from leads.repository import erasure, registry
from leads.repository.registry import Registry, StaleRegistryError
from leads.repository.search_terms import MAX_TOKENS, lead_words
from leads.repository.tokens import token_items
from tests.custom import BUDGET, FIELDS, TRADE, set_fields
from tests.dynamodb_local import UNITS
from tests.make import ANN, act, add, published, write

pytestmark = pytest.mark.usefixtures("tables")


def add_custom(**custom: str) -> Lead:
    texts = {"name": "Ada", "email": "ada@example.com"}
    fields = LeadFields.read(texts | {f"x_{slug}": text for slug, text in custom.items()}, FIELDS)
    intake = repository.create(fields, submission=act(), actor=ANN, source="test")
    return repository.get(intake.lead_id, consistent=True)


def edit(lead: Lead, **fields: str) -> Lead:
    return repository.edit(lead.lead_id, fields, version=lead.version, actor=ANN, write_id=act())


def test_what_is_stored_comes_back() -> None:
    assert registry.current() == Registry()
    retired = custom_field("old", "Old", Kind.DATE, is_retired=True)
    set_fields(*FIELDS, retired)
    forget_all()
    found = registry.current()
    assert found.version == 1
    assert list(map(vars, found.rows)) == list(map(vars, (*FIELDS, retired)))
    assert found.living == found.rows[:-1]
    item = calls.get(RECORDS, keys.field_registry())
    assert item
    assert item["rows"][0] == {"slug": "trade", "label": "Trade", "kind": "text", "searched": True}  # type: ignore[index]


def test_a_kind_of_a_later_release_is_a_text() -> None:
    set_fields(TRADE)
    item = calls.get(RECORDS, keys.field_registry())
    assert item
    rows: calls.Value = [{"slug": "a", "label": "A", "kind": "colour", "new": 1}]
    calls.put(RECORDS, item | {"rows": rows})
    assert [row.kind for row in registry.read().rows] == [Kind.TEXT]


def test_reading_it_is_half_a_unit_and_remembered(usage: Usage) -> None:
    set_fields(*FIELDS)
    forget_all()
    usage.rru = usage.requests = 0
    registry.current()
    registry.current()
    assert (usage.requests, usage.rru) == (1, 0.5 * UNITS)
    registry.with_names(["x_trade", "name"])
    assert usage.requests == 1
    registry.with_names(["x_nobody"])
    assert (usage.requests, usage.rru) == (2, 1.5 * UNITS)


def test_a_move_of_a_lead_with_values_needs_no_registry() -> None:
    set_fields(*FIELDS)
    lead = add_custom(trade="Boats", budget="7")
    forget_all()
    with count_requests() as usage:
        repository.move(lead.lead_id, Status.CONTACTED, version=1, actor=ANN, write_id=act())
    assert (usage.requests, usage.rru) == (2, 1 * UNITS)


def test_a_lead_without_values_needs_none() -> None:
    set_fields(*FIELDS)
    forget_all()
    with count_requests() as usage:
        lead = add()
        edit(lead, name="Bea")
    assert registry.remembered() == Registry()
    assert usage.requests == 3 + 1


def test_who_is_late_is_stale() -> None:
    set_fields(TRADE)
    set_fields(TRADE, BUDGET)
    with pytest.raises(StaleRegistryError) as stale:
        registry.save([BUDGET], 1)
    assert stale.value.now.version == 2
    assert registry.save(registry.read().rows, 1).version == 2
    assert registry.read().version == 2


def test_what_nobody_registered_is_not_written() -> None:
    set_fields(TRADE)
    with pytest.raises(ValueError, match="no such field"):
        edit(add(), x_colour="red")


def test_a_value_of_another_program_that_changes_meanwhile_is_no_lost_update(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_fields(*FIELDS)
    lead = write(published("theirs", custom={"trade": "Boats"}))
    sent = calls.transact

    def meanwhile(*arguments: object, **more: object) -> None:
        monkeypatch.undo()
        write(published("theirs", custom={"trade": "Ships"}))
        sent(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("leads.repository.writes.transact", meanwhile)
    with pytest.raises(repository.StaleLeadError):
        edit(lead, name="Bea")


def test_values_come_last_within_the_tokens_of_a_lead() -> None:
    set_fields(*FIELDS)
    few = Lead(lead_id="a", name="Ada", custom={"trade": "boats", "budget": "77", "none": "x"})
    assert lead_words(few) == ["ada", "boats"]
    names = " ".join(f"{letter}{letter}word" for letter in "abcdefghijklm")
    full = few.model_copy(update={"name": names, "custom": {"notes": names[::-1]}})
    assert lead_words(full) == lead_words(full.model_copy(update={"custom": {}}))
    crowd = few.model_copy(update={"custom": {"notes": " ".join(names[::-1].split() * 9)}})
    assert len(token_items(crowd)) <= MAX_TOKENS + 2


def test_an_erased_lead_leaves_no_value() -> None:
    set_fields(*FIELDS)
    lead = edit(add_custom(trade="Boatsecret"), x_trade="Shipsecret", x_budget="4711")
    erasure.erase(lead.lead_id)
    for table in (LEADS, RECORDS):
        stored = repr([*scan(table, where=f"#{table.partition_key} <> :x", values={"x": ""})])
        assert "secret" not in stored
        assert "4711" not in stored


def test_a_deletion_takes_the_tokens_of_values_with_it() -> None:
    set_fields(*FIELDS)
    lead = add_custom(trade="Boats", notes="whatever it is")
    repository.delete(lead.lead_id, version=1, actor=ANN, write_id=act())
    left = list(scan(RECORDS, where="begins_with(#PK, :search)", values={"search": "SEARCH#"}))
    assert left == []
