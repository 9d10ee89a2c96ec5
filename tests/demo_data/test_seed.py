"""Demo leads: believable, the same for the same seed, and counted exactly whatever happens."""

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import override

import pytest
from django.core.management import CommandError, call_command

from crm.accounts.models import User
from crm.dynamodb import calls, client
from crm.dynamodb.engine import free_port
from crm.dynamodb.scan import scan
from crm.tables import LEADS, RECORDS
from leads import repository
from leads.demo_data import run
from leads.demo_data.history import TEAM, Run, seeded_lead
from leads.demo_data.run import BusyError, seed_leads
from leads.fields import SPELLED_OUT
from leads.models import STAGES, STANDINGS, Actor, Lead, LeadFields, Status, moment

NAMES = [field.name for field in SPELLED_OUT]

END = datetime(2026, 11, 1, tzinfo=UTC)
RUN = Run(7, END, TEAM)
SOMEBODY = Actor(id="u1", name="Somebody")


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CHUNK", 40)


class CutOffError(Exception):
    """The process ends here."""


def store(seed: int, count: int) -> list[int]:
    return list(seed_leads(seed, count))


def everything() -> list[str]:
    """Return all that is stored, comparable."""
    items = [
        item
        for table in (LEADS, RECORDS)
        for item in scan(table, where=f"#{table.partition_key} <> :x", values={"x": ""})
    ]
    return sorted(json.dumps(item, sort_keys=True, default=str) for item in items)


def all_leads() -> list[Lead]:
    return [lead for status in STAGES for lead in repository.by_status(status, limit=1000).leads]


def is_exact() -> bool:
    """Tell whether the totals are what counting gives."""
    recount = Counter(lead.standing for lead in all_leads())
    totals = repository.counts(consistent=True).totals
    return totals == {standing: recount[standing] for standing in STANDINGS}


def test_a_seed_and_a_number_make_one_lead() -> None:
    assert seeded_lead(RUN, 3) == seeded_lead(RUN, 3)
    assert seeded_lead(RUN, 3).lead.lead_id != seeded_lead(RUN, 4).lead.lead_id
    assert seeded_lead(RUN, 3).lead.lead_id != seeded_lead(Run(8, END, TEAM), 3).lead.lead_id


@pytest.mark.slow
def test_what_visitors_write_keeps_the_rules() -> None:
    scripts = set()
    for number in range(3000):
        lead = seeded_lead(RUN, number).lead
        given = {name: getattr(lead, name) or "" for name in NAMES}
        assert LeadFields.model_validate(given).model_dump() == given
        assert "{" not in str(given.values())
        scripts |= {character >> 8 for character in map(ord, lead.name)}
    assert {0x00, 0x01, 0x03, 0x04, 0x06, 0x09} <= scripts  # Latin, Greek, Cyrillic, Arabic, Hindi
    assert any(script >= 0x4E for script in scripts)


@pytest.mark.slow
def test_the_past_of_a_lead_is_consistent() -> None:
    found = Counter[str]()
    for number in range(1000):
        one = seeded_lead(RUN, number)
        lead, events = one.lead, [put.item for put in one.writes.events]
        found[lead.status] += 1
        times = [str(event["at"]) for event in events]
        assert times == sorted(set(times))
        assert lead.created_at == times[0]
        assert lead.updated_at == times[-1]
        assert lead.created is not None
        assert END - timedelta(days=91) < lead.created
        assert (moment(times[-1]) or END) <= END
        assert [event["version"] for event in events] == list(range(1, lead.version + 1))
        assert events[0]["type"] == "created"
        moves = [event for event in events if event["type"] == "moved"]
        assert len(moves) == STAGES.index(lead.status)
        entered = moves[-1]["at"] if moves else times[0]
        assert lead.stage_entered_at == entered
    assert set(found) == set(STAGES)
    assert min(found.values()) > 50


@pytest.mark.slow
@pytest.mark.usefixtures("tables")
def test_totals_are_exact_and_a_second_run_changes_nothing() -> None:
    assert store(1, 100) == [0, 40, 80, 100]
    assert len(all_leads()) == 100
    assert is_exact()
    before = everything()
    assert store(1, 100) == [100]
    assert store(1, 30) == [100]
    assert everything() == before


@pytest.mark.usefixtures("tables")
def test_the_repository_reads_what_was_seeded() -> None:
    store(1, 60)
    lead = next(lead for lead in all_leads() if lead.status is Status.CONVERTED)
    found, timeline = repository.get(lead.lead_id), repository.timeline(lead.lead_id)
    assert found.version == len(timeline.events)
    assert timeline.events[0].changes["status"].new == "converted"
    moved = repository.move(
        lead.lead_id, Status.NEW, version=found.version, actor=SOMEBODY, write_id="w-1"
    )
    assert moved.version == found.version + 1
    assert is_exact()


