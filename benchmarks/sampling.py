"""Samples of pages and of their floors, taken in turn so that both meet the same machine."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median
from time import perf_counter

from benchmarks.browser import Answer
from benchmarks.floor import Bare, Cost, Plan


class BenchError(Exception):
    """The benchmark cannot go on; the message says why in one line."""


@dataclass(frozen=True)
class Page:
    """What a user does, and the DynamoDB requests that it needs at least.

    ``ask`` does it over HTTP and must give ``status``; ``plan`` gives the requests of one
    such visit. Budgets are of docs/data-model.md, in request units; 0 is none.
    """

    name: str
    status: int
    ask: Callable[[], Answer]
    plan: Callable[[], Plan]
    rru: float = 0.0
    wru: float = 0.0


@dataclass
class Samples:
    """Milliseconds and consumption of a page and of its floor, a sample each."""

    page: Page
    leads: int
    times: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    floor_costs: list[Cost] = field(default_factory=list)

    def visit(self) -> None:
        """Take one sample of the page."""
        started = perf_counter()
        answer = self.page.ask()
        self.times.append((perf_counter() - started) * 1000)
        if answer.status != self.page.status:
            message = f"{self.page.name} answered {answer.status} instead of {self.page.status}."
            raise BenchError(message)
        self.costs.append(answer.cost)

    def touch_floor(self, bare: Bare) -> None:
        """Take one sample of the floor."""
        plan = self.page.plan()
        started = perf_counter()
        cost = bare.run(plan)
        self.floors.append((perf_counter() - started) * 1000)
        self.floor_costs.append(cost)

    def forget(self) -> None:
        """Drop the samples so far: they were for warming up."""
        for samples in (self.times, self.floors, self.costs, self.floor_costs):
            samples.clear()

    def typical_cost(self) -> Cost:
        """Return the median consumption of the page."""
        return _median_cost(self.costs)

    def typical_floor_cost(self) -> Cost:
        """Return the median consumption of the floor."""
        return _median_cost(self.floor_costs)


def take(pairs: Sequence[tuple[Samples, Bare]], count: int, warm_up: int) -> None:
    """Take ``count`` samples of every page and floor, in turn."""
    for number in range(warm_up + count):
        if number == warm_up:
            for samples, _ in pairs:
                samples.forget()
        # Whoever comes second finds warmer caches: they take turns at that, too.
        for samples, bare in pairs if number % 2 else reversed(pairs):
            if number % 2:
                samples.visit()
                samples.touch_floor(bare)
            else:
                samples.touch_floor(bare)
                samples.visit()


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the smallest value that ``percent`` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def _median_cost(costs: Sequence[Cost]) -> Cost:
    return Cost(
        requests=round(median(cost.requests for cost in costs)),
        rru=median(cost.rru for cost in costs),
        wru=median(cost.wru for cost in costs),
    )
