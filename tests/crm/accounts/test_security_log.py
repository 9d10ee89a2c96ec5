"""The security log: a line for every event, a record of what counts, counts of what was refused."""

import json
import logging
import re
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from django.core import mail
from django.core.management import call_command
from django.test import Client, RequestFactory

from crm import remember
from crm.accounts import keys, refusal_counts, security_log, security_record
from crm.accounts.errors import AccountError
from crm.accounts.models import User
from crm.accounts.security_events import RECORDED, REFUSALS, Event, Kind, event_put
from crm.accounts.security_record import Filter
from crm.dynamodb import calls
from crm.dynamodb.capacity import Usage
from crm.dynamodb.errors import ConditionFailedError, UnavailableError
from crm.logs import JsonFormatter
from crm.tables import EPHEMERAL, RECORDS
from tests.conftest import PASSWORD
from tests.crm.accounts.conftest import reread, signed_in

LOGIN = "/accounts/login/"
ADDRESS = "203.0.113.77"
NETWORK = "203.0.113.0/24"
NEW_PASSWORD = "a quite different phrase"


@pytest.fixture(autouse=True)
def _no_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal_counts, "_waiting", Counter())


def browser(user: User | None = None) -> Client:
    """Return a browser at ``ADDRESS``, in which ``user`` is signed in."""
    web = signed_in(user) if user else Client()
    web.defaults["REMOTE_ADDR"] = ADDRESS
    return web


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """Return the JSON lines of the security log."""
    records = [record for record in caplog.records if record.name == "crm.security"]
    return [json.loads(JsonFormatter().format(record)) for record in records]


def commands(caplog: pytest.LogCaptureFixture) -> list[tuple[str, object]]:
    """Return kind and details of what the security log says of commands."""
    names = "crm.security.command"
    records = [record for record in caplog.records if record.name == names]
    fields = [json.loads(JsonFormatter().format(record)) for record in records]
    return [(line["event"], line["details"]) for line in fields]


def last_line(caplog: pytest.LogCaptureFixture) -> tuple[object, object, object, object]:
    """Return what happened last: event, who, whom, address."""
    line = lines(caplog)[-1]
    return line["event"], line["who"], line["whom"], line["address"]


def recorded() -> list[Event]:
    return security_record.read_page(Filter()).events


def last_recorded() -> tuple[str, str, str, str]:
    event = recorded()[0]
    return event.kind.value, event.who, event.whom, event.address


