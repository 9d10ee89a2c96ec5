# ruff: noqa: RUF001 -- letters that only look Latin are meant
"""Every page of the site, as one who works with it gets to see it.

What leads and people are called has no Latin letters: whatever else has is a text of ours.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from threading import BoundedSemaphore
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from django.utils.http import urlsafe_base64_encode

from crm import remember
from crm.accounts import devices, drafts, moments, throttle
from crm.accounts.keys import session_digest
from crm.accounts.models import Role, User
from crm.dynamodb import calls
from crm.dynamodb.errors import ConflictError, NotFoundError, ThrottledError, UnavailableError
from crm.inbound import Kind as MailKind
from crm.jobs.running import run_due
from crm.on_lambda import answers
from crm.settings import PEOPLE_MIDDLEWARE
from crm.tables import RECORDS
from leads import keys, repository
from leads.arrivals.telling import notice_writes
from leads.definitions import BUILT_IN, Brand
from leads.entries import CallOutcome, Kind, Said
from leads.held import store
from leads.held.bulk import EACH_REQUEST
from leads.held.models import HeldChangedError, Reason
from leads.imports import upload
from leads.imports import views as import_views
from leads.imports.run import staging
from leads.imports.run.models import BusyError
from leads.mails import Attachment, Mail
from leads.models import STAGES, Actor, Lead, LeadFields, Status
from leads.repository import forms
from leads.repository.arrivals import give, tell_nobody_free, turn
from leads.repository.incoming import Arrival, receive
from leads.repository.reads import stored_item
from tests.conftest import PASSWORD
from tests.held.messages import NETWORK, hold
from tests.web.pages import HTMX, Answer, add_foreign, current, hidden

SOMEBODY = Actor(id="1", name="Пётр")
SOMEBODY_OUTSIDE = Actor(id="", name="Мира")
NEW = "quite another phrase"
LONG = "слово " * 60
type Pages = Iterator[tuple[str, Answer]]


@dataclass
class Site:
    """Who looks at the pages, each in a browser, and the fixture that makes things fail."""

    monkeypatch: pytest.MonkeyPatch
    people: dict[Role, User] = field(init=False)
    _made: int = 0

    def __post_init__(self) -> None:
        self.monkeypatch.setattr("crm.accounts.security_log.getuser", lambda: "Ефим")
        self.people = {
            role: User.objects.create_user(f"{role}@example.com", PASSWORD, name=name, role=role)
            for role, name in zip(Role, ("Ида", "Анна", "Лев"), strict=True)
        }
        remember.forget_all()

    def web(self, role: Role = Role.SALES) -> Client:
        """Return the browser of somebody signed in who gets every answer, 500 included."""
        browser = Client(raise_request_exception=False)
        browser.force_login(self.people[role])
        return browser

    def lead(self, status: Status = Status.NEW, *, owner: bool = False, **given: str) -> Lead:
        """Store a lead."""
        self._made += 1
        texts = {"name": "Жанна", "email": f"ж{self._made}@ж.рф", "subject": "Столы"} | given
        made = repository.create(
            LeadFields.model_validate(texts),
            submission=f"site-{self._made}",
            actor=SOMEBODY,
            source="форма",
            status=status,
            owner_id=self.people[Role.SALES].id if owner else None,
        )
        return current(made.lead_id)

    def changed(self, lead: Lead, **fields: str | None) -> Lead:
        """Let somebody else edit a lead."""
        self._made += 1
        act = f"site-{self._made}"
        version = current(lead.lead_id).version
        return repository.edit(lead.lead_id, fields, version=version, actor=SOMEBODY, write_id=act)

    def foreign(self, lead_id: str = "1", **more: str) -> Lead:
        """Store a lead as another program does."""
        texts = {"name": "Ева", "email": "е@ж.рф", "subject": "", "message": "", "company": "Фирма"}
        return add_foreign(lead_id, **(texts | more))


def board(site: Site) -> Pages:
    """Look at the board, and move cards."""
    web = site.web()
    yield "empty board", web.get("/board/")
    site.foreign()
    for status in STAGES:
        site.lead(status, owner=True, company="Фирма")
    lead = site.lead()
    for _ in range(25):
        site.lead(Status.CONVERTED)
    page = web.get("/board/")
    yield "board", page
    yield "board of a viewer", site.web(Role.VIEWER).get("/board/")
    yield "board asked again", web.get("/board/", headers=HTMX)
    yield "column", web.get("/board/column/converted/")
    yield "column for htmx", web.get("/board/column/converted/", headers=HTMX)
    url = f"/leads/{lead.lead_id}/move/"
    wanted = {"status": "qualified", "version": "1"}
    yield "move", web.post(url, wanted, headers=HTMX)
    site.changed(lead, company="Фирма")
    wanted["status"] = "contacted"
    yield "conflict for htmx", web.post(url, wanted, headers=HTMX)
    yield "conflict", web.post(url, wanted)
    yield "conflict in the panel", web.post(url, wanted | {"panel": "1"}, headers=HTMX)
    yield "panel", web.get(f"/board/?lead={lead.lead_id}")
    yield "panel of a viewer", site.web(Role.VIEWER).get(f"/board/?lead={lead.lead_id}")
    yield "panel of nobody", web.get("/board/?lead=1")
    yield "no stage", web.post(url, {"status": "ж"})
    done = {"status": "contacted", "version": "3", "next": "/leads/"}
    yield "moved", web.post(url, done, follow=True)
    yield "board of nobody", web.get("/board/?owner=none")
    yield "board of a stranger", web.get("/board/?owner=ж")
    yield from _owners(site, site.lead())
    calls.put(RECORDS, {**keys.counter("SHARD#00"), "rev": 1})
    remember.forget_all()
    yield "board that is not filed", web.get("/board/?owner=none")


def _owners(site: Site, lead: Lead) -> Pages:
    """Give a lead to somebody, and to nobody."""
    web = site.web()
    url = f"/leads/{lead.lead_id}/assign/"
    yield "assigned to a stranger", web.post(url, {"owner": "ж", "version": "1"})
    yield "assigned to whom", web.post(url, {"version": "1"}, headers=HTMX)
    yield "taken", web.post(url, {"owner": "me", "version": "1"}, headers=HTMX)
    yield "who took it", web.post(url, {"owner": "", "version": "1"})
    yield "assigned to nobody", web.post(url, {"owner": "", "version": "2"}, follow=True)
    yield "who gave it back", web.post(url, {"owner": "", "version": "1"}, headers=HTMX)
    moved = site.lead()
    wanted = {"status": "contacted", "version": "1"}
    web.post(f"/leads/{moved.lead_id}/move/", wanted)
    again = site.web(Role.ADMIN).post(f"/leads/{moved.lead_id}/move/", wanted | {"status": "new"})
    yield "who took it by moving it", again
    for version, role in ((3, Role.ADMIN), (4, Role.VIEWER)):
        owner_id, act = site.people[role].id, f"given-{version}"
        repository.assign(lead.lead_id, owner_id, version=version, actor=SOMEBODY, write_id=act)
    yield "who gave it", web.post(url, {"owner": "", "version": "1"})
    yield "timeline", web.get(f"/leads/{lead.lead_id}/")


def listing(site: Site) -> Pages:
    """Look at the list, filter and search it."""
    web = site.web()
    yield "empty list", web.get("/leads/")
    yield "empty list of a viewer", site.web(Role.VIEWER).get("/leads/")
    first = site.lead(owner=True, company="Фирма")
    site.foreign(createdAt="ж")
    for _ in range(26):
        site.lead()
    page = web.get("/leads/")
    yield "list", page
    yield "list with a panel", web.get(f"/leads/?lead={first.lead_id}")
    yield "list for htmx", web.get("/leads/", headers=HTMX)
    yield "list of a viewer", site.web(Role.VIEWER).get("/leads/")
    older = repository.listing(repository.Filter()).cursor
    yield "second page", web.get("/leads/", {"cursor": older, "trail": "-"})
    yield "one stage", web.get("/leads/?status=new")
    yield "nothing fits", web.get("/leads/?status=qualified")
    yield "exact e-mail", web.get("/leads/", {"email": first.email})
    bad = "/leads/?since=ж&until=ж&status=ж&owner=ж&email=" + "ж" * 300
    yield "bad filters", web.get(bad)
    yield "wrong order", web.get("/leads/?since=2026-02-01&until=2026-01-01")
    yield "too long a search", web.get("/leads/", {"q": "ж" * 300})
    yield "odd search", web.get("/leads/", {"q": "ж\x01"})
    yield "search", web.get("/leads/?q=жанна")
    yield "nothing found", web.get("/leads/?q=нет")
    for text in ("", "жанна", "столы", "нет", "x", "ж\x01"):
        yield f"search box: {text}", web.get("/leads/search/", {"q": text}, headers=HTMX)
    yield "one found", web.get("/leads/search/", {"q": "фирма"}, headers=HTMX)


def far_search(site: Site) -> Pages:
    """Search where one Query does not look far enough."""
    web = site.web()
    for day in range(1, 10):
        moment = f"2026-01-0{day}T10:00:00.000Z"
        lead = site.foreign(str(day), name=f"Анна{day} Берг", createdAt=moment)
        site.changed(lead, subject="Столы")
    site.monkeypatch.setattr(import_module("leads.repository.search"), "READ_LIMIT", 4)
    for words in ("анна8 берг", "анна1 берг"):
        yield f"page: {words}", web.get("/leads/", {"q": words})
        yield f"box: {words}", web.get("/leads/search/", {"q": words}, headers=HTMX)


def bulk(site: Site) -> Pages:
    """Move, give and delete several leads."""
    web, url = site.web(), "/leads/bulk/"
    fine, stale, failing = site.lead(), site.lead(company="Фирма"), site.lead()
    there = site.lead(Status.QUALIFIED)
    site.changed(stale, company="Завод")
    picked = [f"1:{lead.lead_id}" for lead in (fine, stale, there)]
    for owner in ("", "ж"):
        sent = {"action": "assign", "owner": owner, "lead": picked}
        yield f"assigned to “{owner}”", web.post(url, sent, follow=True)
    free = [f"1:{site.lead().lead_id}" for _ in range(3)]
    for owner, version, some in (("me", 1, free[:1]), ("me", 1, free[1:]), ("none", 2, free[:1])):
        sent = {"action": "assign", "owner": owner, "lead": [f"{version}{one[1:]}" for one in some]}
        yield f"{len(some)} assigned to {owner}", web.post(url, sent, follow=True)
    sent = {"action": "assign", "owner": "none", "lead": [f"2{one[1:]}" for one in free[1:]]}
    yield "assigned to nobody", web.post(url, sent, follow=True)
    delete: dict[str, object] = {"action": "delete", "lead": [*picked, "1:2", "1:3"]}
    yield "delete some", web.post(url, delete)
    yield "delete one", web.post(url, delete | {"lead": [picked[0], "1:2"]})
    yield "all gone", web.post(url, delete | {"lead": ["1:2"]}, follow=True)
    for text, odd in (
        ("nothing selected", {"lead": []}),
        ("too many", {"lead": [f"1:{number}" for number in range(101)]}),
        ("odd selection", {"lead": ["ж"]}),
        ("no stage", {"action": "move", "status": ""}),
        ("odd action", {"action": "ж"}),
    ):
        yield text, web.post(url, delete | odd, follow=True)
    move: dict[str, object] = {"action": "move", "status": "qualified", "lead": picked}

    def fail(*_: object) -> None:
        raise ThrottledError

    with site.monkeypatch.context() as patch:
        patch.setattr("leads.repository.bulk.transact", fail)
        gone = ["1:2", f"1:{failing.lead_id}"]
        yield "report", web.post(url, move | {"lead": [*picked, *gone]})
    yield "moved", web.post(url, move | {"lead": picked[2:]}, follow=True)
    some = [f"1:{site.lead().lead_id}" for _ in range(3)]
    yield "one moved", web.post(url, move | {"lead": some[:1]}, follow=True)
    yield "two moved", web.post(url, move | {"lead": some[1:]}, follow=True)
    confirmed = delete | {"lead": picked[1:], "confirmed": "1"}
    yield "not all deleted", web.post(url, confirmed)
    one = delete | {"lead": [f"1:{failing.lead_id}"], "confirmed": "1"}
    yield "one deleted", web.post(url, one, follow=True)


def closing(site: Site) -> Pages:
    """Close leads, in every way, and open them again."""
    web, viewer = site.web(), site.web(Role.VIEWER)
    lead, other, late, many = site.lead(), site.lead(), site.lead(), [site.lead() for _ in range(3)]
    url = f"/leads/{lead.lead_id}/close/"
    lost = {"outcome": "lost", "reason": "дорого", "version": "1"}
    yield "no way", web.post(url, {"outcome": "ж", "reason": "ж" * 81})
    yield "no way, for htmx", web.post(url, {"reason": "\x01"}, headers=HTMX)
    yield "no way, in the panel", web.post(url, {"panel": "1"}, headers=HTMX)
    yield "closed", web.post(url, lost, headers=HTMX)
    yield "its page", web.get(f"/leads/{lead.lead_id}/")
    yield "its page, for a viewer", viewer.get(f"/leads/{lead.lead_id}/")
    yield "stale", web.post(url, lost | {"version": "7"})
    yield "stale, for htmx", web.post(url, lost | {"version": "7"}, headers=HTMX)
    yield "a move too late", web.post(f"/leads/{lead.lead_id}/move/", {"status": "contacted"})
    spam = {"outcome": "spam", "version": "1", "panel": "1"}
    yield "spam", web.post(f"/leads/{other.lead_id}/close/", spam, headers=HTMX)
    twice = {"outcome": "duplicate", "version": "1"}
    yield "a duplicate", web.post(f"/leads/{late.lead_id}/close/", twice, follow=True)
    yield "closed ones", web.get("/leads/?status=closed")
    yield "lost ones", web.get("/leads/?outcome=lost&reason=дорого")
    yield "odd ones", web.get("/leads/?outcome=ж&reason=ж")
    opened = {"status": "contacted", "version": "2"}
    yield "reopened", web.post(f"/leads/{lead.lead_id}/move/", opened, follow=True)
    yield "its page again", web.get(f"/leads/{lead.lead_id}/")
    picked = [f"1:{one.lead_id}" for one in many]
    yield "how?", web.post("/leads/bulk/", {"action": "close", "lead": picked}, follow=True)
    bulk_close = {"action": "close", "outcome": "lost", "lead": picked[:1]}
    yield "one closed", web.post("/leads/bulk/", bulk_close, follow=True)
    yield "not all closed", web.post("/leads/bulk/", bulk_close | {"outcome": "spam"})
    rest = bulk_close | {"lead": picked[1:]}
    yield "many closed", web.post("/leads/bulk/", rest, follow=True)
    yield "what was done", web.get("/changes/")


def follow_ups(site: Site) -> Pages:
    """Set when to get back to leads, in every way, and look at what is due."""
    web, viewer = site.web(), site.web(Role.VIEWER)
    yield "nothing due", web.get("/today/")
    yield "nothing due to anybody", web.get("/today/?whose=all")
    lead, other = site.lead(), site.lead(owner=True)
    url = f"/leads/{lead.lead_id}/follow-up/"
    wanted = {"due": "2026-12-03 14:00", "text": "ж", "version": "1"}
    yield "unreadable", web.post(url, wanted | {"due": "ж", "text": "ж" * 201})
    yield (
        "unreadable, in the panel",
        web.post(url, {"due": "ж", "text": "\x01", "panel": "1"}, headers=HTMX),
    )
    yield "set", web.post(url, wanted | {"panel": "1"}, headers=HTMX)
    yield "stale", web.post(url, wanted | {"due": "today"})
    yield (
        "stale, in the panel",
        web.post(url, wanted | {"due": "today", "panel": "1"}, headers=HTMX),
    )
    yield "stale, in its line", web.post(url, wanted | {"due": "today", "row": ""}, headers=HTMX)
    yield "unreadable, in its line", web.post(url, {"due": "ж", "row": "all"}, headers=HTMX)
    yield "another text", web.post(url, wanted | {"text": "Ж", "version": "2"}, follow=True)
    yield "its page", web.get(f"/leads/{lead.lead_id}/")
    yield "its page, for a viewer", viewer.get(f"/leads/{lead.lead_id}/")
    for number, due in enumerate(("2026-11-01", "today", "tomorrow")):
        version = {"due": due, "version": str(number + 1)}
        yield due, web.post(f"/leads/{other.lead_id}/follow-up/", version, follow=True)
        yield f"{due}: board", web.get("/board/")
        yield f"{due}: agenda", web.get("/today/?whose=all")
    yield "agenda of a viewer", viewer.get("/today/?whose=all")
    yield "agenda with a panel", web.get(f"/today/?whose=all&lead={other.lead_id}")
    done = {"due": "", "version": "4", "row": ""}
    nothing = {"due": "", "new": "1"}
    yield "no day", web.post(f"/leads/{other.lead_id}/follow-up/", done | nothing)
    yield "done", web.post(f"/leads/{other.lead_id}/follow-up/", done, headers=HTMX)
    yield "done, and told", web.get(f"/leads/{other.lead_id}/")
    yield "how much is due", web.get("/today/count/")
    yield "what was done", web.get("/changes/?kind=dated")

    def missing(*_: object, **__: object) -> None:
        raise NotFoundError

    with site.monkeypatch.context() as patch:
        patch.setattr("leads.repository.agenda.query", missing)
        yield "no agenda", web.get("/today/")


def steps(site: Site) -> Pages:
    """Act on all leads of a list, and take it back."""
    web, url = site.web(), "/leads/bulk/"
    leads = [site.lead() for _ in range(3)]
    sent = {"all": "1", "filter": "status=new", "action": "move", "status": "qualified"}
    for action in ("delete", "assign", "close"):
        more = {"action": action, "owner": "me", "outcome": "lost"}
        yield f"all: {action}?", web.post(url, sent | more)
    yield "to nobody?", web.post(url, sent | {"action": "assign", "owner": "none"})
    yield "all of them?", web.post(url, sent | {"filter": "since=2026-01-01&q=ж"})
    yield "every lead?", web.post(url, sent | {"filter": ""})
    with site.monkeypatch.context() as patch:
        patch.setattr("leads.web.acts.STEP_SECONDS", -1)
        sure = {"confirmed": "1", "token": "a" * 32}
        act = f"/changes/{web.post(url, sent | sure)['X-Act']}/"
        unsure = sent | sure | {"filter": "q=ж"}
        yield "it goes on, nobody knows how far", web.post(url, unsure, follow=True)
    yield "it goes on", web.get(act)
    yield "the list of changes", web.get("/changes/")
    site.changed(leads[0], company="Завод")
    yield "a step", web.post(f"{act}step/", headers=HTMX)
    site.changed(current(leads[1].lead_id), company="Завод")
    repository.move(leads[2].lead_id, Status.NEW, version=2, actor=SOMEBODY, write_id="back")
    yield "undone", web.post(f"{act}undo/", follow=True)
    yield "undone before", site.web().post(f"{act}undo/")


def undo(site: Site) -> Pages:
    """Look at what was done, and take it back."""
    web, viewer, url = site.web(), site.web(Role.VIEWER), "/changes/"
    yield "nothing done", web.get(url)
    yield "odd filters", web.get(f"{url}?person=ж&kind=ж")
    moved, gone, many = site.lead(), site.lead(), [site.lead() for _ in range(3)]
    site.changed(moved, company="Завод")
    edit = repository.acts.page(repository.acts.Wanted()).acts[0].id
    site.changed(current(moved.lead_id), company="Фирма")
    one = repository.delete(gone.lead_id, version=1, actor=SOMEBODY, write_id="gone")
    picked = {lead.lead_id: 1 for lead in many}
    all_ = repository.move_many(picked, Status.QUALIFIED, actor=SOMEBODY, write_id="many").act_id
    site.changed(current(many[0].lead_id), phone="1")
    yield "list", web.get(url)
    yield "list, for a viewer", viewer.get(url)
    yield "none of a kind", web.get(url, {"kind": "undone"})
    yield "an edit", web.get(f"{url}{edit}/")
    yield "nothing to give back", web.post(f"{url}{edit}/undo/")
    yield "many undone", web.post(f"{url}{all_}/undo/", follow=True)
    yield "back", web.post(f"{url}{one}/undo/", headers=HTMX)
    yield "back again", web.post(f"{url}{one}/undo/", follow=True)
    yield "no act", web.get(f"{url}x/")


def held(site: Site) -> Pages:
    """Look at held messages, and decide on them."""
    web, viewer, act = site.web(), site.web(Role.VIEWER), "/held/{}/{}/".format
    yield "nothing held", web.get("/held/")
    yield "nothing discarded", web.get("/held/?show=discarded")
    yield "no match", web.get("/held/?network=unknown")
    yield "odd filters", web.get("/held/?network=ж&hour=ж&show=ж")
    one, two, three, four = (_held_message() for _ in range(4))
    hold("Жанна", message="", subject="", reason=Reason.TOTAL)
    yield "held", web.get("/held/")
    yield "held, for htmx", web.get("/held/", headers=HTMX)
    yield "held, for a viewer", viewer.get("/held/")
    hour = store.get(one).hour
    yield "filtered", web.get("/held/", {"network": "unknown", "hour": hour})
    yield "one of a network", web.get("/held/", {"network": NETWORK})
    yield "released, for htmx", web.post(act(one, "release"), headers=HTMX)
    yield "discarded, for htmx", web.post(act(two, "discard"), headers=HTMX)
    yield "discarded ones", web.get("/held/?show=discarded")
    yield "discarded ones, for a viewer", viewer.get("/held/?show=discarded")
    yield "taken back, for htmx", web.post(act(two, "take-back"), headers=HTMX)
    for name in ("take-back", "discard", "discard", "take-back", "release", "release", "discard"):
        yield f"{name}, once more", web.post(act(two, name), follow=True)
    store.discard(three, SOMEBODY)
    yield "release too late", web.post(act(three, "release"))
    for key, company in (("held-1", "Завод"), ("held-2", "Фирма")):
        lead_id = _held_message(key)
        texts = store.get(lead_id).texts | {"company": company}
        fields = LeadFields.from_texts(texts)
        repository.create(fields, submission=key, actor=SOMEBODY, source="форма")
        yield f"release of {key}", web.post(act(lead_id, "release"), follow=True)
    with site.monkeypatch.context() as patch:
        patch.setattr(store, "discard", _failing(HeldChangedError))
        yield "changed meanwhile", web.post(act(four, "discard"))
    with override_settings(HELD_TABLE_NAME="123"):
        yield "no table", web.get("/held/")


def all_held(site: Site) -> Pages:
    """Release and discard all held messages of a network and an hour."""
    web, url = site.web(), "/held/all/"
    yield "nowhere", web.post(url, {"action": "release"}, follow=True)
    yield "nonsense", web.post(url, {"action": "ж", "hour": "ж"}, follow=True)
    for action in ("release", "discard"):
        for _ in range(4):
            lead_id = _held_message()
        asked = {"action": action, "network": "unknown", "hour": store.get(lead_id).hour}
        page = web.post(url, asked)
        yield action, page
        confirmed = asked | {"confirmed": "1", "until": hidden(page, "until"), "total": "4"}
        with site.monkeypatch.context() as patch:
            patch.setitem(EACH_REQUEST, action, 1)
            for number in ("0", "1"):
                numbers = dict.fromkeys(("done", "others", "kept"), number)
                yield f"{action}, beside {number}", web.post(url, confirmed | numbers)
            patch.setattr(store, action, _failing(ThrottledError))
            yield f"{action}, one failing", web.post(url, confirmed)
            patch.setitem(EACH_REQUEST, action, 2)
            yield f"{action}, two failing", web.post(url, confirmed)
        numbers = dict.fromkeys(("others", "kept"), "2")
        yield f"{action}, the rest", web.post(url, confirmed | numbers)
        yield f"{action}, none left", web.post(url, asked, follow=True)


def _held_message(submission: str = "") -> str:
    return hold(
        "Жанна",
        network="unknown",
        submission=submission,
        email="ж@ж.рф",
        subject="Столы",
        message=LONG,
        company="Фирма",
    )


def detail(site: Site) -> Pages:
    """Look at a lead, add, edit and delete it."""
    web = site.web()
    texts = {"name": "Вера", "email": "vera@example.com", "subject": "Стулья", "message": "Да"}
    yield "add", web.get("/leads/add/")
    yield "add nothing", web.post("/leads/add/", {})
    odd = {"name": "\x01", "email": "ж", "status": "ж", "owner_id": "ж", "phone": "ж" * 60}
    yield "add nonsense", web.post("/leads/add/", odd)
    page = web.get("/leads/add/")
    given = texts | {"status": "new", "submission": _act(page)}
    added = web.post("/leads/add/", given, follow=True)
    yield "added", added
    yield "added twice", web.post("/leads/add/", given, follow=True)
    lead = site.lead(owner=True, company="Фирма", message="Да")
    url = f"/leads/{lead.lead_id}/"
    yield "lead", web.get(url)
    yield "panel", web.get(f"{url}panel/", headers=HTMX)
    yield "edit", web.get(f"{url}edit/")
    form = _edit_form(web, lead)
    yield "nothing changed", web.post(f"{url}edit/", form, follow=True)
    yield "edit badly", web.post(f"{url}edit/", form | {"name": "", "email": "ж"})
    site.changed(lead, company="Завод", phone="1", subject="")
    changed = form | {"name": "Зоя", "company": "Банк", "subject": "Шкаф"}
    yield "overtaken", web.post(f"{url}edit/", changed)
    yield "delete", web.get(f"{url}delete/")
    yield "delete, overtaken", web.post(f"{url}delete/", {"version": "1"})
    _live_through(site, lead)
    yield "timeline", web.get(url)
    yield "timeline for htmx", web.get(url, headers=HTMX)
    yield "edited", web.post(f"{url}edit/", _edit_form(web, lead) | {"name": "Ян"}, follow=True)
    version = str(current(lead.lead_id).version)
    yield "deleted", web.post(f"{url}delete/", {"version": version}, follow=True)
    yield "gone", web.get(url)
    site.foreign(lead.lead_id)
    yield "deleted and written anew", web.get(url)
    theirs = site.foreign(message="Да", createdAt="ж", updatedAt="")
    yield "lead of another program", web.get(f"/leads/{theirs.lead_id}/")
    yield "the same for a viewer", site.web(Role.VIEWER).get(f"/leads/{theirs.lead_id}/")
    site.changed(theirs, name="Эмма")
    yield "adopted", web.get(f"/leads/{theirs.lead_id}/")


def conversation(site: Site) -> Pages:
    """Write notes and calls, change and delete them."""
    web, lead = site.web(), site.lead()
    url = f"/leads/{lead.lead_id}/notes/"
    note, call = {"text": "Да"}, {"kind": "call", "outcome": "reached"}
    for outcome in ("reached", "no_answer", "voicemail"):
        logged = web.post(url, call | {"outcome": outcome}, headers=HTMX)
        yield f"call, {outcome}", logged
        yield (
            f"card, {outcome}",
            web.post(
                f"/leads/{lead.lead_id}/move/", {"status": "new", "version": "1"}, headers=HTMX
            ),
        )
    yield "call logged", web.post(url, call | {"text": "Да"}, follow=True)
    for text in ("", "\x01", "\x00", "\u200b", "ж" * 10_001):
        yield f"note: {text[:1]!r}", web.post(url, {"text": text})
    yield "call without outcome", web.post(url, {"kind": "call"}, headers=HTMX)
    yield "odd call", web.post(url, {"kind": "ж", "outcome": "ж"})
    saved = web.post(url, note, follow=True)
    yield "note saved", saved
    entry = re.findall(rf'"({url}[^"]+/)edit/"', saved.content.decode())[0]
    yield "edit", web.get(f"{entry}edit/")
    yield "edited", web.post(f"{entry}edit/", {"text": "Нет", "version": "1"}, follow=True)
    yield "overtaken", web.post(f"{entry}edit/", {"text": "Или", "version": "1"})
    yield "delete", web.get(f"{entry}delete/")
    yield "delete, overtaken", web.post(f"{entry}delete/", {"version": "1"})
    yield "not one's own", site.web(Role.ADMIN).get(f"{entry}edit/")
    yield "deleted", web.post(f"{entry}delete/", {"version": "2"}, follow=True)
    calls = re.findall(rf'"({url}[^"]+/)delete/"', web.get(f"/leads/{lead.lead_id}/").text)
    yield "delete call", web.get(f"{calls[0]}delete/")
    yield "call deleted", web.post(f"{calls[0]}delete/", {"version": "1"}, follow=True)
    files = (Attachment(name="", size=9),)
    mail = Mail(sender="ж@ж.рф", quoted="Да", attachments=files, is_cut=True)
    of_machines = [mail.model_copy(update={"automatic": kind.value}) for kind in MailKind]
    for one in (*of_machines, mail.model_copy(update={"is_verified": False}), mail):
        receive(lead.lead_id, Arrival(uuid4().hex, SOMEBODY_OUTSIDE, "Да", one))
    yield "mails", web.get(f"/leads/{lead.lead_id}/")
    yield "card with a mail", web.get("/board/")


def replies(site: Site) -> Pages:
    """Answer leads, and write templates of answers."""
    web, lead = site.web(), site.lead(company="", phone="", email="vera@example.com")
    url, templates = f"/leads/{lead.lead_id}/reply/", "/settings/templates/"
    yield "form", web.get(url)
    bad = {"body": "", "to": "ж", "subject": "\x01", "status": "ж", "owner": "ж", "version": "1"}
    yield "nothing", web.post(url, bad)
    yield "too much", web.post(url, {"body": "ж" * 10_001, "subject": "ж" * 300})
    yield "overtaken", web.post(url, {"body": "Да", "version": "7"})
    sent = web.post(url, {"body": "Да", "version": "1"}, follow=True)
    yield "answered", sent
    yield "again, in the panel", web.post(url, {"body": "Да", "panel": "1"}, headers=HTMX)
    act = sent.redirect_chain and re.findall(r"/changes/([^/]+)/undo/", sent.text)
    yield "undone", web.post(f"/changes/{act[0]}/undo/", follow=True)
    yield "once more", web.post(url, {"body": "Да", "version": "1"})
    yield "of another program", web.get(f"/leads/{site.foreign(email='ж').lead_id}/reply/")
    yield "templates", web.get(templates)
    for whose in ("mine", "desk"):
        web = site.web(Role.ADMIN)
        page = web.get(f"{templates}{whose}/add/")
        yield f"add, {whose}", page
        form = {"name": "Да", "text": "{company}", "version": "0", "token": hidden(page, "token")}
        yield "nonsense", web.post(f"{templates}{whose}/add/", form | {"text": "{a}", "name": ""})
        yield "added", web.post(f"{templates}{whose}/add/", form, follow=True)
        one = f"{templates}{whose}/{form['token']}/"
        yield "edit", web.get(one)
        yield "stale", web.post(one, form | {"version": "9"})
        insert = {"use": "1", "template": form["token"]}
        yield "inserted", web.post(url, insert)
        yield "not filled in", web.post(url, {"body": "{company}"})
        yield "delete", web.get(f"{one}delete/")
        yield "not deleted", web.post(f"{one}delete/", {"version": "9"})
        yield "deleted", web.post(f"{one}delete/", {"version": "1"}, follow=True)
    yield "not for all", site.web().get(f"{templates}desk/add/")


def _live_through(site: Site, lead: Lead) -> None:
    for number, status in enumerate((Status.CONTACTED, Status.CONVERTED)):
        act = f"through-{number}"
        version = current(lead.lead_id).version
        repository.move(lead.lead_id, status, version=version, actor=SOMEBODY, write_id=act)
    site.changed(lead, owner_id=None, message=LONG, company="")
    site.changed(lead, owner_id=site.people[Role.ADMIN].id)


def _act(page: Answer) -> str:
    return hidden(page, "submission")


def _edit_form(web: Client, lead: Lead) -> dict[str, str]:
    page, lead = web.get(f"/leads/{lead.lead_id}/edit/"), current(lead.lead_id)
    names = ("name", "email", "phone", "company", "subject", "message", "owner_id")
    shown = {name: str(getattr(lead, name) or "") for name in names}
    return shown | {name: hidden(page, name) for name in ("version", "seen")}


FILE = """Имя,Адрес,Фирма,Этап,Дата,Чей,Ещё
Бо,b@example.com,Завод,Жар,25/1/2026,Никто,Да
Си,c@example.com,Фирма,ж,26/1/2026,Анна,Да
Си,c@example.com,Фирма,ж,26/1/2026,Анна,
,,,ж,,,
"""
COLUMNS = ("name", "email", "company", "status", "created_at", "owner", "notes")
IMPORTS = "/leads/import/"


def _file(text: str | bytes = FILE, name: str = "ж.1") -> dict[str, SimpleUploadedFile]:
    data = text if isinstance(text, bytes) else text.encode()
    return {"file": SimpleUploadedFile(name, data)}


def _chosen(*columns: str, duplicates: str = "update") -> dict[str, str]:
    targets = {f"column-{number}": target for number, target in enumerate(columns)}
    return {"action": "check", "duplicates": duplicates, "dates": "day"} | targets


def _worked(web: Client, url: str) -> None:
    import_id = url.strip("/").rpartition("/")[2]
    while staging.load(import_id).state.is_working:
        web.post(f"{url}step/")


def imports(site: Site) -> Pages:
    """Take a file through an import and its undo."""
    web = site.web()
    yield "no imports", web.get(IMPORTS)
    yield "no file", web.post(IMPORTS, {})
    for text, data in (("empty file", b""), ("no text", b"\x00\x01\x02"), ("one line", "Имя\n")):
        yield text, web.post(IMPORTS, _file(data))
    with site.monkeypatch.context() as patch:
        patch.setattr(upload, "most", lambda: 1)
        yield "too large a file", web.post(IMPORTS, _file())
    yield "odd options", web.post(IMPORTS, _file() | {"delimiter": "ж", "encoding": "ж"})
    unnamed = web.post(IMPORTS, _file("Жанна,1@example.com\nЕва,2@example.com\n"))
    yield "no names of columns", web.get(unnamed["Location"])
    lead = site.lead(email="b@example.com", company="Фирма")
    url = web.post(IMPORTS, _file())["Location"]
    import_id = url.strip("/").rpartition("/")[2]
    yield "columns", web.get(url)
    yield "the same file again", web.post(IMPORTS, _file(), follow=True)
    yield "no columns", web.post(url, _chosen())
    yield "columns twice", web.post(url, _chosen("name", "name", "ж") | {"dates": ""})
    web.post(url, _chosen(*COLUMNS))
    yield "checking", web.get(url)
    with site.monkeypatch.context() as patch:
        patch.setattr(import_views, "step", _busy)
        yield "others at it", web.post(f"{url}step/", headers=HTMX)
    yield "step", web.post(f"{url}step/", headers=HTMX)
    _worked(web, url)
    yield "checked", web.get(url)
    yield "chosen anew", web.get(f"{url}?columns")
    yield "checked before", web.post(url, {"action": "import", "options": "99"}, follow=True)
    options = str(staging.load(import_id).options)
    yield "importing", web.post(url, {"action": "import", "options": options}, follow=True)
    yield "undo in between", web.get(f"{url}undo/")
    _worked(web, url)
    yield "done", web.get(url)
    yield "undo", web.get(f"{url}undo/")
    yield "wrong state", web.post(url, _chosen(*COLUMNS), follow=True)
    site.changed(lead, company="Банк")
    yield "timeline of an import", web.get(f"/leads/{lead.lead_id}/")
    yield "undoing", web.post(f"{url}undo/", follow=True)
    _worked(web, url)
    yield "undone", web.get(url)
    yield "all imports", web.get(IMPORTS)
    yield "unknown import", web.get(f"{IMPORTS}1/")


def _busy(import_id: str) -> None:
    del import_id
    raise BusyError


def restored(site: Site) -> Pages:
    """Undo an import that only changed a lead."""
    web, lead = site.web(), site.lead(email="b@example.com", company="Фирма")
    text = "Имя,Адрес,Фирма\nБо,b@example.com,Завод\n"
    url = web.post(IMPORTS, _file(text))["Location"]
    web.post(url, _chosen(*COLUMNS[:3]))
    _worked(web, url)
    yield "checked", web.get(url)
    import_id = url.strip("/").rpartition("/")[2]
    web.post(url, {"action": "import", "options": str(staging.load(import_id).options)})
    _worked(web, url)
    yield "undo", web.get(f"{url}undo/")
    web.post(f"{url}undo/")
    _worked(web, url)
    yield "undone", web.get(url)
    yield "timeline", web.get(f"/leads/{lead.lead_id}/")


def contact(site: Site) -> Pages:
    """Write to the contact form."""
    web = Client(raise_request_exception=False)
    yield "contact", web.get("/contact/")
    yield "nothing", web.post("/contact/", {})
    yield "nonsense", web.post("/contact/", {"name": "ж" * 300, "email": "ж", "subject": "\x01"})
    yield "thanks", web.get("/contact/thanks/")
    yield "too large", web.post("/contact/", {"message": "ж" * 1024 * 1024})
    message = {"name": "Жанна", "email": "1@example.com", "subject": "Столы", "message": "Да"}
    for kind in (ConflictError, NotFoundError, ThrottledError, UnavailableError):
        with site.monkeypatch.context() as patch:
            patch.setattr(repository, "create", _failing(kind))
            yield f"unavailable: {kind.__name__}", web.post("/contact/", message)


def _failing(kind: type[Exception]) -> "object":
    def fail(*given: object, **named: object) -> None:
        del given, named
        raise kind

    return fail


def accounts(site: Site) -> Pages:
    """Sign in, and manage accounts."""
    web, admin = Client(), site.web(Role.ADMIN)
    sales, login = site.people[Role.SALES], "/accounts/login/"
    yield "sign-in", web.get(login)
    yield "nothing", web.post(login, {})
    with override_settings(DEMO=True, DEMO_PASSWORD="1"):
        yield "sign-in of the demo", Client().get(login)
    for number in range(12):
        yield f"wrong {number}", web.post(login, {"username": "1@example.com", "password": "ж"})
    yield "a link by mail", _under_attack(site.people[Role.VIEWER])
    yield "bad link", web.get(f"{login}1/", follow=True)
    link = reverse("sign_in_link", args=[devices.link_token(sales)])
    yield "good link", web.get(link, follow=True)
    with site.monkeypatch.context() as patch:
        patch.setattr(moments, "_places", BoundedSemaphore(1))
        with moments.place():
            wrong = {"username": sales.email, "password": "ж"}
            yield "too many wait", web.post(login, wrong)
    users = "/accounts/users/"
    yield "accounts", admin.get(users)
    yield "add", admin.get(f"{users}add/")
    yield "add nothing", admin.post(f"{users}add/", {})
    odd = {"email": "ж", "name": "\x01", "role": "ж", "password1": "ж", "password2": "жж"}
    yield "add nonsense", admin.post(f"{users}add/", odd)
    new = {"email": sales.email, "name": "Нина", "role": "sales", "password1": NEW}
    yield "add twice", admin.post(f"{users}add/", new | {"password2": NEW})
    fresh = new | {"email": "n@example.com", "password2": NEW}
    yield "added", admin.post(f"{users}add/", fresh, follow=True)
    url = f"{users}{sales.id}/"
    yield "edit", admin.get(url)
    yield "edit own", admin.get(f"{users}{site.people[Role.ADMIN].id}/")
    yield "edit badly", admin.post(url, {"name": "\x01", "role": "ж", "version": "ж"})
    inactive = {"name": "Анна", "role": "sales", "version": str(sales.version)}
    yield "edited", admin.post(url, inactive, follow=True)
    yield "overtaken", admin.post(url, inactive, follow=True)
    yield "set password", admin.get(f"{url}password/")
    yield "set badly", admin.post(f"{url}password/", {"new_password1": "1", "new_password2": "2"})
    pair = {"new_password1": NEW, "new_password2": NEW}
    yield "set", admin.post(f"{url}password/", pair, follow=True)
    yield "security log", admin.get("/accounts/log/")
    yield "security log filtered", admin.get("/accounts/log/?what=data")
    yield "security log badly filtered", admin.get("/accounts/log/?what=ж")
    lead = site.lead(owner=True)
    yield "owner inactive", admin.get(f"/leads/{lead.lead_id}/")
    yield "edit with an inactive owner", admin.get(f"/leads/{lead.lead_id}/edit/")
    yield "filter by an inactive owner", admin.get("/leads/")


def own_account(site: Site) -> Pages:
    """Set what is one's own."""
    me, web = "/accounts/me/", site.web()
    yield "own account", web.get(me)
    yield "own account of a viewer", site.web(Role.VIEWER).get(me)
    yield "set badly", web.post(me, {"name": "\x01", "zone": "ж", "version": "ж"})
    mine = {"name": "Ада", "zone": "Europe/Berlin", "version": "1"}
    yield "set", web.post(me, mine, follow=True)
    yield "overtaken", web.post(me, mine | {"name": "Ева", "zone": "", "single_keys": "on"})
    yield "back on", web.post(me, mine | {"away_until": "2027-01-06", "version": "1"})


