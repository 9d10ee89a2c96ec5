"""Leads of other programs become ours, whatever they look like and whoever is at work."""

import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from random import Random
from threading import Event

import pytest
from django.core.management import CommandError
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb import calls
from crm.dynamodb.errors import ConditionFailedError, InvalidRequestError
from crm.dynamodb.items import Item, Value
from crm.dynamodb.pace import Pace
from crm.dynamodb.size import MAX_ITEM_BYTES
from crm.tables import LEADS, RECORDS
from leads import keys, repository
from leads.maintenance import adopt as adopt_all_leads
from leads.maintenance.adopt import Segments, adopt_all, begin
from leads.models import STAGES, Change, EventType, Lead, Status
from leads.repository import LeadNotFoundError, StaleLeadError, adoption
from leads.repository.adoption import Adoption, adopt
from tests.maintenance.helpers import FakeTime, expected_tokens, leads, run, tokens
from tests.make import ANN, SINCE, act, add, events, only, published, recount, stored, totals
from tests.plugins.parts import aside
from tests.repository.test_foreign import IDS, ODD

OLD = 60


class CutOffError(Exception):
    """The process ends here."""


def is_whole() -> bool:
    """Tell whether every lead is ours, counted and filed."""
    return (
        all(lead.version for lead in leads())
        and totals() == recount()
        and tokens() == expected_tokens()
    )


@aside()
def put(lead_id: str, **more: Value) -> Item:
    """Store a lead as another program does, and return it as stored."""
    calls.put(LEADS, published(lead_id, **more))
    return stored(lead_id)


@aside()
def foreign(dice: Random, ended: Event) -> None:
    """Write leads, and change those that nobody else has, as another program does."""
    for number in range(100):
        if ended.is_set():
            return
        put(f"form-{dice.random()}", status=dice.choice(["new", "Open", "contacted"]))
        some = published(f"old-{dice.randrange(OLD)}", name=f"Changed {number}", status="qualified")
        with suppress(ConditionFailedError):
            calls.put(
                LEADS,
                some,
                condition="attribute_exists(#leadId) AND attribute_not_exists(#version)",
            )


@aside()
def staff(dice: Random, ended: Event) -> None:
    """Move, edit and delete leads."""
    while not ended.is_set():
        lead_id = f"old-{dice.randrange(OLD)}"
        name, to = f"Edited {dice.randrange(1000)}", dice.choice(STAGES)
        with suppress(StaleLeadError, LeadNotFoundError):
            version = repository.get(lead_id, consistent=True).version
            what = dice.random()
            if what < 0.6:
                repository.move(lead_id, to, version=version, actor=ANN, write_id=act())
            elif what < 0.9:
                repository.edit(lead_id, {"name": name}, version=version, actor=ANN, write_id=act())
            else:
                repository.delete(lead_id, version=version, actor=ANN, write_id=act())


def test_a_published_lead_gets_what_ours_have(store: str) -> None:
    before = put("theirs")
    assert adopt(before) == Adoption("theirs", Status.CONTACTED)
    now = stored("theirs")
    added = {"version": 1, "boardShard": keys.shard("theirs"), "stageEnteredAt": SINCE}
    filed = {"boardKey": "-#contacted", "preview": before["message"]}
    assert now == before | added | filed | {"writeId": now["writeId"]}
    (event,) = events("theirs")
    assert (event.type, event.version, event.changes) == (EventType.ADOPTED, 1, {})
    assert event.at > SINCE
    assert totals() == recount() == only(contacted=1)
    assert tokens() == expected_tokens() != []


@pytest.mark.parametrize(
    ("stored_as", "form"),
    [
        ("Greta@Vest.Example", "greta@vest.example"),
        ("greta.two@vest.example ", "greta.two@vest.example"),
        ("info@xn--bckerei-kestrel-0kb.example", "info@bäckerei-kestrel.example"),
    ],
)
def test_addresses_stay_unless_their_normal_form_is_asked_for(
    store: str, stored_as: str, form: str
) -> None:
    put("theirs", email=stored_as)
    run("adopt_leads")
    assert stored("theirs")["email"] == stored_as
    assert [lead.lead_id for lead in repository.by_email(form)] == ["theirs"]
    put("others", email=stored_as)
    assert "email would be written anew in 1" in run("adopt_leads", "--addresses", "--dry-run")
    assert stored("others")["email"] == stored_as
    assert "email was written anew in 1" in run("adopt_leads", "--addresses")
    assert stored("others")["email"] == form
    (event,) = events("others")
    assert event.changes["email"] == Change()
    assert {lead.lead_id for lead in repository.by_email(form)} == {"theirs", "others"}
    assert is_whole()


