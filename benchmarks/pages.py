"""What people do, as the benchmark does it."""

import re
from dataclasses import dataclass
from itertools import cycle
from uuid import uuid4

from benchmarks import requests
from benchmarks.browser import CSRF_COOKIE, SESSION_COOKIE, Answer, Browser
from benchmarks.floor import Plan
from benchmarks.sampling import BenchError, Page
from leads import repository
from leads.fields import COMPANY, MESSAGE, NAME, SUBJECT
from leads.models import STAGES, Lead, Status
from leads.repository import Filter
from leads.repository.reads import PAGE_SIZE, status_page
from leads.repository.tokens import token_items

SIGNED_IN_RRU = 1.5
INTAKE_WRU = 14
TOKEN_WRU = 2
MOVED = 100
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
    leads = _newest(3 * MOVED)
    start = signed_in_plan(browser, user_id)
    return [
        _board(browser, start),
        _poll(browser, start),
        _column(browser, start),
        _list(browser, start),
        _lead(browser, start, leads[:MOVED]),
        _move(browser, start, leads[MOVED : 2 * MOVED], leads[2 * MOVED :]),
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
        rru=SIGNED_IN_RRU + 6,
    )


def _poll(browser: Browser, start: Plan) -> Page:
    tag = browser.get("/board/", HX_Request="true").board_tag
    return Page(
        "unchanged poll",
        204,
        lambda: browser.get("/board/", HX_Request="true", X_Board_Tag=tag),
        lambda: [*start, [requests.counters()]],
        rru=SIGNED_IN_RRU + 0.5,
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
        rru=SIGNED_IN_RRU + 1,
    )


def _list(browser: Browser, start: Plan) -> Page:
    reads = [*map(requests.column, Status), requests.counters()]
    return Page(
        "list",
        200,
        lambda: browser.get("/leads/"),
        lambda: [*start, reads],
        rru=SIGNED_IN_RRU + 6,
    )


def _lead(browser: Browser, start: Plan, leads: list[Lead]) -> Page:
    shown, read = cycle(leads), cycle(leads)

    def plan() -> Plan:
        lead_id = next(read).lead_id
        return [*start, [requests.timeline(lead_id), requests.lead(lead_id)]]

    return Page(
        "lead page",
        200,
        lambda: browser.get(f"/leads/{next(shown).lead_id}/"),
        plan,
        rru=SIGNED_IN_RRU + 2.5,
    )


@dataclass
class Mover:
    """Moves leads round and round, one stage at a time."""

    leads: list[Lead]

    def next(self) -> tuple[Lead, Status]:
        """Return the lead that is next, as it is now, and the stage it goes to."""
        lead = self.leads.pop(0)
        to = STAGES[(STAGES.index(lead.status) + 1) % len(STAGES)]
        update = {"status": to, "version": lead.version + 1}
        self.leads.append(lead.model_copy(update=update))
        return lead, to


def _move(browser: Browser, start: Plan, ours: list[Lead], theirs: list[Lead]) -> Page:
    by_page, by_floor = Mover(ours), Mover(theirs)

    def ask() -> Answer:
        lead, to = by_page.next()
        fields = {"status": to.value, "version": str(lead.version)}
        token = browser.cookies[CSRF_COOKIE]
        path = f"/leads/{lead.lead_id}/move/"
        return browser.post(path, fields, HX_Request="true", X_CSRFToken=token)

    def plan() -> Plan:
        lead, to = by_floor.next()
        read = requests.lead(lead.lead_id)
        write = requests.move(lead.lead_id, lead.version, lead.status, to)
        return [*start, [read], [write], [requests.counters(consistent=True)]]

    return Page("move", 200, ask, plan, wru=9)


def _contact(browser: Browser, name: str, fields: dict[str, str]) -> Page:
    def ask() -> Answer:
        return browser.post("/contact/", fields | {"submission": uuid4().hex})

    def plan() -> Plan:
        return [[requests.count_sender()], [requests.intake(fields)]]

    # Each further KB of the lead is as much again.
    size = 2 * (sum(map(len, fields.values())) // 1024)
    return Page(name, 303, ask, plan, wru=INTAKE_WRU + size + TOKEN_WRU * _tokens(fields))


def _tokens(given: dict[str, str]) -> int:
    fields = {name: given[name] for name in ("name", "email", "company", "subject")}
    return len(token_items(Lead(lead_id="any", created_at="any", **fields)))


def _newest(count: int) -> list[Lead]:
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
