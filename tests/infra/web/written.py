"""The web stack as it is written, for the tests of its parts."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from aws_cdk import App

from infra.options import Host, Options
from infra.stacks.access import Access
from infra.stacks.data import Data
from infra.stacks.web import Web

REGION = "eu-central-1"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0f9c3b52-6a67-4dd8-9d9e-7c1d1f6a0b11"

# What CloudFormation knows of a resource: any JSON.
type Properties = dict[str, Any]


class Template:
    """A template as it is written; ``exported`` is what the access stack gives to others."""

    def __init__(self, document: dict[str, Any], path: Path, exported: set[str]) -> None:
        self.path = path
        self.exported = exported
        self.text = json.dumps(document)
        self.resources: dict[str, dict[str, Any]] = document["Resources"]
        self.parameters: dict[str, dict[str, Any]] = document["Parameters"]
        self.outputs: dict[str, dict[str, Any]] = document["Outputs"]

    def properties(self, kind: str) -> dict[str, Properties]:
        return {
            name: resource["Properties"]
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def only(self, kind: str) -> Properties:
        (found,) = self.properties(kind).values()
        return found

    def function(self, part: str) -> Properties:
        (found,) = [
            properties
            for properties in self.properties("AWS::Lambda::Function").values()
            if properties["FunctionName"].endswith(f"-{part}")
        ]
        return found

    @property
    def distribution(self) -> Properties:
        found: Properties = self.only("AWS::CloudFront::Distribution")["DistributionConfig"]
        return found

    @property
    def functions_origins(self) -> list[Properties]:
        return [one for one in self.distribution["Origins"] if "CustomOriginConfig" in one]

    def behavior(self, path: str | None) -> Properties:
        if path is None:
            default: Properties = self.distribution["DefaultCacheBehavior"]
            return default
        (found,) = [
            one for one in self.distribution["CacheBehaviors"] if one["PathPattern"] == path
        ]
        return cast("Properties", found)

    def passing_on(self, behavior: Properties) -> Properties:
        name = behavior["OriginRequestPolicyId"]["Ref"]
        policy: Properties = self.resources[name]["Properties"]["OriginRequestPolicyConfig"]
        return policy


def written(options: Options, package: Path, folder: Path) -> Template:
    """Write the stacks that the web stack needs, and return its template."""
    app = App(analytics_reporting=False, outdir=str(folder))
    data = Data(app, options)
    access = Access(app, options, data)
    web = Web(app, options, data, access, package)
    stacks = app.synth()
    outputs = stacks.get_stack_by_name(access.stack_name).template["Outputs"].values()
    exported = {output["Export"]["Name"] for output in outputs if "Export" in output}
    found = stacks.get_stack_by_name(web.stack_name)
    return Template(found.template, Path(found.template_full_path), exported)


def variables(template: Template, host: Host) -> dict[str, str]:
    """Return the environment of whatever answers staff pages."""
    if host is Host.LAMBDA:
        found: dict[str, str] = template.function("web")["Environment"]["Variables"]
        return found
    if host is Host.EXPRESS:
        service = template.only("AWS::ECS::ExpressGatewayService")
        pairs = service["PrimaryContainer"]["Environment"]
    else:
        service = template.only("AWS::AppRunner::Service")
        image = service["SourceConfiguration"]["ImageRepository"]
        pairs = image["ImageConfiguration"]["RuntimeEnvironmentVariables"]
    return {pair["Name"]: pair["Value"] for pair in pairs}


def statements(template: Template) -> Iterator[Mapping[str, Any]]:
    for policy in template.properties("AWS::IAM::Policy").values():
        yield from policy["PolicyDocument"]["Statement"]
