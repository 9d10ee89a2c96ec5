"""Restored tables are compared with the live ones: what differs, what explains it, what is torn."""

import re
import tracemalloc
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Event
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from crm.accounts import security_events
from crm.accounts.models import Role, User
from crm.accounts.security_events import event_put
from crm.dynamodb import calls, scan
from crm.dynamodb.client import send
from crm.dynamodb.creation import table_request
from crm.dynamodb.items import Item, WireItem
from crm.dynamodb.pace import Pace
from crm.dynamodb.scan import wire_pages
from crm.dynamodb.schema import Table
from crm.dynamodb.transport import Transport
from crm.jobs.running import run_due
from crm.outbox import given_ids
from crm.tables import LEADS, RECORDS
from leads import keys, repository
from leads.attribution import Attribution
from leads.entries import Said
from leads.held import store as held
from leads.imports.run.models import ImportState
from leads.imports.run.store import run_update
from leads.maintenance.record_kinds import Kind, kind_of
from leads.maintenance.restore_check import comparing, explaining
from leads.maintenance.restore_check.canonical import digest
from leads.maintenance.restore_check.reading import Pair, Reader, named_pair
from leads.models import STAGES, Lead, Status, timestamp
from leads.repository import desk_settings
from leads.repository.counters import counter_of
from tests.forms.making import added, changed
from tests.imports.files import imported, row, staged, undone
from tests.maintenance.helpers import run, tokens
from tests.make import ANN, act, add, add_from, fields, published, stored
from tests.plugins.mail_server import MailServer
from tests.repository.test_replies import answer, let_ten_seconds_pass

SAME = "The restored tables are the same as the live ones."
FIT = "Restored tables: totals, timelines, search tokens and accounts fit together."


def restore(*, without: tuple[str, ...] = ()) -> Pair:
    """Copy what is in the live tables now into new ones, as a restore does."""
    name = f"restored-{uuid4().hex}"
    pair = named_pair(f"{name}-leads", f"{name}-records")
    for live, new in zip((LEADS, RECORDS), pair.tables, strict=True):
        request = table_request(new) | {"DeletionProtectionEnabled": False}
        del request["StreamSpecification"]  # as everywhere on this engine: ADR 7
        send("create_table", **request)
        for page in wire_pages(live, segment=0, segments=1):
            for item in page:
                put_wire(new, item)
    return pair


def put_wire(table: Table, item: WireItem) -> None:
    send("put_item", TableName=table.name, Item=item)


def verify(pair: Pair, *arguments: str) -> str:
    """Run the command to a good end."""
    names = ("--restored-leads", pair.leads.name, "--restored-records", pair.records.name)
    return run("verify_restore", *names, *arguments)


