"""``python -m benchmarks.attack``: what a stranger does to the server, and its answers."""

import os
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

import django

from benchmarks.command import run_and_print
from benchmarks.environment import use_environment

MOST_TOLD = 20


def main() -> int:
    """Run the attacks and return the exit status: 1 if one succeeded."""
    ArgumentParser(prog="benchmarks.attack", description=__doc__).parse_args()
    failures: list[str] = []
    status = run_and_print(lambda: _run(failures))
    return status or int(bool(failures))


def _run(failures: list[str]) -> str:
    with tempfile.TemporaryDirectory(prefix="leadbook-attack-") as folder:
        use_environment(Path(folder))
        for name in ("INTAKE_PER_NETWORK", "INTAKE_TOTAL", "INTAKE_CEILING"):
            del os.environ[name]  # as they are in production
        django.setup()
        from benchmarks.attack.run import run  # noqa: PLC0415 -- needs Django's settings

        text, found = run(Path(folder))
        failures += found
        return "\n".join([text, *found[:MOST_TOLD]])


if __name__ == "__main__":
    sys.exit(main())
