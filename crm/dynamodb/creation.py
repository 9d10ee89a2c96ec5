"""Make the tables, or say what differs from the ones that exist."""

from collections.abc import Sequence
from contextlib import suppress
from time import sleep
from typing import cast

from crm.dynamodb.client import send
from crm.dynamodb.errors import (
    ConflictError,
    NotFoundError,
    UnavailableError,
    UnknownOperationError,
)
from crm.dynamodb.schema import Index, Table
from crm.dynamodb.transport import Response

type Description = dict[str, object]

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
SECONDS_TO_MAKE = 120
# Amazon DynamoDB enables backups of a new table some seconds after it is there.
BACKUP_ATTEMPTS = 30
BACKUP_PAUSE_SECONDS = 2.0


def create_tables(tables: Sequence[Table], *, is_dry_run: bool = False) -> list[str]:
    """Make every missing table and return one line a finding; change nothing that exists.

    A line that starts with ``differs:`` says how an existing table is unlike its
    description; one with ``skipped:`` what the engine does not know; one with ``missing:``
    names a table that a dry run did not make.
    """
    lines: list[str] = []
    for table in tables:
        lines += _ensure(table, is_dry_run=is_dry_run)
    return lines


def describe(table: Table) -> Description | None:
    """Return DynamoDB's description of a table, or ``None`` if there is none."""
    try:
        answer = send("describe_table", TableName=table.name)
    except NotFoundError:
        return None
    return cast("Description", answer["Table"])


def _ensure(table: Table, *, is_dry_run: bool) -> list[str]:
    existing = describe(table)
    if existing is None:
        return [f"missing: {table.name}"] if is_dry_run else _create(table)
    found = [f"differs: {table.name}: {text}" for text in differences(table, existing)]
    return found or [f"exists: {table.name}"]


def _create(table: Table) -> list[str]:
    lines = [f"created: {table.name}"]
    request = table_request(table)
    if table.has_stream and not _has_backups(table):
        # dynoxide reads its whole stream at every write: 25 puts take 6 ms at first, and
        # 46 ms after 12,000. Nothing listens to the stream of an embedded engine.
        del request["StreamSpecification"]
        lines.append(f"skipped: {table.name}: stream (an embedded engine slows down with it)")
    # Whoever asks again after a lost answer finds the table being made.
    with suppress(ConflictError):
        send("create_table", **request)
    _wait_for(table)
    if table.ttl and not _expire(table):
        lines.append(f"skipped: {table.name}: expiry by TTL (this engine does not have it)")
    if table.durable and not _recover(table):
        lines.append(
            f"skipped: {table.name}: point-in-time recovery (this engine does not have it)"
        )
    return lines


def _wait_for(table: Table) -> None:
    for _second in range(SECONDS_TO_MAKE):
        found = describe(table)
        if found and found["TableStatus"] == "ACTIVE":
            return
        sleep(1)
    raise UnavailableError(f"{table.name} is still being made: run create_tables again.")


def _has_backups(table: Table) -> bool:
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


# --- The tables in the words of CreateTable ---------------------------------------------


def table_request(table: Table) -> Description:
    """Return the parameters of CreateTable."""
    attributes = {*table.key_attributes}
    for index in table.indexes:
        attributes |= {index.partition_key, index.sort_key}
    request: Description = {
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in sorted(attributes)
        ],
        "KeySchema": key_schema(table.partition_key, table.sort_key),
        "DeletionProtectionEnabled": table.durable,
    }
    if table.indexes:
        request["GlobalSecondaryIndexes"] = [index_request(index) for index in table.indexes]
    if table.has_stream:
        request["StreamSpecification"] = STREAM
    return request


def index_request(index: Index) -> Description:
    """Return an index as CreateTable describes it."""
    projection: Description = {"ProjectionType": "KEYS_ONLY"}
    if index.include:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.include)}
    return {
        "IndexName": index.name,
        "KeySchema": key_schema(index.partition_key, index.sort_key),
        "Projection": projection,
    }


def key_schema(partition_key: str, sort_key: str | None) -> list[dict[str, str]]:
    """Return the ``KeySchema`` of a table or an index."""
    schema = [{"AttributeName": partition_key, "KeyType": "HASH"}]
    if sort_key:
        schema.append({"AttributeName": sort_key, "KeyType": "RANGE"})
    return schema


# --- How an existing table is unlike its description ------------------------------------


