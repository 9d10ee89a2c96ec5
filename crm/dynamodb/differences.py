"""How an existing table is unlike its description."""

from typing import cast

from crm.dynamodb.client import send
from crm.dynamodb.definition import (
    STREAM,
    Description,
    index_request,
    key_schema,
    table_request,
)
from crm.dynamodb.errors import UnknownOperationError
from crm.dynamodb.schema import Index, Table
from crm.dynamodb.transport import Response


def differences(table: Table, existing: Description) -> list[str]:
    """Give one text for each difference; ``existing`` is what DescribeTable answers."""
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
    if existing.get("StreamSpecification") != STREAM:
        found.append("it has no stream of new and old images")
    if not _recovers(backups):
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


def _index_differences(table: Table, existing: Description) -> list[str]:
    indexes = cast("list[Description]", existing.get("GlobalSecondaryIndexes") or [])
    by_name = {index["IndexName"]: index for index in indexes}
    found: list[str] = []
    for index in table.indexes:
        actual = by_name.get(index.name)
        wanted = index_request(index)
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
    answer = send_if_known("describe_time_to_live", TableName=table.name)
    if answer is None:
        return []
    ttl = cast("dict[str, str]", answer.get("TimeToLiveDescription") or {})
    is_on = ttl.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
    right = is_on and ttl.get("AttributeName") == table.ttl
    return [] if right else [f"its items do not expire by {table.ttl}"]


def _recovers(backups: Response) -> bool:
    described = cast("dict[str, dict[str, str]]", backups.get("ContinuousBackupsDescription") or {})
    recovery = described.get("PointInTimeRecoveryDescription", {})
    return recovery.get("PointInTimeRecoveryStatus") == "ENABLED"


def _keys(description: Description) -> str:
    schema = cast("list[dict[str, str]]", description.get("KeySchema") or [])
    return "(" + ", ".join(part["AttributeName"] for part in schema) + ")"