def test_addresses_of_leads_that_were_adopted_before_are_written_anew_too(store: str) -> None:
    ours = stored(add().lead_id)
    put("theirs", email="Greta@Vest.Example")
    put("moved", email="greta.two@vest.example ", subject="x")
    repository.move("moved", Status.QUALIFIED, version=0, actor=ANN, write_id=act())
    run("adopt_leads")
    before = stored("theirs")
    said = run("adopt_leads", "--addresses", "--dry-run")
    assert "No lead waits to be adopted." in said
    assert "email would be written anew in 2 leads that were Leadbook's already" in said
    assert stored("theirs") == before
    said = run("adopt_leads", "--addresses")
    assert said.startswith("No lead waited to be adopted")
    assert "email was written anew in 2 leads that were Leadbook's already" in said
    now = stored("theirs")
    assert now == before | {
        "email": "greta@vest.example",
        "version": 2,
        "writeId": now["writeId"],
    }
    assert stored("moved")["email"] == "greta.two@vest.example"
    adopted, edited = events("theirs")
    assert (adopted.type, edited.type) == (EventType.ADOPTED, EventType.EDITED)
    assert (edited.version, edited.actor) == (2, adoption.ADOPTER)
    assert edited.changes == {"email": Change()}
    assert [lead.lead_id for lead in repository.by_email("greta@vest.example")] == ["theirs"]
    assert is_whole()
    assert stored(str(ours["leadId"])) == ours
    assert "anew" not in run("adopt_leads", "--addresses")
    assert stored("theirs") == now


@pytest.mark.parametrize("email", ["greta@vest.example", "gerd@vest.example", "GERD@vest.example"])
def test_an_address_that_another_program_writes_meanwhile_survives(store: str, email: str) -> None:
    put("theirs", email="Greta@Vest.Example")
    run("adopt_leads")
    read = stored("theirs")
    calls.put(LEADS, read | {"email": email, "company": "Vest"})
    result = adopt(read, addresses=True)
    now = stored("theirs")
    assert (now["email"], now["company"]) == (email.lower(), "Vest")
    assert result == Adoption("theirs", changed=("email",) if email != email.lower() else ())


def test_who_edits_an_adopted_lead_at_the_same_moment_wins(store: str) -> None:
    put("theirs", email="Greta@Vest.Example")
    run("adopt_leads")
    read = stored("theirs")
    ada = {"name": "Ada", "email": "ada@vest.example"}
    repository.edit("theirs", ada, version=1, actor=ANN, write_id=act())
    assert adopt(read, addresses=True) == Adoption("theirs")
    repository.delete("theirs", version=2, actor=ANN, write_id=act())
    assert adopt(read, addresses=True) == Adoption("theirs")
    assert tokens() == []


def test_a_run_that_left_the_addresses_is_no_beginning_of_one_that_writes_them(
    tables: None,
) -> None:
    for one in range(20):
        put(f"theirs-{one}", email=f"Greta.{one}@Vest.Example")
    run("adopt_leads")
    for segment in (0, 1):
        adopt_all_leads._note(3, segment, None, addresses=False)  # noqa: SLF001 -- as a run leaves it
    assert set(begin(3).starts) == {2}
    run("adopt_leads", "--segments", "3", "--addresses")
    assert all(lead.email.islower() for lead in leads())
    adopt_all_leads._note(3, 1, None, addresses=True)  # noqa: SLF001 -- as a run leaves it
    assert set(begin(3).starts) == set(begin(3, addresses=True).starts) == {0, 2}


@pytest.mark.parametrize("email", ["call me", "a@b.c, d@e.f", "x" * 300 + "@vest.example"])
def test_what_is_no_address_stays(tables: None, email: str) -> None:
    put("theirs", email=email)
    for _ in range(2):
        run("adopt_leads", "--addresses")
    assert stored("theirs")["email"] == email
    assert stored("theirs")["version"] == 1
    assert is_whole()


