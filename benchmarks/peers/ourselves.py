"""Leadbook doing the same, as its own server before the embedded engine."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from benchmarks.browser import Browser
from benchmarks.pages import VISITOR, pages
from benchmarks.peers.peers import SEARCH
from benchmarks.peers.run import Say
from benchmarks.peers.visitor import Job
from benchmarks.sampling import Page
from benchmarks.scale.filling import add_workers, database
from benchmarks.sites import EMAIL, PASSWORD, endpoint, open_site
from crm.dynamodb.creation import create_tables
from crm.dynamodb.engine import Engine
from crm.tables import TABLES

NAME = "Leadbook"
_numbers = count()


@contextmanager
def serving(size: int, work: Path, say: Say) -> Iterator[list[Job]]:
    """Store leads, start the server, and yield what it does."""
    say(f"{NAME}: storing {size:,} leads …")
    file = database(work / "leadbook", size, say)
    with Engine(file) as engine, ExitStack() as stack:
        with endpoint(engine.url):
            create_tables(TABLES)  # the one without leads
            user_id = add_workers(EMAIL, PASSWORD)
        site = open_site(stack, work, size, engine.url, user_id)
        with endpoint(engine.url):
            jobs = _jobs(site.browser, pages(site.browser, user_id))
        yield jobs


def _jobs(browser: Browser, known: list[Page]) -> list[Job]:
    jobs = {page.name: _job(page) for page in known}

    def contact() -> int:
        fields = VISITOR | {"email": f"ada{next(_numbers)}@analytical.example"}
        return browser.post("/contact/", fields).status

    search = Job("search", 200, lambda: browser.get(f"/leads/?q={SEARCH}").status)
    shared = [jobs[name] for name in ("board", "list", "move")]
    return [*shared, search, Job("form POST", 303, contact)]


def _job(page: Page) -> Job:
    return Job(page.name, page.status, lambda: page.ask().status)