def custom_fields(site: Site) -> Pages:
    """Add custom fields, change them, and fill them in."""
    admin, url = site.web(Role.ADMIN), "/settings/fields/"
    yield "none", admin.get(url)
    yield "add", admin.get(f"{url}add/")
    good = {"label": "Бюджет", "kind": "number", "slug": "12", "version": "0"}
    bad = {"label": "ж" * 61, "kind": "choice", "slug": "Ж", "choices": "ж\nж", "version": "0"}
    yield "added badly", admin.post(f"{url}add/", bad)
    yield "no choice", admin.post(f"{url}add/", bad | {"choices": "", "slug": ""})
    yield "long choices", admin.post(f"{url}add/", bad | {"choices": "ж" * 81, "label": "Ж"})
    full = "\n".join(str(10**79 + number) for number in range(50))
    yield "full", admin.post(f"{url}add/", good | {"kind": "choice", "choices": full})
    yield "added", admin.post(f"{url}add/", good, follow=True)
    yield "added again", admin.post(f"{url}add/", good | {"version": "1"})
    yield "overtaken", admin.post(f"{url}add/", good | {"label": "Ж", "slug": "13"})
    for number, kind in enumerate(("text", "long", "choice", "date"), 1):
        one = {"label": f"Ж{number}", "kind": kind, "slug": str(number), "version": str(number)}
        admin.post(f"{url}add/", one | {"choices": "да\nнет", "searched": "1"})
    yield "list", admin.get(url)
    yield "edit", admin.get(f"{url}x_3/")
    yield "changed", admin.post(f"{url}x_12/", good | {"label": "Ж", "version": "5"}, follow=True)
    yield "change overtaken", admin.post(f"{url}x_3/", good | {"choices": "да"})
    yield "moved", admin.post(f"{url}x_3/move/", {"direction": "up", "version": "6"}, follow=True)
    yield "retired", admin.post(f"{url}x_4/retire/", {"version": "7"}, follow=True)
    yield "list overtaken", admin.post(f"{url}x_4/retire/", {"version": "2", "back": "1"})
    back = {"version": "8", "back": "1"}
    yield "back", admin.post(f"{url}x_4/retire/", back, follow=True)
    web, added = site.web(), {"name": "Вера", "email": "ж@ж.рф", "status": "new"}
    wrong = {"x_12": "1,234", "x_3": "ж", "x_4": "ж", "x_1": "ж" * 201, "x_2": "ж" * 2000}
    yield "filled in badly", web.post("/leads/add/", added | wrong)
    yield "no number", web.post("/leads/add/", added | {"x_12": "ж"})
    right = {"x_12": "7", "x_3": "да", "x_4": "2026-12-31", "x_1": "ж", "x_2": "ж"}
    page = web.post("/leads/add/", added | right, follow=True)
    yield "filled in", page


