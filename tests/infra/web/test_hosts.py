"""The web stack on each of its three hosts: the same settings, the same image."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from infra.options import Host
from tests import ROOT
from tests.crm.test_settings import KEY
from tests.infra.web.written import REGION, Template, statements, variables


def test_the_settings_are_the_same_on_every_host(web_on: Callable[[Host], Template]) -> None:
    own = {"ALLOWED_HOSTS", "AWS_REGION", "ORIGIN_SECRET_PARAMETER", "PUBLIC_URL_PARAMETER"}
    given = [variables(web_on(host), host) for host in Host]
    shared = [{name: value for name, value in one.items() if name not in own} for one in given]
    assert shared[0] == shared[1] == shared[2]
    assert shared[0]["TABLE_NAME"] == "ContactFormLeads"
    assert shared[0]["BEHIND_TLS_PROXY"] == "1"


def test_the_functions_differ_in_their_addresses_and_keys_alone(on_lambda: Template) -> None:
    web, form = (on_lambda.function(part)["Environment"]["Variables"] for part in ("web", "form"))
    key = "/leadbook/production/form-secret-key"
    assert form == web | {"FORM_ONLY": "1", "SECRET_KEY_PARAMETER": key}


@pytest.mark.parametrize("host", Host)
def test_the_application_starts_with_them(web_on: Callable[[Host], Template], host: Host) -> None:
    given = variables(web_on(host), host)
    code = (
        "import boto3, moto; moto.mock_aws().start()\n"
        "store = boto3.client('ssm')\n"
        "def put(name, value): store.put_parameter(Name=name, Value=value, Type='String')\n"
        f"put('/leadbook/production/secret-key', '{KEY}')\n"
        f"put('/leadbook/production/origin-secret', '{KEY}')\n"
        f"put('/leadbook/production/url/{host}', 'https://x.example.com')\n"
        "from crm import settings as s\n"
        "print(s.PRODUCTION, s.AWS_REGION, s.STAGE, s.ALLOWED_HOSTS, len(s.ORIGIN_SECRET))\n"
    )
    # Lambda sets the region itself.
    env = {"AWS_REGION": REGION, **given, "AWS_DEFAULT_REGION": REGION, "PATH": os.environ["PATH"]}
    env |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=60
    )
    secrets = int(host is Host.LAMBDA)
    hosts = [given["ALLOWED_HOSTS"]]
    assert done.stdout == f"True {REGION} production {hosts} {secrets}\n"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (Host.LAMBDA, "d111111abcdef8.cloudfront.net"),
        (Host.EXPRESS, f"le-0123456789abcdef.ecs.{REGION}.on.aws"),
        (Host.APPRUNNER, f"psbqam834h.{REGION}.awsapprunner.com"),
    ],
)
def test_only_names_of_the_service_are_allowed(
    web_on: Callable[[Host], Template], host: Host, name: str
) -> None:
    (allowed,) = variables(web_on(host), host)["ALLOWED_HOSTS"].split(",")
    assert allowed.startswith(".")
    assert name.endswith(allowed)
    assert not "evil.example.com".endswith(allowed)


def test_each_part_has_its_own_role(web_on: Callable[[Host], Template]) -> None:
    web, form = (web_on(Host.LAMBDA).function(part)["Role"] for part in ("web", "form"))
    assert web != form
    assert "Web" in json.dumps(web)
    assert "Form" in json.dumps(form)
    task = web_on(Host.EXPRESS).only("AWS::ECS::ExpressGatewayService")["TaskRoleArn"]
    service = web_on(Host.APPRUNNER).only("AWS::AppRunner::Service")
    assert task == service["InstanceConfiguration"]["InstanceRoleArn"] == web


@pytest.mark.parametrize("host", [Host.EXPRESS, Host.APPRUNNER])
def test_whoever_fetches_the_image_may_do_little_else(
    web_on: Callable[[Host], Template], host: Host
) -> None:
    allowed = [
        statement for statement in statements(web_on(host)) if statement["Effect"] == "Allow"
    ]
    for statement in allowed:
        actions = statement["Action"]
        actions = [actions] if isinstance(actions, str) else actions
        assert all(action.startswith(("ecr:", "logs:")) for action in actions)
        assert not any("*" in action for action in actions)
        # There is no resource to name for this one.
        assert statement["Resource"] != "*" or actions == ["ecr:GetAuthorizationToken"]


@pytest.mark.parametrize("host", Host)
def test_logs_are_kept_for_90_days(web_on: Callable[[Host], Template], host: Host) -> None:
    groups = web_on(host).properties("AWS::Logs::LogGroup").values()
    wanted = {
        Host.LAMBDA: [f"/leadbook/production/{part}" for part in ("form", "jobs", "web")],
        Host.EXPRESS: ["/leadbook/production/web"],
        Host.APPRUNNER: [],  # It makes its own, and gives no say in them.
    }[host]
    assert sorted(group["LogGroupName"] for group in groups) == wanted
    assert {group["RetentionInDays"] for group in groups} <= {90}


@pytest.mark.parametrize("host", Host)
def test_no_secret_is_in_the_template(web_on: Callable[[Host], Template], host: Host) -> None:
    named = {"SECRET_KEY_PARAMETER", "ORIGIN_SECRET_PARAMETER"}
    given = variables(web_on(host), host)
    assert {name for name in given if "SECRET" in name} <= named
    assert all(given[name].startswith("/leadbook/") for name in named & given.keys())


@pytest.mark.parametrize("host", Host)
def test_its_address_is_an_output(web_on: Callable[[Host], Template], host: Host) -> None:
    outputs = web_on(host).outputs
    start, _name = outputs["Url"]["Value"]["Fn::Join"][1]
    assert start == "https://"
    # What the next deployment compares with.
    assert (outputs["Host"]["Value"], outputs["Domain"]["Value"]) == (host, "none")


@pytest.mark.parametrize("host", Host)
def test_the_application_is_told_where_its_address_stands(
    web_on: Callable[[Host], Template], host: Host
) -> None:
    template = web_on(host)
    given = variables(template, host)
    assert given["PUBLIC_URL_PARAMETER"] == template.only("AWS::SSM::Parameter")["Name"]
    assert "PUBLIC_URL" not in given


def test_a_domain_is_the_address(with_domain: Template) -> None:
    for part in ("web", "form"):
        given = with_domain.function(part)["Environment"]["Variables"]
        assert given["PUBLIC_URL"] == "https://crm.example.com"
        assert "PUBLIC_URL_PARAMETER" not in given


@pytest.mark.parametrize("host", Host)
def test_the_host_can_change(web_on: Callable[[Host], Template], host: Host) -> None:
    template = web_on(host)
    address = template.only("AWS::SSM::Parameter")
    assert address["Name"] == f"/leadbook/production/url/{host}"
    assert address["Value"] == template.outputs["Url"]["Value"]
    # Nothing that another stack could hold fast, nor that this one needs on one host alone.
    assert not any("Export" in output for output in template.outputs.values())
    assert template.exported == web_on(Host.LAMBDA).exported
    assert set(re.findall(r'"Fn::ImportValue": "([^"]+)"', template.text)) <= template.exported


# --- In containers ----------------------------------------------------------------------


def test_containers_are_asked_for_their_own_health_alone(
    web_on: Callable[[Host], Template],
) -> None:
    express = web_on(Host.EXPRESS).only("AWS::ECS::ExpressGatewayService")
    assert express["HealthCheckPath"] == "/healthz"
    assert express["PrimaryContainer"]["ContainerPort"] == 8000
    runner = web_on(Host.APPRUNNER).only("AWS::AppRunner::Service")
    assert runner["HealthCheckConfiguration"] == {"Protocol": "HTTP", "Path": "/healthz"}
    image = runner["SourceConfiguration"]["ImageRepository"]
    assert image["ImageConfiguration"]["Port"] == "8000"


def test_both_run_one_image(web_on: Callable[[Host], Template]) -> None:
    express = web_on(Host.EXPRESS).only("AWS::ECS::ExpressGatewayService")
    runner = web_on(Host.APPRUNNER).only("AWS::AppRunner::Service")
    image = runner["SourceConfiguration"]["ImageRepository"]["ImageIdentifier"]
    assert express["PrimaryContainer"]["Image"] == image


def test_the_image_is_built_from_the_application_alone(web_on: Callable[[Host], Template]) -> None:
    (folder,) = web_on(Host.EXPRESS).path.parent.glob("asset.*")
    names = {path.name for path in folder.iterdir()}
    assert names > {"Dockerfile", "crm", "leads", "manage.py", "static", "templates"}
    others = {".git", ".venv", "build", "docs", "infra", "node_modules", "tests", "var"}
    assert not names & others
    assert [path.name for path in (folder / "requirements").iterdir()] == ["mail.txt"]
    assert not list(folder.rglob("*.pyc"))
