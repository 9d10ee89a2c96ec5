"""``python -m benchmarks``: print what every page costs beside its floor."""

import os
import platform
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path

import django

from benchmarks.command import run_and_print, say
from benchmarks.environment import use_environment
from benchmarks.mail import mail_server

SIZES = [1_000, 10_000]
SAMPLES = 200
FEWEST = 400  # leads: moves and answers need some of their own


def main() -> int:
    """Run the benchmark and return the exit status."""
    parser = ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of each page")
    parser.add_argument(
        "--leads", type=int, nargs="+", default=SIZES, help=f"sizes, {FEWEST} or more"
    )
    parser.add_argument("--pages", nargs="+", default=[], help="names of those to measure alone")
    options = parser.parse_args()
    if options.samples < 1 or min(options.leads) < FEWEST:
        parser.error(f"at least 1 sample and {FEWEST} leads are needed")
    return run_and_print(lambda: _run(options))


def _run(options: Namespace) -> str:
    with tempfile.TemporaryDirectory(prefix="leadbook-bench-") as folder:
        return _run_in(Path(folder), options)


def _run_in(folder: Path, options: Namespace) -> str:
    use_environment(folder)
    with mail_server():
        django.setup()
        from benchmarks.report import report  # noqa: PLC0415 -- needs Django's settings
        from benchmarks.run import run  # noqa: PLC0415 -- needs Django's settings

        result = run(folder, options.leads, options.samples, say, options.pages)
    versions = f"Python {platform.python_version()}, Django {django.get_version()}"
    about = (
        f"{options.samples} samples each, {os.cpu_count()} cores, {versions}, "
        f"one browser that keeps its connection."
    )
    return f"{about}\n\n{report(result, markdown=options.markdown)}"


if __name__ == "__main__":
    sys.exit(main())
