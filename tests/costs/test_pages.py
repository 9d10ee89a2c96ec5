"""What pages consume is what the model of a month's costs counts with."""

import gzip
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.test import Client

from crm import remember
from crm.accounts.models import User
from crm.dynamodb.capacity import Usage
from crm.jobs.running import run_due
from crm.logs import JsonFormatter
from infra.costs import consumption, traffic
from infra.costs.bill import LOOK_RRU
from infra.costs.consumption import Units
from leads import repository
from leads.demo_data.run import seed_leads
from leads.models import Status
from leads.receiving.receive import receive
from leads.reply_addresses import address_of
from tests import ROOT
from tests.conftest import PASSWORD
from tests.crm.outbox.letters import give_ids
from tests.make import add
from tests.plugins.mail_server import MailServer
from tests.repository.test_replies import let_ten_seconds_pass
from tests.web.pages import HTMX

pytestmark = pytest.mark.slow

type Ask = Callable[[], object]

# htmx 2 as django-htmx ships it, compressed.
HTMX_BYTES = 17_000
ADR = ROOT / "docs" / "adr" / "0048-what-is-erased-and-how.md"
PROSE = ADR.read_text(encoding="utf-8")[:3_000]


@pytest.fixture
def measure(usage: Usage, web: Client) -> Callable[[Ask], Units]:
    """Return what tells what a request consumes, in tables with 400 leads."""
    for _ in seed_leads(1, 400):
        pass
    web.get("/board/")  # who is who is read once a minute
    web.get("/leads/add/")  # and which custom fields there are
    web.get("/contact/")  # and which forms, twice a minute

    def measured(ask: Ask) -> Units:
        before = Units(usage.rru, usage.wru)
        ask()
        return Units(usage.rru - before.rru, usage.wru - before.wru)

    return measured


def test_pages(measure: Callable[[Ask], Units], web: Client) -> None:
    board = web.get("/board/", headers=HTMX)
    known = HTMX | {"X-Board-Tag": board.headers["X-Board-Tag"]}
    found = re.search(r'"(/board/column/new/\?cursor=[^"]+)"', web.get("/board/").content.decode())
    assert found
    lead = repository.by_status(Status.NEW).leads[0]
    assert measure(lambda: web.get("/board/", headers=HTMX)) == consumption.BOARD
    assert measure(lambda: web.get("/board/", headers=known)) == consumption.UNCHANGED_POLL
    assert measure(lambda: web.get(found[1], headers=HTMX)) == consumption.COLUMN_PAGE
    assert measure(lambda: web.get("/leads/")) == consumption.LIST_PAGE
    assert measure(lambda: web.get(f"/leads/{lead.lead_id}/")) == consumption.LEAD_PAGE
    assert measure(lambda: web.get(f"/leads/{lead.lead_id}/edit/")) == consumption.EDIT_FORM


def test_follow_ups(measure: Callable[[Ask], Units], web: Client, sales: User) -> None:
    leads = [one for one in repository.by_status(Status.NEW, 60).leads if not one.owner_id]
    sent = [f"/leads/{one.lead_id}/follow-up/" for one in leads[:55]]
    form = {"due": "today", "text": "Call about the offer", "version": "1"}
    web.post(sent[0], form)
    set_one = measure(lambda: web.post(sent[1], form, headers=HTMX))
    assert set_one == consumption.FOLLOW_UP
    for one in sent[2:]:
        web.post(one, form)
    assert measure(lambda: web.get("/today/")).rru <= consumption.AGENDA.rru
    remember.forget_all()
    assert measure(lambda: web.get("/today/count/")) == consumption.DUE_COUNT


