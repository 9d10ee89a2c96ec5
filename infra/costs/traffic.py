"""What a month of work sends over the wire and asks of a server: a model, without any I/O.

Sizes are those of the pages with demo leads, compressed, with their headers; a test holds
them. Times are assumptions with room: what the pages take here, and answers of DynamoDB
over a network.
"""

from dataclasses import dataclass
from math import exp

from infra.costs.consumption import GB, Day, Load, changes_a_second, full_poll_share
from infra.costs.prices import MONTH_SECONDS

KB = 10**3

BOARD_BYTES = 29_500
UNCHANGED_BYTES = 600
PAGE_BYTES = 20_500
VISIT_BYTES = 6_000
"""A visitor's three answers: the form, the redirect after it, and the thanks."""

ASSET_BYTES = 50_000
"""Style, scripts and htmx, which a browser keeps; each person is counted once a day."""

ASSETS = 6
VISIT_REQUESTS = 3
BODY_BYTES = 2_000
"""What a visitor sends, and what a server reads of it."""

POLL_SECONDS_TAKEN = 0.015
PAGE_SECONDS_TAKEN = 0.040
VISIT_SECONDS_TAKEN = 0.050

LOG_BYTES = 700
"""A request's line with its metrics; CloudWatch adds 26 bytes to each."""

LOG_OVERHEAD = 26

WARM_SECONDS = 600.0
"""How long a function stays loaded after its last request: AWS promises no number."""

COLD_STARTS_A_DAY = 4.0
"""How often each person's day finds a function that has to load first."""


@dataclass(frozen=True)
class Traffic:
    """Requests of a month by kind; ``full`` is the share of polls that send the board."""

    polls: float
    pages: float
    visits: float
    asset_loads: float
    full: float
    cold_starts: float

    @property
    def requests(self) -> float:
        """Requests that the application answers."""
        return self.polls + self.pages + self.visits * VISIT_REQUESTS

    @property
    def edge_requests(self) -> float:
        """Requests of browsers: with those that a cache answers."""
        return self.requests + self.asset_loads * ASSETS

    @property
    def seconds(self) -> float:
        """Seconds that the application works."""
        polls = self.polls * (self.full * PAGE_SECONDS_TAKEN + (1 - self.full) * POLL_SECONDS_TAKEN)
        return polls + self.pages * PAGE_SECONDS_TAKEN + self.visits * VISIT_SECONDS_TAKEN

    @property
    def gigabytes(self) -> float:
        """GB sent to browsers."""
        polls = self.polls * (self.full * BOARD_BYTES + (1 - self.full) * UNCHANGED_BYTES)
        assets = self.asset_loads * ASSET_BYTES
        return (polls + self.pages * PAGE_BYTES + self.visits * VISIT_BYTES + assets) / GB

    @property
    def log_gigabytes(self) -> float:
        """GB of log lines, one a request."""
        return self.requests * (LOG_BYTES + LOG_OVERHEAD) / GB


def traffic(load: Load) -> Traffic:
    """Return what a month sends; each lead is one visit that finds the form and posts it."""
    day = load.day
    person_days = load.person_days
    # Of an answer, its templates and the answer itself.
    pages = person_days * acts_a_day(day) + 2 * load.answers + load.reads
    return Traffic(
        polls=person_days * (day.polls + day.counts),
        pages=pages,
        visits=load.leads,
        asset_loads=person_days + load.leads,
        full=full_poll_share(changes_a_second(load)),
        cold_starts=person_days * COLD_STARTS_A_DAY + lonely_requests(load.by_chance),
    )


def acts_a_day(day: Day) -> float:
    """Return a person's requests in a day, without the polls."""
    return sum(count for count, _ in day.acts) + day.moves + day.edits


def lonely_requests(requests: float, seconds: float = WARM_SECONDS) -> float:
    """Return how many of a month's requests come when none came for so many seconds.

    They come by chance, independent of each other.
    """
    return requests * exp(-requests * seconds / MONTH_SECONDS)


def busy_spells(requests: float, seconds: float) -> float:
    """Return in how many of a month's spells of so many seconds anything comes."""
    each = MONTH_SECONDS / seconds
    return each * (1 - exp(-requests / each))
