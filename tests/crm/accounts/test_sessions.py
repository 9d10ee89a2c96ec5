"""Sessions in the table whose items expire."""

from http.cookies import SimpleCookie
from time import time

import pytest
from django.conf import LazySettings
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.core.management import call_command
from django.core.signing import Signer
from django.test import Client

from crm.accounts import keys, throttle
from crm.accounts.models import User
from crm.accounts.sessions import SessionStore, is_signed, new_key
from crm.dynamodb import calls
from crm.dynamodb.calls import Item
from crm.dynamodb.capacity import Usage
from crm.dynamodb.items import Key
from crm.dynamodb.schema import Table
from crm.dynamodb.transport import Transport
from crm.tables import EPHEMERAL, HELD
from tests.crm.accounts.conftest import signed_in

EPHEMERAL_KINDS = ("IDEMPOTENCY", "REFUSALS", "SEEN", "SESSION", "SESSIONS", "THROTTLE")
HELD_KINDS = ("COUNT", "HELD", "TOTALS")
"""What expires: each kind of key wants a right of the maintenance role."""


@pytest.fixture
def unknown() -> str:
    """Return a key that is signed, and of no session."""
    return new_key()


def stored(**data: str) -> str:
    """Store a session and return its key."""
    session = SessionStore()
    session.update(data)
    session.save()
    assert session.session_key is not None
    return session.session_key


def test_what_is_saved_is_read(unknown: str) -> None:
    key = stored(colour="blue")
    session = SessionStore(key)
    assert session["colour"] == "blue"
    session["colour"] = "red"
    session.save()
    assert SessionStore(key)["colour"] == "red"
    assert session.exists(key)
    assert not session.exists(unknown)


def test_an_unknown_key_is_not_adopted(unknown: str) -> None:
    session = SessionStore(unknown)
    assert session.get("colour") is None
    assert session.session_key is None


@pytest.mark.parametrize(
    "key",
    [
        "",
        "short",
        "x" * 32,
        "x" * 3000,
        "../" + "x" * 29,
        "a\x00" * 16,
        "é" * 32,
        f"{'x' * 32}.",
        f"{'x' * 32}.{'x' * 43}",
        f"{'x' * 32}.{'é' * 43}",
        f"{'x' * 32}.{'\udc80' * 43}",
        f"{'x' * 32}.{'x' * 43}\n",
        f"{'x' * 32}:{'x' * 43}",
    ],
)
def test_a_forged_key_asks_no_store(key: str, usage: Usage) -> None:
    session = SessionStore(key)
    assert session.session_key is None
    assert session.get("colour") is None
    assert not is_signed(key)
    assert usage.requests == 0


def test_every_changed_character_forges_a_key(usage: Usage) -> None:
    key = stored(colour="blue")
    before = usage.requests
    for place, character in enumerate(key):
        other = "a" if character != "a" else "b"
        forged = f"{key[:place]}{other}{key[place + 1 :]}"
        assert SessionStore(forged).get("colour") is None
    assert usage.requests == before


def test_a_forged_cookie_on_a_page_asks_no_store(usage: Usage, settings: LazySettings) -> None:
    web = Client()
    for forged in ("x" * 32, f"{'x' * 32}.{'x' * 43}"):
        web.cookies[settings.SESSION_COOKIE_NAME] = forged
        assert web.get("/board/").status_code == 302
    assert usage.requests == 0


def test_a_key_has_only_what_cookies_allow_unquoted(unknown: str) -> None:
    assert is_signed(unknown)
    cookies = SimpleCookie({"sessionid": unknown})
    assert cookies["sessionid"].coded_value == unknown


def test_a_key_outlives_the_rotation_of_the_secret(settings: LazySettings, unknown: str) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 60
    assert is_signed(unknown)
    settings.SECRET_KEY_FALLBACKS = []
    assert not is_signed(unknown)


def test_what_was_signed_for_something_else_is_no_key() -> None:
    assert not is_signed(Signer(sep=".", salt="else").sign("x" * 32))


def test_deleting(unknown: str) -> None:
    key = stored(colour="blue")
    SessionStore(key).delete()
    assert SessionStore(key).get("colour") is None
    SessionStore().delete()
    SessionStore(unknown).delete()


def test_a_session_that_was_ended_meanwhile_does_not_come_back() -> None:
    key = stored(colour="blue")
    session = SessionStore(key)
    session["colour"] = "red"
    SessionStore(key).delete()
    with pytest.raises(UpdateError):
        session.save()
    assert not session.exists(key)


def test_a_key_is_given_once() -> None:
    session = SessionStore(stored(colour="blue"))
    with pytest.raises(CreateError):
        session.save(must_create=True)


def test_creating_tries_another_key(monkeypatch: pytest.MonkeyPatch, unknown: str) -> None:
    taken = stored(colour="blue")
    offers = iter([taken, unknown])
    monkeypatch.setattr("crm.accounts.sessions.new_key", lambda: next(offers))
    session = SessionStore()
    session.create()
    assert session.session_key == unknown
    assert SessionStore(taken)["colour"] == "blue"