@pytest.mark.slow
@pytest.mark.usefixtures("tables")
def test_more_leads_of_a_seed_leave_the_first_ones_alone() -> None:
    store(1, 50)
    first = {lead.lead_id: lead for lead in all_leads()}
    store(1, 90)
    later = {lead.lead_id: lead for lead in all_leads()}
    assert len(later) == 90
    assert {lead_id: later[lead_id] for lead_id in first} == first
    assert is_exact()


@pytest.mark.slow
@pytest.mark.usefixtures("tables")
def test_seeds_do_not_meet() -> None:
    store(1, 50)
    store(2, 50)
    assert len(all_leads()) == 100
    assert is_exact()


@pytest.mark.slow
@pytest.mark.usefixtures("tables")
def test_what_people_changed_stays_changed() -> None:
    store(1, 50)
    moved, gone, *_ = all_leads()
    repository.move(
        moved.lead_id, Status.CONVERTED, version=moved.version, actor=SOMEBODY, write_id="w-1"
    )
    repository.delete(gone.lead_id, version=gone.version, actor=SOMEBODY, write_id="w-2")
    store(1, 70)
    store(1, 70)
    assert repository.get(moved.lead_id).status is Status.CONVERTED
    assert len(all_leads()) == 69
    assert is_exact()


@pytest.mark.slow
@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("cut", range(1, 9))
def test_an_interrupted_run_goes_on(cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off before or after any write of a run, then worked on, then run again."""
    with monkeypatch.context() as patch:
        _cut_off(patch, cut)
        with pytest.raises(CutOffError):
            store(1, 100)
    gone = _work_on()
    store(1, 100)
    assert len(all_leads()) == 100 - gone
    assert is_exact()
    before = everything()
    store(1, 100)
    assert everything() == before


def _cut_off(patch: pytest.MonkeyPatch, cut: int) -> None:
    """End the process at its ``cut``-th write: odd ones before it, even ones after."""
    steps: Iterator[int] = itertools.count(1)
    for name in ("update", "batch_put", "transact"):
        whole = getattr(calls, name)

        def cut_off(*args: object, _whole: object = whole, **named: object) -> object:
            if next(steps) == cut:
                raise CutOffError
            answer = _whole(*args, **named)  # type: ignore[operator]
            if next(steps) == cut:
                raise CutOffError
            return answer

        patch.setattr(run, name, cut_off)


def _work_on() -> int:
    """Move a lead and delete another, if there are any; return how many were deleted."""
    leads = all_leads()
    if len(leads) < 2:
        return 0
    moved, gone = leads[0], leads[-1]
    other = Status.NEW if moved.status is Status.CONVERTED else Status.CONVERTED
    repository.move(moved.lead_id, other, version=moved.version, actor=SOMEBODY, write_id="w-1")
    repository.delete(gone.lead_id, version=gone.version, actor=SOMEBODY, write_id="w-2")
    return 1


@pytest.mark.slow
@pytest.mark.usefixtures("tables")
def test_two_runs_at_once_are_noticed() -> None:
    slow = seed_leads(1, 100)
    next(slow)
    next(slow)
    assert store(1, 100)[-1] == 100
    with pytest.raises(BusyError):
        list(slow)
    assert is_exact()


@pytest.mark.usefixtures("tables")
def test_accounts_that_work_leads_own_them(sales: User, viewer: User) -> None:
    store(1, 60)
    owners = {lead.owner_id for lead in all_leads()}
    assert sales.id in owners
    assert viewer.id not in owners


@pytest.mark.usefixtures("tables")
def test_the_command_tells_what_it_did() -> None:
    said = StringIO()
    call_command("seed_leads", count=45, seed=3, stdout=said)
    assert said.getvalue().startswith("45 leads stored")
    call_command("seed_leads", "--count", "45", "--seed", "3", stdout=said)
    assert "nothing to do" in said.getvalue()


class Terminal(StringIO):
    """A stream that claims to be one."""

    @override
    def isatty(self) -> bool:
        return True


@pytest.mark.slow
@pytest.mark.usefixtures("tables")
def test_a_terminal_gets_one_line_that_grows() -> None:
    said = Terminal()
    call_command("seed_leads", count=90, stdout=said)
    bar = said.getvalue().splitlines()[0]
    assert "90 of 90" in said.getvalue()
    assert said.getvalue().count("\n") == 1, bar


@pytest.mark.parametrize(
    "given",
    [
        ["--count", "0"],
        ["--count", "-5"],
        ["--count", "many"],
        ["--count", "1.5"],
        ["--count", "9" * 400],
        ["--count", "\u0661\u0662"],
        [],
        ["--count", "5", "--seed", "x"],
        ["--count", "5", "--seed", str(10**17)],
    ],
)
def test_bad_arguments(given: list[str]) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("seed_leads", *given)
    assert refusal.value.returncode == 2
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 200


def test_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port()}")
    client.reset()
    with pytest.raises(CommandError) as refusal:
        call_command("seed_leads", count=5)
    client.reset()
    assert refusal.value.returncode == 2
    assert "\n" not in str(refusal.value)
