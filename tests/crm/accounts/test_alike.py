"""Whether there is an account, nobody is told: not by words, requests, work or time."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

import pytest
from django.conf import LazySettings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.mail import EmailMessage
from django.http import HttpResponseBase
from django.test import Client

from crm.accounts import moments, throttle
from crm.accounts.models import User
from tests.conftest import PASSWORD
from tests.plugins.parts import listen

LOGIN = "/accounts/login/"
RESET = "/accounts/password-reset/"
KINDS = ["known", "inactive", "without a password", "unknown"]

type Ask = Callable[[str], HttpResponseBase]


class Calls(list[str]):
    """What is asked of DynamoDB, in order."""

    def hear(self, _part: str, call: str) -> None:
        """Take note of a call, but for the counts of refusals: they are written now and then."""
        if "REFUSALS#" not in call:
            self.append(call)


@contextmanager
def heard() -> Iterator[Calls]:
    """Yield the calls that are made inside."""
    calls = Calls()
    stop = listen(calls)
    try:
        yield calls
    finally:
        stop()


@pytest.fixture
def addresses(tables: None) -> dict[str, str]:
    """Return an address for each kind of account."""
    found = {kind: f"{number}@example.com" for number, kind in enumerate(KINDS)}
    User.objects.create_user(found["known"], PASSWORD, name="A")
    User.objects.create_user(found["inactive"], PASSWORD, name="B", is_active=False)
    User.objects.create_user(found["without a password"], name="C")
    return found


def sign_in(email: str, address: str = "192.0.2.1") -> HttpResponseBase:
    data = {"username": email, "password": "wrong"}
    return Client().post(LOGIN, data, REMOTE_ADDR=address)


def sign_in_under_attack(email: str) -> HttpResponseBase:
    for _ in range(10):
        throttle.reserve([throttle.by_account("sign-in", email, 10)])
    return sign_in(email)


def reset(email: str) -> HttpResponseBase:
    return Client().post(RESET, {"email": email})


def content(response: HttpResponseBase, email: str) -> str:
    return response.content.decode().replace(email, "")  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("ask", [sign_in, sign_in_under_attack, reset])
@pytest.mark.parametrize("has_mail", [True, False])
def test_the_same_requests_and_the_same_answer(
    addresses: dict[str, str], ask: Ask, settings: LazySettings, *, has_mail: bool
) -> None:
    settings.PASSWORD_RESET_BY_MAIL = has_mail
    seen = set()
    for email in addresses.values():
        with heard() as calls:
            response = ask(email)
        assert bool(calls) is (has_mail or ask is not reset)
        text = content(response, email).partition("csrfmiddlewaretoken")[0]
        seen.add((response.status_code, text, *calls))
    assert len(seen) == 1


def test_the_password_is_hashed_once_whoever_it_is(
    addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    for number, email in enumerate(addresses.values(), start=1):
        sign_in(email)
        assert len(hashed) == number


class Clock:
    """A clock that stands still unless somebody sleeps, or works for ``work`` seconds."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Take the place of the clock, and of sleep."""
    fake = Clock()
    monkeypatch.setattr(moments, "monotonic", fake)
    monkeypatch.setattr(moments, "sleep", fake.sleep)
    monkeypatch.setattr(moments, "MAIL_TIME", 0.0)
    monkeypatch.setattr(moments, "STEP_WITH_MAIL", moments.STEP)
    return fake


