"""Sites to measure: an engine with leads, a production server before it, somebody signed in."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from benchmarks.browser import Browser
from benchmarks.floor import Bare
from benchmarks.pages import pages
from benchmarks.sampling import BenchError, Page, Samples, take
from benchmarks.server import Server
from crm.accounts import repository
from crm.accounts.models import Role, User
from crm.dynamodb import client
from crm.dynamodb.creation import create_tables
from crm.dynamodb.engine import Engine
from crm.tables import TABLES

EMAIL = "benchmark@example.com"
PASSWORD = token_urlsafe(16)
NAME = "Bench Mark"
WARM_UP = 30

type Say = Callable[[str], None]


@dataclass
class Site:
    """An engine filled with leads, the server before it, someone signed in, and the floor."""

    leads: int
    url: str
    user_id: str
    server: Server
    browser: Browser
    bare: Bare


@contextmanager
def endpoint(url: str) -> Iterator[None]:
    """Let the application's own code in this process speak to an engine."""
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = url
    client.reset()
    yield


def prepare(engine: Engine) -> str:
    """Make the tables that are missing and an account, and return its id."""
    with endpoint(engine.url):
        create_tables(TABLES)
        user = User.objects.create_user(EMAIL, PASSWORD, name=NAME, role=Role.SALES)
        # Moves are measured alone: one that takes a lead as well writes more.
        repository.update(user.id, {"takeByMoving": False})
        return user.id


def open_site(stack: ExitStack, folder: Path, leads: int, url: str, user_id: str) -> Site:
    """Start a server before an engine and sign in; the stack ends it all."""
    server = stack.enter_context(Server(url, folder / f"{leads}.log"))
    browser = stack.enter_context(closing(Browser(server.port, server.log)))
    bare = stack.enter_context(closing(Bare(url)))
    if not browser.sign_in(EMAIL, PASSWORD):
        raise BenchError("The benchmark's account could not sign in.")
    return Site(leads, url, user_id, server, browser, bare)


def sample(
    sites: list[Site], count: int, say: Say, make: Callable[[Browser, str], list[Page]] = pages
) -> list[Samples]:
    """Measure every page on all sites in turn: they meet the same machine."""
    prepared = []
    for site in sites:
        with endpoint(site.url):
            prepared.append(make(site.browser, site.user_id))
    taken: list[Samples] = []
    for same_page in zip(*prepared, strict=True):
        say(f"Measuring {same_page[0].name} …")
        samples = [Samples(page, site.leads) for page, site in zip(same_page, sites, strict=True)]
        bares = [site.bare for site in sites]
        take(list(zip(samples, bares, strict=True)), count, WARM_UP)
        taken += samples
    return taken
