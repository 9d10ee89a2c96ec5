"""Totals and search tokens that are off are found and put right, while everybody works."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from random import Random
from threading import Event
from types import ModuleType
from unittest.mock import Mock

import pytest
from django.core.management import CommandError

from crm.dynamodb import calls
from crm.dynamodb.pace import Pace
from crm.tables import LEADS, RECORDS
from leads import keys, repository
from leads.demo_data import run as seeding
from leads.imports.run import steps as importing
from leads.imports.run import undo as undoing
from leads.imports.run.models import Duplicates, ImportState, Run
from leads.imports.run.steps import begin_work, step
from leads.maintenance.recount import moments
from leads.maintenance.recount import tokens as recount_tokens
from leads.maintenance.recount import totals as recount_totals
from leads.maintenance.recount.totals import repair
from leads.models import STAGES, ClosedAs, Lead, Standing, Status
from leads.repository import LeadNotFoundError, StaleLeadError
from leads.repository.counters import counter_of, counter_updates, totals_of
from leads.repository.tokens import token_items
from tests.imports.files import imported, row, staged, undone
from tests.maintenance.helpers import expected_tokens, run, tokens
from tests.make import (
    ANN,
    act,
    add,
    add_released,
    only,
    published,
    recount,
    recount_of,
    revisions,
    stored,
    totals,
    write,
)
from tests.plugins.parts import aside

FINE = "Totals: all are right.\nBoards of owners: all are filed.\nSearch tokens: all are right."


def drift(shard: int, **numbers: int) -> None:
    """Put a counter off, as a program that writes around it does."""
    (write,) = counter_updates({f"SHARD#{shard:02}": Counter(numbers)})
    calls.update(RECORDS, write.key, write.change, values=write.values)


def real_by_counter() -> dict[str, Counter[Standing]]:
    found: dict[str, Counter[Standing]] = {}
    for status in Status:
        for lead in repository.by_status(status, limit=1000).leads:
            if lead.version:
                found.setdefault(counter_of(lead), Counter())[lead.standing] += 1
    return found


def told_by_counter() -> dict[str, Counter[Standing]]:
    """Return what counters tell; those that count nothing are left out."""
    items = calls.query_all(RECORDS, "#PK = :pk", {"pk": keys.COUNTERS}, consistent=True)
    found = {str(i["SK"]): Counter(totals_of(str(i["SK"]), i)) for i in items}
    return {name: counted for name, told in found.items() if (counted := nonzero(told))}


def nonzero(told: Counter[Standing]) -> Counter[Standing]:
    return Counter({standing: number for standing, number in told.items() if number})


def fails(*arguments: str) -> CommandError:
    """Run recount, which ends with an error."""
    with pytest.raises(CommandError) as caught:
        run("recount", *arguments)
    return caught.value


def test_an_empty_table_is_fine(store: str) -> None:
    assert run("recount").startswith(FINE)


def test_what_the_repository_writes_is_fine(store: str) -> None:
    leads = [add(status, name=f"Ada {n}") for n, status in enumerate([*STAGES, *STAGES])]
    repository.move(leads[0].lead_id, Status.CONVERTED, version=1, actor=ANN, write_id=act())
    repository.edit(leads[1].lead_id, {"name": "Bob"}, version=1, actor=ANN, write_id=act())
    repository.delete(leads[2].lead_id, version=1, actor=ANN, write_id=act())
    calls.put(LEADS, published("theirs"))
    before = revisions()
    assert run("recount").startswith(FINE)
    assert revisions() == before


@pytest.mark.parametrize("numbers", [{"new": 3}, {"new": -1, "converted": 2}, {"contacted": -7}])
def test_a_counter_that_is_off_is_put_right(tables: None, numbers: dict[str, int]) -> None:
    lead = add()
    shard = keys.shard(lead.lead_id)
    drift(shard, **numbers)
    said = run("recount")
    assert f"Totals, SHARD#{shard:02}: " in said
    assert "0 of 1 counters are right" in said
    assert totals() == recount() == only(new=1)
    assert run("recount").startswith(FINE)


def test_counters_that_are_gone_come_back(tables: None) -> None:
    for number in range(20):
        add(STAGES[number % 4])
    before = totals()
    for shard in range(keys.SHARDS):
        calls.delete(RECORDS, keys.counter(f"SHARD#{shard:02}"))
    run("recount")
    assert totals() == recount() == before


def test_a_status_that_went_around_the_counters(tables: None) -> None:
    """Another program may write the status of a lead of ours."""
    lead = add()
    values = {"to": Status.QUALIFIED.value}
    calls.update(LEADS, keys.lead(lead.lead_id), "SET #status = :to", values=values)
    assert totals() == only(new=1)
    said = run("recount")
    assert "1 new, and there were 0: repaired" in said
    assert totals() == recount() == only(qualified=1)


def test_a_repair_that_is_sent_again_is_done_once(store: str) -> None:
    drift(3, new=5)
    found = recount_totals.Drift("SHARD#03", {Status.NEW: (5, 0)}, "")
    assert repair([found], "this-run")
    assert repair([found], "this-run")
    assert totals() == only()
    assert not repair([found], "another-run")
    assert totals() == only()


def test_leads_without_tokens_get_them(store: str) -> None:
    for number in range(3):
        add(name=f"Ada {number}")
    wanted = tokens()
    for token in wanted:
        calls.delete(RECORDS, {"PK": str(token["PK"]), "SK": str(token["SK"])})
    said = run("recount")
    assert f"{len(wanted)} of 3 leads were missing or wrong: written" in said
    assert tokens() == wanted == expected_tokens()
    assert run("recount").startswith(FINE)


def test_a_token_with_old_words_is_written_anew(tables: None) -> None:
    add()
    token = tokens()[0]
    calls.put(RECORDS, token | {"words": " somebody else"})
    assert "Search tokens: 1 of 1 leads were missing or wrong" in run("recount")
    assert tokens() == expected_tokens()


def test_leads_of_an_earlier_release_are_filed_by_owner(tables: None) -> None:
    lead, other = add(owner_id="u-1"), add(owner_id="u-1")
    for one in (lead, other):
        item = stored(one.lead_id)
        del item["boardKey"]
        calls.put(LEADS, item)
        shard = keys.counter(keys.counter_name(one.lead_id, None))
        calls.update(RECORDS, shard, "ADD #rev :one, #new :one", values={"one": 1})
    calls.delete(RECORDS, keys.counter(counter_of(lead)))
    move = partial(repository.move, lead.lead_id, actor=ANN)
    move(Status.CONTACTED, version=1, write_id=act())
    before = repository.counts(consistent=True)
    assert (before.is_filed, before.totals) == (False, only(new=1, contacted=1))
    assert "1 leads were not filed by owner: filed." in run("recount")
    after = repository.counts(consistent=True)
    assert (after.is_filed, after.of("u-1")) == (True, recount_of("u-1"))
    assert stored(other.lead_id)["boardKey"] == "u-1#new"
    move(Status.NEW, version=2, write_id=act())
    add()
    assert repository.counts(consistent=True).is_filed
    assert run("recount").startswith(FINE)


def test_what_an_earlier_version_folded_otherwise_is_filed_anew(tables: None) -> None:
    lead = add(name="O\u02bcBrien", email="o@x.example", company="", subject="")
    position = keys.search_position(lead.created_at, lead.lead_id)
    for token in tokens():
        calls.delete(RECORDS, RECORDS.key_of(token))
    for prefix in ("", "o\u02bc", "o\u02bcb", "o\u02bcbri"):
        calls.put(
            RECORDS,
            {
                "PK": keys.search_bucket(prefix),
                "SK": position,
                "words": " o\u02bcbrien o x example",
            },
        )
    assert not repository.search("obrien").leads

    said = run("recount")
    assert f"Search tokens: {len(expected_tokens())} of 1 leads were missing or wrong" in said
    assert "Search tokens: 3 were of no lead or no word: removed." in said
    assert tokens() == expected_tokens()
    for typed in ("O'Brien", "obrien", "brien", "O\u02bcBrien"):
        assert [one.lead_id for one in repository.search(typed).leads] == [lead.lead_id]


def test_addresses_are_filed_anew(store: str) -> None:
    """As those of leads are that were there before addresses were filed."""
    lead = add(email="greta@vest.example")
    write(stored(lead.lead_id) | {"email": "Greta@Vest.Example"})
    calls.delete(RECORDS, {"PK": keys.address("greta@vest.example"), "SK": position_of(lead)})
    calls.put(RECORDS, {"PK": keys.address("mira@x.example"), "SK": position_of(lead)})
    assert repository.by_email("greta@vest.example") == []
    said = run("recount")
    # Its own, and that it is spelled otherwise.
    assert "Search tokens: 2 of 1 leads were missing or wrong: written." in said
    assert "Search tokens: 1 were of no lead or no word: removed." in said
    assert tokens() == expected_tokens()
    assert [one.lead_id for one in repository.by_email("greta@vest.example")] == [lead.lead_id]


def position_of(lead: Lead) -> str:
    return keys.search_position(lead.created_at, lead.lead_id)


def test_tokens_of_no_lead_and_of_no_word_are_removed(store: str) -> None:
    ours = add()
    gone = add(name="Zoe Gone")
    calls.delete(LEADS, keys.lead(gone.lead_id))
    left = len(token_items(gone))
    old = keys.search_position(ours.created_at, ours.lead_id)
    calls.put(RECORDS, {"PK": keys.search_bucket("xyz"), "SK": old, "words": " xyz"})
    calls.put(LEADS, published("theirs"))
    for token in token_items(repository.get("theirs")):
        calls.put(RECORDS, token)
        left += 1
    said = run("recount")
    assert f"{left + 1} were of no lead or no word: removed" in said
    assert tokens() == expected_tokens() == sorted_tokens(ours.lead_id)


def sorted_tokens(lead_id: str) -> list[calls.Item]:
    found = token_items(repository.get(lead_id))
    return sorted(found, key=lambda token: str(token["PK"]))


@pytest.mark.slow
def test_a_dry_run_says_it_and_changes_nothing(tables: None) -> None:
    lead = add()
    drift(keys.shard(lead.lead_id), new=1)
    token = tokens()[0]
    calls.delete(RECORDS, {"PK": str(token["PK"]), "SK": str(token["SK"])})
    calls.put(RECORDS, {"PK": keys.search_bucket("xyz"), "SK": "2026#nobody", "words": " xyz"})
    before = tokens(), totals()
    error = fails("--dry-run")
    assert error.returncode == 1
    assert (tokens(), totals()) == before
    run("recount")
    assert run("recount", "--dry-run").startswith(FINE)
    assert totals() == recount() == only(new=1)
    assert tokens() == expected_tokens()


def test_a_token_that_an_edit_brings_meanwhile_stays(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lead changes after it was looked at, and before its tokens are put right."""
    lead = add()
    for token in tokens():
        calls.delete(RECORDS, {"PK": str(token["PK"]), "SK": str(token["SK"])})
    real = recount_tokens._missing_tokens  # noqa: SLF001
    edits = iter(["Grace", "Hedy"])

    def edited(wanted: list[calls.Item]) -> list[calls.Write]:
        writes = real(wanted)
        name = next(edits, None)
        if name:
            version = repository.get(lead.lead_id, consistent=True).version
            repository.edit(
                lead.lead_id, {"name": name}, version=version, actor=ANN, write_id=act()
            )
        return writes

    monkeypatch.setattr(recount_tokens, "_missing_tokens", edited)
    run("recount")
    assert repository.get(lead.lead_id).name == "Hedy"
    assert tokens() == expected_tokens()


