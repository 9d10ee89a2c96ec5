from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from leads import keys

TEXT = st.text(st.characters(codec="utf-8"))


@given(TEXT)
def test_a_submission_always_makes_the_same_lead(submission: str) -> None:
    lead_id = keys.lead_id_of(submission)
    assert lead_id == keys.lead_id_of(submission)
    assert UUID(lead_id).version == 5


@given(TEXT, TEXT)
def test_other_submissions_make_other_leads_and_records(one: str, two: str) -> None:
    if one != two:
        assert keys.lead_id_of(one) != keys.lead_id_of(two)
        assert keys.idempotency(one) != keys.idempotency(two)


@given(TEXT)
def test_shards(lead_id: str) -> None:
    shard = keys.shard(lead_id)
    assert 0 <= shard < keys.SHARDS
    assert shard == keys.shard(lead_id)


def test_a_shard_never_changes() -> None:
    """Counters of leads that are stored lie by it."""
    assert [keys.shard(text) for text in ("a", "ä", "lead-1", "lead-2")] == [3, 3, 0, 10]
    assert keys.lead_id_of("form:x") == "18b5851e-5f28-584a-b838-2663caf202a1"


def test_shards_are_spread_evenly() -> None:
    counts = [0] * keys.SHARDS
    for number in range(16_000):
        counts[keys.shard(keys.lead_id_of(str(number)))] += 1
    assert min(counts) > 850
    assert max(counts) < 1150


def test_sixteen_counters_of_nobody_and_one_of_each_owner() -> None:
    ids = [keys.lead_id_of(str(number)) for number in range(500)]
    names = {keys.counter_name(lead_id, None) for lead_id in ids}
    assert sorted(names) == [f"SHARD#{number:02}" for number in range(keys.SHARDS)]
    assert {keys.counter_name(lead_id, "u-ann") for lead_id in ids} == {"OWNER#u-ann"}
    # What another program calls an owner may fit into no key.
    name = keys.counter_name(ids[0], "x" * 3000)
    assert len(name) < 100
    assert keys.counter_name(ids[0], keys.owner_of_counter(name)) == name


@given(TEXT, TEXT)
def test_timelines_of_two_leads_are_apart(one: str, two: str) -> None:
    assert (keys.timeline(one) == keys.timeline(two)) == (one == two)


def test_events_sort_by_time() -> None:
    early = keys.event("a", "2026-01-01T00:00:00.000Z", "z")
    late = keys.event("a", "2026-01-01T00:00:00.001Z", "a")
    assert early["PK"] == late["PK"] == keys.timeline("a")
    assert keys.EVENT_PREFIX < early["SK"] < late["SK"]
