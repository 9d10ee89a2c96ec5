"""make destroy: what goes, what stays, and what has to be said first."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, override

import boto3
import pytest
from aws_cdk.cx_api import CloudAssembly
from botocore.stub import Stubber
from moto import mock_aws

from crm.tables import LEADS, TABLES
from infra import destroy, naming
from infra.account import Account, AccountError
from infra.app import build
from infra.options import Host, Options
from tests.infra import cloudformation
from tests.infra.watching import Document

WORDS = ("STAGE=production", "REGION=eu-central-1")
CONFIRMED = (*WORDS, "CONFIRM=production")
# Web needs Access while both are there.
ACCESS: Document = {
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}},
    "Outputs": {"Role": {"Value": {"Ref": "Topic"}, "Export": {"Name": "{stage}-role"}}},
}
STATIC: Document = {
    "Resources": {
        "Files": {
            "Type": "AWS::S3::Bucket",
            # It stays so that a test can look into it: AWS deletes none that holds anything.
            "DeletionPolicy": "Retain",
            "Properties": {"BucketName": "leadbook-{stage}"},
        },
    },
}
WEB: Document = {
    "Resources": {
        "Address": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Name": "/leadbook/{stage}/url/lambda",
                "Type": "String",
                "Value": {"Fn::ImportValue": "{stage}-role"},
            },
        },
    },
}


class Terminal(io.StringIO):
    """A terminal at which somebody types."""

    @override
    def isatty(self) -> bool:
        """Tell so."""
        return True


def of_stage(stage: str, document: Any) -> Any:  # noqa: ANN401 - any JSON
    """Fill in the stage's name."""
    if isinstance(document, str):
        return document.replace("{stage}", stage)
    if isinstance(document, dict):
        return {key: of_stage(stage, one) for key, one in document.items()}
    return document


@pytest.fixture
def region(ministack: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the emulator's address, which is AWS to this process; it is empty but for stacks."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", ministack)
    monkeypatch.setattr(destroy, "POLL_SECONDS", 0)
    # Another test of the same process may have left something.
    clear(ministack)
    yield ministack
    clear(ministack)


def clear(url: str) -> None:
    """Remove buckets, tables and parameters."""
    storage = cloudformation.client(url, "s3")
    names = {bucket["Name"] for bucket in storage.list_buckets()["Buckets"]}
    for name in names & {"leadbook-production", "leadbook-dev"}:
        storage.delete_bucket(Bucket=name)
    dynamodb = cloudformation.client(url, "dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=name)
    for name in parameters(url):
        cloudformation.client(url, "ssm").delete_parameter(Name=name)


def put_parameters(url: str, stage: str, number: int = 1) -> None:
    ssm = cloudformation.client(url, "ssm")
    for name in ("secret-key", *(f"more/{one}" for one in range(number - 1))):
        ssm.put_parameter(Name=f"/leadbook/{stage}/{name}", Value="x", Type="SecureString")


def parameters(url: str) -> list[str]:
    ssm = cloudformation.client(url, "ssm")
    found = ssm.get_parameters_by_path(Path="/leadbook/", Recursive=True)["Parameters"]
    return [one["Name"] for one in found]


def stacks(url: str, stage: str) -> list[str]:
    """Return the names of a stage's stacks that are there."""
    found = cloudformation.client(url, "cloudformation").describe_stacks()["Stacks"]
    names = [one["StackName"] for one in found if one["StackStatus"] != "DELETE_COMPLETE"]
    return [name for name in names if name.startswith(f"Leadbook-{stage}-")]


def make(url: str, stage: str, tables: Document, *, protected: bool = False) -> None:
    """Make a stage with something in its bucket."""
    documents = {
        "Data": tables,
        "Access": of_stage(stage, ACCESS),
        "Static": of_stage(stage, STATIC),
        "Web": of_stage(stage, WEB),
    }
    service = cloudformation.client(url, "cloudformation")
    for part, document in documents.items():
        name = f"Leadbook-{stage}-{part}"
        cloudformation.create(url, name, document)
        service.update_termination_protection(StackName=name, EnableTerminationProtection=protected)
    storage = cloudformation.client(url, "s3")
    storage = cloudformation.client(url, "s3")
    storage.put_object(Bucket=f"leadbook-{stage}", Key="static/app.css", Body=b"")
    put_parameters(url, stage, number=12)


@pytest.fixture
def production(region: str, document: Callable[[str], Document]) -> Iterator[str]:
    """Yield the emulator with a stage on it."""
    make(region, "production", document("Data"), protected=True)
    yield region
    destroy.main(CONFIRMED)


def test_production_goes_once_its_name_was_said_and_its_tables_stay(
    production: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert destroy.main(CONFIRMED) == 0
    assert stacks(production, "production") == []
    assert parameters(production) == []
    storage = cloudformation.client(production, "s3")
    assert storage.list_objects_v2(Bucket="leadbook-production")["KeyCount"] == 0
    left = cloudformation.client(production, "dynamodb").list_tables()["TableNames"]
    assert sorted(left) == sorted(table.default for table in TABLES if table.durable)
    said = capsys.readouterr().out
    for name in left:
        assert f"{name} stays, with all that is in it" in said
        assert f"--table-name {name} --no-deletion-protection-enabled" in said
    assert "CDKToolkit stays" in said
    assert "Leadbook production is gone from eu-central-1." in said

    assert destroy.main(CONFIRMED) == 0
    again = capsys.readouterr()
    assert again.out == said
    assert "removing Leadbook" not in again.err


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (None, WORDS),
        (None, (*WORDS, "CONFIRM=yes")),
        ("yes", WORDS),
        ("", WORDS),
    ],
)
def test_production_stays_where_its_name_was_not_said(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str | None,
    words: tuple[str, ...],
) -> None:
    given = io.StringIO("") if typed is None else Terminal(f"{typed}\n")
    monkeypatch.setattr("sys.stdin", given)
    with mock_aws(), pytest.raises(SystemExit) as raised:
        destroy.main(words)
    assert raised.value.code == 2
    *_, last = capsys.readouterr().err.splitlines()
    assert "nothing was removed: say CONFIRM=production to remove production." in last


def test_the_name_may_be_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("production\n"))
    destroy.confirm(Options("production", "eu-central-1", "ops@example.com"), WORDS)
    assert "Type production to go on" in capsys.readouterr().err


