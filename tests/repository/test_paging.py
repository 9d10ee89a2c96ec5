"""Thousands of leads of one and the same millisecond are all listed, whatever happens."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from random import Random
from uuid import uuid4

import pytest

from crm.dynamodb import calls
from crm.dynamodb.items import Item
from crm.tables import LEADS, RECORDS
from leads import keys, repository
from leads.models import STAGES, Actor, Lead, LeadFields, Status
from leads.repository import Filter
from leads.repository.pagination import MAX_SHOWN
from leads.repository.tokens import token_items
from tests.make import lead_item_of

pytestmark = pytest.mark.usefixtures("tables")

STORED = 10_000
PAGE = 100
AT = "2026-05-01T10:00:00.000Z"
ANN = Actor(id="u-ann", name="Ann")
STATUSES = list(STAGES)
FIELDS = LeadFields(name="Ada", email="ada@example.com", subject="Engines", message="Hello")

type Pages = Iterator[list[Lead]]


def fill(count: int = STORED, *, searched: bool = False) -> list[str]:
    """Store leads in all statuses, and return their ids, sorted."""
    leads: list[Item] = [
        lead_item_of(
            uuid4().hex,
            FIELDS,
            source="test",
            status=STATUSES[number % 4],
            owner_id=None,
            at=AT,
        )
        for number in range(count)
    ]
    if searched:
        tokens = chain.from_iterable(token_items(Lead.from_item(lead)) for lead in leads)
        calls.batch_put(
            RECORDS, (item for item in tokens if item["PK"] == keys.search_bucket("eng"))
        )
    calls.batch_put(LEADS, leads)
    return sorted(str(lead["leadId"]) for lead in leads)


def listed(size: int = PAGE) -> Pages:
    """Turn the pages of all leads."""
    page = repository.listing(Filter(), size=size)
    yield page.leads
    while page.cursor:
        page = repository.listing(Filter(), page.cursor, size)
        yield page.leads


def column(status: Status) -> Pages:
    """Load a column of the board to its end."""
    page = repository.by_status(status, limit=PAGE)
    yield page.leads
    while page.cursor:
        page = repository.by_status(status, limit=PAGE, cursor=page.cursor)
        yield page.leads


def found() -> Pages:
    """Turn the pages of what a search finds."""
    page = repository.search("eng", size=PAGE)
    yield page.leads
    while page.cursor:
        page = repository.search("eng", size=PAGE, cursor=page.cursor)
        yield page.leads


def ids(pages: Pages) -> list[str]:
    return [lead.lead_id for lead in chain.from_iterable(pages)]


def move(lead_id: str, to: Status | None = None) -> None:
    lead = repository.get(lead_id, consistent=True)
    to = to or STATUSES[(STATUSES.index(lead.status) + 1) % 4]
    repository.move(lead_id, to, version=lead.version, actor=ANN, write_id=uuid4().hex)


@pytest.mark.slow
def test_a_list_and_its_columns() -> None:
    expected = fill()
    assert sorted(ids(listed())) == expected
    assert sorted(ids(chain.from_iterable(map(column, Status)))) == expected


@pytest.mark.slow
@pytest.mark.parametrize(("stored", "size"), [(300, 25), (600, 25), (5_000, PAGE)])
def test_a_list_while_leads_come_and_move(stored: int, size: int) -> None:
    """After each page some of its leads move, and some to come; twice all of a page do.

    None is missing, and none comes again before 400 others.
    """
    expected = fill(stored)
    dice = Random(1)  # noqa: S311 -- the same choices each time
    coming = set(expected)
    seen: list[str] = []
    for number, page in enumerate(listed(size)):
        assert len(page) <= size
        shown = [lead.lead_id for lead in page]
        seen += shown
        coming.difference_update(shown)
        moving = shown if number in {3, 4} else dice.sample(shown, min(3, len(shown)))
        for lead_id in [*moving, *dice.sample(sorted(coming), min(3, len(coming)))]:
            move(lead_id, Status.QUALIFIED if number == 3 else None)
        fill(2)
    assert set(seen) >= set(expected)
    last: dict[str, int] = {}
    for number, lead_id in enumerate(seen):
        assert lead_id not in last or number - last[lead_id] > MAX_SHOWN
        last[lead_id] = number


@pytest.mark.slow
def test_a_column_while_leads_come_and_move() -> None:
    fill(STORED // 4)
    stay = {lead.lead_id for lead in chain.from_iterable(column(Status.NEW))}
    seen: list[str] = []
    for page in column(Status.NEW):
        seen += [lead.lead_id for lead in page]
        others = repository.by_status(Status.CONTACTED, limit=3).leads
        leaving = [lead.lead_id for lead in (*page[:2], *others)]
        stay -= set(leaving)
        for lead_id in leaving:
            move(lead_id)
        fill(8)
    times = Counter(seen)
    assert max(times.values()) == 1
    assert times.keys() >= stay


@pytest.mark.slow
def test_search_results_while_leads_come_and_move() -> None:
    expected = fill(searched=True)
    seen: list[str] = []
    for page in found():
        seen += [lead.lead_id for lead in page]
        for lead in islice(page, 2):
            move(lead.lead_id)
        fill(2, searched=True)
    times = Counter(seen)
    assert max(times.values()) == 1
    assert times.keys() >= set(expected)
