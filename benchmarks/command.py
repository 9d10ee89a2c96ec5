"""What the benchmark's commands have in common: progress, one line for an error, Ctrl-C."""

import signal
import sys
from collections.abc import Callable
from types import FrameType

from benchmarks.sampling import BenchError
from crm.dynamodb.engine import EngineError, find_binary
from crm.dynamodb.errors import DynamoDBError

INTERRUPTED = 130


def run_and_print(work: Callable[[], str]) -> int:
    """Print what a run gives, and return the exit status: 2 with one line if it cannot run."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop_once)
    try:
        find_binary()
        print(work())
    except KeyboardInterrupt:
        say("Stopped.")
        return INTERRUPTED
    except (BenchError, EngineError, DynamoDBError) as error:
        say(str(error))
        return 2
    return 0


def say(text: str) -> None:
    """Tell how it goes, beside the results."""
    print(text, file=sys.stderr, flush=True)


def _stop_once(_number: int, _frame: FrameType | None) -> None:
    """Leave through every ``finally``, which a second Ctrl-C must not cut short."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
