"""The paper model beyond one machine is that of the code, the demo leads and the documents."""

import re
from collections import Counter

import pytest

from benchmarks.capacity import ceilings, costs
from benchmarks.ceilings import BUSIEST_PREFIX, SHARDS, TOKENS
from benchmarks.scale.dataset import RUN
from crm.dynamodb.items import Item, Value
from crm.tables import LEADS
from infra.costs.consumption import (
    ANSWERED,
    ARRIVAL,
    BOARD,
    DELIVERY,
    DIGEST,
    DUE_COUNT,
    GIVEN_ID,
    INCOMING,
    INDEX_BYTES_PER_LEAD,
    NOTICE,
    POLL_SECONDS,
    REPLY,
    TABLE_BYTES_PER_LEAD,
    UNCHANGED_POLL,
    Day,
    Load,
    full_poll_share,
    month,
)
from leads import keys
from leads.demo_data.history import DemoLead, seeded_lead
from leads.repository.changes import lead_item
from leads.repository.tokens import token_items
from tests import ROOT

# What DynamoDB adds to each item and to each entry of an index.
OVERHEAD = 100


@pytest.fixture(scope="module")
def sample() -> list[DemoLead]:
    return [seeded_lead(RUN, number) for number in range(1_000)]


def _bytes(value: Value) -> int:
    if isinstance(value, dict):
        return 3 + sum(len(name) + 1 + _bytes(part) for name, part in value.items())
    return len(str(value).encode())


def _item_bytes(item: Item) -> int:
    return OVERHEAD + sum(len(name) + _bytes(value) for name, value in item.items())


def _index_bytes(lead: Item) -> int:
    entries = [
        {
            name: lead[name]
            for name in ("leadId", index.partition_key, index.sort_key, *index.include)
            if name in lead
        }
        for index in LEADS.indexes
        if index.partition_key in lead
    ]
    return sum(map(_item_bytes, entries))


@pytest.mark.parametrize("table", [costs, ceilings])
def test_the_document_has_the_tables_that_the_code_prints(table: object) -> None:
    text = (ROOT / "docs" / "capacity.md").read_text(encoding="utf-8")
    assert callable(table)
    assert table() in text, "run `python -m benchmarks.capacity` and put its tables there"


def test_the_board_asks_as_often_as_the_model_says() -> None:
    script = (ROOT / "static" / "desk.js").read_text(encoding="utf-8")
    found = re.search(r"const POLL = (\d+);", script)
    assert found
    assert int(found[1]) == POLL_SECONDS * 1000


def test_leads_are_as_large_as_the_model_says(sample: list[DemoLead]) -> None:
    tables = sum(
        _item_bytes(item)
        for one in sample
        for item in (lead_item(one.lead), *one.writes.record_items)
    )
    indexes = sum(_index_bytes(lead_item(one.lead)) for one in sample)
    assert tables / len(sample) == pytest.approx(TABLE_BYTES_PER_LEAD, rel=0.05)
    assert indexes / len(sample) == pytest.approx(INDEX_BYTES_PER_LEAD, rel=0.1)


def test_tokens_are_as_many_as_the_model_says(sample: list[DemoLead]) -> None:
    found = Counter(str(token["PK"]) for one in sample for token in token_items(one.lead))
    assert found.total() / len(sample) == pytest.approx(TOKENS, abs=0.5)
    (_, most), (_, second) = found.most_common(2)
    assert most == len(sample)
    assert second / len(sample) == pytest.approx(BUSIEST_PREFIX, abs=0.03)
    assert SHARDS == keys.SHARDS


def test_nobody_and_nothing_costs_nothing() -> None:
    one = month(Load(staff=0, leads=0))
    assert (one.rru, one.wru, one.dollars) == (0, 0, 0)


def test_leads_are_paid_by_the_write_and_by_the_gigabyte() -> None:
    small, large = (month(Load(staff=0, leads=leads)) for leads in (1_000_000, 10_000_000))
    assert large.writes == pytest.approx(10 * small.writes)
    # Of the first 25 GB only the backup is paid.
    assert large.storage - 10 * small.storage == pytest.approx(9 * 25 * 0.25)


def test_polls_are_dear_only_where_much_changes() -> None:
    assert full_poll_share(0) == 0
    assert full_poll_share(0.01) == pytest.approx(2 * 0.01 * POLL_SECONDS, rel=0.1)
    assert full_poll_share(100) == pytest.approx(1)
    polling = Day(acts=(), moves=0, edits=0, follow_ups=0, most_answers=0)
    quiet, busy = (month(Load(1, leads, day=polling)) for leads in (0, 10**9))
    # Beside the polls, somebody asks how much is due, and each lead has a job that reads.
    due = polling.days_a_month * (polling.counts * DUE_COUNT.rru + DIGEST.rru)
    assert (busy.rru - due - 10**9 * ARRIVAL.rru) / (quiet.rru - due) == pytest.approx(
        BOARD.rru / UNCHANGED_POLL.rru
    )


def test_people_answer_what_comes_in_as_far_as_they_are_there_for_it() -> None:
    assert Load(0, 1_000).answers == 0
    assert Load(5, 1_000).answers == 1_000 * ANSWERED
    day = Day(most_answers=3)
    assert Load(5, 1_000, day=day).answers == 5 * day.days_a_month * 3
    few, more = (month(Load(5, 1_000, day=Day(most_answers=most))) for most in (0, 3))
    by_mail = (REPLY, DELIVERY, GIVEN_ID, INCOMING, NOTICE)
    assert more.wru - few.wru == 315 * sum(units.wru for units in by_mail)
    assert more.table_gb > few.table_gb
