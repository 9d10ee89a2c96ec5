"""Reads of leads, on both engines."""

import pytest

from crm.dynamodb.capacity import count_requests
from leads import repository
from leads.models import STAGES, Status
from leads.repository import LeadNotFoundError
from leads.repository.addresses import email_page, newest_of_each
from tests.make import ANN, act, add, only, published, write


@pytest.mark.parametrize("lead_id", ["", "missing", "a/b", "ä 🦆", "x" * 3000])
def test_a_lead_that_does_not_exist(store: str, lead_id: str) -> None:
    with pytest.raises(LeadNotFoundError):
        repository.get(lead_id)
    with pytest.raises(LeadNotFoundError):
        repository.lead_and_timeline(lead_id)


def test_many_at_once_in_the_order_asked_for(store: str) -> None:
    one, two, three = (add(name=name) for name in ("One", "Two", "Three"))
    asked = [three.lead_id, "missing", one.lead_id, "", "x" * 3000, three.lead_id, two.lead_id]
    assert repository.get_many(asked) == [three, one, two]
    assert repository.get_many([]) == repository.get_many(["", "gone"]) == []


def test_by_email_has_whole_leads_newest_first(store: str) -> None:
    first, second = add(message="One"), add(message="Two")
    add(email="bob@example.com")
    assert repository.by_email(" ADA@Example.com ") == [second, first]
    page = email_page("ada@example.com", limit=9)
    assert page.last_key is None
    one = email_page("ada@example.com", limit=1)
    assert one.leads == [second]
    assert email_page("ada@example.com", limit=9, start=one.last_key).leads == [first]


def test_many_leads_of_one_moment_are_read_by_few_requests(tables: None) -> None:
    for number in range(30):
        write(published(f"lead-{number:02}", email="ADA@example.com"))
    with count_requests() as usage:
        newest = newest_of_each({"ada@example.com": {"ADA@example.com"}})
    assert newest == {"ada@example.com": "lead-29"}
    assert usage.requests == 3


def test_by_status_has_what_a_card_shows(store: str) -> None:
    lead = add(status=Status.QUALIFIED, company="Acme", owner_id="u-bob", message="long")
    add(status=Status.NEW)
    (found,) = repository.by_status(Status.QUALIFIED).leads
    assert (found.lead_id, found.name, found.email) == (lead.lead_id, lead.name, lead.email)
    assert (found.company, found.subject, found.owner_id) == ("Acme", "Hi", "u-bob")
    assert (found.version, found.stage_entered_at) == (1, lead.stage_entered_at)
    assert found.message == ""
    assert repository.by_status(Status.CONVERTED).leads == []


def test_the_board_has_all_columns_and_exact_totals(store: str) -> None:
    for status, count in zip(STAGES, (4, 1, 0, 2), strict=True):
        for _ in range(count):
            add(status=status)
    board = repository.board(dict.fromkeys(STAGES, 3))
    assert [len(column.leads) for column in board.columns.values()] == [3, 1, 0, 2]
    assert board.columns[Status.NEW].cursor
    assert board.counts.totals == only(new=4, contacted=1, converted=2)
    known = repository.counts()
    assert repository.board(dict.fromkeys(STAGES, 3), known).counts is known


def test_totals_of_nothing(store: str) -> None:
    assert repository.counts().totals == only()


def test_the_revision_changes_with_every_change_and_only_then(store: str) -> None:
    seen = {repository.counts().revision}
    lead = add()
    seen.add(repository.counts().revision)
    repository.edit(lead.lead_id, {"name": "Bo"}, version=1, actor=ANN, write_id=act())
    seen.add(repository.counts().revision)
    repository.move(lead.lead_id, Status.CONTACTED, version=2, actor=ANN, write_id=act())
    seen.add(repository.counts().revision)
    repository.move(lead.lead_id, Status.NEW, version=3, actor=ANN, write_id=act())
    seen.add(repository.counts().revision)
    repository.delete(lead.lead_id, version=4, actor=ANN, write_id=act())
    seen.add(repository.counts().revision)
    assert len(seen) == 6
    assert repository.counts().revision in seen


def test_a_timeline_in_pages(store: str) -> None:
    lead = add()
    for version, name in enumerate("abcd", 1):
        repository.edit(lead.lead_id, {"name": name}, version=version, actor=ANN, write_id=act())
    newest = repository.timeline(lead.lead_id, limit=2)
    assert [event.version for event in newest.events] == [5, 4]
    older = repository.timeline(lead.lead_id, cursor=newest.cursor)
    assert [event.version for event in older.events] == [3, 2, 1]
    assert older.cursor == ""
    same, timeline = repository.lead_and_timeline(lead.lead_id)
    assert (same.version, len(timeline.events)) == (5, 5)


def test_timelines_are_apart(store: str) -> None:
    one, two = add(), add()
    repository.move(one.lead_id, Status.CONTACTED, version=1, actor=ANN, write_id="w-1")
    repository.move(two.lead_id, Status.CONTACTED, version=1, actor=ANN, write_id="w-1")
    assert len(repository.timeline(one.lead_id).events) == 2
    assert repository.timeline(f"{one.lead_id}#").events == []
