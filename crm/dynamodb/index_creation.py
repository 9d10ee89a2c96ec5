"""Add the indexes that tables of an earlier release lack: the one change of a table that exists."""

from collections.abc import Callable, Sequence
from time import sleep
from typing import cast

from crm.dynamodb.client import send
from crm.dynamodb.creation import Description, describe, index_request, missing_indexes
from crm.dynamodb.errors import UnavailableError
from crm.dynamodb.schema import Index, Table

PAUSE_SECONDS = 2.0
# A table of many gigabytes takes hours; whoever stops waiting loses nothing.
MOST_PAUSES = 24 * 1800


def add_indexes(tables: Sequence[Table], say: Callable[[str], object]) -> int:
    """Add every missing index of the tables that exist, one by one; return how many.

    DynamoDB makes one at a time, and fills it beside everybody's work; what was asked for
    before, by whomever, is awaited first. ``say`` gets a line before each and one after.
    """
    added = 0
    for table in tables:
        for index in _missing(table):
            description = _settled(table)
            say(f"adding: {table.name}: index {index.name}, which takes minutes to hours")
            send("update_table", **_request(table, index, description))
            _settled(table)
            say(f"added: {table.name}: index {index.name}")
            added += 1
    return added


def _missing(table: Table) -> list[Index]:
    description = describe(table)
    return missing_indexes(table, description) if description else []


def _settled(table: Table) -> Description:
    """Wait until the table and all of its indexes are there, and return its description."""
    for _ in range(MOST_PAUSES):
        description = describe(table) or {}
        indexes = cast("list[Description]", description.get("GlobalSecondaryIndexes") or [])
        states = [description.get("TableStatus"), *(one.get("IndexStatus") for one in indexes)]
        if all(state in {"ACTIVE", None} for state in states):
            return description
        sleep(PAUSE_SECONDS)
    raise UnavailableError(f"An index of {table.name} is still being made: run this again.")


def _request(table: Table, index: Index, description: Description) -> Description:
    wanted = index_request(index)
    if ceiling := description.get("OnDemandThroughput"):
        # An index that takes less than its table would hold it back; without a ceiling it
        # would be the one place without a guard against a bill.
        wanted["OnDemandThroughput"] = ceiling
    return {
        "TableName": table.name,
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"}
            for name in (index.partition_key, index.sort_key)
        ],
        "GlobalSecondaryIndexUpdates": [{"Create": wanted}],
    }
