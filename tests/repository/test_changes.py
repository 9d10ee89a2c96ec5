"""Moves, edits and deletions, on both engines."""

import pytest
from pydantic import ValidationError

from crm.dynamodb import calls
from crm.dynamodb.capacity import count_requests
from crm.tables import LEADS, RECORDS
from leads import keys, repository
from leads.fields import SPELLED_OUT
from leads.models import Change, EventType, Status
from leads.repository import LeadNotFoundError, StaleLeadError
from tests.make import ANN, BOB, act, add, events, only, recount, stored, totals


def test_a_move_is_one_change_with_event_and_counters(store: str) -> None:
    lead = add()
    moved = repository.move(lead.lead_id, Status.QUALIFIED, version=1, actor=BOB, write_id="w-1")
    assert (moved.status, moved.version) == (Status.QUALIFIED, 2)
    assert moved == repository.get(lead.lead_id, consistent=True)
    assert moved.stage_entered_at == moved.updated_at > lead.updated_at
    event = events(lead.lead_id)[-1]
    assert (event.type, event.actor, event.version) == (EventType.MOVED, BOB, 2)
    assert event.changes == {"status": Change(old="new", new="qualified")}
    assert totals() == recount() == only(qualified=1)


def test_a_way_through_all_stages_and_back(store: str) -> None:
    lead = add()
    way = [Status.CONTACTED, Status.QUALIFIED, Status.CONVERTED, Status.NEW]
    for version, status in enumerate(way, 1):
        repository.move(lead.lead_id, status, version=version, actor=ANN, write_id=act())
        assert totals() == only(**{status.value: 1})
    news = [event.changes["status"].new for event in events(lead.lead_id)[1:]]
    assert news == [status.value for status in way]


def test_moving_where_it_is_changes_nothing(store: str) -> None:
    lead = add()
    assert repository.move(lead.lead_id, Status.NEW, version=1, actor=ANN, write_id="w-1") == lead
    assert len(events(lead.lead_id)) == 1


def test_a_stale_move_brings_the_lead_as_it_is(store: str) -> None:
    lead = add()
    repository.move(lead.lead_id, Status.CONTACTED, version=1, actor=ANN, write_id="w-1")
    with pytest.raises(StaleLeadError) as caught:
        repository.move(lead.lead_id, Status.CONVERTED, version=1, actor=BOB, write_id="w-2")
    assert (caught.value.lead.status, caught.value.lead.version) == (Status.CONTACTED, 2)
    assert totals() == only(contacted=1)


@pytest.mark.parametrize("version", [-1, 0, 2, 10**9])
def test_versions_that_the_lead_does_not_have(store: str, version: int) -> None:
    lead = add()
    with pytest.raises(StaleLeadError):
        repository.move(lead.lead_id, Status.CONTACTED, version=version, actor=ANN, write_id="w")
    with pytest.raises(StaleLeadError):
        repository.edit(lead.lead_id, {"name": "B"}, version=version, actor=ANN, write_id="w")
    with pytest.raises(StaleLeadError):
        repository.delete(lead.lead_id, version=version, actor=ANN, write_id="w")
    assert repository.get(lead.lead_id, consistent=True) == lead


@pytest.mark.parametrize("lead_id", ["", "missing", "a/b", "ä 🦆", "\0", "x" * 3000])
def test_leads_that_do_not_exist(store: str, lead_id: str) -> None:
    with pytest.raises(LeadNotFoundError):
        repository.move(lead_id, Status.CONTACTED, version=1, actor=ANN, write_id="w")
    with pytest.raises(LeadNotFoundError):
        repository.edit(lead_id, {"name": "B"}, version=1, actor=ANN, write_id="w")
    with pytest.raises(LeadNotFoundError):
        repository.delete(lead_id, version=1, actor=ANN, write_id="w")
    assert totals() == only()


@pytest.mark.parametrize("lead_id", ["", "x" * 3000])
def test_what_can_be_no_id_is_not_asked_for(store: str, lead_id: str) -> None:
    # Amazon DynamoDB refuses keys that the engines here take.
    with count_requests() as usage, pytest.raises(LeadNotFoundError):
        repository.delete(lead_id, version=1, actor=ANN, write_id="w")
    assert usage.requests == 0


def test_an_edit_writes_what_differs_and_says_so(store: str) -> None:
    lead = add(company="Acme")
    edited = repository.edit(
        lead.lead_id,
        {"name": "Ada", "company": "Acme Ltd", "subject": "New", "owner_id": "u-bob"},
        version=1,
        actor=BOB,
        write_id="w-1",
    )
    assert edited == repository.get(lead.lead_id, consistent=True)
    assert (edited.name, edited.company, edited.version) == ("Ada", "Acme Ltd", 2)
    event = events(lead.lead_id)[-1]
    assert (event.type, event.actor, event.version) == (EventType.EDITED, BOB, 2)
    assert event.changes == {
        "company": Change(),
        "subject": Change(),
        "owner_id": Change(old="", new="u-bob"),
    }
    assert totals() == recount() == only(new=1)


def test_an_edit_that_changes_nothing_writes_nothing(store: str) -> None:
    lead = add(company="Acme")
    same = {"name": "Ada", "email": " ADA@example.com", "company": "Acme ", "phone": ""}
    assert repository.edit(lead.lead_id, same, version=1, actor=ANN, write_id="w-1") == lead
    assert len(events(lead.lead_id)) == 1


