"""What stands in the way of the demo is said in one line, and two never share the data."""

import os
import socket
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings

from crm.demo import (
    DemoError,
    check_loopback,
    check_port,
    open_data_folder,
    use_demo_environment,
)
from crm.management.commands.demo import Command, address_in_mails
from crm.runlock import InUseError, RunLock
from tests import ROOT

KEY = "correct-horse-battery-staple-0123456789-abcdefghijklmnop"
# Each logger with what it says least: gunicorn sets its own level by what crm.server says.
SAID = """
import logging.config
from crm import server
logging.config.dictConfig(server.settings.LOGGING)
logging.getLogger("gunicorn.error").setLevel(server.loglevel.upper())
for name in ("crm.request", "gunicorn.error", "crm.any"):
    print(logging.getLevelName(logging.getLogger(name).getEffectiveLevel()), end=" ")
"""


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:9", "http://127.9.9.9"],
)
def test_an_engine_on_this_machine_will_do(endpoint: str) -> None:
    check_loopback(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://dynamodb.eu-west-1.amazonaws.com",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "http://10.0.0.1:8000",
        "nonsense",
    ],
)
def test_demo_data_goes_nowhere_else(endpoint: str) -> None:
    with pytest.raises(DemoError, match="not on this machine"):
        check_loopback(endpoint)


def test_a_port_in_use_is_named_with_another_to_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DemoError, match=f"Port {port} cannot be used.*PORT="):
            check_port("127.0.0.1", port)


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    with pytest.raises(DemoError, match="var cannot be written to"):
        open_data_folder(tmp_path / "var")


def test_a_second_demo_is_told_of_the_first(tmp_path: Path) -> None:
    lock = open_data_folder(tmp_path)
    with pytest.raises(DemoError, match=f"already runs here, as process {os.getpid()}"):
        open_data_folder(tmp_path)
    lock.close()
    open_data_folder(tmp_path).close()


def test_what_a_killed_demo_left_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = RunLock(path)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1, pass_fds=(lock.fd,))
    owner = subprocess.Popen([sys.executable, "-c", ""])
    owner.wait()
    path.write_text(f"{owner.pid} {child.pid}", encoding="ascii")
    # As when the demo is killed: its own descriptor goes, the child's keeps the lock.
    lock.close()
    RunLock(path).close()
    assert child.wait(10) < 0
    child.communicate()


def test_a_lock_of_unknown_owner_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = RunLock(path)
    path.write_text("", encoding="ascii")
    with pytest.raises(InUseError):
        RunLock(path)
    lock.close()


def test_real_credentials_stay_out_and_the_key_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {"AWS_PROFILE": "work", "AWS_SECRET_ACCESS_KEY": "real"})
    use_demo_environment(tmp_path)
    assert "AWS_PROFILE" not in os.environ
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "demo"
    key = Path(os.environ["SECRET_KEY_FILE"])
    first = key.read_text(encoding="ascii")
    assert key.stat().st_mode & 0o777 == 0o600
    use_demo_environment(tmp_path)
    assert key.read_text(encoding="ascii") == first


def test_the_sign_in_is_the_last_that_is_said(settings: LazySettings) -> None:
    terminal = StringIO()
    Command(stdout=terminal)._welcome()  # noqa: SLF001 -- all before it takes an engine
    *_, address, account, password = terminal.getvalue().splitlines()
    assert address.endswith(f"http://{settings.HOST}:{settings.PORT}/")
    assert account.split() == ["sign", "in", "as", settings.DEMO_EMAIL]
    assert password.split() == ["with", "password", settings.DEMO_PASSWORD]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "least"),
    [
        ({"DEMO": "1"}, "WARNING"),
        ({"DEBUG": "1"}, "INFO"),
        ({"SECRET_KEY": KEY, "ALLOWED_HOSTS": "x.example", "AWS_REGION": "eu-west-1"}, "INFO"),
    ],
    ids=["demo", "development", "production"],
)
def test_workers_and_requests_are_not_heard_in_the_demo_alone(
    environment: dict[str, str], least: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAID],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [least] * 3


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8437"),
        ("[::1]", "http://[::1]:8437"),
        ("0.0.0.0", ""),  # noqa: S104 -- nobody listens there
    ],
)
def test_links_in_mails_lead_to_this_machine_alone(
    settings: LazySettings, host: str, url: str
) -> None:
    settings.HOST, settings.PORT = host, 8437
    assert address_in_mails() == url
