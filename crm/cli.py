"""What every command has in common: a progress bar, numbers from options, refusals in one line.

A refusal ends a command with one line on standard error and exit status 2, Ctrl-C with 130.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from django.core.management.base import CommandError, OutputWrapper

from crm.dynamodb.errors import DynamoDBError, NotFoundError

LINE_SECONDS = 5
BAR_SECONDS = 0.1
BAR = 30
_CLEAR = "\r\x1b[K"


def refusal(message: str) -> CommandError:
    """Return the error that ends a command with one line and exit status 2."""
    return CommandError(" ".join(message.split()), returncode=2)


def confirm(question: str) -> None:
    """Ask on a terminal; raises ``CommandError`` unless the answer is yes."""
    if not sys.stdin.isatty():
        raise refusal(f"{question} Say --yes.")
    if input(f"{question} [y/N] ").strip().lower() not in {"y", "yes"}:
        raise refusal("Nothing was removed.")


@contextmanager
def one_line_refusals(hint: str = "run it again to go on") -> Iterator[None]:
    """Turn an error of DynamoDB, and Ctrl-C, into one line; ``hint`` says what then holds."""
    try:
        yield
    except NotFoundError as error:
        raise refusal("The tables are missing: run create_tables first.") from error
    except DynamoDBError as error:
        raise refusal(f"DynamoDB failed, {hint}: {error}") from error
    except KeyboardInterrupt as error:
        message = f"\nStopped. {hint[0].upper()}{hint[1:]}."
        raise CommandError(message, returncode=130) from error


def whole_number(name: str, value: object, *, least: int = 0, most: int) -> int:
    """Read an option; raises ``CommandError`` that says which whole numbers are taken."""
    text = "" if value is None else str(value)
    if re.fullmatch(r"[0-9]{1,18}", text) and least <= int(text) <= most:
        return int(text)
    given = f"not {text[:40]!r}" if text else "and is missing"
    raise refusal(f"{name} must be a whole number from {least} to {most:,}, {given}.")


class Progress:
    """How far a command is: a bar on a terminal, elsewhere a line every few seconds.

    ``total`` is the number of ``what`` there are; if that is an estimate, it may be exceeded.
    Without a total the number done is shown alone. ``before`` were done when the work began.
    """

    def __init__(
        self,
        out: OutputWrapper,
        what: str,
        total: int | None = None,
        *,
        before: int = 0,
        is_estimate: bool = False,
    ) -> None:
        self._out = out
        self._what = what
        self._total = total
        self._before = self._done = before
        self._is_estimate = is_estimate
        self._started = self._shown = monotonic()

    def show(self, done: int) -> None:
        """Show how far it is now, if it is time to, or the end."""
        self._done = done
        now = monotonic()
        is_end = done == self._total and self._out.isatty()
        if now - self._shown < (BAR_SECONDS if self._out.isatty() else LINE_SECONDS) and not is_end:
            return
        self._shown = now
        if not self._out.isatty():
            self._out.write(self._count())
            return
        self._out.write(
            f"\r{self._bar()}{self._count()}, {self.rate:,.0f}/s{self._left()} ", ending=""
        )
        self._out.flush()

    def clear(self) -> None:
        """Take the bar off the terminal, for other lines."""
        if self._out.isatty():
            self._out.write(_CLEAR, ending="")

    @property
    def seconds(self) -> float:
        """Seconds since the work began."""
        return monotonic() - self._started

    @property
    def rate(self) -> float:
        """How many are done in a second."""
        return (self._done - self._before) / (self.seconds or 1)

    def _count(self) -> str:
        if self._total is None:
            return f"{self._done:,} {self._what}"
        about = "about " if self._is_estimate else ""
        return f"{self._done:,} of {about}{max(self._total, self._done):,} {self._what}"

    def _bar(self) -> str:
        if self._total is None:
            return ""
        full = min(BAR, BAR * self._done // (self._total or 1))
        return f"{'█' * full}{'·' * (BAR - full)} "

    def _left(self) -> str:
        if self._total is None or self._is_estimate or not self.rate:
            return ""
        return f", {max(0, self._total - self._done) / self.rate:.0f} s left"