@pytest.fixture
def work(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let it take so many seconds to find an account."""
    find = User.objects.find_by_email

    def take(seconds: float) -> None:
        def slow(email: str) -> User | None:
            clock.now += seconds
            return find(email)

        monkeypatch.setattr(User.objects, "find_by_email", slow)

    return take


@pytest.mark.parametrize("ask", [sign_in, sign_in_under_attack, reset])
@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_goes_out_at_a_fixed_moment(
    addresses: dict[str, str],
    clock: Clock,
    work: Callable[[float], None],
    ask: Ask,
    kind: str,
) -> None:
    for seconds in (0.02, 0.7):
        work(seconds)
        ask(addresses[kind])
        assert clock.slept.pop() == pytest.approx(1 - seconds)
        if ask is sign_in_under_attack:
            throttle.forget(throttle.by_account("sign-in-link", addresses[kind], 1))


@pytest.mark.parametrize("kind", KINDS)
def test_on_lambda_the_mail_is_out_before_the_moment(
    addresses: dict[str, str],
    clock: Clock,
    work: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setattr(moments, "STEP_WITH_MAIL", 3.0)
    work(0.25)
    for ask in (reset, sign_in_under_attack):
        ask(addresses[kind])
        assert clock.slept == [2.75]
        clock.slept.clear()


@pytest.mark.parametrize(("on_lambda", "slept"), [(3.0, [3.0 - 0.25]), (0.0, [])])
def test_on_lambda_the_word_to_the_owner_is_out_as_well(  # noqa: PLR0913 - fixtures
    addresses: dict[str, str],
    clock: Clock,
    work: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
    *,
    on_lambda: float,
    slept: list[float],
) -> None:
    monkeypatch.setattr(moments, "MAIL_TIME", on_lambda)
    work(0.25)
    for _ in range(5):
        throttle.reserve([throttle.by_account("sign-in", addresses["known"], 10)])
    data = {"username": addresses["known"], "password": PASSWORD}
    assert Client().post(LOGIN, data).status_code == 302
    assert clock.slept == slept


def test_what_is_refused_does_not_wait(
    addresses: dict[str, str], clock: Clock, settings: LazySettings
) -> None:
    settings.PASSWORD_RESET_BY_MAIL = False
    for number in range(12):
        sign_in(addresses["known"], f"192.0.2.{number}")
    assert len(clock.slept) == 10
    settings.PASSWORD_RESET_BY_MAIL = True
    clock.slept.clear()
    for _ in range(7):
        reset(addresses["known"])
    assert len(clock.slept) == 5


def test_who_signs_in_or_forgets_a_field_does_not_wait(
    addresses: dict[str, str], clock: Clock
) -> None:
    data = {"username": addresses["known"], "password": PASSWORD}
    assert Client().post(LOGIN, data).status_code == 302
    assert Client().post(LOGIN, data | {"password": ""}).status_code == 200
    assert Client().post(RESET, {"email": "nobody"}).status_code == 200
    assert clock.slept == []


def test_only_so_many_wait_at_once(
    addresses: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    mailoutbox: list[EmailMessage],
) -> None:
    others: list[HttpResponseBase] = []

    def others_meanwhile(_seconds: float) -> None:
        # Each who waits lets another one come: until no more may wait.
        others.extend([reset(addresses["known"]), sign_in(addresses["known"])])

    known = Client()
    data = {"username": addresses["known"], "password": PASSWORD}
    assert known.post(LOGIN, data).status_code == 302
    monkeypatch.setattr(moments, "sleep", others_meanwhile)
    monkeypatch.setattr(moments, "_places", BoundedSemaphore(1))
    assert sign_in(addresses["known"]).status_code == 200
    assert [response.status_code for response in others] == [429, 429]
    assert [response["Retry-After"] for response in others] == ["1", "1"]
    assert all("in a few seconds" in content(response, "") for response in others)
    assert mailoutbox == []
    # Who is known, by the browser or by the network, gets in all the same.
    with moments.place():
        assert Client().post(LOGIN, data, REMOTE_ADDR="198.51.100.9").status_code == 429
        assert Client().post(LOGIN, data).status_code == 302
        known.post("/accounts/logout/")
        assert known.post(LOGIN, data, REMOTE_ADDR="198.51.100.9").status_code == 302


def test_who_is_refused_for_others_has_not_used_up_a_guess(
    addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moments, "_places", BoundedSemaphore(1))
    with moments.place():
        for _ in range(20):
            sign_in(addresses["known"])
    for counter in throttle.sign_in(addresses["known"], "192.0.2.1"):
        assert throttle.count(counter) == 0


def test_who_is_over_a_limit_holds_no_place(
    addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moments, "_places", BoundedSemaphore(1))
    for _ in range(10):
        sign_in(addresses["known"])
    for _ in range(5):
        reset(addresses["known"])
    with moments.place():
        answers = [sign_in(addresses["unknown"]), reset(addresses["unknown"])]
    # Told to wait for the limit of the address, and not for a place.
    assert [int(answer["Retry-After"]) > 1 for answer in answers] == [True, True]


def test_who_is_refused_for_others_has_asked_for_no_reset(
    addresses: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    mailoutbox: list[EmailMessage],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "crm.security")
    monkeypatch.setattr(moments, "_places", BoundedSemaphore(1))
    with moments.place():
        answers = [reset(addresses["known"]).status_code for _ in range(6)]
    assert answers == [429] * 6
    assert not [record for record in caplog.records if record.name == "crm.security"]
    assert reset(addresses["known"]).status_code == 302
    assert len(mailoutbox) == 1


def test_the_place_is_free_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "_places", BoundedSemaphore(1))
    for _ in range(2):
        with pytest.raises(KeyError), moments.place():
            raise KeyError