def test_cycling_keeps_the_data_under_a_new_key() -> None:
    old = stored(colour="blue")
    session = SessionStore(old)
    session.cycle_key()
    session.save()
    assert session.session_key != old
    assert SessionStore(session.session_key)["colour"] == "blue"
    assert not session.exists(old)


def test_an_expired_session_is_gone_before_it_is_removed() -> None:
    session = SessionStore()
    session["colour"] = "blue"
    session.set_expiry(-1)
    session.save()
    key = session.session_key
    assert key is not None
    assert calls.get(EPHEMERAL, keys.session(key)) is not None
    assert SessionStore(key).get("colour") is None
    assert not session.exists(key)


def test_store_and_log_never_see_a_session_key(
    sales: User,
    viewer: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    sent: list[str] = []
    ask = Transport.ask

    def listening(transport: Transport, *arguments: object, **options: bool) -> object:
        sent.append(repr(arguments))
        return ask(transport, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Transport, "ask", listening)
    web = signed_in(sales)
    first = web.cookies["sessionid"].value
    assert web.get("/board/").status_code == 200
    web.post("/accounts/logout/")
    web.force_login(viewer)
    second = web.cookies["sessionid"].value
    assert web.get("/board/").status_code == 200
    requests = "".join(sent)
    for key in (first, second):
        assert keys.session_digest(key) in requests
        assert key.partition(".")[0] not in requests + caplog.text


def test_altered_data_is_no_data() -> None:
    key = stored(colour="blue")
    calls.update(EPHEMERAL, keys.session(key), "SET #data = :data", values={"data": "altered"})
    assert SessionStore(key).get("colour") is None


@pytest.mark.parametrize("stale", ["missing", "blank"])
def test_a_session_is_found_right_after_it_was_made(
    stale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = stored(colour="blue")
    blank = SessionStore()
    read = calls.get

    def lagging(table: Table, item: Key, *, consistent: bool = False) -> Item | None:
        found = read(table, item, consistent=consistent)
        if consistent or found is None:
            return found
        return None if stale == "missing" else found | {"data": blank.encode({})}

    monkeypatch.setattr(calls, "get", lagging)
    assert SessionStore(key)["colour"] == "blue"


def test_reading_costs_half_a_unit(usage: Usage) -> None:
    key = stored(colour="blue")
    before = usage.rru
    assert SessionStore(key)["colour"] == "blue"
    assert usage.rru - before == 0.5


def test_a_signed_in_page_costs_one_and_a_half_units(usage: Usage, sales: User) -> None:
    web = signed_in(sales)
    before = (usage.rru, usage.wru)
    assert web.get("/board/").status_code == 200
    assert (usage.rru, usage.wru) == (before[0] + 1.5, before[1])


@pytest.mark.parametrize(
    ("path", "status"), [("/public/", 200), ("/board/", 302), ("/accounts/login/", 200)]
)
def test_an_anonymous_visitor_costs_nothing(path: str, status: int, usage: Usage) -> None:
    response = Client().get(path)
    assert response.status_code == status
    assert usage.requests == 0
    assert "sessionid" not in response.cookies


def test_clearsessions_removes_what_has_expired_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, sales: User, settings: LazySettings
) -> None:
    settings.SESSION_COOKIE_AGE = 3600
    key = stored(colour="blue")
    web = signed_in(sales)
    throttle.reserve(throttle.sign_in("ada@example.com", "192.0.2.1"))
    old: list[Item] = [
        {"PK": f"{kind}#{number}", "data": "x" * 1000, "expiresAt": int(time()) - 10}
        for number in range(5)
        for kind in EPHEMERAL_KINDS
    ]
    calls.batch_put(EPHEMERAL, old)
    held: list[Item] = [{"PK": f"{kind}#0", "expiresAt": int(time()) - 10} for kind in HELD_KINDS]
    for item in held:
        calls.put(HELD, item)
    calls.put(HELD, {"PK": "HELD#1", "state": "held"})
    call_command("clearsessions")
    assert all(calls.get(EPHEMERAL, {"PK": str(item["PK"])}) is None for item in old)
    assert not any(calls.get(HELD, {"PK": str(item["PK"])}) for item in held)
    assert calls.get(HELD, {"PK": "HELD#1"}) is not None
    assert SessionStore(key)["colour"] == "blue"
    assert web.get("/board/").status_code == 200
    later = time() + 3700
    monkeypatch.setattr("crm.accounts.sessions.time", lambda: later)
    call_command("clearsessions")
    assert calls.get(EPHEMERAL, keys.session(key)) is None


def test_clearsessions_needs_no_table_of_held_messages(settings: LazySettings) -> None:
    settings.HELD_TABLE_NAME = "no-such-table"
    call_command("clearsessions")


def test_a_session_that_was_renewed_survives_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    key = stored(colour="blue")
    expired = {EPHEMERAL: [{**keys.session(key), "expiresAt": 1}]}
    monkeypatch.setattr(
        "crm.accounts.sessions.scan", lambda table, **_values: expired.get(table, [])
    )
    call_command("clearsessions")
    assert SessionStore(key)["colour"] == "blue"
