"""The bill of a month, by part: what :mod:`.consumption` and :mod:`.traffic` come to.

``docs/cost.md`` compares such bills.
"""

from dataclasses import dataclass

from infra.costs import prices
from infra.costs.consumption import INDEX_BYTES_PER_LEAD, TABLE_BYTES_PER_LEAD, Load, month
from infra.costs.hosting import Host, log_gigabytes, looks, server
from infra.costs.prices import MONTH_SECONDS, Line
from infra.costs.traffic import Traffic, busy_spells, traffic

CONVERTED = 0.2
"""The share of leads that become customers: the second event of a lead."""

WORKFLOW_GB_HOURS = 64 / 1024 * 0.3 / 3600
"""Of one run: the least memory that is billed, and three steps of 100 ms."""

LOOK_RRU = 0.5
"""Of a Query that finds nothing due."""

OWN_METRICS = 10
ALARM_METRICS = 10
DASHBOARDS = 2

TABLES = 4
HELD = 1
"""Of these, that of held messages: messages alone ask it, to be counted."""

KEY_SECONDS = 300.0
"""How long a key is kept by who uses it: of a table, of the topic, of the secret."""

SECRETS = 1
# The topic's key is used as a message comes, and as it goes.
TOPIC_KEYS = 2

STREAM_SHARDS = 4
"""Of a new on-demand table, which has four partitions."""

STREAM_POLLS_A_SECOND = 4.0
"""What a pipe asks each shard, whether or not there is anything."""


@dataclass(frozen=True)
class Bill:
    """The lines of a month."""

    lines: tuple[Line, ...]

    @property
    def list_price(self) -> float:
        """Dollars as if nothing were free."""
        return sum(line.list_price for line in self.lines)

    @property
    def dollars(self) -> float:
        """Dollars to pay, by an account that uses its free tiers for nothing else."""
        return sum(line.dollars for line in self.lines)

    def of(self, part: str) -> float:
        """Return the dollars to pay for one part."""
        return sum(line.dollars for line in self.lines if line.price.part == part)


def bill(load: Load, host: Host, stored_gb: float | None = None) -> Bill:
    """Return what a month costs; ``stored_gb`` of tables and indexes instead of the model's."""
    return bill_of(load, host, traffic(load), stored_gb)


def stream_reads() -> Line:
    """Return a pipe's reads of the stream, in a month, busy or not.

    In no bill: the developer guide calls Lambda's free and those "of any other kind"
    charged, and no page says which of the two a pipe's are.
    """
    return Line(prices.STREAM, STREAM_SHARDS * STREAM_POLLS_A_SECOND * MONTH_SECONDS)


def bill_of(
    load: Load,
    host: Host,
    sent: Traffic,
    stored_gb: float | None = None,
    *,
    events_a_lead: float = 1 + CONVERTED,
) -> Bill:
    """Return the bill of a month in which so much is ``sent``."""
    lines = (
        *_dynamodb(load, host, stored_gb),
        *server(host, load, sent),
        *_events(load, load.leads * events_a_lead, host),
        *_watching(host, sent),
        *_keys(load),
    )
    return Bill(lines)


def _dynamodb(load: Load, host: Host, stored_gb: float | None) -> tuple[Line, ...]:
    one = month(load)
    table, index = one.table_gb, one.index_gb
    if stored_gb is not None:
        share = TABLE_BYTES_PER_LEAD / (TABLE_BYTES_PER_LEAD + INDEX_BYTES_PER_LEAD)
        table, index = stored_gb * share, stored_gb * (1 - share)
    return (
        Line(prices.READS, one.rru + looks(host) * LOOK_RRU),
        Line(prices.WRITES, one.wru),
        Line(prices.STORAGE, table + index),
        Line(prices.RECOVERY, table),
    )


def _events(load: Load, events: float, host: Host) -> tuple[Line, ...]:
    scheduled = looks(host) if host is Host.LAMBDA else 0.0
    return (
        Line(prices.SCHEDULES, scheduled),
        Line(prices.PIPE, events),
        Line(prices.WORKFLOW, events),
        Line(prices.WORKFLOW_TIME, events * WORKFLOW_GB_HOURS),
        Line(prices.MESSAGES, events),
        Line(prices.MAILS, events),
        Line(prices.PEOPLES_MAILS, load.mails),
    )


def _watching(host: Host, sent: Traffic) -> tuple[Line, ...]:
    return (
        Line(prices.LOGS, log_gigabytes(host, sent)),
        Line(prices.METRICS, OWN_METRICS),
        Line(prices.ALARMS, ALARM_METRICS),
        Line(prices.DASHBOARDS, DASHBOARDS),
    )


def _keys(load: Load) -> tuple[Line, ...]:
    """Return the uses of keys: each process that works fetches them anew while it does."""
    day = load.day
    each = TABLES - HELD + SECRETS
    processes = 1 + load.staff / 10 if load.staff else 0.0
    seconds = min(MONTH_SECONDS, day.hours * 3600 * day.days_a_month)
    uses = processes * seconds / KEY_SECONDS * each
    uses += busy_spells(load.by_chance, KEY_SECONDS) * each
    uses += busy_spells(load.leads, KEY_SECONDS) * HELD
    uses += busy_spells(load.leads * (1 + CONVERTED), KEY_SECONDS) * TOPIC_KEYS
    # The pipe reads the stream of an encrypted table all month.
    uses += MONTH_SECONDS / KEY_SECONDS
    return (Line(prices.DECRYPTIONS, uses),)
