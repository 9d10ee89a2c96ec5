"""What each role may do with the tables: by action, table or index, and partition.

``tests/infra/dynamodb-calls.json`` has the requests that the test suite saw each part send;
``tests/infra/test_access.py`` holds that they are allowed, and nothing beyond them. Why it is
done by partition, and what it cannot promise, is told in ``docs/adr/0020``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from crm.dynamodb.schema import Index, Table
from crm.tables import (
    AGENDA_INDEX,
    BOARD_INDEX,
    DUE_INDEX,
    EMAIL_INDEX,
    EPHEMERAL,
    HELD,
    HELD_INDEX,
    HELD_NETWORK_INDEX,
    LEADS,
    OWNER_INDEX,
    RECORDS,
    STATUS_INDEX,
    TEAM_AGENDA_INDEX,
)

type Statement = dict[str, object]
type Conditions = dict[str, dict[str, list[str]]]

TIMELINES, SECURITY_LOG = "LEAD#*", "SECURITY#*"
AUDIT = [TIMELINES, SECURITY_LOG]
"""The partitions of the leads' timelines and of the security log."""


@dataclass(frozen=True)
class Grant:
    """``actions`` on a table or on ``indexes`` of it, in the partitions ``keys`` if there are any.

    ``transacted`` allows them as parts of a TransactWriteItems alone, as AWS authorizes each
    part by its own action. ``returned`` is all that they may ask to come back: with ``NONE``
    nothing of what was stored, with ``UPDATED_NEW`` what they changed themselves, such as a count.
    ``attributes`` are all that they may name, if there are any.
    """

    table: Table
    actions: str
    keys: str = ""
    indexes: tuple[Index, ...] = ()
    transacted: bool = False
    returned: str = ""
    attributes: str = ""


FORM = (
    Grant(LEADS, "PutItem", transacted=True, returned="NONE"),
    # Of jobs those of arrivals alone, which are of one task: see TASKS_OF_STRANGERS.
    Grant(
        RECORDS,
        "PutItem",
        "ADDRESS#* JOB#arrival#* LEAD#* ORIGIN#* PHONE#* SEARCH#*",
        transacted=True,
        returned="NONE",
    ),
    Grant(RECORDS, "UpdateItem", "COUNTERS#*", transacted=True, returned="NONE"),
    # All that it reads: what the forms ask and which sources are counted, and nothing of anybody.
    Grant(RECORDS, "GetItem", "FORMS"),
    Grant(EPHEMERAL, "PutItem", "IDEMPOTENCY#*", transacted=True, returned="NONE"),
    Grant(HELD, "PutItem", "HELD#*", returned="NONE"),
    Grant(HELD, "UpdateItem", "COUNT#* TOTALS#*", returned="UPDATED_NEW"),
)

_ADDED = "ADDRESS#* EMAIL#* IMPORT#* IMPORTS LEAD#* ORIGIN#* PHONE#* SEARCH#* SECURITY#* USERS"

# What those who work leads need, whether by pages or by commands. A role has room for 10,240
# characters, of which a statement takes 330: grants on the same partitions stand in one.
_SHARED = (
    Grant(LEADS, "BatchGetItem GetItem"),
    Grant(LEADS, "Query", indexes=(BOARD_INDEX, EMAIL_INDEX, OWNER_INDEX, STATUS_INDEX)),
    Grant(RECORDS, "BatchWriteItem", "ADDRESS#* IMPORT#* PHONE#* SEARCH#*"),
    # Pages show what is due to somebody, and the mail of the morning tells it.
    Grant(RECORDS, "Query", indexes=(AGENDA_INDEX, DUE_INDEX)),
)

