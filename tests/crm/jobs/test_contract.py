"""Jobs on every engine: asked for once, claimed by one, done at least once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import LazySettings

from crm.dynamodb.calls import Item, delete, get, put, transact, update
from crm.jobs import store as jobs
from crm.jobs.models import FAILED, GiveUpError, attributes, key
from crm.jobs.retrying import LEASE, MOST_TRIES
from crm.jobs.running import AT_ONCE, Outcome, run_due
from crm.tables import RECORDS
from tests.crm.jobs.conftest import job, job_at, make_due, make_due_at, now
from tests.crm.jobs.tasks import again, break_down, give_up, note, note_item


def ask(name: str = "one", text: str = "Ada", seconds: int = 0) -> None:
    jobs.ask(note, {"text": text, "number": 7}, name=name, due=now() + timedelta(seconds=seconds))


def test_what_is_due_is_done_once(store: str, called: list[str]) -> None:
    ask()
    assert run_due().outcomes == {Outcome.DONE: 1}
    assert run_due().outcomes == {}
    assert called == ["Ada 7"]
    assert job("one") is None


def test_it_is_asked_for_by_the_transaction_of_what_it_follows_from(
    store: str, called: list[str]
) -> None:
    write = jobs.asking(note, {"text": "Ada"}, name="one", due=now())
    for token in (uuid4().hex, uuid4().hex):
        transact([write], token)
    assert run_due().outcomes == {Outcome.DONE: 1}
    assert called == ["Ada 0"]


def test_what_is_not_due_waits_and_is_told(store: str, called: list[str]) -> None:
    ask("soon", seconds=5)
    ask("later", seconds=500)
    tally = run_due()
    waiting = job("soon")
    assert waiting
    assert (tally.outcomes, tally.next_due) == ({}, waiting.due_at)
    assert not called


def test_more_than_are_done_at_once_are_done(store: str, called: list[str]) -> None:
    for number in range(2 * AT_ONCE + 1):
        ask(str(number))
    assert run_due().outcomes == {Outcome.DONE: 2 * AT_ONCE + 1}
    assert len(called) == 2 * AT_ONCE + 1


def test_several_at_once_do_nothing_twice(tables: None, called: list[str]) -> None:
    for number in range(6):
        ask(str(number), text=str(number))
    with ThreadPoolExecutor(3) as people:
        for future in [people.submit(run_due) for _ in range(3)]:
            future.result()
    assert sorted(called) == [f"{number} 7" for number in range(6)]


def test_one_that_is_asked_for_while_it_is_done_is_done_once_more(
    store: str, called: list[str], during: Callable[[Callable[[], object]], None]
) -> None:
    ask()
    during(ask)
    run_due()
    assert called == ["Ada 7", "Ada 7"]
    assert job("one") is None


def test_one_whose_process_died_is_due_again_by_itself(store: str, called: list[str]) -> None:
    ask()
    assert jobs.claim(key("one"), now())
    assert run_due().outcomes == {}
    assert jobs.claim(key("one"), now() + LEASE + timedelta(seconds=1))
    make_due("one")
    assert run_due().outcomes == {Outcome.DONE: 1}
    assert called == ["Ada 7"]


def test_who_took_too_long_ends_nothing_of_who_began_it_anew(store: str) -> None:
    ask()
    first = jobs.claim(key("one"), now())
    make_due("one")
    second = jobs.claim(key("one"), now())
    assert first
    assert second
    jobs.end(first)
    jobs.put_off(first, now(), "too late")
    jobs.fail(first, "too late")
    assert job("one") == second


def test_what_goes_on_counts_its_attempts_anew(store: str, called: list[str]) -> None:
    ask()
    again.append(now() + timedelta(hours=1))
    assert run_due().outcomes == {Outcome.GOES_ON: 1}
    kept = job("one")
    assert kept
    assert (kept.attempts, kept.error) == (0, "")
    assert kept.due > now() + timedelta(minutes=59)
    make_due("one")
    assert run_due().outcomes == {Outcome.DONE: 1}
    assert len(called) == 2


def test_what_fails_is_tried_again_later_and_later_and_then_fails_for_good(
    store: str, called: list[str]
) -> None:
    jobs.ask(break_down, {"text": "Ada"}, name="one", due=now())
    pauses = []
    for _ in range(MOST_TRIES - 1):
        assert run_due().outcomes == {Outcome.RETRIED: 1}
        kept = job("one")
        assert kept
        assert kept.error == "TimeoutError: The other side does not answer."
        pauses.append(round((kept.due - now()).total_seconds()))
        make_due("one")
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (10, 28_800)
    assert run_due().outcomes == {Outcome.FAILED: 1}
    assert [one.name for one in jobs.failed().jobs] == ["one"]
    assert run_due().outcomes == {}
    assert len(called) == MOST_TRIES


def test_what_kills_each_process_fails_for_good(store: str, called: list[str]) -> None:
    ask()
    for _ in range(MOST_TRIES):
        assert jobs.claim(key("one"), now())
        make_due("one")
    assert run_due().outcomes == {Outcome.FAILED: 1}
    kept = job("one")
    assert kept
    assert "each time" in kept.error
    assert not called


def test_what_failed_for_good_is_tried_again_when_an_admin_says_so(
    store: str, called: list[str]
) -> None:
    jobs.ask(give_up, {"text": "Ada"}, name="one", due=now())
    run_due()
    kept = job("one")
    assert kept
    assert (kept.is_failed, kept.error) == (True, "Ada cannot be done.")
    jobs.try_again(key("one"))
    assert run_due().outcomes == {Outcome.FAILED: 1}
    jobs.try_again(key("one"))
    with pytest.raises(jobs.JobNotFoundError):
        jobs.try_again(key("one"))


def test_what_failed_for_good_is_due_when_it_is_asked_for_anew(
    store: str, called: list[str]
) -> None:
    jobs.ask(give_up, {"text": "Ada"}, name="one", due=now())
    run_due()
    ask()
    assert run_due().outcomes == {Outcome.DONE: 1}
    assert called == ["Ada 7"]


def test_failed_jobs_come_page_by_page(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.jobs.store.PAGE", 2)
    for name in ("first", "second", "third"):
        jobs.ask(give_up, {"text": name}, name=name, due=now())
        run_due()
    page = jobs.failed()
    assert [one.name for one in page.jobs] == ["third", "second"]
    older = jobs.failed(page.older)
    assert ([one.name for one in older.jobs], older.older) == (["first"], "")


@pytest.mark.parametrize("path", ["platform.subprocess", "crm.jobs.store.end", "no.such.thing"])
def test_who_may_write_a_job_can_have_no_other_thing_called(tables: None, path: str) -> None:
    ask()
    update(RECORDS, key("one"), "SET #task = :path", values={"path": path})
    run_due()
    stopped = job("one")
    assert stopped
    assert stopped.error
    assert not stopped.claim


def test_a_job_that_strangers_may_write_is_of_one_task(
    tables: None, settings: LazySettings, called: list[str]
) -> None:
    settings.TASKS_OF_STRANGERS = {"form#": note.module_path}
    jobs.ask(give_up, {"text": "Eve"}, name="form#1", due=now())
    ask("form#2")
    assert run_due().outcomes == {Outcome.DONE: 1, Outcome.FAILED: 1}
    stopped = job("form#1")
    assert stopped
    assert "alone" in stopped.error
    assert called == ["Ada 7"]


def test_one_that_begins_is_put_blindly(store: str, called: list[str]) -> None:
    for _ in range(2):
        write = jobs.beginning(note, {"text": "Ada"}, name="one", due=now())
        transact([write], uuid4().hex, blind=True)
    assert run_due().outcomes == {Outcome.DONE: 1}
    assert called == ["Ada 0"]


ITEM = {"PK": "BOX#1", "SK": "letter"}


@pytest.fixture
def items(settings: LazySettings) -> None:
    """Let items of a partition be jobs beside what they are."""
    settings.TASKS_OF_ITEMS = {"BOX#": note_item.module_path}


def put_item(**more: str) -> None:
    put(RECORDS, {**ITEM, "text": "kept", **attributes(now()), **more})


def stored_item() -> Item | None:
    return get(RECORDS, ITEM, consistent=True)


@pytest.mark.usefixtures("items")
def test_an_item_is_done_beside_what_it_is_and_stays(store: str, called: list[str]) -> None:
    put_item()
    ask()
    assert run_due().outcomes == {Outcome.DONE: 2}
    assert run_due().outcomes == {}
    assert sorted(called) == ["Ada 7", "BOX#1 letter 0"]
    assert stored_item() == {**ITEM, "text": "kept"}


@pytest.mark.usefixtures("items")
def test_an_item_that_goes_on_counts_its_attempts_anew_and_keeps_what_else_it_is(
    store: str, called: list[str]
) -> None:
    put_item()
    again.append(now() + timedelta(hours=1))
    assert run_due().outcomes == {Outcome.GOES_ON: 1}
    make_due_at(ITEM)
    assert run_due().outcomes == {Outcome.DONE: 1}
    assert stored_item() == {**ITEM, "text": "kept"}


@pytest.mark.usefixtures("items")
@pytest.mark.parametrize("is_asked_anew", [False, True])
def test_an_item_that_its_task_made_no_job_any_more_is_left_alone(
    store: str, during: Callable[[Callable[[], object]], None], *, is_asked_anew: bool
) -> None:
    def write_last() -> None:
        put(RECORDS, {**ITEM, "text": "done", **(attributes(now()) if is_asked_anew else {})})

    put_item()
    during(write_last)
    assert run_due().outcomes == {Outcome.DONE: 2 if is_asked_anew else 1}
    assert stored_item() == {**ITEM, "text": "done"}


@pytest.mark.usefixtures("items")
@pytest.mark.parametrize("error", [None, GiveUpError("Gone"), TimeoutError("Gone")])
def test_an_item_that_is_gone_does_not_come_back(
    store: str, during: Callable[[Callable[[], object]], None], error: Exception | None
) -> None:
    def remove() -> None:
        delete(RECORDS, ITEM)
        if error:
            raise error

    put_item()
    during(remove)
    run_due()
    assert stored_item() is None
    again.append(now())
    put_item()
    during(remove)
    run_due()
    assert stored_item() is None


@pytest.mark.usefixtures("items")
def test_whoever_lost_the_claim_of_an_item_ends_nothing(store: str) -> None:
    put_item()
    first = jobs.claim(ITEM, now())
    make_due_at(ITEM)
    second = jobs.claim(ITEM, now())
    assert first
    jobs.end(first)
    jobs.fail(first, "too late")
    assert job_at(ITEM) == second


@pytest.mark.usefixtures("items")
def test_an_item_names_no_task_of_its_own(store: str, called: list[str]) -> None:
    put_item(task=give_up.module_path, arguments="none")
    assert run_due().outcomes == {Outcome.DONE: 1}
    assert called == ["BOX#1 letter 0"]


def test_items_of_other_partitions_are_no_jobs(store: str, called: list[str]) -> None:
    ask()
    put_item(task=note.module_path)
    assert run_due().outcomes == {Outcome.DONE: 1}
    put_item(ownerId=FAILED)
    assert jobs.failed().jobs == []
    assert called == ["Ada 7"]
