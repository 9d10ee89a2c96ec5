"""``python -m benchmarks.scale``: print what every page costs at each number of leads."""

import os
import platform
import sys
from argparse import ArgumentParser
from pathlib import Path

import django

from benchmarks.command import run_and_print, say
from benchmarks.environment import use_environment

SIZES = [1_000, 10_000, 100_000, 1_000_000]
SAMPLES = 200
FEWEST = 1_000  # leads: 20 pages of a list, and moves need some of their own
FOLDER = Path(".bench")


def main() -> int:
    """Run the benchmark and return the exit status."""
    parser = ArgumentParser(prog="benchmarks.scale", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of each page")
    parser.add_argument("--leads", type=int, nargs="+", default=SIZES, help="sizes, 1,000 or more")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="keeps the leads (.bench)")
    parser.add_argument("--fill", action="store_true", help="make the leads and stop")
    options = parser.parse_args()
    if options.samples < 1 or min(options.leads) < FEWEST:
        parser.error(f"at least 1 sample and {FEWEST:,} leads are needed")
    folder, sizes = options.folder.resolve(), sorted(set(options.leads))
    if options.fill:
        return run_and_print(lambda: _fill(folder, sizes))
    return run_and_print(
        lambda: _measure(folder, sizes, options.samples, markdown=options.markdown)
    )


def _fill(folder: Path, sizes: list[int]) -> str:
    _set_up(folder)
    from benchmarks.scale.filling import database  # noqa: PLC0415 -- needs Django's settings

    files = [database(folder, size, say) for size in sizes]
    return "\n".join(f"{file}: {file.stat().st_size / 1e6:,.0f} MB" for file in files)


def _measure(folder: Path, sizes: list[int], count: int, *, markdown: bool) -> str:
    _set_up(folder)
    from benchmarks.scale.report import report  # noqa: PLC0415 -- needs Django's settings
    from benchmarks.scale.run import run  # noqa: PLC0415 -- needs Django's settings

    result = run(folder, sizes, count, say)
    about = (
        f"{count} samples each, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"Django {django.get_version()}, one browser that keeps its connection."
    )
    return f"{about}\n\n{report(result, markdown=markdown)}"


def _set_up(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    use_environment(folder)
    django.setup()


if __name__ == "__main__":
    sys.exit(main())
