"""All programs beside each other, at each size, and the table of it."""

import os
import platform
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.peers import ourselves
from benchmarks.peers.peers import PEERS
from benchmarks.peers.people import write_people
from benchmarks.peers.postgres import Postgres
from benchmarks.peers.run import Bench, Installed, Say, install
from benchmarks.peers.visitor import SAMPLES, Job, medians

JOBS = ("board", "list", "search", "move", "form POST")

type Times = dict[str, dict[str, float]]


def compare(work: Path, sizes: list[int], only: set[str], say: Say) -> str:
    """Measure the programs that ``only`` names, or all, and return the table."""
    people = work / "people.jsonl"
    write_people(people, max(sizes))
    with Postgres(work / f"postgres-{os.getpid()}") as postgres:
        bench = Bench(people, work, postgres, say)
        wanted = [peer for peer in PEERS if not only or peer.key in only]
        installed = [install(peer, bench) for peer in wanted]
        is_with_us = not only or "leadbook" in only
        measured = {size: _median_times(size, installed, bench, is_with_us) for size in sizes}
        about = (
            f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, Python "
            f"{platform.python_version()}, PostgreSQL {postgres.version()}; medians of "
            f"{SAMPLES}, in milliseconds."
        )
    return f"{about}\n\n{_table(measured)}"


def _median_times(size: int, installed: list[Installed], bench: Bench, with_us: bool) -> Times:  # noqa: FBT001
    with ExitStack() as stack:
        jobs: dict[str, list[Job]] = {}
        for one in installed:
            jobs[one.peer.name] = stack.enter_context(one.serving(size))
        if with_us:
            # Last: its server would end a connection that waits for the others to be filled.
            ours = ourselves.serving(size, bench.work, bench.say)
            jobs[ourselves.NAME] = stack.enter_context(ours)
        times: Times = {name: {} for name in jobs}
        for wanted in JOBS:
            bench.say(f"{size:,} leads: measuring {wanted} …")
            same = {name: job for name in jobs for job in jobs[name] if job.name == wanted}
            for name, taken in medians(same, bench.say).items():
                times[name][wanted] = taken
    bench.say(_table({size: times}))
    return times


def _table(measured: dict[int, Times]) -> str:
    lines = [
        f"| program | leads | {' | '.join(JOBS)} |",
        f"| --- | ---: |{' ---: |' * len(JOBS)}",
    ]
    for size, times in measured.items():
        for name, taken in times.items():
            cells = [f"{taken[job]:.1f}" if job in taken else "-" for job in JOBS]
            lines.append(f"| {name} | {size:,} | {' | '.join(cells)} |")
    return "\n".join(lines)
