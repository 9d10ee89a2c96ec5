"""``create_tables``: on moto, which knows what Amazon DynamoDB does, and embedded."""

from collections.abc import Callable, Iterator
from io import StringIO
from itertools import chain
from typing import cast

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from moto import mock_aws

from crm.dynamodb import client, creation
from crm.dynamodb.creation import Description, create_tables, describe, table_request
from crm.dynamodb.engine import Engine, free_port
from crm.dynamodb.errors import UnavailableError
from crm.dynamodb.schema import Table
from crm.tables import EPHEMERAL, HELD, LEADS, RECORDS, TABLES
from tests.crm.dynamodb.wire import Wire, failure

type Indexes = list[dict[str, object]]


@pytest.fixture
def moto(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No table yet, and their default names."""
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    for table in TABLES:
        setattr(settings, table.setting, table.default)
    with mock_aws():
        client.reset()
        yield
    client.reset()


@pytest.fixture
def scripted(moto: None, wire: Wire) -> Wire:
    return wire


def make(table: Table, change: Callable[[Description], object] = lambda _: None) -> None:
    """Make a table as somebody else would have, with one change."""
    request = table_request(table)
    change(request)
    client.send("create_table", **request)
    if table.ttl:
        specification = {"Enabled": True, "AttributeName": table.ttl}
        client.send(
            "update_time_to_live", TableName=table.name, TimeToLiveSpecification=specification
        )
    client.send(
        "update_continuous_backups",
        TableName=table.name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": table.durable},
    )


def everything(table: Table) -> list[object]:
    backups = client.send("describe_continuous_backups", TableName=table.name)
    ttl = client.send("describe_time_to_live", TableName=table.name)
    return [
        describe(table),
        backups["ContinuousBackupsDescription"],
        ttl["TimeToLiveDescription"],
    ]


def lines_of(table: Table) -> list[str]:
    return [line for line in create_tables(TABLES) if f" {table.name}" in line]


def test_makes_all_tables_and_then_none(moto: None) -> None:
    assert create_tables(TABLES) == [f"created: {table.name}" for table in TABLES]
    before = [everything(table) for table in TABLES]
    assert create_tables(TABLES) == [f"exists: {table.name}" for table in TABLES]
    assert [everything(table) for table in TABLES] == before


def test_a_dry_run_makes_nothing_and_says_what_is_missing_or_differs(moto: None) -> None:
    make(RECORDS, lambda request: request.update(DeletionProtectionEnabled=False))
    output = StringIO()
    call_command("create_tables", "--dry-run", stdout=output)
    assert output.getvalue().splitlines() == [
        "missing: ContactFormLeads",
        "differs: CrmRecords: it has no deletion protection",
        "missing: CrmEphemeral",
        "missing: CrmHeld",
    ]
    assert [table for table in TABLES if describe(table)] == [RECORDS]


def test_sets_all_that_amazon_dynamodb_knows(moto: None) -> None:
    create_tables(TABLES)
    for table in (LEADS, RECORDS):
        described, backups, ttl = everything(table)
        assert ("ENABLED" in str(ttl)) is (table is RECORDS)
        description = cast("Description", described)
        assert description["DeletionProtectionEnabled"] is True
        assert description["StreamSpecification"] == {
            "StreamEnabled": True,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
        assert "'PointInTimeRecoveryStatus': 'ENABLED'" in str(backups)
    held, backups, ttl = everything(HELD)
    assert cast("Description", held)["DeletionProtectionEnabled"] is True
    assert not cast("Description", held).get("StreamSpecification")
    assert "'PointInTimeRecoveryStatus': 'ENABLED'" in str(backups)
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}
    ephemeral, backups, ttl = everything(EPHEMERAL)
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}
    assert "'PointInTimeRecoveryStatus': 'DISABLED'" in str(backups)
    assert not cast("Description", ephemeral).get("DeletionProtectionEnabled")
    for table in TABLES:
        billing = cast("dict[str, dict[str, str]]", describe(table))["BillingModeSummary"]
        assert billing["BillingMode"] == "PAY_PER_REQUEST"


def test_no_index_holds_messages(moto: None) -> None:
    create_tables(TABLES)
    found = [
        cast("Indexes", (describe(table) or {})["GlobalSecondaryIndexes"])
        for table in (LEADS, HELD)
    ]
    assert list(map(len, found)) == [3, 2]
    for index in chain(*found):
        projection = cast("dict[str, object]", index["Projection"])
        assert projection["ProjectionType"] in {"KEYS_ONLY", "INCLUDE"}
        assert "message" not in cast("list[str]", projection.get("NonKeyAttributes") or [])


def _drop_index(request: Description) -> None:
    indexes = cast("Indexes", request["GlobalSecondaryIndexes"])
    request["GlobalSecondaryIndexes"] = [i for i in indexes if i["IndexName"] != "email-index"]
    _drop_attribute(request, "email")


def _drop_attribute(request: Description, name: str) -> None:
    attributes = cast("list[dict[str, str]]", request["AttributeDefinitions"])
    request["AttributeDefinitions"] = [a for a in attributes if a["AttributeName"] != name]


def _index(request: Description, name: str) -> dict[str, object]:
    return next(
        i for i in cast("Indexes", request["GlobalSecondaryIndexes"]) if i["IndexName"] == name
    )


def _add_sort_key(request: Description) -> None:
    key = {"AttributeName": "createdAt", "KeyType": "RANGE"}
    request["KeySchema"] = [{"AttributeName": "leadId", "KeyType": "HASH"}, key]


def _number_key(request: Description) -> None:
    for attribute in cast("list[dict[str, str]]", request["AttributeDefinitions"]):
        if attribute["AttributeName"] == "leadId":
            attribute["AttributeType"] = "N"


def _other_index_key(request: Description) -> None:
    _index(request, "board-index")["KeySchema"] = [{"AttributeName": "boardKey", "KeyType": "HASH"}]


def _project_less(request: Description) -> None:
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name", "email", "subject"]}
    _index(request, "status-index")["Projection"] = projection


def _project_keys_only(request: Description) -> None:
    _index(request, "board-index")["Projection"] = {"ProjectionType": "KEYS_ONLY"}


def _provision(request: Description) -> None:
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    request |= {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}
    for index in cast("Indexes", request["GlobalSecondaryIndexes"]):
        index["ProvisionedThroughput"] = units


def _keys_in_stream(request: Description) -> None:
    request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (
            _drop_index,
            (
                "it has no index email-index on (email, createdAt):"
                " create_tables --add-indexes adds it"
            ),
        ),
        (_add_sort_key, "its key is (leadId, createdAt), expected (leadId)"),
        (_number_key, "its leadId is of type N, expected S"),
        (_other_index_key, "board-index is on (boardKey), expected (boardKey, createdAt)"),
        (_project_less, "status-index lacks company, ownerId, stageEnteredAt, version"),
        (
            _project_keys_only,
            (
                "board-index lacks answeredAt, closedBy, company, email, followUpAt, name, note, noteAt,"
                " noteBy, outcome, preview, reason, score, stageEnteredAt, subject, tags,"
                " version, wroteAt"
            ),
        ),
        (_provision, "it is not billed on demand"),
        (lambda r: r.update(DeletionProtectionEnabled=False), "it has no deletion protection"),
        (lambda r: r.pop("StreamSpecification"), "it has no stream of new and old images"),
        (_keys_in_stream, "it has no stream of new and old images"),
    ],
)
def test_says_what_differs_and_changes_nothing(
    moto: None, change: Callable[[Description], object], difference: str
) -> None:
    make(LEADS, change)
    before = everything(LEADS)
    assert lines_of(LEADS) == [f"differs: {LEADS.name}: {difference}"]
    assert everything(LEADS) == before


def test_says_that_recovery_is_off(moto: None) -> None:
    client.send("create_table", **table_request(LEADS))
    assert lines_of(LEADS) == [f"differs: {LEADS.name}: it has no point-in-time recovery"]


@pytest.mark.parametrize("table", [RECORDS, EPHEMERAL], ids=lambda table: table.default)
def test_says_that_nothing_expires(moto: None, table: Table) -> None:
    client.send("create_table", **table_request(table))
    line = f"differs: {table.name}: its items do not expire by expiresAt"
    assert line in lines_of(table)


def test_says_that_something_else_expires(moto: None) -> None:
    client.send("create_table", **table_request(EPHEMERAL))
    specification = {"Enabled": True, "AttributeName": "ttl"}
    client.send(
        "update_time_to_live", TableName=EPHEMERAL.name, TimeToLiveSpecification=specification
    )
    line = f"differs: {EPHEMERAL.name}: its items do not expire by expiresAt"
    assert lines_of(EPHEMERAL) == [line]


def test_more_than_is_asked_for_is_fine(moto: None) -> None:
    def project_all(request: Description) -> None:
        for index in cast("Indexes", request["GlobalSecondaryIndexes"]):
            index["Projection"] = {"ProjectionType": "ALL"}

    make(LEADS, project_all)
    assert lines_of(LEADS) == [f"exists: {LEADS.name}"]


def test_an_existing_table_keeps_its_items(moto: None) -> None:
    make(LEADS)
    client.send("put_item", TableName=LEADS.name, Item={"leadId": {"S": "theirs"}})
    create_tables(TABLES)
    answer = client.send("get_item", TableName=LEADS.name, Key={"leadId": {"S": "theirs"}})
    assert answer["Item"] == {"leadId": {"S": "theirs"}}


def test_names_come_from_the_settings(moto: None, settings: LazySettings) -> None:
    settings.TABLE_NAME = "Inbox"
    settings.STATUS_INDEX = "by-status"
    create_tables(TABLES)
    indexes = cast("Indexes", (describe(LEADS) or {})["GlobalSecondaryIndexes"])
    assert "by-status" in {index["IndexName"] for index in indexes}
    assert lines_of(LEADS) == ["exists: Inbox"]


def test_the_embedded_engine_skips_what_it_lacks(
    engine: Engine, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Engine() as fresh:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", fresh.url)
        client.reset()
        lines = create_tables(TABLES)
        assert [line for line in lines if not line.startswith("skipped:")] == [
            f"created: {table.name}" for table in TABLES
        ]
        assert any("point-in-time recovery" in line for line in lines)
        assert create_tables(TABLES) == [f"exists: {table.name}" for table in TABLES]
    client.reset()


@pytest.mark.parametrize(
    "operation", ["DescribeContinuousBackups", "DescribeTimeToLive", "DescribeTable"]
)
def test_a_refused_look_is_no_difference_but_an_error(scripted: Wire, operation: str) -> None:
    create_tables(TABLES)
    denied = failure("AccessDeniedException", "You may not.")
    scripted.answer(operation, denied)
    with pytest.raises(UnavailableError, match="You may not"):
        create_tables(TABLES)


@pytest.mark.parametrize(
    "operation",
    ["DescribeContinuousBackups", "CreateTable", "UpdateTimeToLive", "UpdateContinuousBackups"],
)
def test_a_refused_step_is_an_error(scripted: Wire, operation: str) -> None:
    scripted.answer(operation, failure("AccessDeniedException", "You may not."))
    with pytest.raises(UnavailableError, match="You may not"):
        create_tables(TABLES)


def test_backups_may_take_a_while_to_be_ready(
    scripted: Wire, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    monkeypatch.setattr(creation, "sleep", pauses.append)
    not_yet = failure("ContinuousBackupsUnavailableException", "Backups are being enabled")
    scripted.answer("UpdateContinuousBackups", not_yet, not_yet)
    assert create_tables(TABLES) == [f"created: {table.name}" for table in TABLES]
    assert pauses == [creation.BACKUP_PAUSE_SECONDS] * 2
    assert create_tables(TABLES) == [f"exists: {table.name}" for table in TABLES]


def test_the_command_prints_a_line_for_each_finding(moto: None) -> None:
    output = StringIO()
    call_command("create_tables", stdout=output)
    assert output.getvalue().splitlines() == [f"created: {table.name}" for table in TABLES]


def test_the_command_says_that_dynamodb_is_away(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port()}")
    client.reset()
    with pytest.raises(CommandError) as caught:
        call_command("create_tables")
    assert caught.value.returncode == 2
