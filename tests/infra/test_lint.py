"""cfn-lint finds nothing in any template of any host."""

import json
from functools import cache
from pathlib import Path

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from infra.app import build
from infra.options import Host, Options

REGION = "eu-central-1"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
EXISTING = {
    "leads_table": "Old",
    "leads_stream": f"arn:aws:dynamodb:{REGION}:123456789012:table/Old/stream/2026-01-01T00:00:00",
    "records_table": "OldRecords",
    "held_table": "OldHeld",
    "email_service": "amazon_ses",
    "default_from_email": "crm@example.com",
}

# What is left out, and why.
IGNORED = {"I1022": "CDK joins texts by Fn::Join, never by Fn::Sub"}
# One process has them all: most templates of the hosts are the same.
pytestmark = pytest.mark.xdist_group("lint")


@cache
def findings(template: str) -> list[str]:
    """Return what cfn-lint finds in a template."""
    config = ManualArgs(regions=[REGION], include_checks=["I"], ignore_checks=list(IGNORED))
    return list(map(str, lint(template, config=config)))


@pytest.mark.parametrize(
    "more",
    [
        {"stage": "production"},
        {"stage": "dev", "domain": "crm.example.com", "certificate": CERTIFICATE, **EXISTING},
        {"stage": "production", "host": Host.EXPRESS},
        {"stage": "production", "host": Host.APPRUNNER},
    ],
    ids=["lambda", "lambda-domain-existing", "express", "apprunner"],
)
def test_templates_have_no_finding(more: dict[str, str], package: Path, tmp_path: Path) -> None:
    options = Options.parse({"region": REGION, "mail": "ops@example.com", **more})
    build(options, package=package, outdir=tmp_path).synth()
    templates = sorted(tmp_path.glob("*.template.json"))
    assert templates
    found = [
        f"{template.name}: {one}"
        for template in templates
        for one in findings(template.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_linter_finds_what_is_wrong() -> None:
    bad = {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"Key": 1}}}}
    assert findings(json.dumps(bad))
