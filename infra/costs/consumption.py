"""What Leadbook consumes of Amazon DynamoDB, and what that costs: a model, without any I/O.

Acts are in request units as the embedded engine reports them for leads of 1 KB; a test
holds them against the pages. How many of them a month has is assumed here, in one place.
``docs/capacity.md`` has the tables.
"""

from dataclasses import dataclass, field
from math import exp

from infra.costs import prices
from infra.costs.prices import MONTH_SECONDS

GB = 10**9


@dataclass(frozen=True)
class Units:
    """Read and write request units of one act."""

    rru: float = 0.0
    wru: float = 0.0


# Each with the 1.5 RRU for session and user, where somebody is signed in.
SIGN_IN = Units(2.0, 7.0)
# Written once an hour, with any other act: that a session is used.
RENEWAL = Units(0.0, 1.0)
BOARD = Units(8.0)
UNCHANGED_POLL = Units(2.0)
COLUMN_PAGE = Units(3.0)
LIST_PAGE = Units(6.5)
LEAD_PAGE = Units(3.5)
# A word that is exactly a prefix with a partition of its own; any other reads up to 500
# tokens of its longest such prefix. As one types, 8 leads are read, on a page 25.
TYPED_PREFIX = Units(6.0)
TYPED_WORD = Units(18.0)
FOUND_PAGE = Units(27.0)
# With its act, and taking the lead: two counters, and a look at what came before.
MOVE = Units(4.5, 14.0)
# Fifty lines, with who is signed in; and how much is due, which an open page asks each minute.
AGENDA = Units(4.0)
DUE_COUNT = Units(2.0)
# With its act and the totals of the board: set, put off or done with.
FOLLOW_UP = Units(3.5, 14.0)
EDIT_FORM = Units(2.5)
# A new company or subject: every token of the lead holds all its words.
EDIT = Units(3.5, 86.0)
# Lead with three indexes, event, counter, submission, 20 search tokens, one of the address, its
# place among those of its form, and the job of its arrival.
INTAKE = Units(0.0, 56.0)
# That job, claimed and done, where no rules give leads to people.
ARRIVAL = Units(1.0, 6.0)
# Templates, asked for as somebody begins to answer.
REPLY_FORM = Units(4.5)
# A text of 3 KB that moves and takes the lead, and its follow-up: entry, agenda.
REPLY = Units(6.5, 25.0)
# The entry, claimed as what is due and as a letter, and marked.
DELIVERY = Units(4.0, 12.0)
# What finds it by the id that Amazon SES gave its mail.
GIVEN_ID = Units(0.0, 1.0)
# A mail of 1 KB that joins its lead, and the job of the notice to its owner.
INCOMING = Units(5.0, 15.0)
# That job, claimed and ended.
NOTICE = Units(0.5, 6.0)
# The mail of a person's morning: its job, what is due, and the notice that it leads to.
DIGEST = Units(4.0, 17.0)

ANSWERED = 0.6
"""The share of leads that people answer by mail, once; as many mails come in."""

POLL_SECONDS = 5.0
"""How often an open board asks whether anything has changed; see ``static/desk.js``."""

TABLE_BYTES_PER_LEAD = 6_400
"""A lead with its events and tokens, and the 100 bytes that DynamoDB adds to each item."""

INDEX_BYTES_PER_LEAD = 1_100

BYTES_PER_ANSWER = 5_000
"""An answer of 3 KB and a mail of 1 KB, compressed, with their events; a month's acts, too."""


@dataclass(frozen=True)
class Day:
    """What one person of a team does on a working day.

    ``board_hours`` are those with the board in sight: a hidden one asks nothing.
    """

    board_hours: float = 6.0
    hours: float = 8.0
    days_a_month: float = 21.0
    acts: tuple[tuple[float, Units], ...] = (
        (1, SIGN_IN),
        (10, BOARD),
        (20, COLUMN_PAGE),
        (20, LIST_PAGE),
        (40, TYPED_PREFIX),
        (20, TYPED_WORD),
        (10, FOUND_PAGE),
        (60, LEAD_PAGE),
        (10, EDIT_FORM),
        (5, AGENDA),
    )
    moves: float = 30.0
    edits: float = 10.0
    follow_ups: float = 15.0
    most_answers: float = 20.0

    @property
    def changes(self) -> float:
        """How often one person changes a lead, but for answers."""
        return self.moves + self.edits + self.follow_ups

    @property
    def polls(self) -> float:
        """How often one person's board asks in a day."""
        return self.board_hours * 3600 / POLL_SECONDS

    @property
    def counts(self) -> float:
        """How often one person's page asks how much is due."""
        return self.board_hours * 60