def break_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing of the security log be stored any more."""

    def refuse(*_arguments: object) -> None:
        message = "no answer"
        raise UnavailableError(message)

    monkeypatch.setattr(security_log, "event_put", refuse)
    monkeypatch.setattr(refusal_counts, "_add", refuse)


# --- Signing in and out ----------------------------------------------------------------------


def test_a_sign_in(sales: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    web = browser()
    assert web.post(LOGIN, {"username": sales.email, "password": PASSWORD}).status_code == 302
    expected = ("signed-in", sales.id, sales.id, ADDRESS)
    assert last_line(caplog) == expected
    assert last_recorded() == expected


def test_a_sign_in_costs_one_request_more(
    sales: User, usage: Usage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first one from a network writes that down, too.
    browser().post(LOGIN, {"username": sales.email, "password": PASSWORD})
    before = usage.requests
    browser().post(LOGIN, {"username": sales.email, "password": PASSWORD})
    with_record = usage.requests - before
    monkeypatch.setattr(security_log, "_store", lambda _event: None)
    browser().post(LOGIN, {"username": sales.email, "password": PASSWORD})
    assert usage.requests - before - with_record == with_record - 1


def test_the_request_log_names_the_user_of_a_sign_in(
    sales: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    browser().post(LOGIN, {"username": sales.email, "password": PASSWORD})
    [line] = [record for record in caplog.records if record.name == "crm.request"]
    fields = line.__dict__["fields"]
    assert (fields["user"], fields["address"]) == (sales.id, ADDRESS)


def test_a_sign_out(sales: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    web = browser(sales)
    web.post("/accounts/logout/")
    assert last_line(caplog) == ("signed-out", sales.id, sales.id, ADDRESS)
    before = len(lines(caplog))
    web.post("/accounts/logout/")
    assert len(lines(caplog)) == before


@pytest.mark.parametrize("is_known", [True, False])
def test_a_failure_tells_no_more_than_the_network(
    sales: User, caplog: pytest.LogCaptureFixture, *, is_known: bool
) -> None:
    caplog.set_level(logging.INFO)
    email = f" {sales.email.upper()}" if is_known else "nobody@example.com"
    browser().post(LOGIN, {"username": email, "password": "wrong"})
    whom = sales.id if is_known else None
    assert last_line(caplog) == ("sign-in-failed", None, whom, NETWORK)
    assert Kind.SIGN_IN_FAILED not in {event.kind for event in recorded()}


def test_who_is_throttled(sales: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(11):
        browser().post(LOGIN, {"username": sales.email, "password": "wrong"})
    assert last_line(caplog) == ("throttled", None, sales.id, NETWORK)
    assert lines(caplog)[-1]["details"] == {"attempt": "sign-in"}
    refusal_counts.settle()
    assert refusal_counts.last_days(1)[0].numbers == [10, 1, 0]


def test_a_sign_in_goes_on_where_it_cannot_be_recorded(
    sales: User, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    break_the_store(monkeypatch)
    web = browser()
    assert web.post(LOGIN, {"username": sales.email, "password": "wrong"}).status_code == 200
    assert web.post(LOGIN, {"username": sales.email, "password": PASSWORD}).status_code == 302
    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert ("ERROR", "sign-in-failed by '' could not be recorded") in said
    assert ("ERROR", f"signed-in by {sales.id!r} could not be recorded") in said
    assert ("INFO", f"signed-in by {sales.id!r}") in said


# --- Passwords --------------------------------------------------------------------------------


def test_a_password_is_changed(sales: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    new = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    browser(sales).post("/accounts/password-change/", {"old_password": PASSWORD, **new})
    expected = ("password-changed", sales.id, sales.id, ADDRESS)
    assert last_line(caplog) == expected
    assert last_recorded() == expected


def test_a_wrong_old_password_is_a_failure(sales: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    new = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    browser(sales).post("/accounts/password-change/", {"old_password": "wrong", **new})
    assert last_line(caplog) == ("sign-in-failed", sales.id, sales.id, ADDRESS)


def test_a_password_is_reset(sales: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    web = browser()
    web.post("/accounts/password-reset/", {"email": sales.email})
    assert last_line(caplog) == ("reset-asked", None, sales.id, NETWORK)
    reset(web)
    assert last_line(caplog) == ("password-reset", None, sales.id, NETWORK)
    assert last_recorded() == ("password-reset", "", sales.id, NETWORK)


def reset(web: Client) -> str:
    """Follow the link of the last mail, set a password, and return the link's token."""
    found = re.search(r"/accounts/password-reset/\S+/(\S+)/", str(mail.outbox[-1].body))
    assert found
    form = web.get(found[0])["Location"]
    new = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert web.post(form, new).status_code == 302
    return found[1]


