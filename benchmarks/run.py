"""The whole run: engines, leads, servers, samples. Django has to be set up before."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from django.core.management import call_command

from benchmarks.answers import answers
from benchmarks.browser import Browser
from benchmarks.inside import Inside
from benchmarks.load import CLIENTS, REQUESTS, Load, loads, warm_memory
from benchmarks.pages import pages
from benchmarks.profile import Profile, profile, without_request_log
from benchmarks.sampling import BenchError, Page, Samples
from benchmarks.searches import searches
from benchmarks.seeding import Rates, seed, seed_beside_bare
from benchmarks.sites import Say, Site, endpoint, open_site, prepare, sample
from crm.dynamodb.creation import create_tables
from crm.dynamodb.engine import Engine
from crm.tables import TABLES


@dataclass
class Result:
    """All that was measured; start-up is in seconds, memory in bytes."""

    samples: list[Samples]
    rates: Rates
    healthy_after: float
    ready_after: float
    peak_memory: int
    loads: list[Load] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)


def run(folder: Path, sizes: list[int], count: int, say: Say, names: Sequence[str] = ()) -> Result:
    """Measure everything, or the pages of these ``names`` alone, and leave nothing running.

    Raises ``BenchError``, ``EngineError`` and the errors of DynamoDB.
    """
    call_command("collectstatic", interactive=False, verbosity=0)
    with ExitStack() as stack:
        engines = [stack.enter_context(Engine(folder / f"{size}.db")) for size in sizes]
        users = [prepare(engine) for engine in engines]
        rates = _seed(engines, sizes, folder, say)
        say("Starting the servers …")
        # All at once: a sample of each size in turn meets the same machine.
        sites = [
            open_site(stack, folder, size, engine.url, user_id)
            for size, engine, user_id in zip(sizes, engines, users, strict=True)
        ]
        samples = sample(sites, count, say, partial(_pages, names))
        largest = sites[-1]
        with endpoint(largest.url):
            profiles = _profiles(largest, names, say)
            measured = [] if names else _worn(largest, say)
        return Result(
            samples,
            rates,
            healthy_after=min(site.server.healthy_after for site in sites),
            ready_after=min(site.server.ready_after for site in sites),
            peak_memory=max(site.server.peak_memory() for site in sites),
            loads=measured,
            profiles=profiles,
        )


def _worn(site: Site, say: Say) -> list[Load]:
    """Measure many clients at once, and let the memory grow."""
    say(f"Measuring {CLIENTS} clients at once …")
    measured = loads(site)
    say(f"Asking for {REQUESTS:,} pages …")
    warm_memory(site)
    return measured


def _pages(names: Sequence[str], browser: Browser, user_id: str) -> list[Page]:
    """Return the pages of these names, or all. Raises ``BenchError`` for an unknown name."""
    known = _all_pages(browser, user_id)
    if unknown := set(names) - {page.name for page in known}:
        message = f"No page is called {', '.join(sorted(unknown))}."
        raise BenchError(message)
    return [page for page in known if not names or page.name in names]


def _all_pages(browser: Browser, user_id: str) -> list[Page]:
    *before, note, changes, form, longest = pages(browser, user_id)
    put_off, answer = answers(browser, user_id)
    # A note makes its lead larger; answers are still being sent after they were measured.
    found = searches(browser, user_id)
    return [*before, put_off, note, *found, changes, form, longest, answer]


def _profiles(site: Site, names: Sequence[str], say: Say) -> list[Profile]:
    say("Looking at where the time goes …")
    browser = Inside()
    browser.cookies |= site.browser.cookies
    with without_request_log():
        return [profile(page) for page in _pages(names, browser, site.user_id)]


def _seed(engines: list[Engine], sizes: list[int], folder: Path, say: Say) -> Rates:
    for engine, size in zip(engines[:-1], sizes[:-1], strict=True):
        say(f"Seeding {size:,} leads …")
        with endpoint(engine.url):
            seed(size)
    say(f"Seeding {sizes[-1]:,} leads, and as many bare …")
    with Engine(folder / "bare.db") as bare:
        with endpoint(bare.url):
            create_tables(TABLES)
        with endpoint(engines[-1].url):
            return seed_beside_bare(sizes[-1], bare.url)