WEB = (
    *_SHARED,
    # Nothing but a page shows what is due to anybody.
    Grant(RECORDS, "Query", indexes=(TEAM_AGENDA_INDEX,)),
    Grant(LEADS, "ConditionCheckItem DeleteItem PutItem UpdateItem", transacted=True),
    Grant(
        RECORDS,
        "PutItem",
        f"ACTS#* DUE#* FORMS {_ADDED} JOB#arrival#* SETTINGS TALK#*",
        transacted=True,
    ),
    Grant(RECORDS, "BatchGetItem GetItem PutItem UpdateItem", "IMPORT#*"),
    Grant(RECORDS, "GetItem", "COLUMNS#* EMAIL#* FORMS JOB#* SENT#* SETTINGS TALK#* USERS ping"),
    Grant(
        RECORDS,
        "Query",
        "ACTS#* ADDRESS#* COUNTERS#* IMPORTS LEAD#* ORIGIN#* PHONE#* SEARCH#* SECURITY#* SETTINGS "
        "TALK#* USERS",
    ),
    Grant(RECORDS, "PutItem", "COLUMNS#* SECURITY#* SENT#* SETTINGS"),
    Grant(RECORDS, "UpdateItem", "JOB#* TALK#*"),
    Grant(RECORDS, "ConditionCheckItem", "FORMS SETTINGS TALK#* USERS", transacted=True),
    Grant(
        RECORDS,
        "DeleteItem",
        "ADDRESS#* DUE#* IMPORT#* JOB#* ORIGIN#* PHONE#* SEARCH#* SETTINGS",
        transacted=True,
    ),
    # An act is marked as undone.
    Grant(
        RECORDS,
        "UpdateItem",
        "ACTS#* COUNTERS#* FORMS IMPORT#* JOB#* SETTINGS USERS",
        transacted=True,
    ),
    Grant(EPHEMERAL, "DeleteItem GetItem PutItem UpdateItem", "SESSION#* THROTTLE#*"),
    Grant(EPHEMERAL, "BatchGetItem UpdateItem", "REFUSALS#* SESSIONS#*"),
    Grant(EPHEMERAL, "BatchGetItem BatchWriteItem", "SEEN#* SESSION#*"),
    Grant(EPHEMERAL, "GetItem", "ping"),
    Grant(EPHEMERAL, "PutItem", "IDEMPOTENCY#*", transacted=True),
    Grant(HELD, "BatchGetItem GetItem PutItem UpdateItem", "HELD#*"),
    Grant(HELD, "GetItem", "TOTALS#* ping"),
    Grant(HELD, "Query", indexes=(HELD_INDEX, HELD_NETWORK_INDEX)),
    Grant(HELD, "UpdateItem", "COUNT#* TOTALS#*"),
)

MAINTENANCE = (
    *_SHARED,
    Grant(RECORDS, "PutItem", f"ACTS#* DUE#* {_ADDED}", transacted=True),
    # Recount files leads one by one, and leaves their versions alone.
    Grant(LEADS, "BatchWriteItem DescribeTable Scan UpdateItem"),
    Grant(LEADS, "ConditionCheckItem DeleteItem PutItem UpdateItem", transacted=True),
    Grant(RECORDS, "DescribeTable Scan"),
    # verify_restore looks at items of every kind again.
    Grant(
        RECORDS,
        "BatchGetItem",
        "ACTS#* ADDRESS#* ADOPTION DUE#* COLUMNS#* COUNTERS#* EMAIL#* FORMS IMPORT#* IMPORTS "
        "JOB#* LEAD#* ORIGIN#* PHONE#* SEARCH#* SECURITY#* SEED SENT#* SETTINGS TALK#* USERS",
    ),
    Grant(
        RECORDS,
        "GetItem",
        "ADDRESS#* COLUMNS#* FORMS IMPORT#* ORIGIN#* PHONE#* SEARCH#* SEED SETTINGS TALK#* USERS",
    ),
    Grant(
        RECORDS,
        "Query",
        "ACTS#* ADDRESS#* ADOPTION COUNTERS#* IMPORT#* IMPORTS LEAD#* ORIGIN#* PHONE#* SEARCH#* "
        "SEED TALK#* USERS",
    ),
    Grant(RECORDS, "DeleteItem", "ACTS#* ADOPTION TALK#*"),
    Grant(RECORDS, "PutItem", "ADOPTION COLUMNS#* IMPORT#* SECURITY#* SEED"),
    Grant(RECORDS, "UpdateItem", "COUNTERS#* FORMS IMPORT#* JOB#* SEED TALK#*"),
    Grant(
        RECORDS,
        "DeleteItem",
        "ADDRESS#* DUE#* IMPORT#* IMPORTS JOB#* ORIGIN#* PHONE#* SEARCH#*",
        transacted=True,
    ),
    Grant(RECORDS, "UpdateItem", "ACTS#* COUNTERS#* IMPORT#* JOB#* SEED SETTINGS", transacted=True),
    Grant(EPHEMERAL, "Scan"),
    Grant(EPHEMERAL, "BatchGetItem BatchWriteItem", "SEEN#*"),
    # What has expired, whatever it was.
    Grant(
        EPHEMERAL,
        "DeleteItem",
        "IDEMPOTENCY#* REFUSALS#* SEEN#* SESSION#* SESSIONS#* THROTTLE#*",
    ),
    Grant(HELD, "Scan"),
    Grant(HELD, "DeleteItem", "COUNT#* HELD#* TOTALS#*"),
)

# What an erasure may change of an event, beside which its key is named.
_BLANKED = "PK SK changes"

