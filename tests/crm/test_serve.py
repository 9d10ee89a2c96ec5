"""``manage.py serve`` refuses in one line what it cannot be, and stops without dropping anyone."""

import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from crm.accounts.models import Role, User
from crm.dynamodb import client
from crm.dynamodb.engine import Engine, free_port
from crm.dynamodb.schema import Table
from crm.tables import EPHEMERAL, HELD, LEADS, RECORDS, TABLES
from tests import ROOT

KEY = "correct-horse-battery-staple-0123456789-abcdefghijklmnop"


@pytest.fixture
def started(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings, tmp_path: Path
) -> list[list[str]]:
    """Take the place of the server; returns the command lines that would have become it."""
    commands: list[list[str]] = []

    def execv(_program: str, arguments: list[str]) -> None:
        commands.append(arguments)

    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.chdir(ROOT)
    settings.PORT = free_port()
    settings.STATIC_ROOT = tmp_path
    return commands


def refusal() -> str:
    with pytest.raises(CommandError) as caught:
        call_command("serve")
    assert caught.value.returncode == 2
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize("name", ["DEBUG", "DEMO"])
def test_refuses_what_is_not_production(
    settings: LazySettings, started: list[list[str]], name: str
) -> None:
    setattr(settings, name, True)
    assert name in refusal()
    assert not started


def test_refuses_a_port_in_use(settings: LazySettings, started: list[list[str]]) -> None:
    with socket.create_server(("127.0.0.1", settings.PORT)):
        assert str(settings.PORT) in refusal()
    assert not started


@pytest.mark.parametrize("table", [LEADS, RECORDS, EPHEMERAL], ids=lambda table: table.setting)
def test_refuses_a_missing_table(
    tables: None, settings: LazySettings, started: list[list[str]], table: Table
) -> None:
    real = table.name
    setattr(settings, table.setting, "no-such-table")
    message = refusal()
    setattr(settings, table.setting, real)
    assert "no-such-table" in message
    assert "create_tables" in message
    assert not started


def test_starts_without_the_table_of_held_messages(
    tables: None,
    settings: LazySettings,
    started: list[list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = HELD.name
    settings.HELD_TABLE_NAME = "no-such-table"
    call_command("serve")
    settings.HELD_TABLE_NAME = real
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "limits" in line)
    assert "no-such-table" in line
    assert "create_tables" in line
    assert started


def test_refuses_the_demo_account(
    tables: None, settings: LazySettings, started: list[list[str]]
) -> None:
    User.objects.create_user(settings.DEMO_EMAIL, "leadbook-demo", name="Demo", role=Role.ADMIN)
    assert settings.DEMO_EMAIL in refusal()
    assert not started


def test_refuses_without_dynamodb(
    monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port()}")
    client.reset()
    try:
        assert "DynamoDB does not answer" in refusal()
    finally:
        client.reset()
    assert not started


def test_becomes_gunicorn_when_all_is_well(
    tables: None, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "")
    monkeypatch.delenv("MALLOC_ARENA_MAX")
    call_command("serve")
    assert started[0][1:3] == ["-m", "gunicorn"]
    assert os.environ["MALLOC_ARENA_MAX"] == "2"


@pytest.mark.parametrize(
    ("allowed", "possible", "expected"),
    [(256, 1024, "1024 512"), (1024, 20_000, "8000 4000"), (20_000, 20_000, "20000 4000")],
)
def test_opens_as_many_connections_as_it_may(allowed: int, possible: int, expected: str) -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < possible:
        pytest.skip("this machine allows fewer open files")
    code = (
        f"import resource as r; r.setrlimit(r.RLIMIT_NOFILE, ({allowed}, {possible}));"
        "from crm import server;"
        "print(r.getrlimit(r.RLIMIT_NOFILE)[0], server.worker_connections)"
    )
    env = {"PATH": os.environ["PATH"], "DEMO": "1", "AWS_REGION": "us-east-1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == expected


@contextmanager
def server(
    arguments: list[str], env: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[str], HTTPConnection]]:
    """Run a server with production settings; yields the process and a connection to it."""
    port = free_port()
    production = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": KEY,
        "ALLOWED_HOSTS": "crm.example.com",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "WEB_CONCURRENCY": "1",
        "PORT": str(port),
    }
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**production, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    with process, closing(connection):
        try:
            read_until(process, "Listening at")
            yield process, connection
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout
    seen = []
    for line in process.stdout:
        seen.append(line)
        if words in line:
            return
    raise AssertionError("".join(seen))


@pytest.mark.slow
def test_a_request_in_flight_is_finished_after_sigterm(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    command = ["-m", "gunicorn", "--config", "python:crm.server", "tests.crm.slow_app:application"]
    with server(command, {"GATE": str(gate)}) as (process, connection):
        connection.request("GET", "/")
        response = connection.getresponse()
        assert response.read(4) == b"half"
        process.send_signal(signal.SIGTERM)
        read_until(process, "Handling signal: term")
        gate.write_bytes(b"go")
        assert response.read() == b"whole"
        connection.close()
        read_until(process, "Shutting down")
        assert process.wait(30) == 0


@pytest.mark.slow
def test_serves_hashed_files_that_never_change(
    engine: Engine, tables: None, tmp_path: Path
) -> None:
    names = {table.setting: table.name for table in TABLES}
    env = {"AWS_ENDPOINT_URL_DYNAMODB": engine.url, "STATIC_ROOT": str(tmp_path), **names}
    with server(["manage.py", "serve"], env) as (process, connection):
        host = {"Host": "crm.example.com", "Accept-Encoding": "gzip"}
        connection.request("GET", "/accounts/login/", headers=host)
        page = connection.getresponse().read().decode()
        found = re.search(r"/static/app\.[0-9a-f]{12}\.css", page)
        assert found
        connection.request("GET", found[0], headers=host)
        response = connection.getresponse()
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["Content-Encoding"] == "gzip"
        response.read()
        connection.close()
        process.terminate()
        read_until(process, "Shutting down")
        assert process.wait(30) == 0