def company_forms(site: Site) -> Pages:
    """Write forms of the company, give them a brand, and meet them as a visitor."""
    admin, url, web = site.web(Role.ADMIN), "/forms/", Client()
    yield "forms", admin.get(url)
    yield "add", admin.get(f"{url}add/")
    # The language is one that tests do not make up: what it says is in no catalog.
    own = {"slug": "1", "title": "Ж", "language": "en"}
    bad = own | {"slug": "Ж", "site_url": "ж", "origins": "ж", "accent": "ж", "language": "ж"}
    yield "added badly", admin.post(f"{url}add/", bad)
    yield "reserved", admin.post(f"{url}add/", own | {"slug": "add"})
    sites = "\n".join(f"https://{number}.example" for number in range(21))
    yield "many sites", admin.post(f"{url}add/", own | {"origins": sites})
    yield "in the open", admin.post(f"{url}add/", own | {"origins": "http://1.example"})
    elsewhere = own | {"thanks_url": "https://1.example/1", "accent": "#fff"}
    yield "elsewhere", admin.post(f"{url}add/", elsewhere)
    long = dict.fromkeys(("intro", "thanks", "consent"), "ж" * 1_000)
    yield "too long", admin.post(f"{url}add/", own | long)
    yield "added", admin.post(f"{url}add/", own, follow=True)
    yield "added again", admin.post(f"{url}add/", own | {"title": "Д"})
    yield "overtaken", admin.post(f"{url}1/", own | {"title": "Д", "seen": "0"})
    logo = SimpleUploadedFile("1.gif", b"GIF89a")
    yield "no logo", admin.post(f"{url}brand/", {"seen": "0", "logo": logo})
    yield "brand", admin.get(f"{url}brand/")
    yield "branded", admin.post(f"{url}brand/", {"seen": "0", "site_name": "Ж"}, follow=True)
    yield "brand overtaken", admin.post(f"{url}brand/", {"seen": "0", "site_name": "Д"})
    yield "no preview", admin.post(f"{url}1/preview/", bad | {"slug": "1"})
    yield "copied", admin.post(f"{url}1/copy/", follow=True)
    yield "deleted", admin.post(f"{url}1-2/delete/", follow=True)
    yield "the first is kept", admin.post(f"{url}contact/delete/", follow=True)
    yield "off", admin.post(f"{url}contact/switch/", {"enabled": "0"}, follow=True)
    yield "off for visitors", web.get("/contact/")
    yield "on", admin.post(f"{url}contact/switch/", {"enabled": "1"}, follow=True)
    yield "outdated", web.post("/contact/", {"version": "0", "name": "Ж"})
    first = BUILT_IN.changed(consent="Да", contact="1", brand=Brand(privacy_url="1"))
    now = forms.index().first.version
    forms.save(first, seen=now)
    yield "no consent", web.post("/contact/", {"name": "Ж"})


