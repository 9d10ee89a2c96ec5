"""A minute of form posts from a few networks, while somebody moves leads."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median
from time import monotonic, perf_counter, sleep

from benchmarks.attack.posting import NETWORKS, SECONDS, post
from benchmarks.browser import CSRF_COOKIE, Browser
from benchmarks.pages import VISITOR, Mover
from benchmarks.sampling import BenchError, percentile

BEFORE_SECONDS = 15.0
MOVES_A_SECOND = 8
# What a move may take while the flood lasts, beside before: the median, and the 95th percentile.
MEDIAN_FACTOR = 1.5
TAIL_FACTOR = 5.0
_OK = 200


@dataclass(frozen=True)
class Flood:
    """Milliseconds of moves before and in the flood, and what its posts were answered."""

    before: list[float]
    during: list[float]
    failed: int
    answers: Counter[int]
    leads: int

    def lines(self) -> list[str]:
        """Say what happened."""
        answers = " ".join(f"{code}:{number}" for code, number in sorted(self.answers.items()))
        posts = f"{self.answers.total()} posts in {SECONDS:.0f} s from {NETWORKS} networks"
        p50 = f"p50 {median(self.before):.1f} ms before, {median(self.during):.1f} in it"
        p95 = f"p95 {percentile(self.before, 95):.1f} and {percentile(self.during, 95):.1f}"
        moves = f"{len(self.during)} moves, {self.failed} failed"
        return [
            f"flood: {posts} ({answers}); {self.leads} became leads",
            f"flood: {moves}; {p50} (x {self._median():.2f}), {p95} (x {self._tail():.2f})",
        ]

    def failures(self) -> list[str]:
        """Say what must not be."""
        found = {
            f"{self.failed} moves failed in the flood": self.failed,
            f"moves took {self._median():.2f} times as long": self._median() > MEDIAN_FACTOR,
            f"the slowest moves took {self._tail():.2f} times as long": self._tail() > TAIL_FACTOR,
            f"posts were answered {dict(self.answers)}": self.answers.keys() - {303},
        }
        return [text for text, is_wrong in found.items() if is_wrong]

    def _median(self) -> float:
        return median(self.during) / median(self.before)

    def _tail(self) -> float:
        return percentile(self.during, 95) / percentile(self.before, 95)


def flood(browser: Browser, port: int, mover: Mover, count: Callable[[], int]) -> Flood:
    """Move leads, and go on while another process posts; ``count`` tells how many leads are new."""
    before, _none = _move(browser, mover, lambda started: monotonic() - started < BEFORE_SECONDS)
    leads = count()
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=post, args=(port, VISITOR, theirs))
    process.start()
    try:
        if not ours.poll(30):
            raise BenchError("The flood did not start.")
        ours.recv()
        during, failed = _move(browser, mover, lambda _started: not ours.poll())
        answers = ours.recv()
    finally:
        process.join(10)
        process.kill()
    return Flood(before, during, failed, Counter(answers), count() - leads)


def _move(
    browser: Browser, mover: Mover, goes_on: Callable[[float], bool]
) -> tuple[list[float], int]:
    """Move leads at a steady pace; returns the milliseconds of each, and how many failed."""
    times, failed, started = [], 0, monotonic()
    while goes_on(started):
        lead, to = mover.next()
        fields = {"status": to.value, "version": str(lead.version)}
        token = browser.cookies[CSRF_COOKIE]
        began = perf_counter()
        path = f"/leads/{lead.lead_id}/move/"
        answer = browser.post(path, fields, HX_Request="true", X_CSRFToken=token)
        times.append((perf_counter() - began) * 1000)
        failed += answer.status != _OK
        sleep(max(0.0, started + len(times) / MOVES_A_SECOND - monotonic()))
    return times, failed
