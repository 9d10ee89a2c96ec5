"""The Monitoring stack's template, read as CloudWatch reads it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from aws_cdk import App, Stack

from infra import naming
from infra.monitoring import alarms
from infra.options import Host, Options
from infra.stacks.data import Data
from infra.stacks.events import Events
from infra.stacks.monitoring import Monitoring
from infra.stacks.web import Web
from tests import ROOT

RUNBOOK = ROOT / alarms.RUNBOOK
PSEUDO = {"AWS::Region": "eu-central-1", "AWS::Partition": "aws"}

type Dimensions = tuple[tuple[str, str], ...]
type Named = tuple[str, str, Dimensions]
type Document = dict[str, Any]


class OtherWeb(Stack):
    """Stands for the Web stack: Monitoring wants nothing else of it."""

    def __init__(self, scope: App, options: Options) -> None:
        super().__init__(scope, naming.stack(options, "Web"))
        on_lambda = options.host is Host.LAMBDA
        self.distribution_id = "EDFDVBD6EXAMPLE" if on_lambda else None


def synthesized(options: Options, folder: Path) -> Document:
    """Return the template of a stage alone, without what the Web stack needs."""
    app = App(outdir=str(folder))
    web = cast("Web", OtherWeb(app, options))
    events = Events(app, options, Data(app, options))
    name = Monitoring(app, options, web, events).stack_name
    found: Document = app.synth().get_stack_by_name(name).template
    return found


def resources(document: Document, kind: str) -> list[Document]:
    """Return the properties of the resources of a kind, with references resolved."""
    parameters = document.get("Parameters", {})
    known = {name: one["Default"] for name, one in parameters.items()} | PSEUDO
    found = document["Resources"].values()
    return [resolved(one["Properties"], known) for one in found if one["Type"] == kind]


def resolved(value: Any, known: dict[str, str]) -> Any:  # noqa: ANN401 - what a template holds
    """Put names where a template refers to something; of a resource, its own in the template."""
    if isinstance(value, list):
        return [resolved(one, known) for one in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return separator.join(resolved(parts, known))
    if "Fn::GetAtt" in value:
        return f"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{value['Fn::GetAtt'][0]}"
    if "Ref" in value:
        return known.get(value["Ref"], value["Ref"])
    return {key: resolved(one, known) for key, one in value.items()}


def dashboards(document: Document) -> dict[str, Document]:
    """Return the bodies of the dashboards by name."""
    found = resources(document, "AWS::CloudWatch::Dashboard")
    return {one["DashboardName"]: json.loads(one["DashboardBody"]) for one in found}


def lines(dashboard: Document) -> Iterator[tuple[Document, Named | None, Document]]:
    """Yield each line of each graph: its widget, its metric if it is one, and its options."""
    for widget in dashboard["widgets"]:
        for line in widget["properties"].get("metrics", []):
            *parts, last = line
            if not isinstance(last, dict):
                parts, last = line, {}
            yield widget["properties"], named(parts) if parts else None, last


def named(parts: list[str]) -> Named:
    """Read a metric as a dashboard writes it."""
    namespace, name, *rest = parts
    return namespace, name, tuple(sorted(zip(rest[::2], rest[1::2], strict=True)))


def on(dashboard: Document) -> set[Named]:
    """Return the metrics of a dashboard."""
    return {metric for _, metric, _ in lines(dashboard) if metric}


def of_alarm(alarm: Document) -> list[tuple[Named, str]]:
    """Return the metrics of an alarm, each with its statistic."""
    stats = [one["MetricStat"] for one in alarm.get("Metrics", []) if "MetricStat" in one]
    if not stats:
        statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        stats = [{"Metric": alarm, "Stat": statistic}]
    found = []
    for stat in stats:
        metric = stat["Metric"]
        dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", [])}
        key = (metric["Namespace"], metric["MetricName"], tuple(sorted(dimensions.items())))
        found.append((key, stat["Stat"]))
    return found


def all_metrics(document: Document) -> Iterator[tuple[Named, str]]:
    """Yield every metric that anything looks at, with the statistic that it asks for."""
    for dashboard in dashboards(document).values():
        for _, metric, settings in lines(dashboard):
            if metric:
                yield metric, settings.get("stat", "Average")
    for alarm in resources(document, "AWS::CloudWatch::Alarm"):
        yield from of_alarm(alarm)
