"""The mail of the morning: by a job a person, on working days, and none where nothing is due."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from io import StringIO
from typing import override
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings
from django.core import mail
from django.core.management import call_command
from django.test import Client

from crm import remember
from crm.accounts.models import Role, User
from crm.dynamodb.capacity import Usage
from crm.jobs import running, store
from crm.jobs.models import name_of
from leads import repository
from leads.web import digest
from tests import make
from tests.web.pages import add_lead, current

BERLIN = ZoneInfo("Europe/Berlin")
# A Thursday, and the morning of it.
THURSDAY = datetime(2026, 12, 3, 8, 0, 5, tzinfo=BERLIN)


@pytest.fixture
def ada(tables: None) -> User:
    told = {"zone": "Europe/Berlin"}
    user = User.objects.create_user("ada@example.com", "x" * 20, name="Ada", role=Role.SALES)
    for name, value in told.items():
        setattr(user, name, value)
    user.save(own=True)
    return user


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], list[str]]:
    """Return what does what is due at a moment, and tells the subjects of the mails so far."""

    def do(now: datetime) -> list[str]:
        class Clock(datetime):
            @classmethod
            @override
            def now(cls, tz: tzinfo | None = None) -> "Clock":
                return cls.fromisoformat(now.astimezone(tz or UTC).isoformat())

        for module in (running, store):
            monkeypatch.setattr(f"{module.__name__}.datetime", Clock)
        monkeypatch.setattr("django.utils.timezone.now", lambda: now.astimezone(UTC))
        call_command("run_due", stdout=StringIO())
        return [str(one.subject) for one in mail.outbox]

    return do


def dated(owner: User, due: str, name: str, what: str = "") -> None:
    lead = add_lead(name, owner=owner)
    digest.ask_for(
        repository.follow_up(
            lead.lead_id, due, what, version=1, actor=make.SOMEBODY, write_id=make.act()
        )
    )


def ask(user: User) -> None:
    """Ask for the job of a person as on the day before."""
    arguments = {"person": user.id, "zone": "UTC"}
    due = THURSDAY.replace(second=0).astimezone(UTC)
    store.ask(digest.send_digest, arguments, name=f"digest {user.id}", due=due)


def test_a_morning_says_what_is_due(
    ada: User, at: Callable[[datetime], list[str]], settings: LazySettings
) -> None:
    settings.PUBLIC_URL = "https://crm.example.com"
    ask(ada)
    dated(ada, "2026-12-01", "Over", "Call")
    dated(ada, "2026-12-03T13:00:00.000Z", "Now", "Ask Jo")
    dated(ada, "2026-12-04", "Later")
    assert at(THURSDAY - timedelta(minutes=1)) == []
    assert at(THURSDAY) == ["2 follow-ups today, overdue: 1"]
    letter = mail.outbox[0]
    assert letter.to == ["ada@example.com"]
    assert "- Over (Acme), Tue 1 Dec: Call" in letter.body
    assert "- Now (Acme), Today, 14:00: Ask Jo" in letter.body
    assert "Later" not in letter.body
    assert "https://crm.example.com/today/" in letter.body
    # Again on Friday, and not on Saturday.
    assert len(at(THURSDAY + timedelta(hours=1))) == 1
    assert at(THURSDAY + timedelta(days=1))[1:] == ["3 follow-ups today, overdue: 2"]
    assert len(at(THURSDAY + timedelta(days=2))) == 2


def test_nothing_is_sent_where_nothing_is_due(
    ada: User, at: Callable[[datetime], list[str]]
) -> None:
    ask(ada)
    dated(ada, "2026-12-09", "Later")
    assert at(THURSDAY) == []


@pytest.mark.parametrize(
    "change", [{"mail_digest": False}, {"is_active": False}, {"away_until": "2026-12-03"}]
)
def test_nothing_is_sent_to_who_does_not_want_it(
    ada: User, at: Callable[[datetime], list[str]], change: dict[str, object]
) -> None:
    ask(ada)
    dated(ada, "2026-12-03", "Now")
    for name, value in change.items():
        setattr(ada, name, value)
    ada.save()
    assert at(THURSDAY) == []


def test_a_server_that_stood_still_sends_no_morning_mail_in_the_evening(
    ada: User, at: Callable[[datetime], list[str]]
) -> None:
    ask(ada)
    dated(ada, "2026-12-03", "Now")
    assert at(THURSDAY + timedelta(hours=9)) == []
    assert at(THURSDAY + timedelta(days=1)) == ["1 follow-up today, overdue: 1"]


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        ("2026-12-03T07:59:00+01:00", "2026-12-03T07:00:00+00:00"),
        ("2026-12-03T08:00:00+01:00", "2026-12-04T07:00:00+00:00"),
        ("2026-12-04T08:00:00+01:00", "2026-12-07T07:00:00+00:00"),
        ("2026-12-05T07:00:00+01:00", "2026-12-07T07:00:00+00:00"),
        ("2027-03-26T09:00:00+01:00", "2027-03-29T06:00:00+00:00"),
    ],
)
def test_the_next_morning_is_that_of_a_working_day(now: str, morning: str) -> None:
    moment = datetime.fromisoformat(now).astimezone(BERLIN)
    assert digest.next_morning(moment) == datetime.fromisoformat(morning)


def test_whoever_sets_a_follow_up_asks_for_it_once(web: Client, sales: User, usage: Usage) -> None:
    lead = add_lead()
    for number, due in enumerate(("tomorrow", "in 2 weeks")):
        before = usage.wru
        web.post(f"/leads/{lead.lead_id}/follow-up/", {"due": due, "version": number + 1})
        assert usage.wru - before <= 18
    assert current(lead.lead_id).version == 3
    waiting = [name_of(one.key) for one in store.waiting(datetime.now(UTC) + timedelta(days=5), 10)]
    assert waiting == [f"digest {sales.id}"]
    remember.forget_all()