ERASURE = (
    Grant(LEADS, "GetItem"),
    Grant(LEADS, "DeleteItem", transacted=True),
    Grant(RECORDS, "Query", "ACTS#* LEAD#* TALK#*"),
    # Which custom fields a lead was filed by.
    Grant(RECORDS, "GetItem", "FORMS IMPORT#*"),
    Grant(RECORDS, "PutItem", "LEAD#*", transacted=True),
    Grant(RECORDS, "UpdateItem", "COUNTERS#*", transacted=True),
    Grant(RECORDS, "DeleteItem", "ADDRESS#* DUE#* ORIGIN#* PHONE#* SEARCH#*", transacted=True),
    Grant(RECORDS, "DeleteItem", "ACTS#* TALK#*"),
    Grant(RECORDS, "UpdateItem", "ACTS#*"),
    Grant(RECORDS, "UpdateItem", "LEAD#*", attributes=_BLANKED),
    Grant(HELD, "DeleteItem GetItem", "HELD#*"),
)

# verify_restore compares with tables that a backup was restored to.
RESTORED = ("BatchGetItem", "DescribeTable", "Query", "Scan")


def allow_statements(grants: Sequence[Grant], arn: Callable[[Table], str]) -> list[Statement]:
    """Return the statements that allow ``grants``; ``arn`` tells that of a table.

    Grants that allow the same on other tables or indexes stand in one, as a role has little room.
    """
    alike: dict[Grant, list[str]] = {}
    for grant in grants:
        table = arn(grant.table)
        resources = [f"{table}/index/{index.default}" for index in grant.indexes] or [table]
        # Which table stands for all of them tells nothing.
        alike.setdefault(replace(grant, table=LEADS, indexes=()), []).extend(resources)
    return [_allow(grant, resources) for grant, resources in alike.items()]


def restored_tables_statement(patterns: Sequence[str]) -> Statement:
    """Allow reading tables restored from backups; ``patterns`` are of their ARNs."""
    actions = [f"dynamodb:{action}" for action in RESTORED]
    return {"Effect": "Allow", "Action": actions, "Resource": [*patterns]}


def deny_statements(records: str) -> list[Statement]:
    """Deny what takes something out of the audit trail, whatever else a role is allowed.

    ``records`` is the ARN of the table. A batch cannot be told from one that deletes.
    """
    return [
        _deny("TimelinesOnlyGrow", "BatchWriteItem DeleteItem UpdateItem", records, _in(*AUDIT)),
        _no_way_around(records),
    ]


def erasure_deny_statements(records: str) -> list[Statement]:
    """Deny the same, but that ``changes`` of the events of a timeline are updated."""
    others = {"ForAnyValue:StringNotEquals": {"dynamodb:Attributes": _BLANKED.split()}}
    return [
        _deny("TimelinesOnlyGrow", "BatchWriteItem DeleteItem", records, _in(*AUDIT)),
        _deny("SecurityLogOnlyGrows", "UpdateItem", records, _in(SECURITY_LOG)),
        _deny("TimelinesAreBlankedAlone", "UpdateItem", records, _in(TIMELINES) | others),
        _no_way_around(records),
    ]


def _allow(grant: Grant, resources: list[str]) -> Statement:
    statement: Statement = {
        "Effect": "Allow",
        "Action": _actions(grant.actions),
        "Resource": resources if len(resources) > 1 else resources[0],
    }
    if conditions := _conditions(grant):
        statement["Condition"] = conditions
    return statement


def _conditions(grant: Grant) -> Conditions:
    conditions: Conditions = {}
    if grant.keys:
        keys = {"dynamodb:LeadingKeys": grant.keys.split()}
        conditions["ForAllValues:StringLike"] = keys
    if grant.transacted:
        enclosing = {"dynamodb:EnclosingOperation": ["TransactWriteItems"]}
        conditions["ForAnyValue:StringEquals"] = enclosing
    if grant.attributes:
        named = {"dynamodb:Attributes": grant.attributes.split()}
        conditions["ForAllValues:StringEquals"] = named
    if grant.returned:
        conditions["StringEqualsIfExists"] = {"dynamodb:ReturnValues": [grant.returned]}
    return conditions


def _actions(names: str) -> list[str]:
    return [f"dynamodb:{name}" for name in names.split()]


def _no_way_around(records: str) -> Statement:
    around = "DeleteTable PartiQLDelete PartiQLUpdate UpdateTimeToLive"
    return _deny("NoWayAround", around, records, {})


def _deny(name: str, actions: str, records: str, conditions: Conditions) -> Statement:
    statement: Statement = {
        "Sid": name,
        "Effect": "Deny",
        "Action": _actions(actions),
        "Resource": records,
    }
    return statement | ({"Condition": conditions} if conditions else {})


def _in(*partitions: str) -> Conditions:
    return {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": [*partitions]}}
