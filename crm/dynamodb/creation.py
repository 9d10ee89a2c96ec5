"""Make the tables, or say what differs from the ones that exist."""

from collections.abc import Callable
from typing import cast

from crm.dynamodb.client import client, send
from crm.dynamodb.errors import DynamoDBError, NotFoundError, UnavailableError, mapped
from crm.dynamodb.schema import TABLES, Index, Table

type Description = dict[str, object]

# What embedded engines answer to calls that only Amazon DynamoDB knows.
_UNKNOWN = ("UnknownOperationException", "not supported", "Unknown operation", "NotImplemented")


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


def table_request(table: Table) -> Description:
    """Give the parameters of CreateTable."""
    attributes = {*table.key_attributes}
    for index in table.indexes:
        attributes |= {index.partition_key, index.sort_key}
    request: Description = {
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in sorted(attributes)
        ],
        "KeySchema": _key_schema(table.partition_key, table.sort_key),
        "DeletionProtectionEnabled": table.durable,
    }
    if table.indexes:
        request["GlobalSecondaryIndexes"] = [_index_request(index) for index in table.indexes]
    if table.durable:
        request["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
    return request


def _ensure(table: Table) -> list[str]:
    existing = describe(table)
    if existing is not None:
        differences = _differences(table, existing)
        return differences or [f"exists: {table.name}"]
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
    return [*lines, *_extras(table)]


def _knows_backups(table: Table) -> bool:
    """Tell Amazon DynamoDB from an embedded engine."""
    try:
        send("describe_continuous_backups", TableName=table.name)
    except DynamoDBError as error:
        return not _is_unknown(error)
    return True


def _is_unknown(error: DynamoDBError) -> bool:
    return any(text.lower() in str(error).lower() for text in _UNKNOWN)


def _extras(table: Table) -> list[str]:
    lines: list[str] = []
    if table.ttl:
        specification = {"Enabled": True, "AttributeName": table.ttl}
        lines += _if_known(
            f"{table.name}: expiry by TTL",
            lambda: send(
                "update_time_to_live",
                TableName=table.name,
                TimeToLiveSpecification=specification,
            ),
        )
    if table.durable:
        lines += _if_known(
            f"{table.name}: point-in-time recovery",
            lambda: send(
                "update_continuous_backups",
                TableName=table.name,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            ),
        )
    return lines


def _if_known(what: str, call: Callable[[], object]) -> list[str]:
    try:
        call()
    except UnavailableError as error:
        if not _is_unknown(error):
            raise
        return [f"skipped: {what} (this engine does not have it)"]
    return []


def _key_schema(partition_key: str, sort_key: str | None) -> list[dict[str, str]]:
    schema = [{"AttributeName": partition_key, "KeyType": "HASH"}]
    if sort_key:
        schema.append({"AttributeName": sort_key, "KeyType": "RANGE"})
    return schema


def _index_request(index: Index) -> Description:
    projection: dict[str, object] = {"ProjectionType": "KEYS_ONLY"}
    if index.include:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.include)}
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.partition_key, index.sort_key),
        "Projection": projection,
    }


def _differences(table: Table, existing: Description) -> list[str]:
    found: list[str] = []
    if existing.get("KeySchema") != _key_schema(table.partition_key, table.sort_key):
        found.append(f"its key is {_keys(existing)}, expected {_keys(table_request(table))}")
    billing = cast("dict[str, str]", existing.get("BillingModeSummary") or {})
    if billing.get("BillingMode") != "PAY_PER_REQUEST":
        found.append("it is not billed on demand")
    if table.durable and not existing.get("DeletionProtectionEnabled"):
        found.append("it has no deletion protection")
    stream = cast("dict[str, object]", existing.get("StreamSpecification") or {})
    if table.durable and not stream.get("StreamEnabled") and _knows_backups(table):
        found.append("it has no stream")
    found += _index_differences(table, existing)
    found += _ttl_difference(table)
    found += _backup_difference(table)
    return [f"differs: {table.name}: {text}" for text in found]


def _index_differences(table: Table, existing: Description) -> list[str]:
    indexes = cast("list[Description]", existing.get("GlobalSecondaryIndexes") or [])
    by_name = {index["IndexName"]: index for index in indexes}
    found: list[str] = []
    for index in table.indexes:
        actual = by_name.get(index.name)
        wanted = _index_request(index)
        if actual is None:
            found.append(f"it has no index {index.name} on {_keys(wanted)}")
        elif actual.get("KeySchema") != wanted["KeySchema"]:
            found.append(f"{index.name} is on {_keys(actual)}, expected {_keys(wanted)}")
        elif missing := _not_projected(index, actual):
            found.append(f"{index.name} lacks {', '.join(missing)}")
    return found


def _not_projected(index: Index, actual: Description) -> list[str]:
    projection = cast("dict[str, object]", actual.get("Projection") or {})
    if projection.get("ProjectionType") == "ALL":
        return []
    present = cast("list[str]", projection.get("NonKeyAttributes") or [])
    return sorted(set(index.include) - set(present))


def _ttl_difference(table: Table) -> list[str]:
    if not table.ttl:
        return []
    try:
        answer = send("describe_time_to_live", TableName=table.name)
    except DynamoDBError:
        return []
    description = cast("dict[str, str]", answer.get("TimeToLiveDescription") or {})
    right = description.get("AttributeName") == table.ttl
    return [] if right else [f"its items do not expire by {table.ttl}"]


def _backup_difference(table: Table) -> list[str]:
    if not table.durable:
        return []
    try:
        answer = send("describe_continuous_backups", TableName=table.name)
    except DynamoDBError:
        return []
    description = cast(
        "dict[str, dict[str, str]]", answer.get("ContinuousBackupsDescription") or {}
    )
    recovery = description.get("PointInTimeRecoveryDescription", {})
    enabled = recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
    return [] if enabled else ["it has no point-in-time recovery"]


def _keys(description: Description) -> str:
    schema = cast("list[dict[str, str]]", description.get("KeySchema") or [])
    return "(" + ", ".join(part["AttributeName"] for part in schema) + ")"
