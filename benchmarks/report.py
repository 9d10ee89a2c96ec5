"""The results as a table: aligned for a terminal, or Markdown for the documents."""

from itertools import groupby

from benchmarks.load import CLIENTS, REQUESTS, Load
from benchmarks.run import Result
from benchmarks.sampling import Samples, percentile

RATIO_AIM = 1.5
AIMED_AT = ("board", "list", "lead page", "unchanged poll")
GROWTH_AIM = 10.0
MEMORY_AIM = 120.0  # MB
READY_AIM = 1.5  # s

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
    """Return the whole report."""
    rows = [row for _, of_page in groupby(result.samples, _name) for row in _rows(list(of_page))]
    parts = [document(HEAD, rows, _lines(result), markdown=markdown)]
    if result.loads:
        parts.append(_throughput(result.loads, markdown=markdown))
    if result.profiles:
        parts.append(_time_spent(result, markdown=markdown))
    return "\n\n".join(parts)


def document(
    head: tuple[str, ...], rows: list[tuple[str, ...]], lines: list[str], *, markdown: bool
) -> str:
    """Return a table with lines below it, aligned or as Markdown."""
    table = _markdown(head, rows) if markdown else _aligned_rows(head, rows)
    bullet = "- " if markdown else ""
    return "\n".join([*table, "", *(bullet + line for line in lines)])


def _name(samples: Samples) -> str:
    return samples.page.name


def _rows(of_page: list[Samples]) -> list[tuple[str, ...]]:
    smallest = percentile(of_page[0].times, 50)
    rows = []
    for samples in of_page:
        growth = (percentile(samples.times, 50) / smallest - 1) * 100
        shown = "" if samples is of_page[0] else f"{round(growth):+d} %"
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
        _within_limit(cost.rru, page.rru),
        _within_limit(cost.wru, page.wru),
    )


def _times(samples: Samples, percent: float) -> tuple[str, str, str]:
    time, floor = percentile(samples.times, percent), percentile(samples.floors, percent)
    return f"{time:.1f}", f"{floor:.1f}", f"{time / floor:.2f}"


def _within_limit(units: float, budget: float) -> str:
    if not budget:
        return f"{units:g}" if units else "-"
    mark = " OVER" if units > budget else ""
    return f"{units:g} ({budget:g}){mark}"


def _lines(result: Result) -> list[str]:
    seeding, bare = result.rates.seeded, result.rates.bare
    memory, ready = result.peak_memory / 1e6, result.ready_after
    worn = f"peak memory of a worker after {REQUESTS:,} requests and more"
    is_small, is_quick = memory <= MEMORY_AIM, ready <= READY_AIM
    return [
        *_ratios(result.samples),
        *_growth([samples for samples in result.samples if samples.page.name == "board"]),
        f"seed_leads: {seeding:,.0f} leads/s; the same items bare: {bare:,.0f} leads/s",
        f"start-up: /healthz after {result.healthy_after:.2f} s",
        f"start-up: /readyz after {ready:.2f} s, aim {READY_AIM:.1f} s: {_target_line(is_quick)}",
        f"{worn}: {memory:.0f} MB, aim {MEMORY_AIM:.0f} MB: {_target_line(is_small)}",
    ]


def _ratios(samples: list[Samples]) -> list[str]:
    lines = []
    for name in AIMED_AT:
        ratios = [
            percentile(one.times, 50) / percentile(one.floors, 50)
            for one in samples
            if one.page.name == name
        ]
        if ratios:
            is_near = max(ratios) <= RATIO_AIM
            aim = f"aim {RATIO_AIM:.1f}: {_target_line(is_near)}"
            lines.append(f"{name}: {max(ratios):.2f} times its floor, {aim}")
    return lines


def _growth(board: list[Samples]) -> list[str]:
    if not board:
        return []
    small, large = board[0], board[-1]
    growth = (percentile(large.times, 50) / percentile(small.times, 50) - 1) * 100
    is_flat = abs(growth) <= GROWTH_AIM
    beside = f"{large.leads:,} leads beside {small.leads:,}"
    return [
        f"board, {beside}: {round(growth):+d} %, aim {GROWTH_AIM:.0f} %: {_target_line(is_flat)}"
    ]


def _throughput(loads: list[Load], *, markdown: bool) -> str:
    head = (f"{CLIENTS} clients at once", "answers/s", "floor", "ratio", "clients' own time")
    rows: list[tuple[str, ...]] = [
        (
            load.name,
            f"{load.served:,.0f}",
            f"{load.bare:,.0f}",
            f"{load.bare / load.served:.2f}",
            f"{load.clients * 100:.0f} %",
        )
        for load in loads
    ]
    return document(head, rows, [], markdown=markdown).rstrip()


def _time_spent(result: Result, *, markdown: bool) -> str:
    """Return what the parts of a visit take, beside the whole and the whole over HTTP."""
    # Of the largest size: that is the one whose pages were looked at.
    over_http = {one.page.name: percentile(one.times, 50) for one in result.samples}
    head = ("ms of a visit, by profile", *result.profiles[0].parts, "in all", "p50 over HTTP")
    rows: list[tuple[str, ...]] = [
        (
            one.name,
            *(f"{part:.1f}" for part in one.parts.values()),
            f"{one.milliseconds:.1f}",
            f"{over_http[one.name]:.1f}",
        )
        for one in result.profiles
    ]
    return document(head, rows, [], markdown=markdown).rstrip()


def _target_line(is_met: bool) -> str:  # noqa: FBT001 -- the only thing it is about
    return "met" if is_met else "MISSED"


def _aligned_rows(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *rows)
    ]


def _markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    rules = ("---", *("---:" for _ in head[1:]))
    return [f"| {' | '.join(row)} |" for row in (head, rules, *rows)]