def test_an_answer(measure: Callable[[Ask], Units], web: Client, mail_server: MailServer) -> None:
    lead = next(one for one in repository.by_status(Status.NEW).leads if not one.owner_id)
    path = f"/leads/{lead.lead_id}/reply/"
    run_due()
    assert measure(lambda: web.get(path, headers=HTMX)) == consumption.REPLY_FORM
    reply = {"body": PROSE, "version": "1", "panel": "1"}
    answer = measure(lambda: web.post(path, reply, headers=HTMX))
    assert answer.rru <= consumption.REPLY.rru
    # Beside it, once an hour, the job of the morning's mail.
    assert consumption.REPLY.wru - 2 <= answer.wru <= consumption.REPLY.wru + 2
    let_ten_seconds_pass(lead)
    delivery = measure(run_due)
    assert len(mail_server.taken) == 1
    assert delivery.rru <= consumption.DELIVERY.rru + LOOK_RRU
    assert consumption.DELIVERY.wru - 2 <= delivery.wru <= consumption.DELIVERY.wru


def test_an_answer_that_a_service_gives_an_id(
    measure: Callable[[Ask], Units], web: Client, mail_server: MailServer, settings: LazySettings
) -> None:
    costs = []
    for number in (0, 1):
        lead = [one for one in repository.by_status(Status.NEW).leads if not one.owner_id][number]
        web.post(f"/leads/{lead.lead_id}/reply/", {"body": PROSE, "version": "1"})
        let_ten_seconds_pass(lead)
        costs.append(measure(run_due))
        give_ids(settings)
    assert len(mail_server.taken) == 1
    assert costs[1].wru - costs[0].wru == consumption.GIVEN_ID.wru


def test_a_mail_that_comes_in(
    measure: Callable[[Ask], Units],
    mail_server: MailServer,
    sales: User,
    settings: LazySettings,
) -> None:
    settings.INBOUND_ADDRESS = "reply@in.example.com"
    lead = add(owner_id=sales.id, email="ada@example.com", message=PROSE[:500])
    message = EmailMessage()
    message["From"], message["To"] = "Ada <ada@example.com>", address_of(lead.lead_id)
    message["Subject"], message["Message-ID"] = "Re: A question", "<1@mail.example.com>"
    message.set_content(PROSE[:1_000])
    run_due()
    cost = measure(lambda: receive(message.as_bytes()))
    assert cost.rru <= consumption.INCOMING.rru
    assert consumption.INCOMING.wru - 2 <= cost.wru <= consumption.INCOMING.wru
    notice = measure(run_due)
    assert len(mail_server.taken) == 1
    assert notice.rru <= consumption.NOTICE.rru + LOOK_RRU
    assert notice.wru == consumption.NOTICE.wru


