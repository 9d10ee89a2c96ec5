"""How far each partition key and index carries, before DynamoDB holds requests back.

Limits are those that the developer guide publishes for on-demand tables; units are those
of :mod:`infra.costs.consumption`. Without any I/O; ``docs/capacity.md`` has the table.
"""

from dataclasses import dataclass

# Of one partition, a second.
PARTITION_RRU = 3_000.0
PARTITION_WRU = 1_000.0
# Of a new table, a second; it doubles within half an hour as it is used.
NEW_TABLE_WRU = 4_000.0
# Of a table, a second, until the account's quota is raised.
QUOTA_WRU = 40_000.0
# Of a table that infra/ deployed, a second: its guard against a bill.
GUARD_WRU = 1_000.0
# Every write of a transaction counts twice.
IN_TRANSACTION = 2.0

TOKENS = 20
"""Search tokens of a lead on average, those of the empty prefix and of the address included."""

BUSIEST_PREFIX = 0.17
"""The share of leads under the fullest prefix of all but the empty one."""

SHARDS = 16
# Its job, asked for and ended by transactions, and claimed.
_JOB_WRU = 2 * IN_TRANSACTION + 1
# An event, a counter, the tokens, and its place among the leads of its form.
_RECORDS_WRU = IN_TRANSACTION * (3 + TOKENS) + _JOB_WRU
# 500 tokens of 200 bytes.
_WORD_RRU = 12.5


@dataclass(frozen=True)
class Ceiling:
    """What a partition, an index or a table carries a second, and what comes then.

    ``units`` are those that one ``act`` consumes there.
    """

    where: str
    act: str
    units: float
    limit: float
    then: str

    @property
    def per_second(self) -> float:
        """Return how many acts a second it carries."""
        return self.limit / self.units


WRITES = (
    Ceiling(
        "`CrmRecords`, as `make deploy` makes it",
        "new lead",
        _RECORDS_WRU,
        GUARD_WRU,
        "a guard against bills: `MOST_WRITES` in `infra/stacks/data.py`",
    ),
    Ceiling(
        "`CrmRecords`, new",
        "new lead",
        _RECORDS_WRU,
        NEW_TABLE_WRU,
        "doubles by itself in half an hour, or ask for warm throughput before a campaign",
    ),
    Ceiling(
        "`SEARCH#`, the empty prefix",
        "new lead",
        IN_TRANSACTION,
        PARTITION_WRU,
        "its keys only grow: spread it over `boardShard`, or leave it out (below)",
    ),
    Ceiling(
        "`COUNTERS#LEADS`, in one partition",
        "change of a lead",
        IN_TRANSACTION,
        PARTITION_WRU,
        f"DynamoDB splits between the {SHARDS} shards by itself: next line",
    ),
    Ceiling(
        "`CrmRecords`, default quota",
        "new lead",
        _RECORDS_WRU,
        QUOTA_WRU,
        "raise the quota of the account",
    ),
    Ceiling(
        "`status-index`, `new`",
        "new lead",
        1.0,
        PARTITION_WRU,
        "its keys only grow: an index on (`status`, `boardShard`)",
    ),
    Ceiling(
        "`board-index`, one person's stage",
        "lead that comes or goes",
        1.0,
        PARTITION_WRU,
        "never: an import to one owner waits",
    ),
    Ceiling(
        "`board-index`, nobody's new leads",
        "new lead",
        1.0,
        PARTITION_WRU,
        "as `status-index`, `new`",
    ),
    Ceiling(
        "`COUNTERS#LEADS`, one owner",
        "change of a lead of theirs",
        IN_TRANSACTION,
        PARTITION_WRU,
        "never: bulk writers count once for many",
    ),
    Ceiling(
        "`team-agenda-index`, everybody's",
        "follow-up that is put off",
        2.0,
        PARTITION_WRU,
        "never: acts on whole lists wait",
    ),
    # Put, claimed (out and in), taken out.
    Ceiling("`due-index`, jobs", "new lead", 4.0, PARTITION_WRU, "several buckets of jobs"),
    Ceiling("`email-index`, one address", "new lead", 1.0, PARTITION_WRU, "never"),
    Ceiling(
        "`SEARCH#`, the fullest prefix",
        "new lead",
        IN_TRANSACTION * BUSIEST_PREFIX,
        PARTITION_WRU,
        "longer prefixes for it",
    ),
    Ceiling(
        f"`COUNTERS#LEADS`, {SHARDS} partitions",
        "change of a lead",
        IN_TRANSACTION / SHARDS,
        PARTITION_WRU,
        "more shards",
    ),
    Ceiling("one lead, or its timeline", "change of it", IN_TRANSACTION, PARTITION_WRU, "never"),
)

READS = (
    Ceiling(
        "`SEARCH#`, the empty prefix",
        "search that reads 500 tokens of it",
        _WORD_RRU,
        PARTITION_RRU,
        "see above",
    ),
    Ceiling(
        "`status-index`, one status",
        "whole board",
        1.5,
        PARTITION_RRU,
        "the index on (`status`, `boardShard`)",
    ),
    Ceiling(
        "`USERS`, in one partition",
        "page or poll",
        1.0,
        PARTITION_RRU,
        "DynamoDB splits between the users by itself",
    ),
    Ceiling("`COUNTERS#LEADS`", "poll", 0.5, PARTITION_RRU, "ask less often while nothing changes"),
)