@pytest.mark.slow
@pytest.mark.parametrize("lead_id", IDS)
def test_any_id(tables: None, lead_id: str) -> None:
    put(lead_id)
    run("adopt_leads")
    assert is_whole()
    assert repository.get(lead_id).version == 1


@pytest.mark.parametrize(("name", "value"), ODD, ids=lambda value: repr(value)[:20])
def test_odd_values_stay_or_are_kept_in_the_event(tables: None, name: str, value: Value) -> None:
    before = put("theirs", **{name: value})
    run("adopt_leads")
    assert is_whole()
    now = stored("theirs")
    changed = {field for field in before if before[field] != now[field]}
    assert changed <= {"version", "status", "updatedAt", "stageEnteredAt", "writeId", "boardShard"}
    assert changed == set(events("theirs")[0].changes)
    lead = repository.get("theirs", consistent=True)
    moved = repository.move("theirs", Status.QUALIFIED, version=1, actor=ANN, write_id=act())
    assert (moved.name, moved.email) == (lead.name, lead.email)
    assert totals() == recount() == only(qualified=1)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("new", Status.NEW),
        ("NEW ", Status.NEW),
        ("Open", Status.NEW),
        ("QUALIFIED", Status.QUALIFIED),
        ("converted", Status.CONVERTED),
    ],
)
def test_a_status_becomes_one_of_ours(tables: None, status: str, expected: Status) -> None:
    put("theirs", status=status)
    run("adopt_leads")
    assert totals() == recount() == only(**{expected.value: 1})
    assert [lead.lead_id for lead in repository.by_status(expected).leads] == ["theirs"]
    changes = events("theirs")[0].changes
    assert bool(changes) == (status != expected)
    if changes:
        assert (changes["status"].old, changes["status"].new) == (status, expected.value)


@pytest.mark.parametrize(
    ("created", "updated", "expected"),
    [
        (Decimal(1_700_000_000), SINCE, "2023-11-14T22:13:20.000Z"),
        (Decimal("1700000000.123"), SINCE, "2023-11-14T22:13:20.123Z"),
        (Decimal(1_700_000_000_123), SINCE, "2023-11-14T22:13:20.123Z"),
        (5, SINCE, SINCE),
        (Decimal("1E+30"), SINCE, SINCE),
        (None, SINCE, SINCE),
        (True, SINCE, SINCE),
        (["2026"], SINCE, SINCE),
        ("", SINCE, SINCE),
        ("x" * 1025, SINCE, SINCE),
        (None, Decimal(1_700_000_000), "2023-11-14T22:13:20.000Z"),
        (None, "2026-01-01T01:00:00+01:00", SINCE),
        (None, "yesterday", None),
        (None, None, None),
        ("not a time", SINCE, "not a time"),
    ],
)
def test_a_time_that_no_index_takes(
    tables: None, created: Value, updated: Value, expected: str | None
) -> None:
    """A table made without our indexes may hold any type."""
    item = published("theirs", createdAt=created, updatedAt=updated)
    lead = Lead.from_item(item)
    after = adoption._adopted_lead(item, lead, "w")  # noqa: SLF001 -- no engine stores such items
    assert after.created_at == expected or (expected is None and after.created_at > SINCE)
    changes = adoption._changes(item, lead, after)  # noqa: SLF001
    assert ("createdAt" in changes) == (created != after.created_at)
    assert after.updated_at
    assert after.stage_entered


def test_a_lead_without_times_gets_them(store: str) -> None:
    item = published("theirs")
    del item["createdAt"], item["updatedAt"]
    calls.put(LEADS, item)
    run("adopt_leads")
    now = stored("theirs")
    assert str(now["createdAt"]) == str(now["updatedAt"]) > SINCE
    assert repository.by_status(Status.CONTACTED).leads
    assert set(events("theirs")[0].changes) == {"createdAt", "updatedAt"}


def test_a_wrong_number_is_no_version(tables: None) -> None:
    put("theirs", version=Decimal("1E+100"))
    run("adopt_leads")
    assert is_whole()
    assert events("theirs")[0].changes["version"].old.startswith("1")


def test_ours_stay_as_they_are(tables: None) -> None:
    lead = add()
    before = stored(lead.lead_id)
    assert run("adopt_leads").startswith("No lead waited to be adopted")
    assert stored(lead.lead_id) == before


