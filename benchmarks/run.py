"""The whole run: engines, leads, servers, samples. Django has to be set up before."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from django.core.management import call_command

from benchmarks.browser import Browser
from benchmarks.floor import Bare
from benchmarks.pages import pages
from benchmarks.sampling import BenchError, Samples, take
from benchmarks.seeding import Rates, seed, seed_beside_bare
from benchmarks.server import Server
from crm.accounts.models import Role, User
from crm.dynamodb import client
from crm.dynamodb.creation import create_tables
from crm.dynamodb.engine import Engine

EMAIL = "benchmark@example.com"
PASSWORD = token_urlsafe(16)
NAME = "Bench Mark"
WARM_UP = 30

type Say = Callable[[str], None]


@dataclass
class Result:
    """All that was measured; start-up is in seconds, memory in bytes."""

    samples: list[Samples]
    rates: Rates
    healthy_after: float
    ready_after: float
    peak_memory: int


@dataclass
class _Site:
    """An engine filled with leads, the server before it, someone signed in, and the floor."""

    leads: int
    url: str
    user_id: str
    server: Server
    browser: Browser
    bare: Bare


def run(folder: Path, sizes: list[int], count: int, say: Say) -> Result:
    """Measure everything and leave nothing running.

    Raises ``BenchError``, ``EngineError`` and the errors of DynamoDB.
    """
    call_command("collectstatic", interactive=False, verbosity=0)
    with ExitStack() as stack:
        engines = [stack.enter_context(Engine(folder / f"{size}.db")) for size in sizes]
        users = [_prepare(engine) for engine in engines]
        rates = _seed(engines, sizes, folder, say)
        say("Starting the servers …")
        # All at once: a sample of each size in turn meets the same machine.
        sites = [
            _site(stack, folder, size, engine.url, user_id)
            for size, engine, user_id in zip(sizes, engines, users, strict=True)
        ]
        return Result(
            _sample(sites, count, say),
            rates,
            healthy_after=min(site.server.healthy_after for site in sites),
            ready_after=min(site.server.ready_after for site in sites),
            peak_memory=max(site.server.peak_memory() for site in sites),
        )


@contextmanager
def _endpoint(url: str) -> Iterator[None]:
    """Let the application's own code in this process speak to an engine."""
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = url
    client.reset()
    yield


def _prepare(engine: Engine) -> str:
    with _endpoint(engine.url):
        create_tables()
        return User.objects.create_user(EMAIL, PASSWORD, name=NAME, role=Role.SALES).id


def _seed(engines: list[Engine], sizes: list[int], folder: Path, say: Say) -> Rates:
    for engine, size in zip(engines[:-1], sizes[:-1], strict=True):
        say(f"Seeding {size:,} leads …")
        with _endpoint(engine.url):
            seed(size)
    say(f"Seeding {sizes[-1]:,} leads, and as many bare …")
    with Engine(folder / "bare.db") as bare:
        with _endpoint(bare.url):
            create_tables()
        with _endpoint(engines[-1].url):
            return seed_beside_bare(sizes[-1], bare.url)


def _site(stack: ExitStack, folder: Path, leads: int, url: str, user_id: str) -> _Site:
    server = stack.enter_context(Server(url, folder / f"{leads}.log"))
    browser = stack.enter_context(closing(Browser(server.port)))
    bare = stack.enter_context(closing(Bare(url)))
    if not browser.sign_in(EMAIL, PASSWORD):
        raise BenchError("The benchmark's account could not sign in.")
    return _Site(leads, url, user_id, server, browser, bare)


def _sample(sites: list[_Site], count: int, say: Say) -> list[Samples]:
    prepared = []
    for site in sites:
        with _endpoint(site.url):
            prepared.append(pages(site.browser, site.user_id))
    taken: list[Samples] = []
    for same_page in zip(*prepared, strict=True):
        say(f"Measuring {same_page[0].name} …")
        samples = [Samples(page, site.leads) for page, site in zip(same_page, sites, strict=True)]
        bares = [site.bare for site in sites]
        take(list(zip(samples, bares, strict=True)), count, WARM_UP)
        taken += samples
    return taken
