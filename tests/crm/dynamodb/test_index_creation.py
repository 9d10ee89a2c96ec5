"""``create_tables --add-indexes``: what tables of an earlier release lack, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from crm.dynamodb import client, index_creation
from crm.dynamodb.calls import put, query
from crm.dynamodb.creation import Description, create_tables, describe, index_request
from crm.dynamodb.engine import Engine
from crm.dynamodb.index_creation import add_indexes
from crm.tables import BOARD_INDEX, DUE_INDEX, EMAIL_INDEX, LEADS, OWNER_INDEX, RECORDS, TABLES
from tests.crm.dynamodb.wire import Wire, failure

OLD_LEADS = replace(LEADS, indexes=(EMAIL_INDEX, OWNER_INDEX))
OLD_RECORDS = replace(RECORDS, indexes=(DUE_INDEX,))


@pytest.fixture
def old_tables(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two tables as an earlier release made them, at an engine of their own."""
    with Engine() as fresh:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", fresh.url)
        client.reset()
        create_tables([OLD_LEADS, OLD_RECORDS])
        yield
    client.reset()


def said(*options: str) -> list[str]:
    output = StringIO()
    call_command("create_tables", *options, stdout=output)
    return [line for line in output.getvalue().splitlines() if "skipped" not in line]


def test_adds_what_is_missing_filled_and_nothing_else(old_tables: None) -> None:
    lead = {"leadId": "1", "boardKey": "ann#new", "createdAt": "2026-11-29", "name": "Ada"}
    put(LEADS, lead | {"message": "Hello"}, condition="attribute_not_exists(#leadId)")
    lacking = said("--dry-run")
    assert (
        f"differs: {LEADS.name}: it has no index board-index on (boardKey, createdAt):"
        " create_tables --add-indexes adds it"
    ) in lacking
    assert f"added: {LEADS.name}: index board-index" not in said()
    lines = said("--add-indexes")
    assert [line for line in lines if line.startswith("added")] == [
        f"added: {LEADS.name}: index status-index",
        f"added: {LEADS.name}: index board-index",
        f"added: {RECORDS.name}: index agenda-index",
        f"added: {RECORDS.name}: index team-agenda-index",
    ]
    assert [line for line in lines if line.startswith("exists")] == [
        f"exists: {table.name}" for table in TABLES
    ]
    found = query(LEADS, "#boardKey = :key", {"key": "ann#new"}, index=BOARD_INDEX, limit=2)
    assert found.items == [lead]
    # The one of before is there, too: another release may be running still.
    assert "owner-index" in str(describe(LEADS))
    assert said("--add-indexes") == [f"exists: {table.name}" for table in TABLES]


def described(state: str, *, has_index: bool) -> tuple[int, Description]:
    """Answer as DescribeTable does of a table with a ceiling, whose email-index is made."""
    indexes = [{"IndexName": "email-index", "IndexStatus": state}]
    indexes += [{"IndexName": "owner-index", "IndexStatus": state}] if has_index else []
    table = {"TableStatus": "ACTIVE", "GlobalSecondaryIndexes": indexes}
    return 200, {"Table": table | {"OnDemandThroughput": {"MaxReadRequestUnits": 3000}}}


def test_waits_for_what_is_being_made_and_keeps_the_ceiling(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    monkeypatch.setattr(index_creation, "sleep", pauses.append)
    states = [("CREATING", False), ("CREATING", False), ("ACTIVE", False)]
    states += [("CREATING", True), ("ACTIVE", True)]
    wire.answer("DescribeTable", *(described(one, has_index=has) for one, has in states))
    wire.answer("UpdateTable", (200, {}))
    assert add_indexes([OLD_LEADS], lambda _line: None) == 1
    (asked,) = wire.bodies("UpdateTable")
    wanted = index_request(OWNER_INDEX) | {"OnDemandThroughput": {"MaxReadRequestUnits": 3000}}
    assert asked["GlobalSecondaryIndexUpdates"] == [{"Create": wanted}]
    assert pauses == [index_creation.PAUSE_SECONDS] * 2


def test_a_refused_index_is_one_line(wire: Wire) -> None:
    wire.answer("DescribeTable", *[described("ACTIVE", has_index=False)] * 2)
    wire.answer("UpdateTable", failure("AccessDeniedException", "You may not."))
    with pytest.raises(CommandError, match="You may not") as caught:
        call_command("create_tables", "--add-indexes")
    assert caught.value.returncode == 2


def test_a_dry_run_adds_nothing() -> None:
    with pytest.raises(CommandError, match="not allowed with argument"):
        call_command("create_tables", "--add-indexes", "--dry-run")
