"""A first deployment walked through with the real CDK, on the emulator."""

import json
from pathlib import Path

import pytest

from crm.dynamodb.creation import table_request
from crm.tables import LEADS
from infra import arguments, deploy, destroy, naming, synth
from infra.app import build
from infra.indexes import Deployed
from infra.options import Options
from tests.infra import cloudformation

WORDS = ("STAGE=walk", "REGION=eu-central-1", "MAIL=ops@example.com")


def within_the_emulator(resources: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    """Leave out what the emulator refuses, and what refers to it: budgets, alarms on formulas."""
    beyond = {
        name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Budgets::Budget" or '"Metrics": [' in json.dumps(resource)
    }
    texts = {name: json.dumps(resource) for name, resource in resources.items()}
    beyond |= {
        name for name, text in texts.items() if any(f'"{other}"' in text for other in beyond)
    }
    return {name: resource for name, resource in resources.items() if name not in beyond}


@pytest.fixture
def machine(ministack: str, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a machine whose AWS account is the emulator; returns the emulator's address."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", ministack)
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("HOME", str(tmp_path))

    def write(options: Options, _python: str | None, deployed: Deployed) -> Path:
        folder = tmp_path / "cdk.out"
        build(options, package=package, outdir=folder, deployed=deployed).synth()
        for path in folder.glob("*.template.json"):
            template = json.loads(path.read_text(encoding="utf-8"))
            template["Resources"] = within_the_emulator(template["Resources"])
            path.write_text(json.dumps(template), encoding="utf-8")
        return folder

    files = tmp_path / "static"
    files.mkdir()
    (files / "app.0123456789ab.css").write_text("main {}", encoding="utf-8")
    monkeypatch.setattr(deploy, "STATIC", files)
    monkeypatch.setattr(synth, "write", write)
    monkeypatch.setattr(destroy, "POLL_SECONDS", 0)
    return ministack


def test_first_deployment_and_switch_to_another_table(
    machine: str, capfd: pytest.CaptureFixture[str]
) -> None:
    # The region counts as prepared for others; here it is not.
    ssm = cloudformation.client(machine, "ssm")
    ssm.delete_parameter(Name="/cdk-bootstrap/hnb659fds/version")
    assert deploy.main(WORDS) == 0, capfd.readouterr().err
    service = cloudformation.client(machine, "cloudformation")
    stacks = {
        stack["StackName"]: stack["StackStatus"]
        for stack in service.describe_stacks()["Stacks"]
        if stack["StackName"].startswith("Leadbook-walk-")
    }
    parts = ("Access", "Data", "Events", "Monitoring", "Static", "Web")
    assert stacks == {f"Leadbook-walk-{part}": "CREATE_COMPLETE" for part in parts}
    tables = cloudformation.client(machine, "dynamodb").list_tables()["TableNames"]
    assert {
        "leadbook-walk-ContactFormLeads",
        "leadbook-walk-CrmRecords",
        "leadbook-walk-CrmEphemeral",
        "leadbook-walk-CrmHeld",
    } <= set(tables)
    s3 = cloudformation.client(machine, "s3")
    (bucket,) = [
        one["Name"]
        for one in s3.list_buckets()["Buckets"]
        if one["Name"].startswith("leadbook-walk")
    ]
    assert s3.head_object(Bucket=bucket, Key="static/app.0123456789ab.css")["ContentType"] == (
        "text/css; charset=utf-8"
    )
    published = ssm.get_parameter(Name=naming.url_parameter(arguments.read(WORDS)))["Parameter"][
        "Value"
    ]
    assert f"Leadbook walk is at {published}" in capfd.readouterr().out
    switch(machine)
    remove(machine)
    assert "Restored stays, with all that is in it." in capfd.readouterr().out


def switch(machine: str) -> None:
    """Deploy again on another table of leads, as after a restore."""
    dynamodb = cloudformation.client(machine, "dynamodb")
    request = {**table_request(LEADS), "TableName": "Restored"}
    made = dynamodb.create_table(**request)["TableDescription"]
    assert deploy.main((*WORDS, "LEADS_TABLE=Restored")) == 0
    (pipe,) = [
        pipe
        for pipe in cloudformation.client(machine, "pipes").list_pipes()["Pipes"]
        if pipe["Name"].startswith("Leadbook-walk-")
    ]
    assert pipe["Source"] == made["LatestStreamArn"]
    functions = cloudformation.client(machine, "lambda").list_functions()["Functions"]
    settings = [function.get("Environment", {}).get("Variables", {}) for function in functions]
    ours = [variables for variables in settings if variables.get("STAGE") == "walk"]
    assert [variables["TABLE_NAME"] for variables in ours] == ["Restored"] * 3


def remove(machine: str) -> None:
    """Remove the stage, all but the table that it was given."""
    assert destroy.main(WORDS[:2]) == 0
    service = cloudformation.client(machine, "cloudformation")
    left = [
        stack["StackName"]
        for stack in service.describe_stacks()["Stacks"]
        if stack["StackName"].startswith("Leadbook-walk-")
        and stack["StackStatus"] != "DELETE_COMPLETE"
    ]
    tables = cloudformation.client(machine, "dynamodb").list_tables()["TableNames"]
    ssm = cloudformation.client(machine, "ssm")
    assert left == []
    assert [name for name in tables if name.startswith("leadbook-walk-")] == []
    assert "Restored" in tables
    assert ssm.get_parameters_by_path(Path="/leadbook/walk/", Recursive=True)["Parameters"] == []
