"""``manage.py receive_mail``: one line, and an exit status that mail servers know."""

import os
import subprocess
import sys
from io import BytesIO, StringIO, TextIOWrapper

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from crm.accounts.models import User
from crm.dynamodb.engine import Engine
from crm.dynamodb.errors import NotFoundError, UnavailableError
from leads import repository
from leads.models import ClosedAs, Status
from leads.reply_addresses import address_of
from tests.crm.inbound.messages import message
from tests.make import ANN, act, add


@pytest.fixture(autouse=True)
def _inbound(settings: Settings) -> None:
    settings.INBOUND_ADDRESS = "reply@in.example.com"


def run(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> str:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(raw)))
    said = StringIO()
    call_command("receive_mail", stdout=said)
    return said.getvalue()


def refusal(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        run(monkeypatch, raw)
    text = str(caught.value)
    assert "\n" not in text
    return caught.value.returncode, text


def test_it_says_what_became_of_a_message(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = add()
    raw = message(f"To: {address_of(lead.lead_id)}", "Hi")
    told = f"a mail from mira@visitor.example. Lead {lead.lead_id}.\n"
    assert run(monkeypatch, raw) == f"Stored {told}"
    assert run(monkeypatch, raw) == f"Stored before: {told}"
    left = run(monkeypatch, message("List-Id: <news.trade.example>"))
    assert left == "Left alone: a mail of a list that belongs to no lead.\n"


def test_nobody_is_here_for_it(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = refusal(monkeypatch, message("", "Hi"))
    assert code == os.EX_NOUSER == 67
    assert text == "No lead fits this message from mira@visitor.example."


@pytest.mark.parametrize("raw", [b"", b" \n"])
def test_no_message(tables: None, monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    assert refusal(monkeypatch, raw) == (2, "There was no message on standard input.")


def test_everything_that_follows_from_a_message(
    tables: None, sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = add(owner_id=sales.id, email="mira@visitor.example")
    run(monkeypatch, message("Message-ID: <1@x>", "Not verified"))
    repository.close(lead.lead_id, ClosedAs.LOST, version=1, actor=ANN, write_id=act())
    run(monkeypatch, message(f"To: {address_of(lead.lead_id)}\nMessage-ID: <2@x>", "Lost?"))
    run(monkeypatch, message(f"To: {address_of(lead.lead_id)}\nMessage-ID: <3@x>", "More"))
    run(monkeypatch, message("Message-ID: <4@x>", "Not verified"))
    after = repository.get(lead.lead_id, consistent=True)
    assert (after.status, after.note) == (Status.NEW, "More")


@pytest.mark.parametrize(
    "error", [UnavailableError("none"), NotFoundError("none"), ValueError("odd")]
)
def test_what_cannot_be_stored_now_is_brought_again(
    tables: None, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(_raw: bytes) -> None:
        raise error

    monkeypatch.setattr("leads.receiving.receive_command.receive", fail)
    code, text = refusal(monkeypatch, message("", "Hi"))
    assert code == os.EX_TEMPFAIL == 75
    assert text.startswith(f"Not stored, bring it again: {type(error).__name__}: ")


def test_a_message_that_is_longer_than_any_is_read_to_its_end(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.receiving.receive_command.MAX_BYTES", 400)
    lead = add()
    raw = message(f"To: {address_of(lead.lead_id)}", "Hello " * 1_000)
    assert run(monkeypatch, raw).startswith("Stored a mail")
    assert sys.stdin.buffer.read() == b""


@pytest.mark.slow
def test_a_mail_server_runs_it(tables: None, engine: Engine) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "receive_mail"],
        input=message("", "Hi"),
        capture_output=True,
        env={**os.environ, "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9", "DEMO": "1"},
        check=False,
    )
    assert done.returncode == os.EX_TEMPFAIL
    assert done.stderr.count(b"\n") == 1