@pytest.mark.parametrize("field", ["company", "phone", "owner_id"])
def test_an_emptied_field_is_removed(store: str, field: str) -> None:
    lead = add(company="Acme", phone="1", owner_id="u-bob")
    edited = repository.edit(lead.lead_id, {field: ""}, version=1, actor=ANN, write_id="w-1")
    assert not getattr(edited, field)
    assert {"company": "company", "phone": "phone", "owner_id": "ownerId"}[field] not in stored(
        lead.lead_id
    )
    assert edited == repository.get(lead.lead_id, consistent=True)


def test_an_emptied_text_that_every_lead_has_stays_empty(store: str) -> None:
    lead = add()
    emptied = {"subject": "", "message": ""}
    edited = repository.edit(lead.lead_id, emptied, version=1, actor=ANN, write_id="w-1")
    assert stored(lead.lead_id) | emptied == stored(lead.lead_id)
    assert edited == repository.get(lead.lead_id, consistent=True)


def test_an_owner_given_and_taken_shows_in_the_index(store: str) -> None:
    lead = add()
    repository.edit(lead.lead_id, {"owner_id": "u-bob"}, version=1, actor=ANN, write_id="w-1")
    wanted = repository.Filter(owner_id="u-bob")
    assert [found.lead_id for found in repository.listing(wanted).leads] == [lead.lead_id]
    repository.edit(lead.lead_id, {"owner_id": None}, version=2, actor=ANN, write_id="w-2")
    assert repository.listing(wanted).leads == []


def test_edited_fields_are_cleaned_like_new_ones(store: str) -> None:
    lead = add()
    edited = repository.edit(
        lead.lead_id,
        {"email": " Ada.L@Example.COM ", "name": " Ada  L "},
        version=1,
        actor=ANN,
        write_id="w-1",
    )
    assert (edited.email, edited.name) == ("ada.l@example.com", "Ada L")
    assert repository.by_email("ada@example.com") == []
    assert repository.by_email("ada.l@example.com") == [edited]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("email", ""),
        ("email", "nobody"),
        ("email", "a@" + "b" * 253),
        ("company", "x" * 201),
        ("phone", "1" * 51),
        ("subject", "x" * 201),
        ("message", "x" * 10_001),
        ("message", "\x00"),
    ],
)
def test_an_edit_beyond_the_limits_is_refused(store: str, field: str, text: str) -> None:
    lead = add()
    with pytest.raises(ValidationError) as caught:
        repository.edit(lead.lead_id, {field: text}, version=1, actor=ANN, write_id="w-1")
    assert [error["loc"] for error in caught.value.errors()] == [(field,)]
    assert repository.get(lead.lead_id, consistent=True) == lead


def test_the_timeline_holds_no_words_of_a_person(store: str) -> None:
    lead = add(message="An old secret")
    secrets = {field.name: "secret@example.com" for field in SPELLED_OUT}
    repository.edit(lead.lead_id, secrets, version=1, actor=ANN, write_id="w-1")
    values = {"pk": keys.timeline(lead.lead_id)}
    timeline = calls.query_all(RECORDS, "#PK = :pk", values, consistent=True)
    assert "secret" not in str(timeline)
    assert set(events(lead.lead_id)[-1].changes) == set(secrets)


def test_what_other_programs_add_survives(store: str) -> None:
    """An attribute added between reading and writing, and ones that nobody here knows."""
    lead = add()
    key = keys.lead(lead.lead_id)
    calls.update(LEADS, key, "SET #score = :s, #tags = :t", values={"s": 7, "t": {"a", "b"}})
    repository.move(lead.lead_id, Status.CONTACTED, version=1, actor=ANN, write_id="w-1")
    calls.update(LEADS, key, "SET #phone = :p, #name = :n", values={"p": "112", "n": "Eve"})
    repository.edit(lead.lead_id, {"subject": "New"}, version=2, actor=ANN, write_id="w-2")
    item = stored(lead.lead_id)
    assert (item["score"], item["tags"], item["phone"]) == (7, {"a", "b"}, "112")
    assert (item["name"], item["subject"], item["status"]) == ("Eve", "New", "contacted")


def test_a_deletion_keeps_the_timeline(store: str) -> None:
    lead = add()
    repository.delete(lead.lead_id, version=1, actor=BOB, write_id="w-1")
    with pytest.raises(LeadNotFoundError):
        repository.get(lead.lead_id, consistent=True)
    event = events(lead.lead_id)[-1]
    assert (event.type, event.actor, event.version) == (EventType.DELETED, BOB, 2)
    assert totals() == recount() == only()
    assert repository.by_status(Status.NEW).leads == []


def test_deleting_again_with_the_same_act_is_no_error(store: str) -> None:
    lead = add()
    for _ in range(2):
        repository.delete(lead.lead_id, version=1, actor=ANN, write_id="w-1")
    with pytest.raises(LeadNotFoundError):
        repository.delete(lead.lead_id, version=1, actor=ANN, write_id="w-2")
    assert totals() == only()


def test_the_same_act_later_is_answered_with_the_lead_as_it_is(store: str) -> None:
    lead = add()
    for _ in range(2):
        repository.move(lead.lead_id, Status.CONTACTED, version=1, actor=ANN, write_id="w-1")
    repository.edit(lead.lead_id, {"name": "Bo"}, version=2, actor=BOB, write_id="w-2")
    again = repository.move(lead.lead_id, Status.CONTACTED, version=1, actor=ANN, write_id="w-1")
    assert (again.name, again.version) == ("Bo", 3)
    again = repository.edit(lead.lead_id, {"name": "Bo"}, version=2, actor=BOB, write_id="w-2")
    assert again.version == 3
    assert len(events(lead.lead_id)) == 3
    assert totals() == recount() == only(contacted=1)
