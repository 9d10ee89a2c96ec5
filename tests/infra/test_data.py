"""The Data stack's template: emulators ignore some of these properties, AWS does not."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from crm.dynamodb.creation import index_request, table_request
from crm.dynamodb.schema import Table
from crm.tables import (
    BOARD_INDEX,
    EMAIL_INDEX,
    EPHEMERAL,
    HELD,
    LEADS,
    OWNER_INDEX,
    RECORDS,
    STATUS_INDEX,
    TABLES,
)
from infra.options import OptionError, Options
from infra.stacks.data import MOST_READS, MOST_WRITES, Data

type Resource = dict[str, object]
Stacks = Callable[..., tuple[Data, dict[str, Resource]]]

STREAM = "arn:aws:dynamodb:eu-central-1:123456789012:table/Old/stream/2026-01-01T00:00:00.000"
STAGES = pytest.mark.parametrize("stage", ["production", "dev"])
EACH = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.default)
NAMES = {LEADS: "Leads", RECORDS: "Records", EPHEMERAL: "Ephemeral", HELD: "Held"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """Return a Data stack and the resources of its template, by stage and further options."""
    known: dict[tuple[object, ...], tuple[Data, dict[str, Resource]]] = {}

    def make(stage: str, **more: str) -> tuple[Data, dict[str, Resource]]:
        key = (stage, *more.items())
        if key not in known:
            app = App(outdir=str(tmp_path_factory.mktemp("data")), analytics_reporting=False)
            given = {"stage": stage, "region": "eu-central-1", "mail": "ops@example.com"}
            stack = Data(app, Options.parse(given | more))
            template = app.synth().get_stack_by_name(stack.stack_name).template
            known[key] = stack, template["Resources"]
        return known[key]

    return make


def properties(made: Stacks, stage: str, table: Table) -> Resource:
    return cast("Resource", made(stage)[1][NAMES[table]]["Properties"])


@STAGES
@EACH
def test_the_same_keys_and_indexes_as_create_tables(made: Stacks, stage: str, table: Table) -> None:
    there = properties(made, stage, table)
    wanted = table_request(table)
    for name in ("KeySchema", "AttributeDefinitions", "BillingMode"):
        assert there[name] == wanted[name]
    indexes = cast("list[Resource]", there.get("GlobalSecondaryIndexes", []))
    for index in indexes:
        guard = index.pop("OnDemandThroughput")
        assert guard == there["OnDemandThroughput"]
    assert indexes == wanted.get("GlobalSecondaryIndexes", [])


def test_a_deployed_table_keeps_its_indexes_and_gets_one_more() -> None:
    """CloudFormation makes one index of a table an update, and changes no projection."""
    narrow = replace(STATUS_INDEX, include=("name", "email"))
    older = replace(LEADS, indexes=(EMAIL_INDEX, narrow, OWNER_INDEX))
    present = cast("list[Resource]", table_request(older)["GlobalSecondaryIndexes"])
    options = Options("production", "eu-central-1", "ops@example.com")
    app = App(analytics_reporting=False)
    stack = Data(app, options, {"Leads": present})
    resources = app.synth().get_stack_by_name(stack.stack_name).template["Resources"]
    there = resources["Leads"]["Properties"]
    throughput = {"OnDemandThroughput": there["OnDemandThroughput"]}
    added = index_request(BOARD_INDEX)
    assert there["GlobalSecondaryIndexes"] == [one | throughput for one in (*present, added)]
    names = [one["AttributeName"] for one in there["AttributeDefinitions"]]
    assert names == ["boardKey", "createdAt", "email", "leadId", "ownerId", "status"]
    # A table that the stack did not make so far gets all.
    records = resources["Records"]["Properties"]["GlobalSecondaryIndexes"]
    assert [one["IndexName"] for one in records] == [
        "due-index",
        "agenda-index",
        "team-agenda-index",
    ]


@STAGES
@EACH
def test_guarded_and_encrypted(made: Stacks, stage: str, table: Table) -> None:
    there = properties(made, stage, table)
    assert there["OnDemandThroughput"] == {
        "MaxReadRequestUnits": MOST_READS,
        "MaxWriteRequestUnits": MOST_WRITES,
    }
    assert there["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}


@STAGES
@pytest.mark.parametrize("table", [LEADS, RECORDS], ids=lambda table: table.default)
def test_what_must_last_has_backups_and_a_stream(made: Stacks, stage: str, table: Table) -> None:
    there = properties(made, stage, table)
    assert there["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert there["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    # Of the records, the security log alone says when it expires.
    assert ("TimeToLiveSpecification" in there) is (table is RECORDS)


@STAGES
def test_what_is_held_has_backups_expires_and_is_followed_by_nobody(
    made: Stacks, stage: str
) -> None:
    there = properties(made, stage, HELD)
    assert there["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert there["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}
    assert "StreamSpecification" not in there


@STAGES
def test_what_may_be_lost_expires(made: Stacks, stage: str) -> None:
    there = properties(made, stage, EPHEMERAL)
    assert there["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}
    assert there["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}
    assert "StreamSpecification" not in there


@pytest.mark.parametrize(
    ("stage", "table", "policy", "is_protected"),
    [
        ("production", LEADS, "Retain", True),
        ("production", RECORDS, "Retain", True),
        ("production", HELD, "Retain", True),
        ("production", EPHEMERAL, "Delete", False),
        ("dev", LEADS, "Delete", False),
        ("dev", RECORDS, "Delete", False),
        ("dev", EPHEMERAL, "Delete", False),
        ("dev", HELD, "Delete", False),
    ],
)
def test_production_outlives_its_stack(
    made: Stacks,
    stage: str,
    table: Table,
    policy: str,
    is_protected: bool,  # noqa: FBT001 - a case
) -> None:
    resource = made(stage)[1][NAMES[table]]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == (policy, policy)
    there = properties(made, stage, table)
    assert there["DeletionProtectionEnabled"] is is_protected


@pytest.mark.parametrize(("stage", "prefix"), [("production", ""), ("dev", "leadbook-dev-")])
def test_names_are_the_published_ones_in_production(made: Stacks, stage: str, prefix: str) -> None:
    stack, _ = made(stage)
    expected = {table.setting: prefix + table.default for table in TABLES}
    assert stack.variables == expected
    there = {table.setting: properties(made, stage, table)["TableName"] for table in TABLES}
    assert there == expected


def test_tables_with_indexes_are_made_one_after_another(made: Stacks) -> None:
    resources = made("production")[1]
    indexed = [table for table in TABLES if table.indexes]
    waiting = {NAMES[table]: resources[NAMES[table]].get("DependsOn") for table in indexed}
    assert waiting == {"Leads": None, "Records": ["Leads"], "Held": ["Records"]}


def test_others_learn_the_stream_from_a_parameter(made: Stacks) -> None:
    stack, resources = made("dev")
    assert stack.leads_stream_arn == "{{resolve:ssm:/leadbook/dev/leads-stream}}"
    assert resources["LeadsStream"]["Properties"] == {
        "Name": "/leadbook/dev/leads-stream",
        "Type": "String",
        "Value": {"Fn::GetAtt": ["Leads", "StreamArn"]},
    }


def test_existing_tables_are_used_and_not_made(made: Stacks) -> None:
    stack, resources = made(
        "production",
        leads_table="Old",
        leads_stream=STREAM,
        records_table="OldRecords",
        held_table="OldHeld",
    )
    assert resources.keys() == {"Ephemeral"}
    assert stack.variables == {
        "TABLE_NAME": "Old",
        "RECORDS_TABLE_NAME": "OldRecords",
        "EPHEMERAL_TABLE_NAME": "CrmEphemeral",
        "HELD_TABLE_NAME": "OldHeld",
    }
    assert stack.leads_stream_arn == STREAM
    assert stack.leads.table_name == "Old"


def test_an_existing_leads_table_needs_its_stream(made: Stacks) -> None:
    with pytest.raises(OptionError, match="LEADS_STREAM"):
        made("production", leads_table="Old")


def test_the_commands_learn_the_names_from_the_outputs(
    template: Callable[[str], Template],
) -> None:
    outputs = template("Data").find_outputs("*")
    assert {name: output["Value"] for name, output in outputs.items()} == {
        "TableName": "ContactFormLeads",
        "RecordsTableName": "CrmRecords",
        "EphemeralTableName": "CrmEphemeral",
        "HeldTableName": "CrmHeld",
    }


def test_no_other_stack_holds_on_to_this_one(document: Callable[[str], Resource]) -> None:
    outputs = cast("dict[str, Resource]", document("Data")["Outputs"])
    assert [name for name, output in outputs.items() if "Export" in output] == []