def differences(table: Table, existing: Description) -> list[str]:
    """Return one text for each difference; ``existing`` is what DescribeTable answers."""
    found: list[str] = []
    if existing.get("KeySchema") != key_schema(table.partition_key, table.sort_key):
        found.append(f"its key is {_keys(existing)}, expected {_keys(table_request(table))}")
    found += _type_differences(table, existing)
    billing = cast("dict[str, str]", existing.get("BillingModeSummary") or {})
    if billing.get("BillingMode") != "PAY_PER_REQUEST":
        found.append("it is not billed on demand")
    if table.durable:
        found += _durability_differences(table, existing)
    found += _index_differences(table, existing)
    found += _ttl_difference(table)
    return found


def send_if_known(operation: str, **parameters: object) -> Response | None:
    """Send a request that embedded engines may not have: ``None`` if this one does not."""
    try:
        return send(operation, **parameters)
    except UnknownOperationError:
        return None


def _durability_differences(table: Table, existing: Description) -> list[str]:
    found: list[str] = []
    if not existing.get("DeletionProtectionEnabled"):
        found.append("it has no deletion protection")
    backups = send_if_known("describe_continuous_backups", TableName=table.name)
    if backups is None:
        return found  # an embedded engine, which gets no stream either
    if table.has_stream and existing.get("StreamSpecification") != STREAM:
        found.append("it has no stream of new and old images")
    if not _is_recoverable(backups):
        found.append("it has no point-in-time recovery")
    return found


def _type_differences(table: Table, existing: Description) -> list[str]:
    attributes = cast("list[dict[str, str]]", existing.get("AttributeDefinitions") or [])
    types = {part["AttributeName"]: part["AttributeType"] for part in attributes}
    keys = cast("list[dict[str, str]]", table_request(table)["AttributeDefinitions"])
    return [
        f"its {key['AttributeName']} is of type {types[key['AttributeName']]}, expected S"
        for key in keys
        if types.get(key["AttributeName"], "S") != "S"
    ]


def missing_indexes(table: Table, existing: Description) -> list[Index]:
    """Return the indexes that an existing table lacks; one being made is there."""
    present = _indexes_by_name(existing)
    return [index for index in table.indexes if index.name not in present]


def _indexes_by_name(existing: Description) -> dict[str, Description]:
    indexes = cast("list[Description]", existing.get("GlobalSecondaryIndexes") or [])
    return {cast("str", index["IndexName"]): index for index in indexes}


def _index_differences(table: Table, existing: Description) -> list[str]:
    by_name = _indexes_by_name(existing)
    found = [
        f"it has no index {index.name} on {_keys(index_request(index))}:"
        " create_tables --add-indexes adds it"
        for index in missing_indexes(table, existing)
    ]
    for index in table.indexes:
        actual = by_name.get(index.name)
        if actual is None:
            continue
        wanted = index_request(index)
        if actual.get("KeySchema") != wanted["KeySchema"]:
            found.append(f"{index.name} is on {_keys(actual)}, expected {_keys(wanted)}")
        elif missing := _not_projected(index, actual):
            found.append(f"{index.name} lacks {', '.join(missing)}")
    return found


def _not_projected(index: Index, actual: Description) -> list[str]:
    projection = cast("dict[str, object]", actual.get("Projection") or {})
    if projection.get("ProjectionType") == "ALL":
        return []
    present = cast("list[str]", projection.get("NonKeyAttributes") or [])
    return sorted(set(index.include) - set(index.newer) - set(present))


def _ttl_difference(table: Table) -> list[str]:
    if not table.ttl:
        return []
    answer = send_if_known("describe_time_to_live", TableName=table.name)
    if answer is None:
        return []
    ttl = cast("dict[str, str]", answer.get("TimeToLiveDescription") or {})
    is_on = ttl.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
    right = is_on and ttl.get("AttributeName") == table.ttl
    return [] if right else [f"its items do not expire by {table.ttl}"]


def _is_recoverable(backups: Response) -> bool:
    described = cast("dict[str, dict[str, str]]", backups.get("ContinuousBackupsDescription") or {})
    recovery = described.get("PointInTimeRecoveryDescription", {})
    return recovery.get("PointInTimeRecoveryStatus") == "ENABLED"


def _keys(description: Description) -> str:
    schema = cast("list[dict[str, str]]", description.get("KeySchema") or [])
    return "(" + ", ".join(part["AttributeName"] for part in schema) + ")"