def desk_settings(site: Site) -> Pages:
    """Set reasons and limits."""
    admin, url = site.web(Role.ADMIN), "/settings/"
    yield "settings", admin.get(url)
    limits = {"limit_new_number": "0", "limit_qualified_number": "1", "limit_qualified_unit": "ж"}
    many = {"reasons_lost": "\n".join(map(str, range(21))), "reasons_spam": "ж" * 81}
    yield "set badly", admin.post(url, limits | many | {"version": "ж"})
    good = {"reasons_lost": "дорого", "limit_new_number": "1", "limit_new_unit": "days"}
    good |= {"limit_contacted_number": "7", "limit_contacted_unit": "hours", "version": "0"}
    yield "settings set", admin.post(url, good, follow=True)
    yield "nothing changed", admin.post(url, good, follow=True)
    other = good | {"reasons_lost": "", "limit_new_number": "", "limit_contacted_number": ""}
    yield "settings overtaken", admin.post(url, other)
    week = {"hours_days": ["0", "6"], "hours_begin": "09:00", "hours_end": "17:00"}
    rules = {"rules_on": "1", "rules_people": [site.people[Role.SALES].id]}
    bad = {"hours_end": "09:00", "hours_zone": "ж", "rules_people": []}
    yield "hours set badly", admin.post(url, good | week | rules | bad)
    yield "no end", admin.post(url, good | week | {"hours_end": ""})
    now = {"version": "1"} | week | rules
    admin.post(url, good | now)
    yield "hours and rules", admin.get(url)
    yield "rules overtaken", admin.post(url, good | now | {"hours_days": ["1"], "rules_on": ""})
    yield "a clock of work", site.web().get("/board/")
    yield "reset?", admin.get(f"{url}reset/")
    yield "reset overtaken", admin.post(f"{url}reset/", {"version": "ж"})
    yield "reset", admin.post(f"{url}reset/", {"version": "2"}, follow=True)


