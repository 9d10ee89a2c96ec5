"""Messages of the site's own HTML, which carries no submission id: the same words are one."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self, override

import pytest
from django.conf import LazySettings
from django.test import Client

from leads import repository
from leads.held import limits, store
from leads.models import Lead, Status
from leads.repository import intake
from tests.forms.making import MESSAGE, added, changed
from tests.held.helpers import set_time
from tests.make import ANN

pytestmark = pytest.mark.usefixtures("tables", "anytime")
BEGAN = datetime.now(UTC)
URL, HERE, NEAR, FAR = "/contact/quote/", "192.0.2.1", "192.0.2.9", "198.51.100.1"


@pytest.fixture
def anytime(settings: LazySettings) -> None:
    """No message is over a limit."""
    settings.INTAKE_PER_NETWORK = settings.INTAKE_TOTAL = 0


def send(sender: str = HERE, url: str = URL, **given: str) -> None:
    answer = Client(REMOTE_ADDR=sender).post(url, MESSAGE | given)
    assert (answer.status_code, answer["Location"]) == (303, f"{url}thanks/")


def all_leads() -> list[Lead]:
    return repository.by_status(Status.NEW, limit=100).leads


def at(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    """Let it be so many seconds later than when the test began."""
    moment = BEGAN + timedelta(seconds=seconds)

    class Clock(datetime):
        @override
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(moment.timestamp(), tz)

    monkeypatch.setattr(intake, "datetime", Clock)


def test_the_same_words_are_one_message() -> None:
    form = added()
    send()
    send(NEAR)
    # What differs is no word of it.
    send(utm_source="news", page="https://a.example/", topic="x", shown="1")
    changed(form, intro="Another text")
    send()
    assert len(all_leads()) == 1


@pytest.mark.parametrize(
    ("sender", "url", "given"),
    [
        (HERE, URL, {"message": "Thirteen, please"}),
        (FAR, URL, {}),
        (HERE, "/contact/other/", {}),
        (HERE, URL, {"submission": "a-page-that-was-opened"}),
    ],
)
def test_anything_else_is_another_one(sender: str, url: str, given: dict[str, str]) -> None:
    added()
    added("other")
    send()
    send(sender, url, **given)
    assert len(all_leads()) == 2


def test_the_same_words_later_are_a_new_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    added()
    at(monkeypatch, 0)
    send()
    at(monkeypatch, 600)
    send()
    assert len(all_leads()) == 1
    at(monkeypatch, 601)
    send()
    assert len({lead.lead_id for lead in all_leads()}) == 2
    # From the last one that was taken on.
    at(monkeypatch, 1_200)
    send()
    assert len(all_leads()) == 2
    at(monkeypatch, 3_600)
    send()
    assert len(all_leads()) == 3


def test_held_ones_are_one_too(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    set_time(monkeypatch, datetime(2026, 11, 29, 12, 0, tzinfo=UTC))
    settings.INTAKE_PER_NETWORK = 1
    added()
    send()
    send(message="Over the limit")
    send(message="Over the limit")
    send()
    limits.forget_all()
    (message,) = store.page(limit=9).messages
    assert store.get(message.lead_id).texts["message"] == "Over the limit"
    assert len(all_leads()) == 1
    store.release(message.lead_id, ANN)
    assert len(all_leads()) == 2


def test_nobody_finds_out_the_name_without_the_key(settings: LazySettings) -> None:
    added()
    send()
    settings.SECRET_KEY = "another one" * 9
    send()
    assert len(all_leads()) == 2
