"""The whole run: engines, leads, servers, samples. Django has to be set up before."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command

from benchmarks.sampling import Samples
from benchmarks.seeding import Rates, seed, seed_beside_bare
from benchmarks.sites import Say, endpoint, open_site, prepare, sample
from crm.dynamodb.creation import create_tables
from crm.dynamodb.engine import Engine


@dataclass
class Result:
    """All that was measured; start-up is in seconds, memory in bytes."""

    samples: list[Samples]
    rates: Rates
    healthy_after: float
    ready_after: float
    peak_memory: int


def run(folder: Path, sizes: list[int], count: int, say: Say) -> Result:
    """Measure everything and leave nothing running.

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
        return Result(
            sample(sites, count, say),
            rates,
            healthy_after=min(site.server.healthy_after for site in sites),
            ready_after=min(site.server.ready_after for site in sites),
            peak_memory=max(site.server.peak_memory() for site in sites),
        )


def _seed(engines: list[Engine], sizes: list[int], folder: Path, say: Say) -> Rates:
    for engine, size in zip(engines[:-1], sizes[:-1], strict=True):
        say(f"Seeding {size:,} leads …")
        with endpoint(engine.url):
            seed(size)
    say(f"Seeding {sizes[-1]:,} leads, and as many bare …")
    with Engine(folder / "bare.db") as bare:
        with endpoint(bare.url):
            create_tables()
        with endpoint(engines[-1].url):
            return seed_beside_bare(sizes[-1], bare.url)
