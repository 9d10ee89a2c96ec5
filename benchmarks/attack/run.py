"""The whole run: an engine, a production server, the fuzz. Django has to be set up before."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import cycle
from math import inf
from pathlib import Path
from secrets import token_urlsafe

from django.core.management import call_command

from benchmarks.attack.client import Client, Sent, cookie_header
from benchmarks.attack.flood import flood
from benchmarks.attack.forms import read_page
from benchmarks.attack.fuzz import Fuzz
from benchmarks.attack.guessing import guessing
from benchmarks.attack.inputs import multipart
from benchmarks.attack.report import failures, table
from benchmarks.attack.senders import PATIENCE, Probe, drips, large_bodies, slow_senders
from benchmarks.browser import Browser
from benchmarks.command import say
from benchmarks.pages import Mover
from benchmarks.sampling import BenchError
from benchmarks.seeding import seed
from benchmarks.server import Server
from benchmarks.sites import endpoint
from crm.accounts.models import Role, User
from crm.dynamodb.creation import create_tables
from crm.dynamodb.engine import Engine
from crm.tables import TABLES
from leads import repository
from leads.repository import Filter

EMAIL = "attack@example.com"
OTHER = "other@example.com"
PASSWORD = token_urlsafe(16)
LEADS = 300
OK = 200


def run(folder: Path) -> tuple[str, list[str]]:
    """Attack a server of its own; return what to print, and what succeeded."""
    call_command("collectstatic", interactive=False, verbosity=0)
    with _server(folder) as (server, user_id), closing(Browser(server.port)) as browser:
        if not browser.sign_in(EMAIL, PASSWORD):
            raise BenchError("The account of the attack could not sign in.")
        probes = _probes(server.port, browser.cookies)
        lines: list[str] = []
        wrong: list[str] = []
        for told, found in (
            slow_senders(server.port, probes),
            drips(server.port),
            large_bodies(server.port),
            guessing(server.port, browser.cookies, EMAIL, PASSWORD),
            _flood(server.port, browser),
        ):
            lines += told
            wrong += found
            say("\n".join(told))
        fuzz = Fuzz(server.port, lambda: _sign_in(server.port))
        say("Sending every input …")
        rows = fuzz.run(_ids(fuzz, user_id))
    return "\n".join([table(rows), *lines]), wrong + failures(rows)


def _probes(port: int, cookies: dict[str, str]) -> dict[str, Probe]:
    """Return what asks for a page, and tells the seconds that this took."""

    def ask(path: str, cookie: str = "") -> float:
        with closing(Client(port, PATIENCE)) as client:
            received = client.ask(Sent("", "GET", path), cookie, "198.51.100.8")
        return received.milliseconds / 1000 if received.status == OK else inf

    return {
        "/healthz": lambda: ask("/healthz"),
        "/contact/": lambda: ask("/contact/"),
        "/board/": lambda: ask("/board/", cookie_header(cookies)),
    }


def _leads_in_all() -> int:
    return sum(repository.counts(consistent=True).totals.values())


def _flood(port: int, browser: Browser) -> tuple[list[str], list[str]]:
    # It has been idle for so long that the server ended it: the next request opens another one.
    browser.close()
    mover = Mover(repository.listing(Filter(), "").leads)
    result = flood(browser, port, mover, _leads_in_all)
    return result.lines(), result.failures()


@contextmanager
def _server(folder: Path) -> Iterator[tuple[Server, str]]:
    """Start a server with leads; yields it, and the id of an account that nobody uses."""
    with Engine(folder / "attack.db") as engine, endpoint(engine.url):
        create_tables(TABLES)
        User.objects.create_user(EMAIL, PASSWORD, name="At Tack", role=Role.ADMIN)
        other = User.objects.create_user(OTHER, PASSWORD, name="Oth Er", role=Role.SALES)
        say(f"Seeding {LEADS} leads …")
        seed(LEADS)
        with Server(engine.url, folder / "server.log") as server:
            yield server, other.id


def _sign_in(port: int) -> dict[str, str]:
    with closing(Browser(port)) as browser:
        if not browser.sign_in(EMAIL, PASSWORD):
            raise BenchError("The account of the attack could not sign in.")
        return browser.cookies


def _ids(fuzz: Fuzz, user_id: str) -> Callable[[str], str]:
    """Return what gives the id of something that is there, by the name of the parameter."""
    leads = cycle(_leads(fuzz))
    known = {"user_id": user_id, "status": "new", "import_id": _import_id(fuzz)}
    return lambda name: next(leads) if name == "lead_id" else known.get(name, "x")


def _leads(fuzz: Fuzz) -> list[str]:
    rows = fuzz.ask(Sent("", "GET", "/leads/")).body.decode()
    return re.findall(r'data-lead-id="([^"]+)"', rows)


def _import_id(fuzz: Fuzz) -> str:
    """Upload a file and return the id of its import."""
    page = fuzz.ask(Sent("", "GET", "/leads/import/"))
    forms, _queries = read_page("/leads/import/", page.body.decode())
    form = next(form for form in forms if "file" in form.fields)
    sent = multipart("", form, "file", "rows.csv", "name,email\nAda,ada@example.com\n")
    location = fuzz.ask(sent).headers.get("Location") or ""
    found = re.fullmatch(r"/leads/import/([^/]+)/", location)
    if not found:
        raise BenchError("The file of the attack could not be uploaded.")
    return found[1]
