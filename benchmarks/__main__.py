"""``python -m benchmarks``: print what every page costs beside its floor."""

import os
import platform
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

import django

from benchmarks.command import run_and_print, say
from benchmarks.environment import use_environment

SIZES = [1_000, 10_000]
SAMPLES = 200
FEWEST = 300  # leads: moves need some of their own


def main() -> int:
    """Run the benchmark and return the exit status."""
    parser = ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of each page")
    parser.add_argument("--leads", type=int, nargs="+", default=SIZES, help="sizes, 300 or more")
    options = parser.parse_args()
    if options.samples < 1 or min(options.leads) < FEWEST:
        parser.error(f"at least 1 sample and {FEWEST} leads are needed")
    return run_and_print(lambda: _run(options.leads, options.samples, markdown=options.markdown))


def _run(sizes: list[int], count: int, *, markdown: bool) -> str:
    with tempfile.TemporaryDirectory(prefix="leadbook-bench-") as folder:
        return _run_in(Path(folder), sizes, count, markdown=markdown)


def _run_in(folder: Path, sizes: list[int], count: int, *, markdown: bool) -> str:
    use_environment(folder)
    django.setup()
    from benchmarks.report import report  # noqa: PLC0415 -- needs Django's settings
    from benchmarks.run import run  # noqa: PLC0415 -- needs Django's settings

    result = run(folder, sizes, count, say)
    about = (
        f"{count} samples each, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"Django {django.get_version()}, one browser that keeps its connection."
    )
    return f"{about}\n\n{report(result, markdown=markdown)}"


if __name__ == "__main__":
    sys.exit(main())
