"""``python -m benchmarks``: print what every page costs beside its floor."""

import os
import platform
import signal
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType

import django

from benchmarks.environment import use_environment
from benchmarks.sampling import BenchError
from crm.dynamodb.engine import EngineError, find_binary
from crm.dynamodb.errors import DynamoDBError

SIZES = [1_000, 10_000]
SAMPLES = 200
FEWEST = 300  # leads: moves need some of their own
INTERRUPTED = 130


def main() -> int:
    """Run the benchmark and give the exit status: 2 with one line if it cannot run."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop_once)
    parser = ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of each page")
    parser.add_argument("--leads", type=int, nargs="+", default=SIZES, help="sizes, 300 or more")
    options = parser.parse_args()
    if options.samples < 1 or min(options.leads) < FEWEST:
        parser.error(f"at least 1 sample and {FEWEST} leads are needed")
    try:
        find_binary()
        with tempfile.TemporaryDirectory(prefix="leadbook-bench-") as folder:
            print(_run(Path(folder), options.leads, options.samples, markdown=options.markdown))
    except KeyboardInterrupt:
        _say("Stopped.")
        return INTERRUPTED
    except (BenchError, EngineError, DynamoDBError) as error:
        _say(str(error))
        return 2
    return 0


def _run(folder: Path, sizes: list[int], count: int, *, markdown: bool) -> str:
    use_environment(folder)
    django.setup()
    from benchmarks.report import report  # noqa: PLC0415 -- needs Django's settings
    from benchmarks.run import run  # noqa: PLC0415 -- needs Django's settings

    result = run(folder, sizes, count, _say)
    about = (
        f"{count} samples each, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"Django {django.get_version()}, one browser that keeps its connection."
    )
    return f"{about}\n\n{report(result, markdown=markdown)}"


def _say(text: str) -> None:
    """Tell how it goes, beside the results."""
    print(text, file=sys.stderr, flush=True)


def _stop_once(_number: int, _frame: FrameType | None) -> None:
    """Leave through every ``finally``, which a second Ctrl-C must not cut short."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
