"""The results by page and size, each beside the smallest size."""

from itertools import groupby

from benchmarks.report import document
from benchmarks.sampling import Samples, percentile
from benchmarks.scale.run import Result

TIME_AIM = 1.15

HEAD = (
    "page",
    "leads",
    "p50 ms",
    "ratio",
    "p99 ms",
    "ratio",
    "floor p50",
    "ratio",
    "RRU",
    "WRU",
    "ratio",
)


def report(result: Result, *, markdown: bool) -> str:
    """Return the whole report."""
    pages = [list(of_page) for _, of_page in groupby(result.samples, lambda one: one.page.name)]
    rows = [row for of_page in pages for row in _rows(of_page)]
    lines = [*_aims(pages), *_weights(result)]
    return document(HEAD, rows, lines, markdown=markdown)


def _rows(of_page: list[Samples]) -> list[tuple[str, ...]]:
    first = of_page[0]
    rows: list[tuple[str, ...]] = []
    for samples in of_page:
        cost, least = samples.typical_cost(), first.typical_cost()
        rows.append(
            (
                samples.page.name,
                f"{samples.leads:,}",
                *_time(samples.times, first.times, 50),
                *_time(samples.times, first.times, 99),
                *_floor(samples, first),
                f"{cost.rru:g}",
                f"{cost.wru:g}",
                _ratio(cost.rru + cost.wru, least.rru + least.wru),
            )
        )
    return rows


def _time(times: list[float], first: list[float], percent: float) -> tuple[str, str]:
    time = percentile(times, percent)
    return f"{time:.1f}", _ratio(time, percentile(first, percent))


def _floor(samples: Samples, first: Samples) -> tuple[str, str]:
    """Return what the bare requests take, where they are known."""
    if not samples.typical_floor_cost().requests:
        return "-", "-"
    return _time(samples.floors, first.floors, 50)


def _ratio(value: float, least: float) -> str:
    return f"{value / least:.2f}" if least else "-"


def _aims(pages: list[list[Samples]]) -> list[str]:
    small, large = pages[0][0], pages[0][-1]
    slower = [f"{one[0].page.name} {_growth(one):.2f}" for one in pages if _growth(one) > TIME_AIM]
    dearer = [one[0].page.name for one in pages if _units(one[0]) != _units(one[-1])]
    return [
        f"{large.leads:,} leads beside {small.leads:,}:",
        f"p50 at most {TIME_AIM} of the smallest: {_verdict(slower, len(pages))}",
        f"the same capacity: {_verdict(dearer, len(pages))}",
    ]


def _verdict(missed: list[str], pages: int) -> str:
    if not missed:
        return f"met by all {pages} pages"
    return f"met by {pages - len(missed)} of {pages} pages, MISSED by {'; '.join(missed)}"


def _growth(of_page: list[Samples]) -> float:
    return round(percentile(of_page[-1].times, 50) / percentile(of_page[0].times, 50), 2)


def _units(samples: Samples) -> tuple[float, float]:
    cost = samples.typical_cost()
    return cost.rru, cost.wru


def _weights(result: Result) -> list[str]:
    return [
        *(
            f"{one.leads:,} leads: file {one.file / 1e6:,.0f} MB, "
            f"engine's memory {one.memory / 1e6:,.0f} MB"
            for one in result.weights
        ),
        f"peak memory of a worker: {result.peak_memory / 1e6:.0f} MB",
    ]