def leaving(site: Site) -> Pages:
    """Deactivate somebody who has open leads."""
    admin, person = site.web(Role.ADMIN), site.people[Role.SALES]
    site.lead(owner=True)
    url = f"/accounts/users/{person.id}/"
    posted = {"name": person.name, "role": person.role, "version": "1"}
    yield "where to?", admin.post(url, posted)
    yield "only reading", admin.post(url, posted | {"role": Role.VIEWER, "is_active": "on"})
    yield "not there", admin.post(url, posted | {"heir": "ж"})
    yield "nothing chosen", admin.post(url, posted | {"heir": ""})
    site.lead(owner=True)
    heir = site.people[Role.ADMIN].id
    yield "handed over", admin.post(url, posted | {"heir": heir}, follow=True)
    person.is_active = True
    person.save()
    yield "to nobody", admin.post(url, posted | {"heir": "none", "version": "2"}, follow=True)


def arrivals(site: Site) -> Pages:
    """Let leads come in, for somebody and for nobody."""
    web, person = site.web(), site.people[Role.SALES]
    for reasons in (("nobody", "gone", "away"), ("closed", "full", "unknown")):
        lead = site.lead()
        tell_nobody_free(stored_item(lead.lead_id), reasons)
        yield "nobody was free", web.get(f"/leads/{lead.lead_id}/")
    lead = site.lead()
    give(stored_item(lead.lead_id), person.id, turn())
    yield "given", web.get(f"/leads/{lead.lead_id}/")
    yield "given, as an act", web.get("/changes/")
    said = Said(kind=Kind.CALL, outcome=CallOutcome.REACHED)
    repository.conversation.add(lead.lead_id, said, entry_id="1" * 32, actor=SOMEBODY)
    yield "answered", web.get(f"/leads/{lead.lead_id}/")


