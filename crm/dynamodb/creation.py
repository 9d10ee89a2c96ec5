"""Make the tables, or say what differs from the ones that exist."""

from time import sleep
from typing import cast

from crm.dynamodb.client import client, send
from crm.dynamodb.definition import Description, table_request
from crm.dynamodb.differences import differences, send_if_known
from crm.dynamodb.errors import ConflictError, NotFoundError, UnknownOperationError, mapped
from crm.dynamodb.schema import TABLES, Table

# Amazon DynamoDB enables backups of a new table some seconds after it is there.
BACKUP_ATTEMPTS = 30
BACKUP_PAUSE_SECONDS = 2.0


def create_tables() -> list[str]:
    """Make every missing table and give one line a finding; change nothing that exists.

    A line that starts with ``differs:`` says how an existing table is unlike its
    description; one with ``skipped:`` what the engine does not know.
    """
    lines: list[str] = []
    for table in TABLES:
        lines += _ensure(table)
    return lines


def describe(table: Table) -> Description | None:
    """Give DynamoDB's description of a table, or ``None`` if there is none."""
    try:
        answer = send("describe_table", TableName=table.name)
    except NotFoundError:
        return None
    return cast("Description", answer["Table"])


def _ensure(table: Table) -> list[str]:
    existing = describe(table)
    if existing is None:
        return _create(table)
    found = [f"differs: {table.name}: {text}" for text in differences(table, existing)]
    return found or [f"exists: {table.name}"]


def _create(table: Table) -> list[str]:
    lines = [f"created: {table.name}"]
    request = table_request(table)
    if table.durable and not _knows_backups(table):
        # dynoxide reads its whole stream at every write: 25 puts take 6 ms at first, and
        # 46 ms after 12,000. Nothing listens to the stream of an embedded engine.
        del request["StreamSpecification"]
        lines.append(f"skipped: {table.name}: stream (an embedded engine slows down with it)")
    send("create_table", **request)
    with mapped():
        client().get_waiter("table_exists").wait(
            TableName=table.name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
    if table.ttl and not _expire(table):
        lines.append(f"skipped: {table.name}: expiry by TTL (this engine does not have it)")
    if table.durable and not _recover(table):
        lines.append(
            f"skipped: {table.name}: point-in-time recovery (this engine does not have it)"
        )
    return lines


def _knows_backups(table: Table) -> bool:
    """Tell Amazon DynamoDB from an embedded engine, before the table is there."""
    try:
        send("describe_continuous_backups", TableName=table.name)
    except NotFoundError:
        return True
    except UnknownOperationError:
        return False
    return True


def _expire(table: Table) -> bool:
    specification = {"Enabled": True, "AttributeName": table.ttl}
    answer = send_if_known(
        "update_time_to_live", TableName=table.name, TimeToLiveSpecification=specification
    )
    return answer is not None


def _recover(table: Table) -> bool:
    """Set point-in-time recovery, as soon as DynamoDB is ready for it."""
    for attempt in range(1, BACKUP_ATTEMPTS + 1):
        try:
            answer = send_if_known(
                "update_continuous_backups",
                TableName=table.name,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            )
        except ConflictError:
            if attempt == BACKUP_ATTEMPTS:
                raise
            sleep(BACKUP_PAUSE_SECONDS)
        else:
            return answer is not None
    return False
