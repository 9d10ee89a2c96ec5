"""``python -m benchmarks.day``: three people work for some minutes; then everything is counted."""

import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

import django

from benchmarks.command import run_and_print, say
from benchmarks.environment import use_environment

SECONDS = 300
LEADS = 500
FEWEST = 100


def main() -> int:
    """Run the day and return the exit status: 2 if an answer or a counter is wrong."""
    parser = ArgumentParser(prog="benchmarks.day", description=__doc__)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="how long they work")
    parser.add_argument("--leads", type=int, default=LEADS, help="they work on, 100 or more")
    parser.add_argument("--seed", type=int, default=1, help="another one is another day")
    options = parser.parse_args()
    if options.seconds < 1 or options.leads < FEWEST:
        parser.error(f"at least a second and {FEWEST} leads are needed")
    return run_and_print(lambda: _run(options.leads, options.seconds, options.seed))


def _run(leads: int, seconds: int, seed: int) -> str:
    with tempfile.TemporaryDirectory(prefix="leadbook-day-") as folder:
        use_environment(Path(folder))
        django.setup()
        from benchmarks.day.run import run  # noqa: PLC0415 -- needs Django's settings

        return run(Path(folder), leads, seconds, seed, say).text


if __name__ == "__main__":
    sys.exit(main())