def test_resets_are_throttled(sales: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(6):
        browser().post("/accounts/password-reset/", {"email": sales.email})
    assert last_line(caplog) == ("throttled", None, sales.id, NETWORK)
    assert lines(caplog)[-1]["details"] == {"attempt": "reset"}


def test_a_better_hash_is_no_new_password(sales: User, settings: LazySettings) -> None:
    hashers = "django.contrib.auth.hashers."
    settings.PASSWORD_HASHERS = [hashers + "PBKDF2PasswordHasher", hashers + "MD5PasswordHasher"]
    browser().post(LOGIN, {"username": sales.email, "password": PASSWORD})
    assert reread(sales).password.startswith("pbkdf2")
    assert [event.kind for event in recorded()] == [Kind.SIGNED_IN, Kind.ACCOUNT_ADDED]


# --- Accounts ---------------------------------------------------------------------------------


def test_an_account_is_added(admin: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    data = {"email": "new@example.com", "name": "New", "role": "viewer"}
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    assert browser(admin).post("/accounts/users/add/", data | passwords).status_code == 302
    user = User.objects.find_by_email("new@example.com")
    assert user
    expected = ("account-added", admin.id, user.id, ADDRESS)
    assert last_line(caplog) == expected
    assert last_recorded() == expected
    assert recorded()[0].details == {"role": "viewer"}


def test_an_account_is_changed(admin: User, sales: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    data = {"name": "Else", "role": "viewer", "version": "1"}  # and no longer active
    web = browser(admin)
    assert web.post(f"/accounts/users/{sales.id}/", data).status_code == 302
    kinds = ["name-changed", "role-changed", "deactivated"]
    of_change = lines(caplog)[-3:]
    assert [line["event"] for line in of_change] == kinds
    assert {(line["who"], line["whom"], line["address"]) for line in of_change} == {
        (admin.id, sales.id, ADDRESS)
    }
    assert of_change[1]["details"] == {"role": "viewer", "before": "sales"}
    assert sorted(event.kind for event in recorded()[:3]) == sorted(kinds)
    web.post(f"/accounts/users/{sales.id}/", data | {"version": "2", "is_active": "on"})
    assert last_recorded() == ("activated", admin.id, sales.id, ADDRESS)


def test_a_password_is_set_by_an_admin(admin: User, sales: User) -> None:
    new = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    browser(admin).post(f"/accounts/users/{sales.id}/password/", new)
    assert last_recorded() == ("password-set", admin.id, sales.id, ADDRESS)


def test_a_refused_change_leaves_no_event(admin: User, sales: User) -> None:
    before = len(recorded())
    data = {"name": "Else", "role": "viewer", "version": "7"}
    assert browser(admin).post(f"/accounts/users/{sales.id}/", data).status_code == 409
    assert [event.kind for event in recorded()[: -before or None]] == [Kind.SIGNED_IN]


def test_an_account_is_not_changed_unrecorded(
    admin: User, sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event is part of the transaction: one that cannot be put refuses all of it."""
    monkeypatch.setattr("crm.accounts.security_events.token_hex", lambda _bytes: "taken")
    event = Event(Kind.NAME_CHANGED, admin.id, sales.id, "")
    calls.put(RECORDS, event_put(event).item)
    monkeypatch.setattr(security_log, "new_event", lambda *_, **__: event)
    sales.name = "Else"
    with pytest.raises(AccountError):
        sales.save(by=admin)
    assert reread(sales).name == "Sales Person"


def test_a_command_adds_an_account(
    tables: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security_log, "getuser", lambda: "ada\n\x1b[31m" + "x" * 100)
    monkeypatch.setattr("sys.stdin", _Line(f"{PASSWORD}\n"))
    call_command("create_user", "new@example.com", password_stdin=True)
    event = recorded()[0]
    assert (event.kind, event.who, event.address) == (
        Kind.ACCOUNT_ADDED,
        "command line: ada[31m" + "x" * 57,
        "",
    )
    assert "security" not in capsys.readouterr().out


class _Line:
    def __init__(self, text: str) -> None:
        self.text = text

    def readline(self) -> str:
        return self.text


def test_a_user_without_a_name_runs_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        message = "No username set in the environment"
        raise OSError(message)

    monkeypatch.setattr(security_log, "getuser", nameless)
    monkeypatch.setattr("os.getuid", lambda: 1234)
    assert security_log.command_line() == "command line: 1234"


# --- What may never be in a line -------------------------------------------------------------


def test_no_secret_is_in_any_line(
    sales: User, caplog: pytest.LogCaptureFixture, settings: LazySettings
) -> None:
    caplog.set_level(logging.DEBUG)
    web = browser()
    wrong = "a wrong-password-1234"
    web.post(LOGIN, {"username": sales.email, "password": wrong})
    web.post(LOGIN, {"username": sales.email, "password": PASSWORD})
    first = web.cookies[settings.SESSION_COOKIE_NAME].value
    new = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    web.post("/accounts/password-change/", {"old_password": PASSWORD, **new})
    second = web.cookies[settings.SESSION_COOKIE_NAME].value
    web.post("/accounts/logout/")
    web.post("/accounts/password-reset/", {"email": sales.email})
    token = reset(web)
    secrets = [wrong, PASSWORD, NEW_PASSWORD, first, second, token, sales.email, sales.password]
    written = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    stored = str(calls.query_all(RECORDS, "#PK = :pk", {"pk": _partition()}))
    assert len(lines(caplog)) == 6
    for secret in secrets:
        assert secret
        assert secret not in written
        assert secret not in stored


def _partition() -> str:
    return keys.security_month(datetime.now(UTC).strftime("%Y-%m"))


def test_a_line_stays_one_line(
    tables: None, caplog: pytest.LogCaptureFixture, rf: RequestFactory
) -> None:
    caplog.set_level(logging.INFO)
    with security_log.during(rf.get("/", REMOTE_ADDR='evil"\n{"event": "x"}')):
        security_log.note(Kind.THROTTLED, attempt="x\n{}")
    [record] = [one for one in caplog.records if one.name == "crm.security"]
    assert "\n" not in JsonFormatter().format(record)
    assert "\n" not in record.getMessage()
    assert last_line(caplog) == ("throttled", None, None, "unknown")


# --- The record -------------------------------------------------------------------------------


def put(at: datetime, kind: Kind = Kind.SIGNED_IN, who: str = "a", whom: str = "a") -> None:
    write = event_put(Event(kind, who, whom, ADDRESS, at=at))
    calls.put(RECORDS, write.item, condition=write.condition)


def test_kinds_are_recorded_or_counted_but_for_a_sign_out() -> None:
    assert {*RECORDED, *REFUSALS} == {*Kind} - {Kind.SIGNED_OUT}


def test_an_event_replaces_none(tables: None) -> None:
    write = event_put(Event(Kind.SIGNED_IN, "a", "a", ""))
    calls.put(RECORDS, write.item, condition=write.condition)
    with pytest.raises(ConditionFailedError):
        calls.put(RECORDS, {**write.item, "who": "b"}, condition=write.condition)


def test_a_repeated_write_is_no_error(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.accounts.security_events.token_hex", lambda _bytes: "same")
    event = Event(Kind.EXPORTED, "a", "", "")
    monkeypatch.setattr(security_log, "new_event", lambda *_, **__: event)
    security_log.record(Kind.EXPORTED)
    security_log.record(Kind.EXPORTED)
    assert len(recorded()) == 1


def test_an_act_that_cannot_be_recorded_is_refused(
    tables: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    break_the_store(monkeypatch)
    with pytest.raises(UnavailableError):
        security_log.record(Kind.EXPORTED, format="csv")


def test_an_event_is_stored_with_its_change_then_logged(
    tables: None, caplog: pytest.LogCaptureFixture
) -> None:
    with security_log.recording(Kind.SETTINGS_CHANGED, whom="a", rows=3) as event:
        calls.transact([event], "an act")
        assert not commands(caplog)
    assert commands(caplog) == [(recorded()[0].kind, {"rows": 3})]
    assert (recorded()[0].whom, recorded()[0].details) == ("a", {"rows": 3})


def test_of_a_change_that_was_refused_no_event_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UnavailableError), security_log.recording(Kind.SETTINGS_CHANGED):
        raise UnavailableError("no answer")
    assert not commands(caplog)


def test_events_expire_by_setting(tables: None, settings: LazySettings) -> None:
    settings.SECURITY_LOG_DAYS = 7
    at = datetime(2026, 11, 29, 12, tzinfo=UTC)
    item = event_put(Event(Kind.SIGNED_IN, "a", "a", "", at=at)).item
    assert item["expiresAt"] == int(datetime(2026, 12, 6, 12, tzinfo=UTC).timestamp())
    assert (item["PK"], str(item["SK"])[:24]) == ("SECURITY#2026-11", "2026-11-29T12:00:00.000Z")


# --- Counts -----------------------------------------------------------------------------------


def test_a_flood_is_counted_in_one_write_a_second(
    tables: None, usage: Usage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 29, 23, 59, tzinfo=UTC)
    monkeypatch.setattr(remember, "time", now.timestamp)
    for _ in range(200):
        refusal_counts.count(Kind.SIGN_IN_FAILED, now)
    assert usage.requests == 1
    monkeypatch.setattr(remember, "time", lambda: now.timestamp() + 1)
    refusal_counts.count(Kind.THROTTLED, now)
    assert usage.requests == 2
    item = calls.get(EPHEMERAL, keys.refusals("2026-11-29"))
    assert item
    assert (item["sign_in_failed"], item["throttled"]) == (200, 1)
    assert item["expiresAt"] == int(datetime(2027, 2, 28, tzinfo=UTC).timestamp())


def test_what_could_not_be_counted_is_counted_later(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        break_the_store(broken)
        with pytest.raises(UnavailableError):
            refusal_counts.count(Kind.RESET_ASKED, datetime.now(UTC))
    refusal_counts.settle()
    assert refusal_counts.last_days(1)[0].numbers == [0, 0, 1]