def test_again_finds_nothing(tables: None) -> None:
    for number in range(5):
        put(f"theirs-{number}")
    said = run("adopt_leads")
    assert said.startswith("5 leads adopted: 0 new, 5 contacted, 0 qualified, 0 converted,")
    before = [stored(f"theirs-{number}") for number in range(5)]
    assert run("adopt_leads").startswith("No lead waited")
    assert before == [stored(f"theirs-{number}") for number in range(5)]
    assert totals() == recount() == only(contacted=5)


def test_a_dry_run_changes_nothing(store: str) -> None:
    put("one", status="Open")
    put("two")
    before = [stored("one"), stored("two")]
    said = run("adopt_leads", "--dry-run")
    assert said.startswith("2 leads would be adopted: 1 new, 1 contacted, 0 qualified,")
    assert "status would be written anew in 1 of them" in said
    assert [stored("one"), stored("two")] == before
    assert not calls.query_all(RECORDS, "#PK = :pk", {"pk": keys.ADOPTION})
    assert totals() == only()
    run("adopt_leads")
    assert "No lead waits" in run("adopt_leads", "--dry-run")


def test_who_moves_it_at_the_same_moment_wins(tables: None) -> None:
    read = put("theirs")
    repository.move("theirs", Status.CONVERTED, version=0, actor=ANN, write_id=act())
    assert adopt(read) == Adoption("theirs")
    assert totals() == recount() == only(converted=1)


def test_what_another_program_wrote_meanwhile_is_kept(store: str) -> None:
    read = put("theirs")
    put("theirs", status="qualified", name="Someone Else", company={"a": 1})
    assert adopt(read).status is Status.QUALIFIED
    assert stored("theirs")["name"] == "Someone Else"
    assert is_whole()


def test_one_that_is_gone_is_none_to_adopt(store: str) -> None:
    read = put("theirs")
    calls.delete(LEADS, keys.lead("theirs"))
    assert adopt(read) == Adoption("theirs")
    assert totals() == only()
    assert tokens() == []