def test_a_mail_of_the_morning(
    measure: Callable[[Ask], Units],
    web: Client,
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = datetime.now(UTC)
    mornings = iter([now, now + timedelta(days=1)])
    monkeypatch.setattr("leads.web.digest._is_morning", lambda _now: True)
    monkeypatch.setattr("leads.web.digest.next_morning", lambda _now: next(mornings))
    lead = next(one for one in repository.by_status(Status.NEW).leads if not one.owner_id)
    run_due()
    web.post(f"/leads/{lead.lead_id}/follow-up/", {"due": "today", "version": "1"})
    cost = measure(lambda: (run_due(), run_due()))
    assert len(mail_server.taken) == 1
    assert cost.rru <= consumption.DIGEST.rru
    assert cost.wru == consumption.DIGEST.wru


def test_search(measure: Callable[[Ask], Units], web: Client) -> None:
    assert (
        measure(lambda: web.get("/leads/search/?q=pri", headers=HTMX)) == consumption.TYPED_PREFIX
    )
    typed = measure(lambda: web.get("/leads/search/?q=ma", headers=HTMX))
    assert consumption.TYPED_PREFIX.rru < typed.rru <= consumption.TYPED_WORD.rru
    page = measure(lambda: web.get("/leads/?q=ma"))
    assert typed.rru < page.rru <= consumption.FOUND_PAGE.rru


def test_changes(measure: Callable[[Ask], Units], web: Client) -> None:
    lead = next(one for one in repository.by_status(Status.NEW).leads if not one.owner_id)
    move = {"status": "contacted", "version": "1"}
    moved = measure(lambda: web.post(f"/leads/{lead.lead_id}/move/", move, headers=HTMX))
    assert moved == consumption.MOVE
    fields = {"name": lead.name, "email": lead.email, "company": "Quite another Company"}
    edit = fields | {"subject": lead.subject, "version": "2"}
    edited = measure(lambda: web.post(f"/leads/{lead.lead_id}/edit/", edit))
    assert repository.get(lead.lead_id).company == "Quite another Company"
    assert edited.rru == consumption.EDIT.rru
    assert edited.wru <= consumption.EDIT.wru


def test_a_visitor(measure: Callable[[Ask], Units]) -> None:
    form = {
        "name": "Ada Lovelace",
        "email": "ada.lovelace@analytical.example",
        "company": "Analytical Engines",
        "subject": "A question about the difference",
        "message": "We would like to know more. " * 20,
        "submission": uuid4().hex,
    }
    cost = measure(lambda: Client().post("/contact/", form))
    assert cost.rru == consumption.INTAKE.rru
    assert cost.wru == pytest.approx(consumption.INTAKE.wru, rel=0.05)


def test_signing_in(measure: Callable[[Ask], Units], sales: User) -> None:
    browser = Client()
    form = {"username": sales.email, "password": PASSWORD}
    browser.post("/accounts/login/", form)
    browser.post("/accounts/logout/")
    cost = measure(lambda: browser.post("/accounts/login/", form))
    assert cost.rru == consumption.SIGN_IN.rru
    # From a browser that is new it is more than from one that is known.
    assert cost.wru <= consumption.SIGN_IN.wru


def test_answers_are_no_larger_than_the_bill_says(
    measure: Callable[[Ask], Units], web: Client
) -> None:
    lead = repository.by_status(Status.NEW).leads[0]
    tag = web.get("/board/", headers=HTMX).headers["X-Board-Tag"]
    assert traffic.BOARD_BYTES / 2 < sent(web, "/board/", HTMX) <= traffic.BOARD_BYTES
    unchanged = sent(web, "/board/", HTMX | {"X-Board-Tag": tag})
    assert unchanged <= traffic.UNCHANGED_BYTES * 1.1
    pages = [*["/leads/"] * 4, *[f"/leads/{lead.lead_id}/"] * 10, *["/leads/search/?q=pri"] * 6]
    assert sum(sent(web, page) for page in pages) / len(pages) <= traffic.PAGE_BYTES
    visit = sum(sent(Client(), page) for page in ("/contact/", "/contact/thanks/"))
    assert visit + traffic.UNCHANGED_BYTES <= traffic.VISIT_BYTES


def test_a_log_line_is_no_longer_than_the_bill_says(
    measure: Callable[[Ask], Units],
    web: Client,
    settings: LazySettings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.STAGE = "production"
    with caplog.at_level(logging.INFO, "crm.request"):
        for page in ["/board/"] * 8 + ["/leads/", "/contact/"]:
            web.get(page)
    records = [record for record in caplog.records if record.name == "crm.request"]
    lines = [JsonFormatter().format(record).encode() for record in records[-10:]]
    assert b"_aws" in lines[0]
    assert traffic.LOG_BYTES / 2 < sum(map(len, lines)) / 10 <= traffic.LOG_BYTES


def test_style_and_scripts_are_no_larger_than_the_bill_says() -> None:
    # What another site or one page of admins asks for is not on the bill.
    others = {"embed.js", "frame.js", "forms.js"}
    sizes = {
        path.name: len(gzip.compress(path.read_bytes()))
        for path in Path("static").iterdir()
        if path.suffix in {".css", ".js"} and path.name not in others
    }
    assert len(sizes) < traffic.ASSETS
    of_visitors = sizes.pop("public.css")
    assert sum(sizes.values()) + HTMX_BYTES <= traffic.ASSET_BYTES
    assert of_visitors < sizes["app.css"]


def sent(browser: Client, page: str, headers: dict[str, str] | None = None) -> int:
    response = browser.get(page, headers={"Accept-Encoding": "gzip"} | (headers or {}))
    head = sum(len(name) + len(value) + 4 for name, value in response.headers.items())
    return len(response.content) + head