@pytest.mark.parametrize("writing", [0, 40])
def test_refuses_while_a_seed_is_cut_off(
    tables: None, monkeypatch: pytest.MonkeyPatch, writing: int
) -> None:
    monkeypatch.setattr(seeding, "CHUNK", 40)
    list(seeding.seed_leads(7, 40))
    if writing:
        calls.update(RECORDS, keys.seed_run(7), "SET #writing = :w", values={"w": 80})
        error = fails()
        assert error.returncode == 2
        assert str(error).startswith("seed_leads --seed 7 has not ended: run it to its end, then")
    else:
        assert run("recount").startswith(FINE)


@pytest.mark.slow
def test_an_import_is_fine_before_and_after_and_undone(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 3)
    add(email="ada@x.example")
    calls.put(LEADS, published("theirs", email="bo@x.example"))
    emails = ("ada@x.example", "bo@x.example", *(f"p{n}@x.example" for n in range(9)))
    rows = [row(email, subject="From a file", notes="Called") for email in emails]
    file = staged(rows, Duplicates.UPDATE)
    assert run("recount").startswith(FINE)
    begin_work(file.import_id, ImportState.IMPORTING, ANN)
    step(file.import_id)
    assert run("recount").startswith(FINE)
    assert imported(file).rows_done == len(rows)
    assert run("recount").startswith(FINE)
    assert totals()[Status.NEW] == 10
    undone(file)
    assert run("recount").startswith(FINE)
    assert run("adopt_leads").startswith("1 leads adopted")
    assert run("recount").startswith(FINE)
    assert totals() == recount() == only(new=1, contacted=1)