def test_what_cannot_be_adopted_is_listed_and_the_others_are(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old item may hold a number where an index made later wants text."""
    put("theirs")
    almost = MAX_ITEM_BYTES - len(json.dumps(published("odd"))) - 9
    put("odd", message="x" * almost)
    with pytest.raises(CommandError, match="1 leads could not be adopted") as caught:
        run("adopt_leads")
    assert caught.value.returncode == 1
    assert stored("theirs")["version"] == 1
    assert "version" not in stored("odd")
    assert totals() == recount() == only(contacted=1)

    def refuses(_item: Item) -> Adoption:
        raise InvalidRequestError("Type mismatch for Index Key email Expected: S Actual: N")

    monkeypatch.setattr(adoption, "_write", lambda item, _write_id, **_how: refuses(item))
    assert "Type mismatch" in adopt(stored("odd")).problem


@pytest.mark.slow
@pytest.mark.parametrize("segments", [1, 7])
@pytest.mark.parametrize("is_adopted", [False, True])
def test_killed_at_any_point_and_started_again(
    tables: None, monkeypatch: pytest.MonkeyPatch, segments: int, *, is_adopted: bool
) -> None:
    monkeypatch.setattr(adopt_all_leads, "PAGE", 3)
    number = 40
    for one in range(number):
        put(f"theirs-{one}", email="Greta@Vest.Example")
    if is_adopted:
        run("adopt_leads")
    real = adopt
    left = [5]

    def cut_off(item: Item, **how: bool) -> Adoption:
        left[0] -= 1
        if left[0] < 0:
            raise CutOffError
        result = real(item, **how)
        if not left[0]:
            raise CutOffError  # it is stored, and nobody could note it
        return result

    monkeypatch.setattr(adopt_all_leads, "adopt", cut_off)
    for start in itertools.count(1):
        left[0] = start
        try:
            run("adopt_leads", "--segments", str(segments), "--addresses")
        except CutOffError:
            assert totals() == recount()
        else:
            break
    assert is_whole()
    assert totals() == only(contacted=number)
    assert all(lead.email == "greta@vest.example" for lead in leads())
    assert all(len(events(f"theirs-{one}")) == 1 + is_adopted for one in range(number))


def test_goes_on_where_it_stopped_and_then_starts_anew(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopt_all_leads, "PAGE", 4)
    for one in range(20):
        put(f"theirs-{one}")
    stop = Event()
    for page in adopt_all(begin(1), Pace(), stop):
        if page.adoptions:
            stop.set()
    adopted = totals()[Status.CONTACTED]
    assert 0 < adopted < 20
    segments = begin(9)
    assert segments.count == 1  # its own
    assert segments.since
    start = segments.starts[0]
    assert start is not None
    assert Lead.from_item(stored(start["leadId"])).version == 1
    said = run("adopt_leads", "--segments", "9")
    assert f"Going on where the run of {segments.since} stopped, 1 segments." in said
    assert "run it once more" in said
    assert is_whole()
    assert begin(9) == Segments(9, dict.fromkeys(range(9)))


def test_notes_of_runs_that_divided_the_table_differently_are_dropped(tables: None) -> None:
    for one in range(20):
        put(f"theirs-{one}")
    # Two runs were begun at once, and both were cut off.
    for segments, segment in ((3, 0), (8, 1), (8, 5)):
        adopt_all_leads._note(segments, segment, None, addresses=False)  # noqa: SLF001 -- as a run leaves it
    assert begin(4) == Segments(4, dict.fromkeys(range(4)))
    run("adopt_leads")
    assert is_whole()
    assert begin(9) == Segments(9, dict.fromkeys(range(9)))


def test_a_segment_that_is_done_is_not_read_again(tables: None) -> None:
    adopt_all_leads._note(3, 1, None, addresses=False)  # noqa: SLF001 -- as a run that was cut off leaves it
    assert set(begin(8).starts) == {0, 2}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_while_everybody_works(tables: None, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Other programs write and change leads; people move, edit and delete them."""
    monkeypatch.setattr(adopt_all_leads, "PAGE", 5)
    for number in range(OLD):
        put(f"old-{number}", email="Greta@Vest.Example")
    ended = Event()
    with ThreadPoolExecutor() as pool:
        at_work = [
            pool.submit(work, Random(f"{seed}/{number}"), ended)  # noqa: S311 -- the same again
            for number, work in enumerate([foreign, foreign, staff, staff, staff])
        ]
        for options in ([], ["--addresses"], []):
            run("adopt_leads", *options)
        ended.set()
        for one in at_work:
            one.result()
    run("adopt_leads", "--addresses")
    assert all(lead.version and lead.email == lead.email.lower() for lead in leads())
    assert totals() == recount()
    assert tokens() == expected_tokens()
    for lead in leads():
        assert sum(event.type is EventType.ADOPTED for event in events(lead.lead_id)) < 2


@pytest.mark.slow
def test_two_at_once_adopt_each_lead_once(tables: None) -> None:
    for number in range(40):
        put(f"theirs-{number}")
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(run, "adopt_leads") for _ in range(2)]:
            done.result()
    assert is_whole()
    assert totals() == only(contacted=40)


def test_keeps_to_the_rate(tables: None) -> None:
    for number in range(12):
        put(f"theirs-{number}")
    time = FakeTime()
    pace = Pace(max_wru=50, clock=time.clock, wait=time.wait)
    assert sum(len(page.adoptions) for page in adopt_all(begin(1), pace, Event())) == 12
    wru = pace.used.wru
    assert wru > 12 * 20
    # What the last write consumed is paid by waiting, too; the first second was free.
    assert sum(time.waits) == pytest.approx((wru - 50) / 50, abs=0.1)


def test_the_timeline_tells_it(client_for: Callable[[User], Client], sales: User) -> None:
    put("theirs", status="Open")
    run("adopt_leads")
    text = client_for(sales).get("/leads/theirs/").text
    assert "taken over from another program" in text
    assert "Open" in text
    assert "added the lead" not in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("--segments", "0"),
        ("--segments", "65"),
        ("--segments", "x"),
        ("--max-wru", "0"),
        ("--max-wru", "-1"),
        ("--max-rru", "1.5"),
    ],
)
def test_refuses_what_is_no_number(tables: None, arguments: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match=f"{arguments[0]} must be a whole number") as caught:
        run("adopt_leads", *arguments)
    assert caught.value.returncode == 2


def test_without_tables(tables: None, settings: object) -> None:
    settings.TABLE_NAME = "no-such-table"  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="run create_tables first") as caught:
        run("adopt_leads")
    assert caught.value.returncode == 2
