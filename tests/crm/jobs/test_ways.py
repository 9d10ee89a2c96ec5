"""Who does what is due: the thread of a server, the command, and Django's way to ask for it."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from django.core.management import call_command

from crm import jobs_handler
from crm.dynamodb.engine import Engine
from crm.dynamodb.errors import UnavailableError
from crm.jobs import store, thread
from crm.jobs.running import Tally, run_due
from crm.jobs.thread import Runner
from crm.tables import TABLES
from tests.crm.jobs.conftest import job, now
from tests.crm.jobs.tasks import break_down, during, give_up, note
from tests.crm.test_serve import server

WAIT = 20.0


def told() -> str:
    out = StringIO()
    call_command("run_due", stdout=out)
    return out.getvalue().strip()


def test_the_command_says_what_it_did(tables: None, called: list[str]) -> None:
    for name in ("one", "two"):
        store.ask(note, {"text": name}, name=name, due=now())
    assert told() == "2 done."
    assert told() == "Nothing is due."
    assert sorted(called) == ["one 0", "two 0"]


def test_a_task_is_asked_for_as_djangos_are(tables: None, called: list[str]) -> None:
    result = note.enqueue("Ada", number=3)
    later = note.using(run_after=now() + timedelta(hours=1)).enqueue(text="Bob")
    run_due()
    assert called == ["Ada 3"]
    assert job(result.id) is None
    waiting = job(later.id)
    assert waiting
    assert waiting.arguments == {"text": "Bob"}


@pytest.fixture
def running(tables: None) -> Iterator[None]:
    """Let a thread do what is due, as in a server process."""
    runner = Runner()
    runner.start()
    yield
    runner.stop()
    runner.join(WAIT)
    assert not runner.is_alive()


@pytest.mark.usefixtures("running")
def test_the_thread_is_woken_by_who_asks(called: list[str]) -> None:
    """Its next look by itself is in 15 seconds."""
    done = Event()
    for text in ("Ada", "Bob"):
        done.clear()
        during.append(done.set)
        note.enqueue(text)
        assert done.wait(WAIT / 2)
    assert called == ["Ada 0", "Bob 0"]


def test_the_thread_looks_when_the_next_one_is_due(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Runner().do_due() == thread.IDLE_SECONDS
    store.ask(note, {"text": "Ada"}, name="one", due=now() + timedelta(seconds=9))
    assert 0 < Runner().do_due() <= 9


@pytest.mark.parametrize("error", [UnavailableError("No answer."), KeyError("No answer.")])
def test_the_thread_goes_on_whatever_fails(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_options: object) -> Tally:
        raise error

    monkeypatch.setattr(thread, "run_due", fail)
    assert Runner().do_due() == thread.IDLE_SECONDS
    assert "No answer." in caplog.text


@pytest.mark.slow
def test_a_server_does_what_is_due(engine: Engine, tables: None, tmp_path: Path) -> None:
    store.ask(note, {"text": "Ada"}, name="one", due=now())
    names = {table.setting: table.name for table in TABLES}
    env = {"AWS_ENDPOINT_URL_DYNAMODB": engine.url, "STATIC_ROOT": str(tmp_path), **names}
    with server(["manage.py", "serve"], env) as (_process, connection):
        deadline = monotonic() + WAIT
        while job("one") and monotonic() < deadline:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        assert job("one") is None


class Minute:
    """A call of Lambda's that may take a minute."""

    aws_request_id = "8f507cfc-5b6e-4d8a-9b6f-0a1b2c3d4e5f"

    def get_remaining_time_in_millis(self) -> int:
        """Return the time that is left."""
        return 60_000


def test_the_function_on_lambda_says_what_it_did(tables: None, called: list[str]) -> None:
    store.ask(note, {"text": "Ada"}, name="one", due=now())
    assert jobs_handler.handler({}, Minute()) == {"done": 1}
    assert jobs_handler.handler({}, Minute()) == {}
    assert called == ["Ada 0"]


def test_a_call_in_which_a_job_failed_for_good_fails_once_all_is_done(
    tables: None, called: list[str]
) -> None:
    store.ask(give_up, {"text": "Eve"}, name="one", due=now() - timedelta(seconds=1))
    store.ask(note, {"text": "Ada"}, name="two", due=now())
    store.ask(break_down, {"text": "Bob"}, name="three", due=now())
    with pytest.raises(jobs_handler.FailedForGoodError, match="due 1 failed for good"):
        jobs_handler.handler({}, Minute())
    assert sorted(called) == ["Ada 0", "Bob"]
    # AWS calls twice more: nothing is left that fails, and what is tried again is no failure.
    assert jobs_handler.handler({}, Minute()) == {}


def test_the_function_begins_nothing_that_it_has_no_time_for(
    tables: None, called: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Minute, "get_remaining_time_in_millis", lambda _self: 15_000)
    store.ask(note, {"text": "Ada"}, name="one", due=now())
    assert jobs_handler.handler({}, Minute()) == {}
    assert not called
