"""The command that makes an account."""

import io
import sys

import pytest
from django.conf import LazySettings
from django.core.management import call_command, load_command_class
from django.core.management.base import CommandError

from crm.accounts.models import User
from crm.dynamodb import client
from tests.conftest import PASSWORD

COMMAND = "crm.accounts.management.commands.create_user"


def type_in(monkeypatch: pytest.MonkeyPatch, text: str, *, terminal: bool = False) -> None:
    """Return the command its standard input."""
    stdin = io.StringIO(text)
    monkeypatch.setattr(stdin, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stdin", stdin)


def run(command: str, *arguments: str) -> None:
    """Run a command as manage.py does."""
    load_command_class("crm.accounts", command).run_from_argv(["manage.py", command, *arguments])


def test_an_account_is_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, PASSWORD + "\nignored\n")
    call_command("create_user", "Ada.Li@Example.com", "--role=admin", "--password-stdin")
    user = User.objects.find_by_email("ada.li@example.com")
    assert user
    assert (user.name, user.role) == ("Ada Li", "admin")
    assert user.check_password(PASSWORD)
    assert capsys.readouterr().out == (
        "Ada Li can sign in as ada.li@example.com with the role admin.\n"
    )


def test_the_role_is_viewer_and_the_name_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, PASSWORD)
    call_command("create_user", "ada@example.com", "--name= Ada  Li ", "--password-stdin")
    user = User.objects.find_by_email("ada@example.com")
    assert user
    assert (user.name, user.role) == ("Ada Li", "viewer")


def test_the_password_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([PASSWORD, PASSWORD, PASSWORD, "other"])
    type_in(monkeypatch, "", terminal=True)
    monkeypatch.setattr(f"{COMMAND}.getpass", lambda _prompt: next(answers))
    call_command("create_user", "ada@example.com")
    with pytest.raises(CommandError, match="differ"):
        call_command("create_user", "bob@example.com")
    assert [user.email for user in User.objects.everyone()] == ["ada@example.com"]


@pytest.mark.parametrize("interruption", [EOFError, KeyboardInterrupt])
def test_the_prompt_can_be_left(
    monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    def leave(_prompt: str) -> str:
        raise interruption

    type_in(monkeypatch, "", terminal=True)
    monkeypatch.setattr(f"{COMMAND}.getpass", leave)
    with pytest.raises(CommandError, match="No account was made"):
        call_command("create_user", "ada@example.com")


@pytest.mark.parametrize(
    ("arguments", "password", "reason"),
    [
        (["nobody"], PASSWORD, "valid email"),
        (["a\udc80@example.com"], PASSWORD, "valid email"),
        (["a@ex\udc80.com"], PASSWORD, "Unicode"),
        (["sales@example.com"], PASSWORD, "already an account"),
        (["ada@example.com"], "short", "too short"),
        (["ada@example.com"], "", "too short"),
        (["ada@example.com"], "ada@example.com", "too similar"),
        (["ada@example.com"], "broken \udc80 password", "UTF-8"),
        (["ada@example.com", "--name", "x" * 101], PASSWORD, "100 characters"),
        (["ada@example.com", "--name", "a\x1bb"], PASSWORD, "control characters"),
    ],
)
def test_refusals_are_one_line_and_status_2(  # noqa: PLR0913, PLR0917 -- fixtures
    arguments: list[str],
    password: str,
    reason: str,
    sales: User,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    type_in(monkeypatch, password)
    with pytest.raises(SystemExit) as ended:
        run("create_user", *arguments, "--password-stdin")
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert reason in error
    assert error.count("\n") == 1
    assert User.objects.everyone() == [sales]


def test_without_a_terminal_the_password_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, PASSWORD)
    with pytest.raises(CommandError, match="--password-stdin"):
        call_command("create_user", "ada@example.com")


COMMANDS = [["create_user", "ada@example.com", "--password-stdin"], ["clearsessions"]]


@pytest.mark.parametrize("command", COMMANDS)
def test_without_tables_one_line_says_what_to_do(
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    settings: LazySettings,
) -> None:
    type_in(monkeypatch, PASSWORD)
    names = (settings.RECORDS_TABLE_NAME, settings.EPHEMERAL_TABLE_NAME)
    settings.RECORDS_TABLE_NAME = settings.EPHEMERAL_TABLE_NAME = "missing"
    with pytest.raises(SystemExit) as ended:
        run(*command)
    settings.RECORDS_TABLE_NAME, settings.EPHEMERAL_TABLE_NAME = names
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(
        "Error: The tables are missing: run create_tables first.\n"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_without_an_engine_one_line_says_so(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, PASSWORD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")
        client.reset()
        with pytest.raises(SystemExit) as ended:
            run(*command)
    client.reset()
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert "127.0.0.1:1/" in error
    assert error.count("\n") == 1
