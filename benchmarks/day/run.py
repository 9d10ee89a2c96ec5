"""The whole day: an engine, a server, three people at once, and a recount in the end."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from secrets import token_urlsafe
from time import monotonic

from django.core.management import CommandError, call_command

from benchmarks.browser import Browser
from benchmarks.day.person import ACTS, Person
from benchmarks.sampling import BenchError
from benchmarks.seeding import seed as seed_leads
from benchmarks.server import Server
from benchmarks.sites import Say, endpoint
from crm.accounts.models import Role, User
from crm.dynamodb.creation import create_tables
from crm.dynamodb.engine import Engine
from crm.tables import TABLES

PEOPLE = ("Ann", "Bob", "Eve")
PASSWORD = token_urlsafe(16)


@dataclass(frozen=True)
class Day:
    """What was done, how often somebody else was faster, and what the recount said."""

    done: Counter[str]
    overtaken: Counter[str]
    recount: str

    @property
    def text(self) -> str:
        """The day in words."""
        lines = [
            f"{kind}: {self.done[kind]} done, {self.overtaken[kind]} overtaken" for kind in ACTS
        ]
        return "\n".join([*lines, self.recount])


def run(folder: Path, leads: int, seconds: float, seed: int, say: Say) -> Day:
    """Let three people work on ``leads`` seeded leads, and count everything.

    Raises ``BenchError`` if an answer was wrong or a counter is not what a recount gives.
    """
    with ExitStack() as stack:
        engine = stack.enter_context(Engine(folder / "day.db"))
        stack.enter_context(endpoint(engine.url))
        create_tables(TABLES)
        for name in PEOPLE:
            User.objects.create_user(_address(name), PASSWORD, name=name, role=Role.SALES)
        say(f"Seeding {leads} leads …")
        seed_leads(leads)
        server = stack.enter_context(Server(engine.url, folder / "day.log"))
        people = [_sign_in(stack, server, name, seed) for name in PEOPLE]
        say(f"{', '.join(PEOPLE)} work for {seconds:g} seconds …")
        end = monotonic() + seconds
        with ThreadPoolExecutor(len(people)) as pool:
            for work in [pool.submit(_work, person, end) for person in people]:
                work.result()
        done = sum((person.done for person in people), Counter())
        overtaken = sum((person.overtaken for person in people), Counter())
        return Day(done, overtaken, _recount())


def _sign_in(stack: ExitStack, server: Server, name: str, seed: int) -> Person:
    browser = stack.enter_context(closing(Browser(server.port, server.log)))
    if not browser.sign_in(_address(name), PASSWORD):
        message = f"{name} could not sign in."
        raise BenchError(message)
    return Person(browser, name, seed)


def _address(name: str) -> str:
    return f"{name.lower()}@example.com"


def _work(person: Person, end: float) -> None:
    while monotonic() < end:
        person.act()


def _recount() -> str:
    """Return what a recount says that finds nothing to repair."""
    out = StringIO()
    try:
        call_command("recount", "--dry-run", stdout=out)
    except CommandError as error:
        message = f"Counters are off after the day: {out.getvalue()}{error}"
        raise BenchError(message) from error
    return out.getvalue()
