"""Regions: the list of what each lacks is that of CloudFormation's registry."""

import json
from functools import cache
from pathlib import Path

import boto3
import pytest
from cfnlint.helpers import REGIONS
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from infra import regions
from infra.app import build
from infra.options import Host, OptionError, Options
from tests import ROOT

KNOWN = boto3.Session().get_available_regions("dynamodb")


def options(region: str, host: Host = Host.LAMBDA) -> Options:
    return Options("production", region, "ops@example.com", host)


@cache
def registered(region: str) -> frozenset[str]:
    return frozenset(PROVIDER_SCHEMA_MANAGER.get_resource_types(region))


@pytest.fixture(scope="module", params=Host)
def needed(
    request: pytest.FixtureRequest, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Host, set[str]]:
    """Return a host, and the types of resource in its templates."""
    host: Host = request.param
    folder = tmp_path_factory.mktemp("regions")
    build(options("eu-central-1", host), package=package, outdir=folder).synth()
    documents = [json.loads(path.read_text("utf-8")) for path in folder.glob("*.template.json")]
    found = {one["Type"] for document in documents for one in document["Resources"].values()}
    return host, found


def test_every_region_that_is_accepted_is_known_to_the_registry() -> None:
    assert set(KNOWN) <= set(REGIONS)
    assert len(KNOWN) > 30
    listed = set().union(*(gap.regions for gap in (*regions.GAPS, regions.BUDGETS)))
    assert listed <= set(KNOWN)


def test_the_list_says_what_each_region_lacks(needed: tuple[Host, set[str]]) -> None:
    host, kinds = needed
    for region in KNOWN:
        gaps = regions.gaps(region, host)
        said = frozenset[str]().union(*(gap.kinds for gap in gaps))
        if not regions.has_budgets(region):
            said |= regions.BUDGETS.kinds
        assert said == kinds - registered(region), f"{host} in {region}"


def test_the_runbook_counts_them() -> None:
    on_lambda, on_express = (
        sum(not regions.gaps(region, host) for region in KNOWN)
        for host in (Host.LAMBDA, Host.EXPRESS)
    )
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert f"Of the {len(KNOWN)} regions that the AWS SDK knows, {on_lambda} serve" in text
    assert f"`HOST=lambda` and {on_express} `HOST=express`" in text
    assert f"In {len(regions.BUDGETS.regions)} regions CloudFormation makes no budgets" in text


@pytest.mark.parametrize(
    ("region", "host", "said"),
    [
        ("ca-west-1", "lambda", "has no EventBridge Pipes and function URLs of Lambda, which"),
        ("ca-west-1", "express", "EventBridge Pipes, which HOST=express needs: take another R"),
        ("eu-central-2", "lambda", "no function URLs of Lambda, which HOST=lambda needs: take H"),
        ("eu-central-2", "lambda", "take HOST=express or another REGION."),
        ("us-west-1", "apprunner", "App Runner, which HOST=apprunner needs: take HOST=lambda or"),
    ],
)
def test_a_region_that_cannot_serve_is_refused(region: str, host: str, said: str) -> None:
    with pytest.raises(OptionError) as raised:
        regions.check(options(region, Host(host)))
    message = str(raised.value)
    assert message.startswith(f"REGION {region} has no ")
    assert said in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "apprunner"),
        ("eu-central-2", "express"),
        ("eu-north-1", "lambda"),
        ("us-west-1", "lambda"),
    ],
)
def test_where_all_is_there_or_only_budgets_lack_it_is_taken(region: str, host: str) -> None:
    regions.check(options(region, Host(host)))


@pytest.mark.parametrize(("region", "budgets"), [("eu-north-1", 0), ("eu-west-1", 1)])
def test_templates_hold_a_budget_where_cloudformation_makes_one(
    region: str, budgets: int, tmp_path: Path, package: Path
) -> None:
    build(options(region), package=package, outdir=tmp_path).synth()
    text = (tmp_path / "Leadbook-production-Monitoring.template.json").read_text("utf-8")
    assert text.count('"AWS::Budgets::Budget"') == budgets
