"""``python -m benchmarks.import_rate``: how fast a file is imported, beside bare batch writes.

The same items, made beforehand, are sent chunk by chunk in turn with ``BatchWriteItem``, 25
at a time from eight threads, to another engine: what this machine can store at all.
"""

import csv
import os
import resource
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter

import django

from benchmarks.command import run_and_print, say
from benchmarks.environment import use_environment

HEADER = ["name", "email", "company", "subject", "message", "status", "createdAt", "notes"]
MIB = 1024 * 1024


@dataclass
class Measurement:
    """Seconds by work, and the peak of this process's memory in MB at several moments."""

    rows: int
    seconds: dict[str, float] = field(default_factory=dict)
    memory: list[int] = field(default_factory=list)

    def time_part[T](self, name: str, work: Callable[[], T]) -> T:
        """Run a part of the work."""
        started = perf_counter()
        result = work()
        self.add(name, perf_counter() - started)
        return result

    def add(self, name: str, seconds: float) -> None:
        """Add to the time of a work."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def remember_memory(self) -> None:
        """Take the peak so far."""
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.memory.append(kilobytes * 1024 // MIB)

    def report(self) -> str:
        """Say it all."""
        rates = {name: self.rows / seconds for name, seconds in self.seconds.items()}
        lines = [f"{name:>12}  {rate:>9,.0f} rows/s" for name, rate in rates.items()]
        share = rates["import"] / rates["bare writes"]
        memory = ", ".join(f"{one} MB" for one in self.memory)
        return "\n".join(
            [
                f"{self.rows:,} rows, {os.cpu_count()} cores",
                *lines,
                f"The import reaches {share:.0%} of bare batch writes of the same items.",
                f"Peak memory before, and after each tenth of the import: {memory}.",
            ]
        )


def main() -> int:
    """Measure, and return the exit status."""
    parser = ArgumentParser(prog="benchmarks.import_rate", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="of the file, 100 or more")
    parser.add_argument("--duplicates", choices=["skip", "update", "create"], default="skip")
    options = parser.parse_args()
    if options.rows < 100:  # noqa: PLR2004 -- less tells nothing
        parser.error("at least 100 rows are needed")
    return run_and_print(lambda: _run(options.rows, options.duplicates))


def _run(rows: int, duplicates: str) -> str:
    with tempfile.TemporaryDirectory(prefix="leadbook-bench-") as folder:
        use_environment(Path(folder))
        django.setup()
        from benchmarks.importing import measure  # noqa: PLC0415 -- needs Django's settings

        measured = Measurement(rows)
        path = Path(folder) / "leads.csv"
        _write(path, rows)
        measure(measured, path, duplicates, say)
        return measured.report()


def _write(path: Path, rows: int) -> None:
    from leads.demo_data.people import visitor  # noqa: PLC0415 -- needs Django's settings

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(rows):
            one = visitor(Random(number))
            writer.writerow(
                [
                    one.name,
                    f"{number}-{one.email}",
                    one.company,
                    one.subject,
                    one.message,
                    ("new", "contacted", "qualified", "converted")[number % 4],
                    f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}",
                    "",
                ]
            )


if __name__ == "__main__":
    sys.exit(main())
