"""Mail: sent beside the answer, and printed while developing."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from threading import Event

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.test import Client
from django.utils.module_loading import import_string

from crm import logs, mail
from crm.accounts.models import User
from crm.mail import PlainConsoleBackend

RESET = "/accounts/password-reset/"


def test_a_long_link_is_printed_in_one_piece() -> None:
    link = f"http://127.0.0.1:8000/{'x' * 120}/"
    printed = StringIO()
    backend = PlainConsoleBackend(stream=printed)
    backend.send_messages(
        [EmailMessage("Set a password", f"Open {link}\n", to=["ada@example.com"])]
    )
    assert link in printed.getvalue()
    assert "ada@example.com" in printed.getvalue()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Let a mail server do something instead of taking mails."""

    def does(something: Callable[[], None]) -> None:
        monkeypatch.setattr(EmailMessage, "send", lambda _mail: something())

    return does


def test_the_answer_does_not_wait_for_the_mail_server(
    sales: User,
    server: Callable[[Callable[[], None]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, goes_on = Event(), Event()

    def hang() -> None:
        asked.set()
        goes_on.wait(30)

    server(hang)
    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(mail, "_pool", pool)
        assert Client().post(RESET, {"email": sales.email}).status_code == 302
        assert asked.wait(30)
        goes_on.set()


@pytest.mark.parametrize(
    "error",
    [
        SMTPRecipientsRefused({"sales@example.com": (550, b"no such user")}),
        SMTPServerDisconnected("sales@example.com"),
        ConnectionRefusedError(111, "Connection refused"),
        import_string("anymail.exceptions.AnymailAPIError")("Not verified: sales@example.com"),
        KeyError("ours"),
    ],
)
def test_a_failure_is_logged_and_tells_the_visitor_nothing(
    sales: User,
    server: Callable[[Callable[[], None]], None],
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    def fail() -> None:
        raise error

    server(fail)
    answers = [
        Client().post(RESET, {"email": email}) for email in (sales.email, "nobody@example.com")
    ]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (302, f"{RESET}done/")
    }
    [line] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert line.getMessage().startswith("A mail was not sent")
    assert sales.email not in caplog.text


def test_its_line_names_the_request(
    server: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    server(lambda: seen.append(logs.request_id.get()))
    token = logs.request_id.set("the-request")
    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(mail, "_pool", pool)
        mail.send_beside(EmailMessage("x", "y", to=["ada@example.com"]))
    logs.request_id.reset(token)
    assert seen == ["the-request"]


@pytest.mark.parametrize("host", ["testserver", "localhost"])
def test_links_name_the_public_address(
    sales: User, settings: LazySettings, mailoutbox: list[EmailMessage], host: str
) -> None:
    Client().post(RESET, {"email": sales.email}, headers={"host": host})
    settings.PUBLIC_URL = "https://crm.example.com"
    Client().post(RESET, {"email": sales.email}, headers={"host": host})
    of_the_request, of_the_setting = (str(sent.body) for sent in mailoutbox)
    assert f"http://{host}{RESET}" in of_the_request
    assert f"https://crm.example.com{RESET}" in of_the_setting
    assert host not in of_the_setting
    assert mailoutbox[1].subject == "Set a new password for crm.example.com"


def test_names_stand_in_mails_as_they_are(tables: None, mailoutbox: list[EmailMessage]) -> None:
    User.objects.create_user("o'hara&co@example.com", "x" * 12, name="O'Hara")
    Client().post(RESET, {"email": "o'hara&co@example.com"})
    assert "for o'hara&co@example.com at" in str(mailoutbox[0].body)
