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
from django.utils import timezone

from crm import remember
from crm.accounts.models import Role, User
from crm.dynamodb.capacity import Usage
from crm.jobs import running, store
from crm.jobs.models import key, name_of
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
        ),
        owner.id,
    )


def ask(user: User) -> None:
    """Ask for the job of a person as on the day before."""
    arguments = {"person": user.id, "zone": "UTC"}
    due = THURSDAY.replace(second=0).astimezone(UTC)
    store.ask(digest.send_digest, arguments, name=f"digest {user.id}", due=due)


def waiting() -> list[str]:
    """Return the names of the jobs of the next days."""
    return [name_of(one.key) for one in store.waiting(datetime.now(UTC) + timedelta(days=9), 10)]


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


def test_who_dies_after_the_mail_was_asked_for_sends_no_second_one(
    ada: User, at: Callable[[datetime], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(ada)
    dated(ada, "2026-12-03", "Now")
    with monkeypatch.context() as dying:
        dying.setattr(store, "put_off", lambda *_given: None)
        assert at(THURSDAY) == ["1 follow-up today"]
    # The mail has left, and nothing is known of it; the job's lease has ended.
    assert waiting() == [f"digest {ada.id}"]
    assert at(THURSDAY + timedelta(minutes=3)) == ["1 follow-up today"]
    assert at(THURSDAY + timedelta(days=1))[1:] == ["1 follow-up today, overdue: 1"]


@pytest.mark.parametrize(
    ("most", "subject"),
    [(2, "2+ follow-ups today, overdue: 1"), (3, "3 follow-ups today, overdue: 1")],
)
def test_more_than_a_mail_names_are_said_to_be_more(
    ada: User,
    at: Callable[[datetime], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    subject: str,
) -> None:
    monkeypatch.setattr(digest, "MOST", most)
    ask(ada)
    for due in ("2026-12-01", "2026-12-03", "2026-12-03"):
        dated(ada, due, "Lead")
    assert at(THURSDAY) == [subject]
    assert ("There are more" in mail.outbox[0].body) is ("+" in subject)


def test_nothing_is_sent_where_nothing_is_due(
    ada: User, at: Callable[[datetime], list[str]]
) -> None:
    ask(ada)
    dated(ada, "2026-12-09", "Later")
    assert at(THURSDAY) == []


@pytest.mark.parametrize(
    "change",
    [
        {"mail_digest": False},
        {"is_active": False},
        {"role": Role.VIEWER},
        {"away_until": "2026-12-03"},
    ],
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


def test_who_wants_it_again_gets_it_again(ada: User, at: Callable[[datetime], list[str]]) -> None:
    ask(ada)
    dated(ada, "2026-12-03", "Now")
    for wanted in (False, True):
        ada.mail_digest = wanted
        ada.save()
        sent = at(THURSDAY + timedelta(days=wanted))
    assert sent == ["1 follow-up today, overdue: 1"]


def test_a_colleagues_zone_is_not_ones_own(
    tables: None, at: Callable[[datetime], list[str]]
) -> None:
    ben = User.objects.create_user("ben@example.com", "x" * 20, name="Ben", role=Role.SALES)
    with timezone.override("Asia/Tokyo"):
        dated(ben, "2026-12-01", "His own")
    remember.forget_all()
    with timezone.override("America/New_York"):
        lead = add_lead("Given", owner=ben)
        digest.ask_for(lead.model_copy(update={"follow_up_at": "2026-12-01"}), "somebody else")
    tokyo = ZoneInfo("Asia/Tokyo")
    job = store.claim(key(f"digest {ben.id}"), datetime(2099, 1, 1, tzinfo=UTC))
    assert job
    assert job.arguments == {"person": ben.id, "zone": tokyo.key}


@pytest.mark.parametrize("way", ["assign", "bulk", "move"])
def test_whoever_gets_a_lead_that_is_due_is_told_in_the_morning(
    web: Client, sales: User, admin: User, way: str
) -> None:
    lead = add_lead()
    repository.follow_up(
        lead.lead_id, "2026-12-03", "", version=1, actor=make.SOMEBODY, write_id=make.act()
    )
    picked = {"action": "assign", "lead": f"2:{lead.lead_id}", "owner": admin.id}
    address, posted, told = {
        "assign": (f"/leads/{lead.lead_id}/assign/", {"owner": admin.id}, admin),
        "bulk": ("/leads/bulk/", picked, admin),
        "move": (f"/leads/{lead.lead_id}/move/", {"status": "contacted"}, sales),
    }[way]
    assert web.post(address, posted | {"version": "2"}).status_code == 302
    assert waiting() == [f"digest {told.id}"]


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
    assert waiting() == [f"digest {sales.id}"]
    remember.forget_all()