def test_another_stage_goes_whole_and_leaves_its_neighbours(
    region: str, package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = Options("dev", "eu-central-1", "ops@example.com")
    tables = build(options, package=package, outdir=tmp_path).synth()
    name = naming.stack(options, "Data")
    make(region, "dev", tables.get_stack_by_name(name).template)
    put_parameters(region, "dev2")
    assert len(cloudformation.client(region, "dynamodb").list_tables()["TableNames"]) == len(TABLES)
    assert destroy.main(("STAGE=dev", WORDS[1])) == 0
    assert stacks(region, "dev") == []
    assert parameters(region) == ["/leadbook/dev2/secret-key"]
    assert cloudformation.client(region, "dynamodb").list_tables()["TableNames"] == []
    assert "with all that is in it" not in capsys.readouterr().out


def test_a_stack_that_cannot_go_says_why(
    production: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Made by somebody else, and CloudFormation keeps what it needs.
    other = of_stage("production", {**WEB, "Resources": {"Address": WEB["Resources"]["Address"]}})
    other["Resources"]["Address"]["Properties"]["Name"] = "/other"
    cloudformation.create(production, "Other", other)
    with pytest.raises(SystemExit) as raised:
        destroy.main(CONFIRMED)
    assert raised.value.code == 2
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith("Leadbook: AWS refused the deletion of Leadbook-production-Access: ")
    cloudformation.client(production, "cloudformation").delete_stack(StackName="Other")
    assert destroy.main(CONFIRMED) == 0


def test_a_deletion_that_fails_says_why() -> None:
    client = boto3.Session("test", "test").client("cloudformation", "eu-central-1")
    failed = {
        "StackName": "Leadbook-dev-Monitoring",
        "CreationTime": datetime(2026, 11, 29, tzinfo=UTC),
        "StackStatus": "DELETE_FAILED",
        "StackStatusReason": "The following resources failed to delete: [Alarms].",
    }
    account = SimpleNamespace(
        options=Options("dev", "eu-central-1", "ops@example.com"),
        session=SimpleNamespace(client=lambda _name: client),
        outputs=lambda _part: {},
        stack=lambda _part: failed,
    )
    with Stubber(client) as api:
        api.add_response("delete_stack", {}, {"StackName": "Leadbook-dev-Monitoring"})
        api.add_response("describe_stacks", {"Stacks": [failed]})
        with pytest.raises(AccountError) as raised:
            destroy.destroy(cast("Account", account))
    assert str(raised.value) == (
        "Leadbook-dev-Monitoring was not removed: The following resources failed to delete: "
        "[Alarms]. Once that is mended, make destroy goes on."
    )


def test_a_restored_table_that_the_stage_works_on_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="eu-central-1")
        dynamodb.create_table(
            TableName="Restored",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        account = Account(Options("dev", "eu-central-1", "ops@example.com"))
        used = {naming.output(LEADS): "Restored"}
        monkeypatch.setattr(Account, "stack", lambda _self, _part: None)
        monkeypatch.setattr(Account, "outputs", lambda _self, _part: used)
        assert destroy.destroy(account) == ["Restored"]


def test_a_budget_of_the_api_goes_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Account, "stack", lambda _self, _part: None)
    with mock_aws():
        budgets = boto3.client("budgets", region_name="us-east-1")
        budgets.create_budget(
            AccountId="123456789012",
            Budget={
                "BudgetName": "leadbook-dev-eu-north-1",
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": "10", "Unit": "USD"},
            },
        )
        for expected in (True, False):
            assert destroy.main(("STAGE=dev", "REGION=eu-north-1")) == 0
            said = capsys.readouterr().err
            assert ("removed the budget leadbook-dev-eu-north-1" in said) is expected


@pytest.mark.parametrize(("stage", "is_protected"), [("production", True), ("dev", False)])
def test_production_is_protected_from_removal(
    stage: str, package: Path, tmp_path: Path, *, is_protected: bool
) -> None:
    options = Options(stage, "eu-central-1", "ops@example.com", Host.LAMBDA)
    assembly: CloudAssembly = build(options, package=package, outdir=tmp_path).synth()
    protected = {one.stack_name: bool(one.termination_protection) for one in assembly.stacks}
    assert set(protected.values()) == {is_protected}
    assert len(protected) == len(destroy.PARTS)
