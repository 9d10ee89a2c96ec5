"""What people do, as the benchmark does it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from math import ceil
from uuid import uuid4

from benchmarks import requests
from benchmarks.browser import CSRF_COOKIE, SESSION_COOKIE, Answer, Browser
from benchmarks.floor import Plan
from benchmarks.sampling import BenchError, Page
from leads import repository
from leads.attribution import FIRST_FORM, Attribution
from leads.fields import COMPANY, MESSAGE, NAME, SUBJECT
from leads.models import STAGES, Actor, ClosedAs, Lead, Status
from leads.repository import Filter
from leads.repository.reads import PAGE_SIZE, status_page
from leads.repository.tokens import token_items

type Fields = dict[str, object]
type Step = Callable[[Lead], Fields]
type Form = tuple[str, dict[str, str]]

SIGNED_IN_RRU = 1.5
# Its event, counter, submission and job, the indexes, and the sender that is counted.
INTAKE_WRU = 13
KILOBYTE_WRU = 2
TOKEN_WRU = 2
# What a lead has beside what its sender typed.
OWN_BYTES = 460
MOVED = 100
NOTE = "They want to see it at work before the end of the month, and will bring their team."
VISITOR = {
    "name": "Ada Lovelace",
    "email": "ada@analytical.example",
    "company": "Analytical Engines",
    "subject": "A question about the difference",
    "message": "We would like to know more about what you offer. " * 12,
}

# As many words as the form takes.
LONGEST = {
    "name": " ".join(f"{one}{two}na" for one in "abcdef" for two in "ghijkl")[: NAME.limit].strip(),
    "email": "ada.lovelace.byron.king@analytical.engines.example",
    "company": " ".join(f"{one}{two}co" for one in "mnopqr" for two in "stuvwx")[
        : COMPANY.limit
    ].strip(),
    "subject": " ".join(f"{one}{two}su" for one in "ghijkl" for two in "mnopqr")[
        : SUBJECT.limit
    ].strip(),
    "message": "m" * MESSAGE.limit,
}


def pages(browser: Browser, user_id: str) -> list[Page]:
    """Return every page that is measured, in an order in which reads come before writes."""
    leads = newest(3 * MOVED)
    _date(leads[:MOVED], user_id)
    start = signed_in_plan(browser, user_id)
    work = Work(browser, start, Mover(leads[MOVED : 2 * MOVED]), Mover(leads[2 * MOVED :]))

    def mine_or_nobodys(lead: Lead) -> Fields:
        return {"owner_id": None if lead.owner_id == user_id else user_id}

    return [
        _board(browser, start),
        _poll(browser, start),
        _column(browser, start),
        _list(browser, start),
        _owners_board(browser, start, user_id),
        _lead(browser, start, leads[:MOVED]),
        _panel(browser, start, leads[:MOVED]),
        _today(browser, start, user_id),
        work.page("move", next_stage, _move_form, wru=12),
        work.page("assign", mine_or_nobodys, _assign_form, wru=13),
        work.page("close, reopen", _closed_or_open, _close_form, wru=12),
        _note(browser, start, leads[:MOVED]),
        # By now today has a page of them.
        _changes(browser, start),
        _contact(browser, "form POST", VISITOR),
        _contact(browser, "form POST, longest", LONGEST),
    ]


def signed_in_plan(browser: Browser, user_id: str) -> Plan:
    """Return the two reads that every page of a signed-in person begins with."""
    return requests.signed_in(browser.cookies[SESSION_COOKIE], user_id)


def _board(browser: Browser, start: Plan) -> Page:
    reads = [*map(requests.column, STAGES), requests.counters()]
    return Page(
        "board",
        200,
        lambda: browser.get("/board/"),
        lambda: [*start, reads],
        rru=9,
    )


def _owners_board(browser: Browser, start: Plan, user_id: str) -> Page:
    reads = [requests.owners_column(user_id, stage) for stage in STAGES]
    return Page(
        "board, mine",
        200,
        lambda: browser.get("/board/?owner=me"),
        lambda: [*start, [*reads, requests.counters()]],
        rru=10,
    )


def _poll(browser: Browser, start: Plan) -> Page:
    tag = browser.get("/board/", HX_Request="true").board_tag
    return Page(
        "unchanged poll",
        204,
        lambda: browser.get("/board/", HX_Request="true", X_Board_Tag=tag),
        lambda: [*start, [requests.counters()]],
        rru=2.5,
    )


def _column(browser: Browser, start: Plan) -> Page:
    found = re.search(r'"(/board/column/new/\?cursor=[^"]+)"', browser.get("/board/").text)
    if not found:
        raise BenchError("The board has no second page of new leads.")
    path = found[1]
    page = status_page(Status.NEW, limit=PAGE_SIZE)
    query = requests.column(Status.NEW, page.last_key)
    return Page(
        "column page",
        200,
        lambda: browser.get(path, HX_Request="true"),
        lambda: [*start, [query]],
        rru=SIGNED_IN_RRU + 1.5,
    )


def _list(browser: Browser, start: Plan) -> Page:
    reads = [*map(requests.column, Status), requests.counters()]
    return Page(
        "list",
        200,
        lambda: browser.get("/leads/"),
        lambda: [*start, reads],
        rru=SIGNED_IN_RRU + 7,
    )


def _lead(browser: Browser, start: Plan, leads: list[Lead]) -> Page:
    shown, read = cycle(leads), cycle(leads)

    return Page(
        "lead page",
        200,
        lambda: browser.get(f"/leads/{next(shown).lead_id}/"),
        lambda: [*start, requests.lead_and_history(next(read).lead_id)],
        rru=SIGNED_IN_RRU + 2.5,
    )


def _panel(browser: Browser, start: Plan, leads: list[Lead]) -> Page:
    shown, read = cycle(leads), cycle(leads)
    return Page(
        "panel",
        200,
        lambda: browser.get(f"/leads/{next(shown).lead_id}/panel/", HX_Request="true"),
        lambda: [*start, requests.lead_and_history(next(read).lead_id)],
        rru=SIGNED_IN_RRU + 2.5,
    )


def _date(leads: list[Lead], user_id: str) -> None:
    """Let more be due to somebody than stands on a page."""
    due = datetime.now(UTC).date().isoformat()
    for lead in leads:
        repository.follow_up(
            lead.lead_id,
            due,
            NOTE[:40],
            version=lead.version,
            actor=Actor(user_id, "Benchmark"),
            write_id=uuid4().hex,
        )


def _today(browser: Browser, start: Plan, user_id: str) -> Page:
    return Page(
        "today",
        200,
        lambda: browser.get("/today/"),
        lambda: [*start, [requests.agenda(user_id)]],
        rru=4,
    )


def _changes(browser: Browser, start: Plan) -> Page:
    return Page(
        "changes",
        200,
        lambda: browser.get("/changes/"),
        lambda: [*start, [requests.acts()]],
        rru=4,
    )


@dataclass
class Mover:
    """Changes leads round and round, one at a time."""

    leads: list[Lead]

    def next(self) -> tuple[Lead, Status]:
        """Return the lead that is next, as it is now, and the stage it goes to."""
        lead, after = self.change(next_stage)
        return lead, after.status

    def change(self, step: Step) -> tuple[Lead, Lead]:
        """Return the lead that is next, as it is now and as it is after a step."""
        lead = self.leads.pop(0)
        after = lead.model_copy(update={**step(lead), "version": lead.version + 1})
        self.leads.append(after)
        return lead, after


def next_stage(lead: Lead) -> Fields:
    """Return the step to the stage that is next; a closed lead comes back."""
    if lead.is_closed:
        return {"status": Status.CONTACTED, "outcome": None}
    return {"status": STAGES[(STAGES.index(lead.status) + 1) % len(STAGES)]}


def _closed_or_open(lead: Lead) -> Fields:
    """Close a lead, or reopen it: each of the two is a change of stage."""
    if lead.status is Status.CLOSED:
        return {"status": Status.CONTACTED, "outcome": None}
    return {"status": Status.CLOSED, "outcome": ClosedAs.LOST}


def _move_form(after: Lead) -> Form:
    return "move", {"status": after.status.value}


def _assign_form(after: Lead) -> Form:
    return "assign", {"owner": "me" if after.owner_id else ""}


def _close_form(after: Lead) -> Form:
    if after.outcome:
        return "close", {"outcome": after.outcome.value, "reason": ""}
    return _move_form(after)


@dataclass(frozen=True)
class Work:
    """What changes leads: those of the pages, and those of the floor."""

    browser: Browser
    start: Plan
    ours: Mover
    theirs: Mover

    def page(self, name: str, step: Step, form: Callable[[Lead], Form], wru: float) -> Page:
        """Return what does a step with leads, by a form of theirs."""

        def ask() -> Answer:
            before, after = self.ours.change(step)
            what, fields = form(after)
            path = f"/leads/{before.lead_id}/{what}/"
            return send(self.browser, path, fields | {"version": str(before.version)})

        def plan() -> Plan:
            before, after = self.theirs.change(step)
            read = requests.lead(before.lead_id)
            write = requests.change(before, after, form(after)[0])
            return [*self.start, [read], [write], [requests.counters(consistent=True)]]

        return Page(name, 200, ask, plan, wru=wru)


def _note(browser: Browser, start: Plan, leads: list[Lead]) -> Page:
    noted, written = cycle(leads), cycle(leads)

    def ask() -> Answer:
        fields = {"kind": "note", "text": f"{NOTE} {uuid4().hex}"}
        return send(browser, f"/leads/{next(noted).lead_id}/notes/", fields)

    def plan() -> Plan:
        lead = next(written)
        note = requests.note(lead, f"{NOTE} {uuid4().hex}")
        return [*start, [requests.lead(lead.lead_id)], [note]]

    return Page("note", 200, ask, plan, wru=8)


def send(browser: Browser, path: str, fields: dict[str, str]) -> Answer:
    """Post a form as a board or a panel does."""
    token = browser.cookies[CSRF_COOKIE]
    return browser.post(path, fields, HX_Request="true", X_CSRFToken=token)


def _contact(browser: Browser, name: str, fields: dict[str, str]) -> Page:
    def ask() -> Answer:
        return browser.post("/contact/", fields | {"submission": uuid4().hex})

    def plan() -> Plan:
        return [[requests.count_sender()], [requests.intake(fields)]]

    size = ceil((OWN_BYTES + sum(map(len, fields.values()))) / 1024)
    wru = INTAKE_WRU + KILOBYTE_WRU * size + TOKEN_WRU * _tokens(fields)
    return Page(name, 303, ask, plan, wru=wru)


def _tokens(given: dict[str, str]) -> int:
    fields = {name: given[name] for name in ("name", "email", "company", "subject")}
    came = Attribution(form=FIRST_FORM)
    return len(token_items(Lead(lead_id="any", created_at="any", attribution=came, **fields)))


def newest(count: int) -> list[Lead]:
    """Return the newest leads. Raises ``BenchError`` if there are too few."""
    leads: list[Lead] = []
    cursor = ""
    while len(leads) < count:
        page = repository.listing(Filter(), cursor)
        leads += page.leads
        cursor = page.cursor
        if not cursor:
            break
    if len(leads) < count:
        message = f"A benchmark needs {count} leads or more."
        raise BenchError(message)
    return leads[:count]