def fails(pair: Pair, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    """Run it to an end with status 1; return what it says, and its last line."""
    with pytest.raises(CommandError) as caught:
        run_to_screen(pair, *arguments)
    assert caught.value.returncode == 1
    return capsys.readouterr().out, str(caught.value)


def run_to_screen(pair: Pair, *arguments: str) -> None:
    names = ("--restored-leads", pair.leads.name, "--restored-records", pair.records.name)
    call_command("verify_restore", "--segments", "1", *names, *arguments)


def fill() -> list[Lead]:
    """Fill the live tables with every kind of item."""
    leads = [add(status, name=f"Ada {n}") for n, status in enumerate([*STAGES, *STAGES])]
    repository.move(leads[0].lead_id, Status.CONVERTED, version=1, actor=ANN, write_id=act())
    repository.delete(leads[1].lead_id, version=1, actor=ANN, write_id=act())
    calls.put(LEADS, published("theirs"))
    User.objects.create_user("ann@example.com", "correct horse battery", role=Role.ADMIN)
    return leads[2:]


@pytest.fixture
def short_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests write before and after a moment without waiting."""
    monkeypatch.setattr(explaining, "TOLERANCE", timedelta(0))


def moment_between() -> str:
    """Return a moment that all before it precedes, and all after it follows."""
    at = datetime.now(UTC).replace(microsecond=0)
    at += timedelta(milliseconds=datetime.now(UTC).microsecond // 1000 + 1)
    while datetime.now(UTC) <= at + timedelta(milliseconds=1):
        pass
    return timestamp(at)


# --- What is the same, and what is not ----------------------------------------------------


def test_a_copy_is_the_same(store: str) -> None:
    fill()
    said = verify(restore())
    assert re.search(r"^leads +8 +8  same [0-9a-f]{12}$", said, re.MULTILINE)
    assert re.search(r"^accounts +1 +1  same [0-9a-f]{12}$", said, re.MULTILINE)
    assert FIT in said
    assert said.endswith(f"{SAME}\n")


def test_empty_tables_are_the_same(store: str) -> None:
    assert verify(restore()).endswith(f"{SAME}\n")


def test_everything_that_differs_is_listed(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    leads = fill()
    pair = restore()
    calls.delete(pair.leads, keys.lead("theirs"))
    calls.put(pair.leads, published("extra"))
    changed_lead = stored(leads[0].lead_id) | {"subject": "Else"}
    calls.put(pair.leads, changed_lead)
    said, last = fails(pair, capsys)
    assert f"differs: leads: 'theirs' only in {LEADS.name}" in said
    assert f"differs: leads: 'extra' only in {pair.leads.name}" in said
    assert f"differs: leads: '{leads[0].lead_id}' is not the same" in said
    assert "differs: timeline" not in said
    assert last.startswith("3 differences are not explained.")


@pytest.mark.parametrize(
    "kind", [Kind.EVENTS, Kind.TOKENS, Kind.TOTALS, Kind.ACCOUNTS, Kind.SECURITY]
)
def test_records_that_are_gone_are_listed(
    tables: None, capsys: pytest.CaptureFixture[str], kind: Kind
) -> None:
    fill()
    pair = restore()
    gone = first_record(pair.records, kind)
    calls.delete(pair.records, gone)
    said, last = fails(pair, capsys)
    assert f"differs: {kind}: '{gone['PK']} {gone['SK']}' only in {RECORDS.name}" in said
    assert last.startswith("1 differences are not explained.")


def first_record(table: Table, kind: Kind) -> dict[str, str]:
    for page in wire_pages(table, segment=0, segments=1):
        for item in page:
            key = {name: str(item[name]["S"]) for name in ("PK", "SK")}
            if kind_of(key) is kind:
                return key
    raise AssertionError(kind)


def test_long_lists_are_cut(tables: None, capsys: pytest.CaptureFixture[str]) -> None:
    pair = restore()
    for number in range(30):
        calls.put(pair.leads, published(f"extra {number}"))
    said, last = fails(pair, capsys)
    assert said.count("differs: leads: 'extra") == 20
    assert "differs: leads: and 10 more" in said
    assert last.startswith("30 differences")


# --- Types ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"N": "1"}, {"N": "1.0"}),
        ({"N": "100"}, {"N": "1E+2"}),
        ({"N": "0"}, {"N": "-0"}),
        ({"N": "1" * 38}, {"N": "1" * 38 + ".0"}),
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}),
        ({"NS": ["1", "2.0"]}, {"NS": ["2", "1"]}),
        ({"BS": ["YQ==", "Yg=="]}, {"BS": [b"b", b"a"]}),
        ({"B": "YQ=="}, {"B": b"a"}),
        ({"M": {"a": {"N": "1"}, "b": {"S": ""}}}, {"M": {"b": {"S": ""}, "a": {"N": "1.00"}}}),
    ],
)
def test_what_dynamodb_holds_as_the_same(one: object, other: object) -> None:
    assert digest({"x": one}) == digest({"x": other})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"N": "1"}, {"S": "1"}),
        ({"N": "1" * 38}, {"N": "1" * 37 + "2"}),
        ({"S": "YQ=="}, {"B": "YQ=="}),
        ({"NS": ["1"]}, {"L": [{"N": "1"}]}),
        ({"NS": ["1"]}, {"SS": ["1"]}),
        ({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]}),
        ({"BOOL": True}, {"BOOL": False}),
        ({"BOOL": True}, {"NULL": True}),
        ({"M": {}}, {"L": []}),
        ({"S": ""}, {"NULL": True}),
    ],
)
def test_what_dynamodb_tells_apart(one: object, other: object) -> None:
    assert digest({"x": one}) != digest({"x": other})  # type: ignore[dict-item]
    assert digest({"x": one}) != digest({"y": one})  # type: ignore[dict-item]


def test_types_count_in_the_tables(tables: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Plain values would not tell a set of numbers from a list of them."""
    theirs: WireItem = {"leadId": {"S": "theirs"}, "scores": {"NS": ["1", "2"]}}
    put_wire(LEADS, theirs)
    pair = restore()
    assert verify(pair).endswith(f"{SAME}\n")
    put_wire(pair.leads, theirs | {"scores": {"L": [{"N": "1"}, {"N": "2"}]}})
    said, _ = fails(pair, capsys)
    assert "differs: leads: 'theirs' is not the same" in said


def test_every_kind_of_item_is_looked_at_again_where_sums_differ(
    tables: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind of key wants a right of the maintenance role, also where nothing differs."""
    monkeypatch.setattr(comparing, "BUCKETS", 1)
    fill()
    add_from(Attribution(form="contact"))
    imported(staged([row("bob@example.com")]))
    recorded_event(datetime.now(UTC))
    for key in (
        keys.import_columns("x"),
        {"PK": keys.phone("7946000"), "SK": "t#x"},
        keys.entry("x", "t", "n"),
        {"PK": keys.SEEDS, "SK": "NOTE"},
        {"PK": keys.ADOPTION, "SK": "NOTE"},
        keys.settings_record(),
        keys.field_registry(),
        keys.listed_sources(),
        {"PK": f"{given_ids.PARTITION}x", "SK": "LETTER"},
    ):
        calls.put(RECORDS, {**key})
    pair = restore()
    calls.put(pair.records, {"PK": "COLUMNS#y", "SK": "MAPPING"})
    said, _ = fails(pair, capsys)
    differing = [line for line in said.splitlines() if line.startswith("differs:")]
    assert differing == [
        f"differs: notes of commands: 'COLUMNS#y MAPPING' only in {pair.records.name}"
    ]


# --- A moment that people worked after -------------------------------------------------------


def test_what_was_said_since_is_explained(
    store: str, short_tolerance: None, capsys: pytest.CaptureFixture[str]
) -> None:
    lead, other = add(name="Ada"), add(name="Bo")
    say = repository.conversation.add
    entry = say(lead.lead_id, Said(text="Before"), entry_id="n-1", actor=ANN)
    pair = restore()
    at = moment_between()
    repository.conversation.edit(
        lead.lead_id, entry.at, entry.id, Said(text="After"), version=1, write_id="e-1"
    )
    say(other.lead_id, Said(text="New"), entry_id="n-2", actor=ANN)
    assert "2 leads changed" in verify(pair, "--at", at)
    calls.delete(RECORDS, keys.entry(lead.lead_id, entry.at, entry.id))
    said, _ = fails(pair, capsys, "--at", at)
    assert "differs: notes, calls and mails" in said


def test_the_id_of_a_mail_that_was_sent_since_is_explained(
    store: str, short_tolerance: None, capsys: pytest.CaptureFixture[str]
) -> None:
    lead = add()
    letter = keys.entry(lead.lead_id, "t", "n")
    given_ids.remember("1" * 32, letter)
    pair = restore()
    at = moment_between()
    given_ids.remember("2" * 32, letter)
    assert verify(pair, "--at", at).endswith(f"held at {at}.\n")
    calls.delete(RECORDS, {"PK": f"{given_ids.PARTITION}{'1' * 32}", "SK": "LETTER"})
    said, _ = fails(pair, capsys, "--at", at)
    assert "differs: ids of sent mails" in said


def test_an_answer_that_left_since_is_explained(
    tables: None,
    short_tolerance: None,
    mail_server: MailServer,
    settings: LazySettings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.OUTBOX_CHANNELS = {"reply": "tests.crm.outbox.letters.write"}
    lead = answer(add(name="Ada"))
    let_ten_seconds_pass(lead)
    pair = restore()
    before = moment_between()
    run_due()
    assert len(mail_server.taken) == 1
    assert "fit together" in verify(pair, "--at", before)
    said, _ = fails(pair, capsys, "--at", moment_between())
    assert "differs: notes, calls and mails" in said


def test_what_was_written_since_is_explained(store: str, short_tolerance: None) -> None:
    leads = fill()
    pair = restore()
    at = moment_between()
    added = add(name="Late")
    repository.move(leads[0].lead_id, Status.CONVERTED, version=1, actor=ANN, write_id=act())
    repository.edit(leads[1].lead_id, {"name": "Bob"}, version=1, actor=ANN, write_id=act())
    repository.delete(leads[2].lead_id, version=1, actor=ANN, write_id=act())
    now = timestamp(datetime.now(UTC))
    calls.put(LEADS, published("newer", createdAt=now, updatedAt=now))
    calls.put(LEADS, published("theirs", status="qualified", updatedAt=now))
    User.objects.create_user("bob@example.com", "correct horse battery")
    said = verify(pair, "--at", at)
    for lead_id, done in (
        (added.lead_id, "added"),
        (leads[0].lead_id, "changed"),
        (leads[1].lead_id, "changed"),
        (leads[2].lead_id, "removed"),
        ("newer", "added"),
        ("theirs", "changed"),
    ):
        assert f"later: lead '{lead_id}' {done}" in said
    assert "differs:" not in said
    assert "2 leads added, 3 leads changed, 1 leads removed" in said
    assert said.endswith(f"The restored tables hold what the live ones held at {at}.\n")


def test_a_message_that_was_released_since_is_explained(store: str, short_tolerance: None) -> None:
    fill()
    intake = held.hold(fields(), submission=act(), source="api", address="203.0.113.1")
    pair = restore()
    at = moment_between()
    held.release(intake.lead_id, ANN)
    assert repository.get(intake.lead_id, consistent=True).created_at < at
    said = verify(pair, "--at", at)
    assert f"later: lead '{intake.lead_id}' added" in said
    assert "differs:" not in said


def test_without_the_moment_nothing_is_explained(
    tables: None, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = restore()
    add()
    said, _ = fails(pair, capsys)
    assert "differs: leads:" in said
    assert "later:" not in said


def test_losses_are_not_explained_by_later_work(
    tables: None, short_tolerance: None, capsys: pytest.CaptureFixture[str]
) -> None:
    leads = fill()
    pair = restore()
    at = moment_between()
    # Changed since: but that the restored table does not have them at all is a loss.
    repository.move(leads[0].lead_id, Status.CONVERTED, version=1, actor=ANN, write_id=act())
    calls.delete(pair.leads, keys.lead(leads[0].lead_id))
    # Nobody deleted this one.
    calls.delete(LEADS, keys.lead(leads[1].lead_id))
    # Entries of a timeline are never removed.
    entry = keys.event(leads[2].lead_id, leads[2].created_at, "x")
    lost: Item = {**entry, "type": "noted", "at": timestamp(datetime.now(UTC)), "version": 1}
    calls.put(pair.records, lost)
    said, last = fails(pair, capsys, "--at", at)
    assert f"differs: leads: '{leads[0].lead_id}' only in {LEADS.name}" in said
    assert f"differs: leads: '{leads[1].lead_id}' only in {pair.leads.name}" in said
    assert f"differs: timeline events: '{entry['PK']} {entry['SK']}'" in said
    assert last.startswith("3 differences are not explained.")


def test_adopted_since_is_changed_since(tables: None, short_tolerance: None) -> None:
    calls.put(LEADS, published("theirs"))
    pair = restore()
    at = moment_between()
    run("adopt_leads")
    said = verify(pair, "--at", at)
    assert "later: lead 'theirs' changed" in said


def test_an_adopted_lead_that_is_lost_is_lost(
    tables: None, short_tolerance: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its first event is later than the moment, the lead itself is not."""
    pair = restore()
    calls.put(LEADS, published("theirs"))
    at = moment_between()
    run("adopt_leads")
    said, _ = fails(pair, capsys, "--at", at)
    assert f"differs: leads: 'theirs' only in {LEADS.name}" in said


def test_an_import_since(tables: None, short_tolerance: None) -> None:
    """Imported leads may be years old; their timelines say when they came."""
    pair = restore()
    at = moment_between()
    finished = imported(staged([row("ada@example.com"), row("bob@example.com")]))
    said = verify(pair, "--at", at)
    assert "2 leads added" in said
    pair = restore()
    at = moment_between()
    undone(finished)
    assert "2 leads removed" in verify(pair, "--at", at)


def test_an_import_that_was_under_way(tables: None, short_tolerance: None) -> None:
    """Whatever it writes has the time of its begin."""
    pair = restore()
    finished = imported(staged([row("ada@example.com")]))
    # The security log told of it before the moment: a restore would hold that.
    calls.delete(RECORDS, first_record(RECORDS, Kind.SECURITY))
    at = moment_between()
    assert finished.started_at < at
    _, write = run_update(finished, state=ImportState.IMPORTING, ended_at="")
    calls.transact([write], act())
    said = verify(pair, "--at", at)
    assert f"Written since {at}: " in said
    assert "1 leads added" in said


def test_an_import_explains_nothing_but_its_own(
    tables: None, short_tolerance: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """It began long before the moment, and was undone after it."""
    finished = imported(staged([row("ada@example.com")]))
    lead = add()
    pair = restore()
    calls.delete(pair.leads, keys.lead(lead.lead_id))
    at = moment_between()
    undone(finished)
    said, _ = fails(pair, capsys, "--at", at)
    assert f"differs: leads: '{lead.lead_id}' only in {LEADS.name}" in said
    assert "1 leads removed" in said


# --- What restored tables lack in themselves ---------------------------------------------------


def torn(capsys: pytest.CaptureFixture[str], pair: Pair) -> str:
    said, last = fails(pair, capsys)
    assert "run recount on them" in last
    assert pair.leads.name in last
    assert FIT not in said
    return said


def test_a_timeline_and_tokens_without_a_lead(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = fill()[0]
    pair = restore()
    calls.delete(pair.leads, keys.lead(lost.lead_id))
    said = torn(capsys, pair)
    assert f"restored, timeline of no lead: '{lost.lead_id}'" in said
    assert said.count("restored, timeline of no lead") == 1
    assert f"restored, search token of no lead: 'SEARCH#ada' of '{lost.lead_id}'" in said
    assert f"restored, search token of no lead: 'ADDRESS#{lost.email}' of '{lost.lead_id}'" in said
    # Others may be counted beside it.
    name = counter_of(lost)
    counter = calls.get(pair.records, keys.counter(name))
    assert counter is not None
    told = int(str(counter[lost.status.value]))
    there = f"tells {told} {lost.status}, and there are {told - 1}"
    assert f"restored, totals: {name} {there}" in said


def test_a_deleted_lead_keeps_its_timeline(store: str) -> None:
    lead = add()
    repository.delete(lead.lead_id, version=1, actor=ANN, write_id=act())
    assert FIT in verify(restore())


def test_a_lead_without_timeline_and_tokens(
    tables: None, capsys: pytest.CaptureFixture[str]
) -> None:
    fill()
    lead = add(name="Zoe")
    pair = restore()
    for item in calls.query_all(pair.records, "#PK = :p", {"p": keys.timeline(lead.lead_id)}):
        calls.delete(pair.records, {"PK": str(item["PK"]), "SK": str(item["SK"])})
    mine = [token for token in tokens() if lead.lead_id in str(token["SK"])]
    calls.delete(pair.records, {"PK": str(mine[0]["PK"]), "SK": str(mine[0]["SK"])})
    said = torn(capsys, pair)
    assert f"restored, lead without a timeline: '{lead.lead_id}'" in said
    assert f"'{lead.lead_id}' lacks 1 of {len(mine)}" in said


def test_a_token_of_a_word_that_the_lead_does_not_have(
    tables: None, capsys: pytest.CaptureFixture[str]
) -> None:
    lead = add(name="Zoe")
    pair = restore()
    position = keys.search_position(lead.created_at, lead.lead_id)
    calls.put(pair.records, {"PK": keys.search_bucket("xyz"), "SK": position, "words": " xyz"})
    assert f"search token of no lead: 'SEARCH#xyz' of '{lead.lead_id}'" in torn(capsys, pair)


def test_accounts_and_their_addresses(tables: None, capsys: pytest.CaptureFixture[str]) -> None:
    fill()
    pair = restore()
    calls.delete(pair.records, first_record(pair.records, Kind.ADDRESSES))
    assert "restored, account without its address: 'ann@example.com'" in torn(capsys, pair)
    pair = restore()
    calls.delete(pair.records, first_record(pair.records, Kind.ACCOUNTS))
    assert "restored, address of no account: 'ann@example.com'" in torn(capsys, pair)


def test_totals_of_a_restored_table_are_repaired_by_recount(
    tables: None,
    settings: LazySettings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What the last line tells to do leads to tables that fit together."""
    lead = add()
    pair = restore()
    calls.delete(pair.records, keys.counter(counter_of(lead)))
    assert "tells 0 new, and there are 1" in torn(capsys, pair)
    live = (LEADS.name, RECORDS.name)
    settings.TABLE_NAME, settings.RECORDS_TABLE_NAME = (table.name for table in pair.tables)
    run("recount")
    settings.TABLE_NAME, settings.RECORDS_TABLE_NAME = live
    with pytest.raises(CommandError) as caught:  # the counters differ in "rev" and "repair"
        run_to_screen(pair)
    assert "faults" not in str(caught.value)
    assert FIT in capsys.readouterr().out


# --- Size and use ------------------------------------------------------------------------------


def through(pages: Iterable[int], _table: Table, _what: str) -> None:
    deque(pages, maxlen=0)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_tables(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of thousands of leads, no more than some pages of each segment are ever held."""
    monkeypatch.setattr(scan, "WIRE_PAGE", 25)
    pair = restore()
    items = [published(f"lead {number}", message="x" * 500) for number in range(2_500)]
    calls.batch_put(LEADS, items)
    calls.batch_put(pair.leads, items[1:])
    reader = Reader(2, Pace(), Event(), through)
    comparison = comparing.Comparison(reader, pair)
    found: list[str] = []
    tracemalloc.start()
    comparison.add_up(lambda *_: None)
    comparison.find(lambda difference: found.append(difference.key["leadId"]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == ["lead 0"]
    assert comparison.live_sums.counts[Kind.LEADS] == 2_500
    # The leads of one table are 1.75 MB on the wire.
    assert peak < 1_250_000


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        run("verify_restore", *arguments)
    assert caught.value.returncode == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_wrong_use_is_one_line(tables: None) -> None:
    pair = restore()
    both = ("--restored-leads", pair.leads.name, "--restored-records", pair.records.name)
    assert "--restored-leads is missing" in refused()
    assert "--restored-records is missing" in refused(*both[:2])
    assert "a live table" in refused("--restored-leads", LEADS.name, *both[2:])
    assert "a live table" in refused(*both[:2], "--restored-records", LEADS.name)
    assert "must be a table's name" in refused(*both[:2], "--restored-records", "a table")
    assert "There is no table nowhere" in refused(*both[:2], "--restored-records", "nowhere")
    swapped = ("--restored-leads", pair.records.name, "--restored-records", pair.leads.name)
    assert "is not (leadId)" in refused(*swapped)
    assert "must be a time such as" in refused(*both, "--at", "yesterday")
    assert "must be a time such as" in refused(*both, "--at", "2026-11-21T12:00:00")
    for extreme in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:00"):
        assert "must be a time such as" in refused(*both, "--at", extreme)
    assert "still to come" in refused(*both, "--at", "2999-01-01T00:00:00Z")
    assert "--segments must be" in refused(*both, "--segments", "0")
    assert "--max-rru must be" in refused(*both, "--max-rru", "fast")


def test_ctrl_c_is_one_line(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = restore()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(comparing.Comparison, "add_up", interrupted)
    with pytest.raises(CommandError) as caught:
        verify(pair)
    assert caught.value.returncode == 130
    assert "Nothing was changed" in str(caught.value)


def test_it_writes_nothing(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    pair = restore()
    asked: set[str] = set()
    real = Transport.ask

    def watched(
        self: Transport,
        method: str,
        parameters: dict[str, object],
        *,
        is_repeatable: bool = True,
    ) -> object:
        asked.add(method)
        return real(self, method, parameters, is_repeatable=is_repeatable)

    monkeypatch.setattr(Transport, "ask", watched)
    verify(pair)
    assert asked == {"scan", "describe_table"}


def test_the_security_log_grows_and_expires(
    tables: None, short_tolerance: None, capsys: pytest.CaptureFixture[str]
) -> None:
    old = recorded_event(datetime.now(UTC) - timedelta(days=91))
    changed = recorded_event(datetime.now(UTC))
    at = moment_between()
    pair = restore()
    recorded_event(datetime.now(UTC))
    calls.delete(RECORDS, old)  # as DynamoDB does with what has expired
    assert verify(pair, "--at", at).endswith(f"held at {at}.\n")
    calls.update(RECORDS, changed, "SET #who = :who", values={"who": "nobody"})
    said, last = fails(pair, capsys, "--at", at)
    assert f"differs: security log: '{changed['PK']} {changed['SK']}' is not the same" in said
    assert last.startswith("1 differences are not explained.")


def test_settings_that_were_changed_since_are_explained(
    tables: None, short_tolerance: None, capsys: pytest.CaptureFixture[str]
) -> None:
    desk_settings.save(desk_settings.read())
    form = added()
    pair = restore()
    at = moment_between()
    desk_settings.reset(1)
    changed(form, consent="I agree.")
    assert verify(pair, "--at", at).endswith(f"held at {at}.\n")
    calls.delete(RECORDS, keys.settings_record())
    said, _ = fails(pair, capsys, "--at", at)
    assert f"differs: settings: 'SETTINGS DESK' only in {pair.records.name}" in said


def test_totals_by_form_and_source_are_compared_with_the_leads(
    tables: None, capsys: pytest.CaptureFixture[str]
) -> None:
    lead = add_from(Attribution(form="contact"))
    pair = restore()
    key = keys.counter(counter_of(lead))
    calls.update(pair.records, key, "ADD #f_contact :one", values={"one": 1})
    assert f"{key['SK']} tells 2 form contact, and there are 1" in torn(capsys, pair)


def test_acts_are_added_undone_and_expire(
    tables: None, short_tolerance: None, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = add(), add()
    kept, lost = (
        repository.delete(one.lead_id, version=1, actor=ANN, write_id=f"gone-{number}")
        for number, one in enumerate((first, second))
    )
    at = moment_between()
    pair = restore()
    repository.undo(kept, actor=ANN, write_id="back")
    assert verify(pair, "--at", at).endswith(f"held at {at}.\n")
    act = keys.act(lost[:24], lost[25:])
    calls.update(RECORDS, act, "SET #actorId = :who", values={"who": "nobody"})
    said, _ = fails(pair, capsys, "--at", at)
    assert f"differs: acts: '{act['PK']} {act['SK']}' is not the same" in said


def test_an_erasure_since_is_explained(
    tables: None, short_tolerance: None, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = add(), add(), add()
    edited = repository.edit(
        first.lead_id, {"subject": "Else"}, version=1, actor=ANN, write_id=act()
    )
    event = keys.event(first.lead_id, edited.updated_at, edited.write_id or "")
    old: Item = {"subject": {"old": "Hi", "new": "Else"}}
    calls.update(RECORDS, event, "SET #changes = :old", values={"old": old})
    repository.conversation.add(first.lead_id, Said(text="A note"), entry_id=act(), actor=ANN)
    picked = {first.lead_id: 2, second.lead_id: 1}
    repository.delete_many(picked, actor=ANN, write_id=act())
    at = moment_between()
    pair = restore()
    for lead in (first, third):
        call_command("erase_lead", lead.lead_id, "--yes", stdout=StringIO())
    assert verify(pair, "--at", at).endswith(f"held at {at}.\n")
    calls.update(RECORDS, event, "SET #actorName = :who", values={"who": "Nobody"})
    said, _ = fails(pair, capsys, "--at", at)
    assert f"differs: timeline events: '{event['PK']} {event['SK']}' is not the same" in said


def recorded_event(at: datetime) -> dict[str, str]:
    """Record a sign-in of that time, and return its key."""
    write = event_put(security_events.Event(security_events.Kind.SIGNED_IN, "a", "a", "", at=at))
    calls.put(RECORDS, write.item)
    return RECORDS.key_of(write.item)


def test_every_key_has_its_kind() -> None:
    assert kind_of(keys.lead("x")) is Kind.LEADS
    assert kind_of(keys.entry("x", "t", "n")) is Kind.TALK
    assert kind_of(keys.event("x", "t", "w")) is Kind.EVENTS
    assert kind_of({"PK": keys.search_bucket("ada"), "SK": "t#x"}) is Kind.TOKENS
    assert kind_of({"PK": keys.address("ada@example.com"), "SK": "t#x"}) is Kind.TOKENS
    assert kind_of(keys.counter("SHARD#03")) is Kind.TOTALS
    assert kind_of(keys.import_rows("x", 1)) is kind_of(keys.import_listed("t", "x"))
    assert kind_of(keys.seed_run(1)) is Kind.SEEDS
    assert kind_of(keys.act("2026-11-21T09:30:00.000Z", "w")) is Kind.ACTS
    assert kind_of({"PK": "SECURITY#2026-11", "SK": "x"}) is Kind.SECURITY
    assert kind_of(keys.settings_record()) is Kind.SETTINGS
    assert kind_of(keys.field_registry()) is Kind.FORMS
    assert kind_of({"PK": f"{given_ids.PARTITION}x", "SK": "LETTER"}) is Kind.GIVEN_IDS
    assert kind_of({"PK": "unheard", "SK": "x"}) is Kind.OTHERS
