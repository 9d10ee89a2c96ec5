"""Engine and server are killed amid visitors and staff: what was acknowledged is there, once."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from threading import Event, Semaphore

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from crm.accounts.models import Role, User
from crm.dynamodb import client
from crm.dynamodb.creation import create_tables
from crm.dynamodb.items import Item
from crm.dynamodb.scan import scan
from crm.tables import EPHEMERAL, LEADS, TABLES
from leads import repository
from leads.models import STAGES, EventType, Status
from tests.crm.restart.site import SECRET_KEY, Site
from tests.maintenance.helpers import expected_tokens, tokens
from tests.make import act, add, recount, revisions, totals

VISITORS = 4
MOVERS = 4
# Changes that are acknowledged before the axe falls.
ENOUGH = 100
STATUSES = list(STAGES)
DONE = {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER}
CSRF = "a" * 32


@pytest.fixture
def site(tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Yield a running site with tables and nothing in them."""
    settings.SECRET_KEY = SECRET_KEY
    for table in TABLES:
        setattr(settings, table.setting, table.default)
    site = Site(tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", site.engine.url)
    client.reset()
    site.engine.start()
    try:
        create_tables(TABLES)
        site.start_server()
        yield site
    finally:
        site.kill_server()
        site.engine.stop()
        client.reset()


@dataclass
class Mover:
    """Somebody who moves one lead on and on."""

    lead_id: str
    version: int = 1
    status: Status = Status.NEW
    asked: Status | None = None
    """A move that was sent and not answered."""

    def move(self, site: Site, cookies: dict[str, str]) -> bool:
        self.asked = self.asked or STATUSES[(STATUSES.index(self.status) + 1) % len(STATUSES)]
        form = {
            "status": self.asked,
            "version": str(self.version),
            "csrfmiddlewaretoken": CSRF,
        }
        path = reverse("lead_move", args=[self.lead_id])
        answer = site.post(path, form, {**cookies, "__Host-csrftoken": CSRF})
        if answer not in DONE:
            assert answer in {None, HTTPStatus.SERVICE_UNAVAILABLE}
            return False
        self.version, self.status, self.asked = self.version + 1, self.asked, None
        return True


@dataclass
class Visitors:
    """People who write to us; each message is another one."""

    sent: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    def write(self, site: Site) -> bool:
        message = act()
        self.sent.append(message)
        form = {
            "name": "Ada",
            "email": "ada@example.com",
            "subject": "Hi",
            "message": message,
            "submission": message,
        }
        answer = site.post(reverse("contact"), form, {})
        if answer not in DONE:
            assert answer in {None, HTTPStatus.SERVICE_UNAVAILABLE}
            return False
        self.acknowledged.append(message)
        return True


def stream(work: Callable[[], bool], acknowledged: Semaphore, stop: Event) -> None:
    """Work until the site is gone."""
    while not stop.is_set():
        if work():
            acknowledged.release()


def sign_in() -> dict[str, str]:
    user = User.objects.create_user("ann@example.com", "x", name="Ann", role=Role.SALES)
    browser = Client()
    browser.force_login(user)
    return {"__Host-sessionid": browser.cookies["sessionid"].value}


def engine_first(site: Site) -> None:
    site.kill_engine()
    site.kill_server()


def server_first(site: Site) -> None:
    site.kill_server()
    site.kill_engine()


def engine_alone(site: Site) -> None:
    """Return the server lives on, and goes on when the engine is back."""
    site.kill_engine()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_nothing_acknowledged_is_lost_or_doubled(site: Site) -> None:
    cookies = sign_in()
    visitors = Visitors()
    movers = [Mover(add().lead_id) for _ in range(MOVERS)]
    for kill in (engine_first, server_first, engine_alone):
        work_until_killed(site, cookies, visitors, movers, kill)
        site.engine.start()
        site.start_server()
        assert_all_there(visitors, movers)
        for mover in movers:
            # The user tries again what was not answered, and it is done once.
            assert mover.move(site, cookies)
        assert_all_there(visitors, movers)


def work_until_killed(
    site: Site,
    cookies: dict[str, str],
    visitors: Visitors,
    movers: list[Mover],
    kill: Callable[[Site], None],
) -> None:
    stop, acknowledged = Event(), Semaphore(0)
    works: list[Callable[[], bool]] = [lambda: visitors.write(site)] * VISITORS
    works += [lambda mover=mover: mover.move(site, cookies) for mover in movers]  # type: ignore[misc]
    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(stream, work, acknowledged, stop) for work in works]
        try:
            for _ in range(ENOUGH):
                assert acknowledged.acquire(timeout=30)
            kill(site)
        finally:
            stop.set()
    for future in futures:
        future.result()


def assert_all_there(visitors: Visitors, movers: list[Mover]) -> None:
    items = list(scan(LEADS, where="#version >= :one", values={"one": 1}))
    messages = Counter(str(item["message"]) for item in items if item["source"] == "contact-form")
    assert set(visitors.acknowledged) <= set(messages) <= set(visitors.sent)
    assert set(messages.values()) <= {1}
    for mover in movers:
        assert_moved(mover)
    assert totals() == recount()
    # Nothing torn: each lead with its events, its record, its counter and its search tokens.
    # A move that takes its lead is told by two counters: nobody's and its owner's.
    taken = sum("ownerId" in item for item in items)
    assert revisions() == sum(assert_history(item) for item in items) + taken
    records = scan(EPHEMERAL, where="begins_with(#PK, :record)", values={"record": "IDEMPOTENCY#"})
    assert len(list(records)) == len(items)
    assert tokens() == expected_tokens()


def assert_moved(mover: Mover) -> None:
    """Return the lead is where its mover was told, or one unanswered move further."""
    lead = repository.get(mover.lead_id, consistent=True)
    unanswered = (mover.version + 1, mover.asked)
    assert (lead.version, lead.status) in {(mover.version, mover.status), unanswered}


def assert_history(item: Item) -> int:
    """Every version of a lead has its event; returns how many there are."""
    events = []
    page = repository.timeline(str(item["leadId"]))
    events += page.events
    while page.cursor:
        page = repository.timeline(str(item["leadId"]), cursor=page.cursor)
        events += page.events
    assert [event.version for event in events] == list(range(len(events), 0, -1))
    assert events[-1].type is EventType.CREATED
    assert int(str(item["version"])) == len(events)
    return len(events)