def cut_off_step(file: Run, monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """Do a step up to the transaction of ``module`` that counts and moves on."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "transact", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            step(file.import_id)


def test_tokens_of_an_import_that_is_cut_off_wait_for_their_leads(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = staged([row("ada@x.example", name="Ada")])
    begin_work(file.import_id, ImportState.IMPORTING, ANN)
    cut_off_step(file, monkeypatch, importing)
    waiting = tokens()
    assert waiting
    assert run("recount").startswith(FINE)
    assert tokens() == waiting
    imported(file)
    assert tokens() == expected_tokens() == waiting


@pytest.mark.slow
def test_refuses_while_an_undo_has_removed_what_it_has_not_counted(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 2)
    file = imported(staged([row(f"p{n}@x.example") for n in range(4)]))
    (lead,) = repository.by_email("p1@x.example")
    repository.delete(lead.lead_id, version=1, actor=ANN, write_id=act())
    begin_work(file.import_id, ImportState.UNDOING, ANN)
    step(file.import_id)
    assert run("recount").startswith(FINE)
    cut_off_step(file, monkeypatch, undoing)
    error = fails()
    assert error.returncode == 2
    assert str(error).startswith("The import of 'leads.csv' is half undone: let its undo end, then")
    undone(file)
    assert run("recount").startswith(FINE)
    assert totals() == recount() == only()


def test_says_what_could_not_be_compared(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of a counter that left no event: nobody knows whether it was before or after."""
    real = moments.quiet_moments

    def disturbed(names: set[str] | None, pace: Pace, stop: Event) -> moments.Moments | None:
        found = real(names, pace, stop)
        drift(5, new=1)
        return found

    monkeypatch.setattr(recount_totals, "quiet_moments", disturbed)
    error = fails()
    assert error.returncode == 1
    assert str(error).startswith("The totals SHARD#05 changed too fast")


@pytest.mark.slow
def test_a_bulk_writer_meanwhile_leaves_everything_unknown(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "CHUNK", 20)
    seeds = iter(range(1, 9))
    real = moments.quiet_moments

    def seeded(names: set[str] | None, pace: Pace, stop: Event) -> moments.Moments | None:
        list(seeding.seed_leads(next(seeds), 20))
        return real(names, pace, stop)

    monkeypatch.setattr(recount_totals, "quiet_moments", seeded)
    error = fails()
    assert error.returncode == 1
    assert totals() == recount()
    monkeypatch.setattr(recount_totals, "quiet_moments", real)
    assert run("recount").startswith(FINE)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_changes_between_the_moments_are_taken_back(
    tables: None, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Every kind of change at every point of the reading, and the counters off from the start."""
    dice = Random(seed)  # noqa: S311 -- the same again
    leads = [add(dice.choice(STAGES), name=f"Ada {n}").lead_id for n in range(30)]
    for number in range(6):
        calls.put(LEADS, published(f"theirs-{number}"))
        leads.append(f"theirs-{number}")
    for shard in range(0, keys.SHARDS, 3):
        drift(shard, new=dice.randrange(1, 5), qualified=-2)
    real = recount_totals._SeenLeads.add  # noqa: SLF001

    def disturbed(seen: recount_totals._SeenLeads, items: list[calls.Item]) -> None:
        change_some(leads, dice, 8)
        real(seen, items)
        change_some(leads, dice, 8)

    monkeypatch.setattr(recount_totals._SeenLeads, "add", disturbed)  # noqa: SLF001
    said = run("recount", "--segments", "3")
    assert "Totals, SHARD#03:" in said
    assert told_by_counter() == real_by_counter()
    assert totals() == recount()
    assert tokens() == expected_tokens()


def change_some(leads: list[str], dice: Random, number: int) -> None:
    """Add, release, move, edit and delete leads."""
    for _ in range(number):
        change(dice.choice(leads), dice)
        if dice.random() < 0.2:
            leads.append(add(dice.choice(STAGES), name=f"Bob {dice.random()}").lead_id)
        elif dice.random() < 0.1:
            leads.append(add_released(name=f"Held {dice.random()}").lead_id)


@aside()
def change(lead_id: str, dice: Random) -> None:
    what = dice.random()
    with suppress(LeadNotFoundError, StaleLeadError):
        version = repository.get(lead_id, consistent=True).version
        if what < 0.2:
            owner_id = dice.choice(["u-1", "u-2", ""])
            repository.assign(lead_id, owner_id, version=version, actor=ANN, write_id=act())
        elif what < 0.3:
            how = dice.choice(list(ClosedAs))
            repository.close(lead_id, how, version=version, actor=ANN, write_id=act())
        elif what < 0.6:
            to = dice.choice(STAGES)
            repository.move(lead_id, to, version=version, actor=ANN, write_id=act())
        elif what < 0.8:
            name = f"Edited {dice.randrange(99)}"
            repository.edit(lead_id, {"name": name}, version=version, actor=ANN, write_id=act())
        else:
            repository.delete(lead_id, version=version, actor=ANN, write_id=act())


@pytest.mark.slow
def test_while_everybody_works(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "QUIET_SECONDS", 0.3)
    leads = [add(STAGES[n % 4], name=f"Ada {n}").lead_id for n in range(60)]
    for shard in range(keys.SHARDS):
        drift(shard, new=shard % 3, converted=-1)
    for token in tokens()[::7]:
        calls.delete(RECORDS, {"PK": str(token["PK"]), "SK": str(token["SK"])})
    ended = Event()

    def at_work(number: int) -> None:
        dice = Random(number)  # noqa: S311 -- the same again
        while not ended.wait(0.2):
            change_some(leads, dice, 1)

    with ThreadPoolExecutor(3) as pool:
        working = [pool.submit(at_work, number) for number in range(3)]
        unknown: list[str] = []
        try:
            run("recount")
        except CommandError as error:
            unknown = re.findall(r"SHARD#\d+|OWNER#u-\d", str(error))
        ended.set()
        for one in working:
            one.result()
    real, told = real_by_counter(), told_by_counter()
    for name in (real.keys() | told.keys()) - {*unknown}:
        assert told.get(name) == real.get(name), name
    assert len(unknown) < keys.SHARDS
    run("recount")
    assert totals() == recount()
    assert tokens() == expected_tokens()
    assert run("recount").startswith(FINE)
