"""How many requests a second a production server answers, beside its floor."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, replace

from benchmarks.clients import Order, Tally
from benchmarks.sampling import BenchError
from benchmarks.server import ROOT
from benchmarks.sites import Site
from leads import repository
from leads.models import Status

CLIENTS = 16
PROCESSES = 2  # of the floor: as many as the server has workers
SECONDS = 3.0
REQUESTS = 10_000
KINDS = {"board": "board", "unchanged poll": "poll", "form POST": "form"}


@dataclass(frozen=True)
class Load:
    """Answers a second of the server and of its floor.

    ``clients`` is the share of one processor that the server's clients took for themselves.
    """

    name: str
    served: float
    bare: float
    clients: float


def loads(site: Site) -> list[Load]:
    """Measure what people do most, 16 clients at once."""
    return [_load(name, _order(site, kind)) for name, kind in KINDS.items()]


def warm_memory(site: Site) -> None:
    """Let the server answer 10,000 requests of all kinds, for its memory to grow."""
    _tallies([replace(_order(site, "mix"), seconds=0, count=REQUESTS)])


def _load(name: str, order: Order) -> Load:
    (served,) = _tallies([order])
    each = replace(order, clients=order.clients // PROCESSES, port=0)
    bare = _tallies([each] * PROCESSES)
    return Load(
        name,
        served.answers / served.seconds,
        sum(tally.answers / tally.seconds for tally in bare),
        served.processor / served.seconds,
    )


def _order(site: Site, kind: str) -> Order:
    lead = repository.by_status(Status.NEW, limit=1).leads[0]
    return Order(
        kind=kind,
        clients=CLIENTS,
        seconds=SECONDS,
        count=0,
        port=site.server.port,
        engine=site.url,
        cookies=dict(site.browser.cookies),
        user_id=site.user_id,
        lead_id=lead.lead_id,
    )


def _tallies(orders: list[Order]) -> list[Tally]:
    """Run processes of clients beside each other."""
    running = [_start(order) for order in orders]
    return [_result(process) for process in running]


def _start(order: Order) -> "subprocess.Popen[str]":
    # Those with a port are browsers and know nothing of the engine.
    sent = replace(order, engine="" if order.port else order.engine)
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.clients", json.dumps(asdict(sent))],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _result(process: "subprocess.Popen[str]") -> Tally:
    printed, errors = process.communicate()
    if process.returncode:
        lines = errors.strip().splitlines() or ["nothing"]
        message = f"The clients stopped: {lines[-1]}"
        raise BenchError(message)
    # The last line: botocore may have logged before it.
    return Tally(**json.loads(printed.splitlines()[-1]))
