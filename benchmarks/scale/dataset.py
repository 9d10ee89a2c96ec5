"""Leads by the million without sending them: files in the layout of DynamoDB's own export.

``seed_leads`` stores what it makes over HTTP, and the embedded engine takes some 5,000 small
items a second. Files it imports ten times as fast, and processes beside each other write
them: one part for each 10,000 leads, so that an interrupted run goes on where it stopped.
What is imported is byte for byte what ``seed_leads`` would have stored, its own record
included, so that it goes on from there.
"""

import gzip
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import BinaryIO, cast

import orjson

from benchmarks.environment import set_up_child
from benchmarks.sampling import BenchError
from crm.dynamodb.calls import Item
from crm.dynamodb.export import line
from leads import keys
from leads.demo_data.history import Run, seeded_lead
from leads.models import Actor, timestamp
from leads.repository.changes import lead_item
from leads.repository.counters import Cell, counter_item, counter_of

SEED = 1
PART = 10_000
# An import takes files of any compression, and the lowest takes the least time.
COMPRESSION = 1
# Fixed, so that the same leads come out wherever and whenever it runs.
RUN = Run(
    SEED,
    datetime(2026, 11, 1, tzinfo=UTC),
    [Actor(id=f"{number:032x}", name=f"Worker {number}") for number in range(1, 6)],
)


@dataclass(frozen=True)
class Part:
    """The files of the leads from ``start`` up to ``end``.

    ``totals`` is written last: a part that has it is complete.
    """

    folder: Path
    start: int
    end: int

    @property
    def leads(self) -> Path:
        """The leads, a line each."""
        return self._file_path("leads.json.gz")

    @property
    def records(self) -> Path:
        """Their events and search tokens."""
        return self._file_path("records.json.gz")

    @property
    def totals(self) -> Path:
        """How many leads each counter has in each status."""
        return self._file_path("totals.json")

    def _file_path(self, kind: str) -> Path:
        return self.folder / f"{self.start:08}-{self.end:08}.{kind}"


def fingerprint() -> str:
    """Name what the first leads are made of: files of other items must not be mixed in."""
    made = (seeded_lead(RUN, number) for number in range(20))
    text = b"".join(
        line(item) for one in made for item in (lead_item(one.lead), *one.writes.record_items)
    )
    return sha256(text).hexdigest()[:12]


def write_parts(folder: Path, count: int) -> Iterator[Part]:
    """Write the files of ``count`` leads that are missing, and yield each when it is there.

    Raises ``BenchError`` when a process ends early, as it does without memory or disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = [Part(folder, at, min(at + PART, count)) for at in range(0, count, PART)]
    yield from (part for part in parts if part.totals.exists())
    missing = [part for part in parts if not part.totals.exists()]
    with ProcessPoolExecutor(
        min(os.cpu_count() or 1, max(1, len(missing))), get_context("spawn"), set_up_child
    ) as pool:
        futures = {pool.submit(_write, part): part for part in missing}
        try:
            for future in as_completed(futures):
                future.result()
                yield futures[future]
        except (OSError, BrokenProcessPool) as error:
            raise BenchError(f"The leads could not be written: {error}") from error
        finally:
            pool.shutdown(cancel_futures=True)


def settled_records(parts: list[Part]) -> Iterator[Item]:
    """Yield the totals of these leads and the record of their run, as if seeded."""
    totals: dict[str, Counter[Cell]] = {}
    for part in parts:
        for name, numbers in cast("dict[str, dict[str, int]]", _read(part.totals)).items():
            totals.setdefault(name, Counter()).update(numbers)
    yield from (counter_item(name, numbers) for name, numbers in sorted(totals.items()))
    done = sum(sum(numbers.values()) for numbers in totals.values())
    yield {
        **keys.seed_run(SEED),
        "startedAt": timestamp(RUN.at),
        "team": [{"id": worker.id, "name": worker.name} for worker in RUN.team],
        "done": done,
        "writing": done,
    }


def open_compressed(path: Path) -> BinaryIO:
    """Open a new file of an import."""
    return cast("BinaryIO", gzip.open(path, "wb", COMPRESSION))


def _write(part: Part) -> None:
    totals: dict[str, Counter[str]] = {}
    with open_compressed(part.leads) as leads, open_compressed(part.records) as records:
        for number in range(part.start, part.end):
            one = seeded_lead(RUN, number)
            leads.write(line(lead_item(one.lead)))
            records.writelines(map(line, one.writes.record_items))
            counter = totals.setdefault(counter_of(one.lead), Counter())
            counter[one.lead.status.value] += 1
    unfinished = part.totals.with_suffix(".part")
    unfinished.write_bytes(orjson.dumps(totals))
    unfinished.replace(part.totals)


def _read(path: Path) -> object:
    return orjson.loads(path.read_bytes())
