"""How far the work on an import is, on a terminal or in a log."""

from time import monotonic

from django.core.management.base import OutputWrapper

from leads.importing.records import Run

LINE_SECONDS = 5
BAR_SECONDS = 0.1
BAR = 30


class Progress:
    """Shows a bar on a terminal, and elsewhere a line every few seconds."""

    def __init__(self, out: OutputWrapper, run: Run) -> None:
        self._out = out
        self._before = run.progress
        self._started = self._shown = monotonic()

    def show(self, run: Run) -> None:
        """Show how far it is now."""
        now = monotonic()
        if now - self._shown < (BAR_SECONDS if self._out.isatty() else LINE_SECONDS):
            return
        self._shown = now
        if not self._out.isatty():
            self._out.write(f"{run.progress:,} of {run.rows:,} rows")
            return
        rate = (run.progress - self._before) / (now - self._started)
        full = BAR * run.progress // run.rows
        bar = "█" * full + "·" * (BAR - full)
        left = f"{(run.rows - run.progress) / rate:.0f} s left " if rate else ""
        line = f"\r{bar} {run.progress:,} of {run.rows:,} rows, {rate:,.0f}/s, {left}"
        self._out.write(line, ending="")
        self._out.flush()

    def end(self, run: Run) -> None:
        """Clear the bar, and say how fast it went."""
        if self._out.isatty():
            self._out.write("\r\x1b[K", ending="")
        seconds = monotonic() - self._started
        rows = run.progress - self._before
        self._out.write(f"{rows:,} rows in {seconds:.1f} s ({rows / (seconds or 1):,.0f}/s).")