def sessions(site: Site) -> Pages:
    """Sign out, and end sessions elsewhere."""
    yield "signed out", site.web().post("/accounts/logout/", follow=True)
    page, phone = "/accounts/sessions/", Client(headers={"User-Agent": ""})
    phone.force_login(site.people[Role.SALES])
    here = site.web()
    yield "sessions", here.get(page)
    yield "end others", here.get(f"{page}end-others/")
    other = phone.cookies["sessionid"].value
    yield "end one", here.post(f"{page}{session_digest(other)}/end/", follow=True)
    yield "no others", site.web(Role.VIEWER).get(f"{page}end-others/")
    yield "others ended", here.post(f"{page}end-others/", follow=True)


def _under_attack(user: User) -> Answer:
    for _ in range(throttle.SIGN_IN_LIMIT):
        throttle.reserve([throttle.by_account("sign-in", user.email, throttle.SIGN_IN_LIMIT)])
    wrong = {"username": user.email, "password": "ж"}
    return Client().post("/accounts/login/", wrong, REMOTE_ADDR="192.0.2.1")


def passwords(site: Site) -> Pages:
    """Change passwords, and set new ones by mail."""
    web, change, reset = site.web(), "/accounts/password-change/", "/accounts/password-reset/"
    yield "change", web.get(change)
    yield "change nothing", web.post(change, {})
    for old, first, second in (
        ("1", NEW, "1"),
        (PASSWORD, "1", "1"),
        (PASSWORD, "sales@example.com", "sales@example.com"),
        (PASSWORD, "password-2026", "password-2026"),
    ):
        pair = {"old_password": old, "new_password1": first, "new_password2": second}
        yield f"change badly: {first}", web.post(change, pair)
    admin = site.web(Role.ADMIN)
    for number in range(11):
        tried = {"old_password": "ж", "new_password1": NEW, "new_password2": NEW}
        yield f"wrong old password {number}", admin.post(change, tried)
    good = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    yield "changed", web.post(change, good, follow=True)
    viewer, stranger = site.people[Role.VIEWER], Client()
    yield "reset", stranger.get(reset)
    yield "reset for nobody", stranger.post(reset, {"email": "ж"})
    for number in range(12):
        answer = stranger.post(reset, {"email": viewer.email}, follow=True)
        yield f"mail sent {number}", answer
    uid = urlsafe_base64_encode(viewer.id.encode())
    link = f"{reset}{uid}/{default_token_generator.make_token(viewer)}/"
    form = stranger.get(link)["Location"]
    yield "new password", stranger.get(form)
    yield "new badly", stranger.post(form, {"new_password1": "1", "new_password2": "2"})
    pair = {"new_password1": NEW, "new_password2": NEW}
    yield "new set", stranger.post(form, pair, follow=True)
    yield "used link", stranger.get(link)
    site.monkeypatch.setattr("django.conf.settings.PASSWORD_RESET_BY_MAIL", False)
    yield "reset by an admin", stranger.get(reset)


