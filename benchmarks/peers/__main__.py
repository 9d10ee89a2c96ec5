"""``python -m benchmarks.peers``: print how long other CRMs take for the same job.

Installs them from PyPI into environments of their own, under ``--work``, which is kept.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

import django

from benchmarks.command import run_and_print, say
from benchmarks.environment import use_environment

SIZES = [10_000, 100_000]
WORK = Path(".bench/peers")


def main() -> int:
    """Run the comparison and return the exit status."""
    parser = ArgumentParser(prog="benchmarks.peers", description=__doc__)
    parser.add_argument("--leads", type=int, nargs="+", default=SIZES, help="sizes, 300 or more")
    parser.add_argument("--only", nargs="+", default=[], help="leadbook, bottlecrm, …")
    parser.add_argument("--work", type=Path, default=WORK, help=f"a folder (default: {WORK})")
    options = parser.parse_args()
    if min(options.leads) < 300:  # noqa: PLR2004 -- moves need some of their own
        parser.error("at least 300 leads are needed")
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    return run_and_print(lambda: _run(work, sorted(options.leads), set(options.only)))


def _run(work: Path, sizes: list[int], only: set[str]) -> str:
    use_environment(work)
    django.setup()
    from benchmarks.peers.comparison import compare  # noqa: PLC0415 -- needs Django's settings

    return compare(work, sizes, only, say)


if __name__ == "__main__":
    sys.exit(main())
