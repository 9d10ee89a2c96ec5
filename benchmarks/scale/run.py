"""The whole run: engines on files of every size, a server before each, samples in turn."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command

from benchmarks.sampling import Samples
from benchmarks.scale.filling import add_empty_tables, add_workers, database, remove_visitors
from benchmarks.scale.pages import all_pages
from benchmarks.server import peak
from benchmarks.sites import EMAIL, PASSWORD, Say, Site, endpoint, open_site, sample
from crm.dynamodb.engine import Engine

READ_BYTES = 16_000_000


@dataclass(frozen=True)
class Weight:
    """What the leads of one size take, in bytes: of the engine's file and of its memory."""

    leads: int
    file: int
    memory: int


@dataclass(frozen=True)
class Result:
    """All that was measured; ``peak_memory`` in bytes is that of the largest worker."""

    samples: list[Samples]
    weights: list[Weight]
    peak_memory: int


def run(folder: Path, sizes: list[int], count: int, say: Say) -> Result:
    """Measure everything and leave nothing running but the files in ``folder``.

    Raises ``BenchError``, ``EngineError`` and the errors of DynamoDB.
    """
    files = [database(folder, size, say) for size in sizes]
    call_command("collectstatic", interactive=False, verbosity=0)
    say("Reading the files into memory …")
    for file in files:
        _read_once(file)
    with ExitStack() as stack:
        engines = [stack.enter_context(Engine(file)) for file in files]
        say("Starting the servers …")
        # All at once: a sample of each size in turn meets the same machine.
        sites = [
            _site(stack, folder, size, engine) for size, engine in zip(sizes, engines, strict=True)
        ]
        samples = sample(sites, count, say, all_pages)
        weights = [
            Weight(size, file.stat().st_size, peak(str(engine.pid)))
            for size, file, engine in zip(sizes, files, engines, strict=True)
        ]
        return Result(samples, weights, max(site.server.peak_memory() for site in sites))


def _read_once(file: Path) -> None:
    """Let the machine keep what it can of a file: pages are measured, not its disk."""
    with file.open("rb", buffering=0) as content:
        while content.read(READ_BYTES):
            pass


def _site(stack: ExitStack, folder: Path, leads: int, engine: Engine) -> Site:
    with endpoint(engine.url):
        add_empty_tables()
        remove_visitors()
        user_id = add_workers(EMAIL, PASSWORD)
    return open_site(stack, folder, leads, engine.url, user_id)
