"""Every lead is listed once, newest first, whatever happens between two pages.

What writes much runs on the embedded engine alone: a transaction takes moto a second.
"""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.conf import LazySettings

from crm.dynamodb import calls, client
from crm.dynamodb.creation import table_request
from crm.dynamodb.items import Item
from crm.tables import LEADS
from leads import keys, repository
from leads.models import STAGES, Lead, Status
from leads.repository import Filter
from tests.make import ANN, SINCE, act, add, fields, lead_item_of, published

TIMES = [f"2026-05-0{day}T10:00:00.000Z" for day in range(1, 7)]
STATUSES = list(STAGES)


def fill(count: int, times: list[str], owner: str | None = None, message: str = "m") -> list[str]:
    """Store leads in all statuses at the given times in turn."""
    items: list[Item] = [
        lead_item_of(
            f"{number:04}",
            fields(message=message),
            source="test",
            status=STATUSES[number // len(times) % len(STATUSES)],
            owner_id=owner,
            at=times[number % len(times)],
        )
        for number in range(count)
    ]
    calls.batch_put(LEADS, items)
    return [str(item["leadId"]) for item in items]


def pages(
    wanted: Filter, size: int = 25, between: Callable[[list[Lead]], object] = lambda _: None
) -> list[Lead]:
    """Read a list to its end; ``between`` happens after each page."""
    seen: list[Lead] = []
    page = repository.listing(wanted, size=size)
    while True:
        assert len(page.leads) <= size
        seen += page.leads
        if not page.cursor:
            return seen
        between(page.leads)
        page = repository.listing(wanted, page.cursor, size)


def assert_newest_first(leads: list[Lead]) -> None:
    times = [lead.created_at for lead in leads]
    assert times == sorted(times, reverse=True)


def ids(leads: list[Lead]) -> list[str]:
    return [lead.lead_id for lead in leads]


def test_nothing_to_list(store: str) -> None:
    assert repository.listing(Filter()) == repository.LeadPage([], "")


@pytest.mark.parametrize("size", [1, 7, 25])
@pytest.mark.parametrize("times", [TIMES[:1], TIMES], ids=["one time", "six times"])
def test_every_lead_once(store: str, size: int, times: list[str]) -> None:
    expected = fill(30 if size == 1 else 120, times)
    leads = pages(Filter(), size)
    assert sorted(ids(leads)) == expected
    assert_newest_first(leads)


@pytest.mark.parametrize("wanted", [Filter(), Filter(since=TIMES[0], until=TIMES[0])])
def test_very_many_leads_of_one_moment(tables: None, wanted: Filter) -> None:
    """No page is short, and no address longer than servers read."""
    expected = fill(610, TIMES[:1])
    read = [repository.listing(wanted)]
    while cursor := read[-1].cursor:
        assert len(cursor) < 3600
        read.append(repository.listing(wanted, cursor))
    assert [len(page.leads) for page in read] == [*[25] * 24, 10]
    assert sorted(ids([lead for page in read for lead in page.leads])) == expected


def test_a_lead_moved_to_where_the_list_has_been_is_listed_in_the_end(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each lead is moved just before it is listed, to a stage of which all was listed."""
    monkeypatch.setattr("leads.repository.pagination.MAX_SHOWN", 10)
    expected = fill(40, TIMES[:1])
    coming = set(expected)

    def move_one(shown: list[Lead]) -> None:
        coming.difference_update(ids(shown))
        for lead_id in sorted(coming)[-1:]:
            lead = repository.get(lead_id, consistent=True)
            to = STATUSES[(STATUSES.index(lead.status) + 1) % len(STATUSES)]
            repository.move(lead_id, to, version=lead.version, actor=ANN, write_id=act())

    assert set(ids(pages(Filter(), 5, move_one))) == set(expected)


def test_a_list_ends_although_leads_say_that_they_move_in_the_future(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.repository.pagination.MAX_SHOWN", 10)
    expected = fill(40, TIMES[:1])
    for lead_id in expected:
        entered = {"stageEnteredAt": "9999-01-01T00:00:00.000Z"}
        calls.update(LEADS, keys.lead(lead_id), calls.set_expression(entered), values=entered)
    read: list[int] = []

    def count(shown: list[Lead]) -> None:
        read.append(len(shown))
        assert len(read) < 40

    assert sorted(ids(pages(Filter(), 5, count))) == expected


def test_no_empty_page_at_the_end(store: str) -> None:
    fill(8, TIMES[:1])
    page = repository.listing(Filter(), size=8)
    assert (len(page.leads), page.cursor) == (8, "")


@pytest.mark.parametrize("status", STAGES)
def test_by_status(store: str, status: Status) -> None:
    fill(120, TIMES)
    leads = pages(Filter(status=status), 7)
    assert len(set(ids(leads))) == len(leads) == 30
    assert {lead.status for lead in leads} == {status}
    assert_newest_first(leads)


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [
        (TIMES[2], TIMES[3], 40),
        (TIMES[5], None, 20),
        (None, TIMES[0], 20),
        ("2026-05-02", "2026-05-03~", 40),
        ("2027", None, 0),
        (TIMES[3], TIMES[2], 0),
        (TIMES[3], TIMES[3], 20),
    ],
)
def test_by_time(store: str, since: str | None, until: str | None, count: int) -> None:
    fill(120, TIMES)
    leads = pages(Filter(since=since, until=until), 7)
    assert len(set(ids(leads))) == len(leads) == count
    assert_newest_first(leads)


def test_by_owner_and_status(store: str) -> None:
    fill(120, TIMES, owner="u-ann")
    fill(4, TIMES[:1])
    mine = pages(Filter(owner_id="u-ann"), 7)
    assert len(set(ids(mine))) == len(mine) == 116
    assert_newest_first(mine)
    assert not pages(Filter(owner_id="nobody"))
    wanted = Filter(owner_id="u-ann", status=Status.QUALIFIED, since=TIMES[2])
    some = pages(wanted, 3)
    assert len(set(ids(some))) == len(some) == 20
    assert {lead.status for lead in some} == {Status.QUALIFIED}


@pytest.mark.parametrize("of", [Filter(owner_id="u-ann"), Filter(email="ada@example.com")])
def test_a_rare_status_is_found_behind_many_others(tables: None, of: Filter) -> None:
    rare = add(owner_id="u-ann", status=Status.CONVERTED)
    calls.update(LEADS, {"leadId": rare.lead_id}, "SET #createdAt = :t", values={"t": SINCE})
    items = [
        lead_item_of(str(n), fields(), source="t", status=Status.NEW, owner_id="u-ann", at=TIMES[0])
        for n in range(150)
    ]
    calls.batch_put(LEADS, items)
    wanted = of._replace(status=Status.CONVERTED)
    assert ids(pages(wanted, 5)) == [rare.lead_id]
    # A page reads on while it has nothing to show.
    assert ids(repository.listing(wanted, size=50).leads) == [rare.lead_id]


def test_by_email(store: str) -> None:
    expected = fill(60, TIMES)
    add(email="else@example.com")
    leads = pages(Filter(email=" ADA@example.com "), 7)
    assert sorted(ids(leads)) == expected
    assert_newest_first(leads)
    assert leads[0].message == "m"
    some = pages(Filter(email="ada@example.com", status=Status.NEW, until=TIMES[2]), 7)
    assert {lead.status for lead in some} == {Status.NEW}
    assert pages(Filter(email="ada@example.com", owner_id="u-ann")) == []


@pytest.mark.parametrize("email", ["", "  ", "x" * 3000, "nobody@example.com"])
def test_an_email_that_nobody_has(store: str, email: str) -> None:
    assert repository.by_email(email) == []


@pytest.mark.parametrize("times", [TIMES[:2], TIMES], ids=["two times", "six times"])
def test_leads_that_come_in_between_disturb_nothing(tables: None, times: list[str]) -> None:
    expected = fill(120, times)
    leads = pages(Filter(), 7, lambda _: add(status=Status.QUALIFIED))
    assert sorted(ids(leads)) == expected


@pytest.mark.slow
def test_leads_that_are_moved_in_between_are_listed_once(tables: None) -> None:
    """Each page's leads move on, and so do leads that are still to come."""
    times = [f"2026-05-01T10:00:00.{number:03}Z" for number in range(120)]
    expected = fill(120, times)
    coming = set(expected)

    def move_some(shown: list[Lead]) -> None:
        coming.difference_update(ids(shown))
        for lead_id in [*ids(shown), *sorted(coming)[:3], *sorted(coming)[-3:]]:
            lead = repository.get(lead_id, consistent=True)
            to = STATUSES[(STATUSES.index(lead.status) + 1) % len(STATUSES)]
            repository.move(lead_id, to, version=lead.version, actor=ANN, write_id=act())

    leads = pages(Filter(), 7, move_some)
    assert sorted(ids(leads)) == expected
    assert_newest_first(leads)


def test_a_status_that_was_listed_to_its_end_may_fill_again(tables: None) -> None:
    times = [f"2026-05-01T10:00:00.{number:03}Z" for number in range(40)]
    items = [
        lead_item_of(time, fields(), source="t", status=Status.NEW, owner_id=None, at=time)
        for time in times
    ]
    calls.batch_put(LEADS, items)

    def convert_the_oldest(_shown: list[Lead]) -> None:
        lead = repository.get(times[0], consistent=True)
        if lead.status is Status.NEW:
            repository.move(times[0], Status.CONVERTED, version=1, actor=ANN, write_id=act())

    assert ids(pages(Filter(), 7, convert_the_oldest)) == times[::-1]


def test_deleted_leads_in_between(tables: None) -> None:
    """The very leads that a position names are gone."""
    expected = fill(60, TIMES[:2])

    def delete(shown: list[Lead]) -> None:
        for lead in shown:
            repository.delete(lead.lead_id, version=lead.version, actor=ANN, write_id=act())

    assert sorted(ids(pages(Filter(), 7, delete))) == expected


def test_every_page_of_a_column(store: str) -> None:
    fill(200, TIMES[:1])
    seen: list[str] = []
    page = repository.by_status(Status.NEW)
    while True:
        seen += ids(page.leads)
        if not page.cursor:
            break
        page = repository.by_status(Status.NEW, cursor=page.cursor)
    assert len(set(seen)) == len(seen) == 50


@pytest.mark.slow
def test_a_table_of_others_that_projects_long_messages(
    tables: None, settings: LazySettings
) -> None:
    """A page of DynamoDB ends at 1 MB: here after some 8 leads."""
    settings.TABLE_NAME = f"Theirs-{uuid4().hex}"
    request = table_request(LEADS) | {"DeletionProtectionEnabled": False}
    request.pop("StreamSpecification")
    for index in request["GlobalSecondaryIndexes"]:  # type: ignore[attr-defined]
        index["Projection"] = {"ProjectionType": "ALL"}
    client.send("create_table", **request)
    items = [
        published(
            f"{number:03}",
            message="long " * 25_000,
            status=STATUSES[number % 4].value,
            createdAt=TIMES[number % 6],
        )
        for number in range(80)
    ]
    calls.batch_put(LEADS, items)
    expected = [str(item["leadId"]) for item in items]
    for wanted in (Filter(), Filter(email="grace@example.com")):
        leads = pages(wanted)
        assert sorted(ids(leads)) == expected
        assert_newest_first(leads)
    board = repository.board(dict.fromkeys(STAGES, 25))
    assert all(column.leads and column.cursor for column in board.columns.values())
    client.send("delete_table", TableName=LEADS.name)
