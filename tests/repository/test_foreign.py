"""Leads that another program wrote: as published, and as one would not expect."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from django.utils.timezone import localtime

from crm.dynamodb import calls
from crm.dynamodb.calls import Write
from crm.dynamodb.items import Value
from leads import repository
from leads.models import EventType, Lead, Status
from leads.repository import writes
from tests.make import ANN, SINCE, act, add, events, only, published, recount, stored, totals, write

IDS = ["theirs", "a/b", "../x", "ä 🦆", "add", "~", "#", "LEAD#1", "\n", "x" * 1024, "%2F"]
ODD: list[tuple[str, Value]] = [
    ("name", 5),
    ("name", None),
    ("name", ["a", 1]),
    ("name", {"first": "Ada"}),
    ("name", {"a"}),
    ("name", b"\xff"),
    ("name", True),
    ("name", ""),
    ("message", "x" * 350_000),
    ("message", Decimal("1E+30")),
    ("subject", "\x00\x1b[0m<script>"),
    ("company", "c" * 5000),
    ("updatedAt", 1_700_000_000),
    ("updatedAt", "yesterday"),
    ("stageEnteredAt", "0001-01-01T00:00:00+14:00"),
    ("stageEnteredAt", "9999-12-31T23:59:59-14:00"),
    ("createdAt", "not a time"),
    ("createdAt", "2026-01-01"),
    ("createdAt", "2026-01-01T00:00:00"),
    ("email", "No Address"),
    ("email", "GRACE@EXAMPLE.COM"),
    ("status", "archived"),
    ("status", " Contacted"),
    ("version", "3"),
    ("version", "²"),
    ("version", None),
    ("version", True),
    ("version", 0),
    ("version", -1),
    ("version", Decimal("0.5")),
    ("version", [1]),
    ("writeId", 7),
    ("boardShard", "many"),
    ("contents", 5),
]


def work(lead: Lead) -> None:
    """Move, edit and delete a lead as a user does, and look after each step."""
    assert totals() == only()
    for moment in (lead.created, lead.updated, lead.stage_entered):
        assert moment is None or localtime(moment).year > 0
    assert isinstance(lead.title, str)
    assert lead.version == 0
    to = Status.QUALIFIED
    moved = repository.move(lead.lead_id, to, version=0, actor=ANN, write_id=act())
    assert (moved.status, moved.version) == (to, 1)
    assert totals() == recount() == only(qualified=1)
    assert lead.lead_id in [found.lead_id for found in repository.by_status(to).leads]
    edited = repository.edit(
        lead.lead_id, {"subject": "Edited"}, version=1, actor=ANN, write_id=act()
    )
    assert edited == repository.get(lead.lead_id, consistent=True)
    assert totals() == recount() == only(qualified=1)
    types = [event.type for event in events(lead.lead_id)]
    assert types == [EventType.MOVED, EventType.EDITED]
    repository.delete(lead.lead_id, version=2, actor=ANN, write_id=act())
    assert totals() == recount() == only()


@pytest.mark.parametrize("lead_id", IDS)
def test_the_nine_published_attributes_are_enough(store: str, lead_id: str) -> None:
    work(write(published(lead_id)))


def test_a_published_lead_reads_as_it_was_written(store: str) -> None:
    lead = write(published("theirs"))
    assert (lead.name, lead.email, lead.company) == ("Grace", "grace@example.com", "Navy")
    assert (lead.status, lead.created_at, lead.version) == (Status.CONTACTED, SINCE, 0)
    assert repository.by_email("grace@example.com") == [lead]
    assert [found.lead_id for found in repository.by_status(Status.CONTACTED).leads] == ["theirs"]
    assert repository.lead_and_timeline("theirs")[1].events == []


@pytest.mark.parametrize(("name", "value"), ODD, ids=lambda value: repr(value)[:20])
def test_odd_values(tables: None, name: str, value: Value) -> None:
    work(write(published("theirs", **{name: value})))


@pytest.mark.parametrize("missing", sorted(set(published("x")) - {"leadId"}))
def test_a_missing_attribute(store: str, missing: str) -> None:
    item = published("theirs")
    del item[missing]
    work(write(item))


def test_nothing_but_an_id(store: str) -> None:
    lead = write({"leadId": "theirs"})
    assert lead.title == "theirs"
    work(lead)


def test_the_first_edit_counts_it(store: str) -> None:
    write(published("theirs"))
    edited = repository.edit("theirs", {"name": "G."}, version=0, actor=ANN, write_id="w-1")
    assert (edited.status, edited.version) == (Status.CONTACTED, 1)
    assert totals() == recount() == only(contacted=1)
    item = stored("theirs")
    assert item["createdAt"] == SINCE
    assert "boardShard" in item


def test_deleting_it_uncounted(store: str) -> None:
    add()
    write(published("theirs"))
    repository.delete("theirs", version=0, actor=ANN, write_id="w-1")
    assert totals() == recount() == only(new=1)


def test_what_it_says_beyond_our_limits_stays_when_something_else_is_edited(store: str) -> None:
    write(published("theirs", company="c" * 5000, email="No Address", name=""))
    form = {"company": "c" * 5000, "email": "No Address", "name": "", "subject": "New"}
    edited = repository.edit("theirs", form, version=0, actor=ANN, write_id="w-1")
    assert (edited.subject, edited.company) == ("New", "c" * 5000)
    assert stored("theirs")["email"] == "No Address"


def test_only_one_of_two_first_changes_wins(store: str) -> None:
    write(published("theirs"))
    repository.move("theirs", Status.NEW, version=0, actor=ANN, write_id="w-1")
    with pytest.raises(repository.StaleLeadError) as caught:
        repository.move("theirs", Status.CONVERTED, version=0, actor=ANN, write_id="w-2")
    assert caught.value.lead.version == 1


def test_an_unknown_status_is_new_and_can_be_moved(store: str) -> None:
    lead = write(published("theirs", status="archived"))
    assert lead.status is Status.NEW
    repository.edit("theirs", {"name": "G."}, version=0, actor=ANN, write_id="w-1")
    assert stored("theirs")["status"] == "new"
    assert [found.lead_id for found in repository.by_status(Status.NEW).leads] == ["theirs"]
    assert totals() == recount() == only(new=1)


def test_they_are_listed_among_ours(store: str) -> None:
    ours = add()
    write(published("theirs"))
    write(published("odd", name={"a", "b"}, version="x"))
    found = [lead.lead_id for lead in repository.listing(repository.Filter()).leads]
    assert found[0] == ours.lead_id
    assert set(found[1:]) == {"theirs", "odd"}


@pytest.mark.parametrize("version", [Decimal("1.5"), Decimal("1E+100")])
def test_a_number_that_is_no_version_of_ours_is_refused_and_kept(
    store: str, version: Decimal
) -> None:
    lead = write(published("theirs", version=version))
    with pytest.raises(repository.StaleLeadError):
        repository.move("theirs", Status.NEW, version=lead.version, actor=ANN, write_id=act())
    assert stored("theirs")["version"] == version


CHANGES: dict[str, Callable[[], object]] = {
    "move": lambda: repository.move(
        "theirs", Status.CONVERTED, version=0, actor=ANN, write_id="w-1"
    ),
    "edit": lambda: repository.edit(
        "theirs", {"company": "X"}, version=0, actor=ANN, write_id="w-1"
    ),
    "delete": lambda: repository.delete("theirs", version=0, actor=ANN, write_id="w-1"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_its_own_program_wrote_meanwhile_is_not_overlooked(
    store: str, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    write(published("theirs"))

    def other_program_first(all_writes: Sequence[Write], token: str) -> None:
        write(published("theirs", name="Renamed", status="qualified"))
        calls.transact(all_writes, token)

    monkeypatch.setattr(writes, "transact", other_program_first)
    with pytest.raises(repository.StaleLeadError) as caught:
        CHANGES[what]()
    assert (caught.value.lead.name, caught.value.lead.status) == ("Renamed", Status.QUALIFIED)
    assert totals() == recount() == only()
    assert "version" not in stored("theirs")