def mails(site: Site) -> Iterator[tuple[str, str]]:
    """Have every mail sent: to set a new password, to sign in under attack, and after it."""
    mail.outbox.clear()
    viewer = site.people[Role.VIEWER]
    Client().post("/accounts/password-reset/", {"email": viewer.email})
    _under_attack(viewer)
    web = Client()
    web.get(reverse("sign_in_link", args=[devices.link_token(viewer)]))
    web.post("/accounts/login/", {"username": viewer.email, "password": PASSWORD})
    assert len(mail.outbox) == 3
    lead = site.lead(company="Фирма", message=LONG * 10)
    with override_settings(PUBLIC_URL="https://1"):
        calls.transact(notice_writes(site.people[Role.SALES], lead), "1")
    run_due()
    assert len(mail.outbox) == 4
    for sent in mail.outbox:
        yield "subject", str(sent.subject)
        yield "body", str(sent.body)


def errors(site: Site) -> Pages:
    """Meet everything that goes wrong."""
    web, viewer = site.web(), site.web(Role.VIEWER)
    yield "bad address", web.get("/leads/?q=%00")
    yield "bad cursor", web.get("/leads/?cursor=ж")
    yield "refused", viewer.get("/leads/add/")
    yield "not found", web.get("/1/")
    yield "wrong method", web.put("/leads/")
    yield "wrong method for htmx", web.put("/leads/", headers=HTMX)
    strict = Client(enforce_csrf_checks=True)
    yield "form too old", strict.post("/accounts/login/", {})
    typed = {"name": "ж", "email": "1@example.com"}
    web.session.delete(web.session.session_key)
    ended = web.post("/leads/add/", typed)
    yield "session ended", ended
    draft = hidden(ended, "draft")
    for role in (Role.SALES, Role.ADMIN):
        given = {"username": site.people[role].email, "password": PASSWORD, "draft": draft}
        yield f"signed in again as {role}", Client().post("/accounts/login/", given)
    web = site.web()
    yield "draft", web.post("/leads/add/", typed | {drafts.SHOW: "1"})
    yield "export of what is no format", web.get("/leads/export/?format=ж")
    for kind in (ConflictError, NotFoundError, ThrottledError, UnavailableError, ValueError):
        with site.monkeypatch.context() as patch:
            patch.setattr(repository, "board", _failing(kind))
            yield kind.__name__, web.get("/board/")
            yield f"{kind.__name__} for htmx", web.get("/board/", headers=HTMX)
    on_lambda = ["crm.on_lambda.answers.OnePieceMiddleware", *settings.MIDDLEWARE]
    site.monkeypatch.setattr(answers, "MOST_BYTES", 1)
    with override_settings(MIDDLEWARE=on_lambda):
        yield "too large an answer", web.get("/board/")