@dataclass(frozen=True)
class Load:
    """A team, the new leads of a month, and for how many months leads are kept.

    ``reads`` are pages beyond those of the team's days, each as dear as a lead's.
    """

    staff: int
    leads: int
    reads: int = 0
    kept_months: float = 12.0
    day: Day = field(default_factory=Day)

    @property
    def by_chance(self) -> int:
        """Return what comes at any hour: visits, and pages unless a team is at work on them."""
        return self.leads + (0 if self.staff else self.reads)

    @property
    def person_days(self) -> float:
        """Return the days of a month that people work, together."""
        return self.staff * self.day.days_a_month

    @property
    def answers(self) -> float:
        """Return how many leads of a month are answered; as many mails come in."""
        return min(self.leads * ANSWERED, self.person_days * self.day.most_answers)

    @property
    def mails(self) -> float:
        """Return the mails of a month to visitors and to colleagues, but for those of events."""
        return 2 * self.answers + self.person_days


@dataclass(frozen=True)
class Month:
    """What a month consumes, and its dollars."""

    rru: float
    wru: float
    table_gb: float
    index_gb: float

    @property
    def reads(self) -> float:
        """Dollars for reads."""
        return prices.READS.of(self.rru)

    @property
    def writes(self) -> float:
        """Dollars for writes."""
        return prices.WRITES.of(self.wru)

    @property
    def storage(self) -> float:
        """Dollars for tables and indexes, and for the backup of the tables."""
        stored = prices.STORAGE.of(self.table_gb + self.index_gb)
        return stored + prices.RECOVERY.of(self.table_gb)

    @property
    def dollars(self) -> float:
        """Dollars in all."""
        return self.reads + self.writes + self.storage


def month(load: Load) -> Month:
    """Return what a month consumes."""
    day, person_days = load.day, load.person_days
    acts = [
        *day.acts,
        (day.moves, MOVE),
        (day.edits, EDIT),
        (day.follow_ups, FOLLOW_UP),
        (day.counts, DUE_COUNT),
        (day.hours - 1, RENEWAL),
        (1, DIGEST),
    ]
    full = full_poll_share(changes_a_second(load))
    poll = full * BOARD.rru + (1 - full) * UNCHANGED_POLL.rru
    rru = person_days * (sum(count * units.rru for count, units in acts) + day.polls * poll)
    wru = person_days * sum(count * units.wru for count, units in acts)
    kept = load.leads * load.kept_months
    said = load.answers * load.kept_months * BYTES_PER_ANSWER
    by_mail = (REPLY_FORM, REPLY, DELIVERY, GIVEN_ID, INCOMING, NOTICE)
    rru += load.answers * sum(units.rru for units in by_mail)
    wru += load.answers * sum(units.wru for units in by_mail)
    return Month(
        rru + load.leads * (INTAKE.rru + ARRIVAL.rru) + load.reads * LEAD_PAGE.rru,
        wru + load.leads * (INTAKE.wru + ARRIVAL.wru),
        (kept * TABLE_BYTES_PER_LEAD + said) / GB,
        kept * INDEX_BYTES_PER_LEAD / GB,
    )


def changes_a_second(load: Load) -> float:
    """Return how often any lead changes while people work: each changes the board's ETag."""
    new = load.leads / MONTH_SECONDS
    day = load.day
    work_seconds = day.hours * 3600
    # Of each two, one comes in.
    mails = 2 * load.answers / (work_seconds * day.days_a_month)
    return new + mails + load.staff * day.changes / work_seconds


def full_poll_share(changes: float) -> float:
    """Return the share of polls that read the whole board, from 0 to 1.

    Those after a change do, and so does the next one each: an index may lag behind.
    """
    changed = 1 - exp(-changes * POLL_SECONDS)
    return changed * (2 - changed)
