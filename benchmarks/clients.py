"""``python -m benchmarks.clients``: many clients at once, in a process of their own.

A process of its own, so that the clients do not share Python's one running thread with what
they measure. It prints how many answers came, in how many seconds, and the processor time
that the clients themselves took of it.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import cycle
from resource import RUSAGE_SELF, getrusage
from threading import Barrier, Lock, Thread
from time import perf_counter
from uuid import uuid4

from benchmarks.browser import SESSION_COOKIE, Browser
from benchmarks.environment import set_up_child
from benchmarks.floor import Bare, Plan

WARM_UP_SECONDS = 0.5
# Of twenty requests: people look far more often than they do something.
MIX = ["board", "list", "lead", *["poll"] * 17]


@dataclass(frozen=True)
class Order:
    """What the clients shall do: ``kind`` for ``seconds``, or ``count`` times in all."""

    kind: str
    clients: int
    seconds: float
    count: int
    port: int
    engine: str
    cookies: dict[str, str]
    user_id: str
    lead_id: str


@dataclass(frozen=True)
class Tally:
    """What came of it; ``processor`` are seconds of the clients' own processor time."""

    answers: int
    seconds: float
    processor: float


type Client = Callable[[], None]


class UnexpectedAnswerError(Exception):
    """A client got another answer than it must get."""


def main() -> int:
    """Do the order that is the argument and print the tally, both as JSON."""
    order = Order(**json.loads(sys.argv[1]))
    set_up_child()
    make = _bare_clients if order.engine else _browsers
    print(json.dumps(asdict(_run(make(order), order))))
    return 0


def _run(clients: list[Client], order: Order) -> Tally:
    """Run all clients at once; what is answered while they warm up does not count."""
    lock, barrier = Lock(), Barrier(len(clients) + 1)
    answers, failures = 0, []
    ends = [float("inf")]

    def work(client: Client) -> None:
        nonlocal answers
        try:
            _repeat(client, perf_counter() + WARM_UP_SECONDS)
            barrier.wait()
            while perf_counter() < ends[0] and (not order.count or answers < order.count):
                client()
                with lock:
                    answers += 1
        except Exception as error:  # noqa: BLE001 -- told by the main thread
            failures.append(error)
            barrier.abort()

    threads = [Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        barrier.wait()
    finally:
        if failures:
            raise failures[0]
    started, processor = perf_counter(), _processor()
    if order.seconds:
        ends[0] = started + order.seconds
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return Tally(answers, perf_counter() - started, _processor() - processor)


def _repeat(client: Client, until: float) -> None:
    while perf_counter() < until:
        client()


def _processor() -> float:
    usage = getrusage(RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _browsers(order: Order) -> list[Client]:
    return [_browser(order) for _ in range(order.clients)]


def _browser(order: Order) -> Client:
    """Return one browser with a connection of its own."""
    from benchmarks.pages import VISITOR  # noqa: PLC0415 -- needs Django's settings

    browser = Browser(order.port)
    browser.cookies |= order.cookies
    tag = browser.get("/board/", HX_Request="true").board_tag

    def poll() -> int:
        return browser.get("/board/", HX_Request="true", X_Board_Tag=tag).status

    asks: dict[str, tuple[int, Callable[[], int]]] = {
        "board": (200, lambda: browser.get("/board/").status),
        "poll": (204, poll),
        "list": (200, lambda: browser.get("/leads/").status),
        "lead": (200, lambda: browser.get(f"/leads/{order.lead_id}/").status),
        "form": (
            303,
            lambda: browser.post("/contact/", VISITOR | {"submission": uuid4().hex}).status,
        ),
    }
    turns = cycle(MIX if order.kind == "mix" else [order.kind])

    def ask() -> None:
        expected, request = asks[next(turns)]
        status = request()
        if status != expected:
            message = f"answered {status} instead of {expected}"
            raise UnexpectedAnswerError(message)

    return ask


def _bare_clients(order: Order) -> list[Client]:
    """Return clients that send the same requests bare, at once on one pool of threads."""
    from benchmarks import requests  # noqa: PLC0415 -- needs Django's settings
    from benchmarks.pages import VISITOR  # noqa: PLC0415 -- needs Django's settings
    from leads.models import STAGES  # noqa: PLC0415 -- needs Django's settings

    bare = Bare(order.engine, threads=4 * order.clients)
    start = requests.signed_in(order.cookies[SESSION_COOKIE], order.user_id)
    counters = requests.counters()
    plans: dict[str, Callable[[], Plan]] = {
        "board": lambda: [*start, [*map(requests.column, STAGES), counters]],
        "poll": lambda: [*start, [counters]],
        "form": lambda: [[requests.count_sender()], [requests.intake(VISITOR)]],
    }
    plan = plans[order.kind]
    return [lambda: _send(bare, plan) for _ in range(order.clients)]


def _send(bare: Bare, plan: Callable[[], Plan]) -> None:
    bare.run(plan())


if __name__ == "__main__":
    sys.exit(main())