def form_only(site: Site) -> Pages:
    """Meet what goes wrong where the public form is alone."""
    alone = [name for name in settings.MIDDLEWARE if name not in PEOPLE_MIDDLEWARE]
    with override_settings(ROOT_URLCONF="crm.urls_form", MIDDLEWARE=alone):
        web = Client(raise_request_exception=False)
        yield "contact", web.get("/contact/")
        yield "not found", web.get("/leads/")
        yield "bad address", web.get("/contact/?a=%00")
        yield "wrong method", web.put("/contact/")
        for kind in (UnavailableError, ValueError):
            with site.monkeypatch.context() as patch:
                patch.setattr(repository, "create", _failing(kind))
                message = {"name": "Жанна", "email": "1@example.com", "subject": "Столы"}
                yield kind.__name__, web.post("/contact/", message | {"message": "Да"})


def api(site: Site) -> Pages:
    """Meet what goes wrong for a program."""
    web, url = Client(raise_request_exception=False), "/api/v1/leads"
    yield "not found", web.get("/api/1")
    yield "wrong method", web.get(url)
    yield "bad address", web.get(f"{url}?a=%00")
    yield "no JSON", web.post(url, "ж", content_type="application/json")
    for kind in (ConflictError, ThrottledError, UnavailableError, ValueError):
        with site.monkeypatch.context() as patch:
            patch.setattr(repository, "create", _failing(kind))
            message = {"name": "Жанна", "email": "1@example.com", "subject": "Столы"}
            sent = message | {"message": "Да"}
            yield kind.__name__, web.post(url, sent, content_type="application/json")
