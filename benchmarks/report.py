"""The results as a table: aligned for a terminal, or Markdown for the documents."""

from itertools import groupby

from benchmarks.run import Result
from benchmarks.sampling import Samples, percentile

BOARD_AIM = 2.0
GROWTH_AIM = 10.0

HEAD = (
    "page",
    "leads",
    "p50 ms",
    "floor",
    "ratio",
    "p99 ms",
    "floor",
    "ratio",
    "requests",
    "RRU (budget)",
    "WRU (budget)",
    "growth",
)


def report(result: Result, *, markdown: bool) -> str:
    """Give the whole report."""
    rows = [row for _, of_page in groupby(result.samples, _name) for row in _rows(list(of_page))]
    table = _markdown(rows) if markdown else _aligned(rows)
    bullet = "- " if markdown else ""
    return "\n".join([*table, "", *(bullet + line for line in _lines(result))])


def _name(samples: Samples) -> str:
    return samples.page.name


def _rows(of_page: list[Samples]) -> list[tuple[str, ...]]:
    smallest = percentile(of_page[0].times, 50)
    rows = []
    for samples in of_page:
        growth = (percentile(samples.times, 50) / smallest - 1) * 100
        shown = "" if samples is of_page[0] else f"{growth:+.0f} %"
        rows.append((*_row(samples), shown))
    return rows


def _row(samples: Samples) -> tuple[str, ...]:
    cost, floor = samples.typical_cost(), samples.typical_floor_cost()
    # Should they ever differ, the floor is no longer that of the page.
    requests = str(cost.requests) + ("" if cost.requests == floor.requests else "≠")
    page = samples.page
    return (
        page.name,
        f"{samples.leads:,}",
        *_times(samples, 50),
        *_times(samples, 99),
        requests,
        _within(cost.rru, page.rru),
        _within(cost.wru, page.wru),
    )


def _times(samples: Samples, percent: float) -> tuple[str, str, str]:
    time, floor = percentile(samples.times, percent), percentile(samples.floors, percent)
    return f"{time:.1f}", f"{floor:.1f}", f"{time / floor:.2f}"


def _within(units: float, budget: float) -> str:
    if not budget:
        return f"{units:g}" if units else "–"
    mark = " OVER" if units > budget else ""
    return f"{units:g} ({budget:g}){mark}"


def _lines(result: Result) -> list[str]:
    percent = 100 * result.seed_rate / result.ceiling_rate
    return [
        *_aims(result.samples),
        f"seed_leads: {result.seed_rate:,.0f} leads/s, {percent:.0f} % of the "
        f"{result.ceiling_rate:,.0f} leads/s at which the engine takes the same items bare",
        f"start-up: {result.healthy_after:.2f} s to /healthz, {result.ready_after:.2f} s to "
        "/readyz",
        f"peak memory of a worker: {result.peak_memory / 1e6:.0f} MB",
    ]


def _aims(taken: list[Samples]) -> list[str]:
    board = [samples for samples in taken if samples.page.name == "board"]
    ratio = max(percentile(one.times, 50) / percentile(one.floors, 50) for one in board)
    growth = (percentile(board[-1].times, 50) / percentile(board[0].times, 50) - 1) * 100
    return [
        f"board: {ratio:.2f} × its floor (aim: at most {BOARD_AIM:.1f}) {_met(ratio <= BOARD_AIM)}",
        f"board with {board[-1].leads:,} leads: {growth:+.0f} % beside {board[0].leads:,} "
        f"(aim: within {GROWTH_AIM:.0f} %) {_met(abs(growth) <= GROWTH_AIM)}",
    ]


def _met(is_met: bool) -> str:  # noqa: FBT001 -- the only thing it is about
    return "✓" if is_met else "✗"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (HEAD, *rows)
    ]


def _markdown(rows: list[tuple[str, ...]]) -> list[str]:
    rules = ("---", *("---:" for _ in HEAD[1:]))
    return [f"| {' | '.join(row)} |" for row in (HEAD, rules, *rows)]
