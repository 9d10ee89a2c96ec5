"""Dashboards that name what exists, alarms that say what to do, and nothing to pay when idle."""

import json
import re
from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from aws_cdk import App, Stack
from django.conf import LazySettings
from django.test import Client
from moto import mock_aws

from crm.accounts.models import User
from crm.dynamodb.schema import TABLES
from infra import naming
from infra.hosts import functions
from infra.monitoring import alarms
from infra.monitoring.watched import STATUSES
from infra.options import Host, Options
from infra.stacks.data import Data
from infra.stacks.events import Events
from infra.stacks.monitoring import Monitoring
from leads import prices
from leads.models import Status
from tests.emf import extracted, written
from tests.infra.metric_names import ONLY, OPERATIONS, SENT, STATISTICS

if TYPE_CHECKING:
    from infra.stacks.web import Web

RUNBOOK = Path(__file__).parents[2] / alarms.RUNBOOK
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
DISTRIBUTION = "EDFDVBD6EXAMPLE"
PSEUDO = {"AWS::Region": "eu-central-1", "AWS::Partition": "aws"}
MESSAGE = {"name": "Ada", "email": "ada@example.com", "subject": "Bridges", "message": "How much?"}
# What is free in an account for good: Amazon CloudWatch Pricing.
FREE_METRICS = FREE_ALARM_METRICS = 10
FREE_ON_A_DASHBOARD = 50

type Dimensions = tuple[tuple[str, str], ...]
type Named = tuple[str, str, Dimensions]
type Document = dict[str, Any]


class OtherWeb(Stack):
    """Stands for the Web stack: Monitoring wants nothing else of it."""

    def __init__(self, scope: App, options: Options) -> None:
        super().__init__(scope, naming.stack(options, "Web"))
        on_lambda = options.host is Host.LAMBDA
        self.distribution_id = DISTRIBUTION if on_lambda else None


@pytest.fixture(scope="module")
def production(options: Options, tmp_path_factory: pytest.TempPathFactory) -> Document:
    return synthesized(options, tmp_path_factory.mktemp("monitoring"))


def synthesized(options: Options, folder: Path) -> Document:
    app = App(outdir=str(folder))
    web = cast("Web", OtherWeb(app, options))
    events = Events(app, options, Data(app, options), "https://crm.example.com")
    name = Monitoring(app, options, web, events).stack_name
    found: Document = app.synth().get_stack_by_name(name).template
    return found


def resources(document: Document, kind: str) -> list[Document]:
    """Give the properties of the resources of a kind, with references resolved."""
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
    found = resources(document, "AWS::CloudWatch::Dashboard")
    return {one["DashboardName"]: json.loads(one["DashboardBody"]) for one in found}


def lines(dashboard: Document) -> Iterator[tuple[Document, Named | None, Document]]:
    """Give each line of each graph: its widget, its metric if it is one, and its options."""
    for widget in dashboard["widgets"]:
        for line in widget["properties"].get("metrics", []):
            *parts, last = line
            if not isinstance(last, dict):
                parts, last = line, {}
            yield widget["properties"], named(parts) if parts else None, last


def named(parts: list[str]) -> Named:
    namespace, name, *rest = parts
    return namespace, name, tuple(sorted(zip(rest[::2], rest[1::2], strict=True)))


def on(dashboard: Document) -> set[Named]:
    return {metric for _, metric, _ in lines(dashboard) if metric}


def of_alarm(alarm: Document) -> list[tuple[Named, str]]:
    """Give the metrics of an alarm, each with its statistic."""
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
    """Give every metric that anything looks at, with the statistic that it asks for."""
    for dashboard in dashboards(document).values():
        for _, metric, settings in lines(dashboard):
            if metric:
                yield metric, settings.get("stat", "Average")
    for alarm in resources(document, "AWS::CloudWatch::Alarm"):
        yield from of_alarm(alarm)


def test_every_metric_of_aws_exists(production: Document) -> None:
    namespaces = set()
    for (namespace, name, dimensions), statistic in all_metrics(production):
        if namespace == "Leadbook":
            continue
        assert tuple(key for key, _ in dimensions) in SENT[namespace][name], (name, dimensions)
        assert statistic in STATISTICS
        if namespace == "AWS/CloudFront":
            assert statistic == ONLY[name]
        assert dict(dimensions).get("Operation", "Query") in OPERATIONS
        namespaces.add(namespace)
    assert namespaces == SENT.keys() - {"AWS/ECS", "AWS/AppRunner"}


def test_every_metric_of_ours_is_sent(
    production: Document,
    sales: User,
    client_for: Callable[[User], Client],
    settings: LazySettings,
    options: Options,
) -> None:
    settings.STAGE = options.stage
    with written() as kept:
        browser = client_for(sales)
        browser.post("/contact/", MESSAGE)
        browser.get("/board/")
    sent = {
        (metric.namespace, metric.name, metric.dimensions)
        for line in kept
        for metric in extracted(line)
    }
    asked = {metric for metric, _ in all_metrics(production) if metric[0] == "Leadbook"}
    assert asked == sent
    assert len(sent) <= FREE_METRICS


def test_statuses_are_those_of_leads() -> None:
    assert list(STATUSES) == [status.value for status in Status]


def test_dashboards_and_alarms_cost_nothing(production: Document) -> None:
    for name, dashboard in dashboards(production).items():
        assert len(on(dashboard)) <= FREE_ON_A_DASHBOARD, name
    health, data = (len(on(one)) for _, one in sorted(dashboards(production).items()))
    assert f"with {health} and {data} metrics" in RUNBOOK.read_text(encoding="utf-8")
    looked_at = [of_alarm(alarm) for alarm in resources(production, "AWS::CloudWatch::Alarm")]
    assert sum(map(len, looked_at)) <= FREE_ALARM_METRICS
    assert "AWS::CloudWatch::CompositeAlarm" not in json.dumps(production)
    periods = re.findall(r'"Period": (\d+)', json.dumps(production))
    assert {int(period) for period in periods} == {300}
    kinds = {one["Type"] for one in production["Resources"].values()}
    assert kinds == {
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::SNS::Topic",
        "AWS::SNS::Subscription",
        "AWS::Budgets::Budget",
    }


def test_expressions_use_what_is_in_their_widget(production: Document) -> None:
    for dashboard in dashboards(production).values():
        for widget in dashboard["widgets"]:
            shown = widget["properties"].get("metrics", [])
            last = [line[-1] for line in shown if isinstance(line[-1], dict)]
            ids = [line["id"] for line in last if "id" in line]
            assert len(ids) == len(set(ids))
            for expression in (line["expression"] for line in last if "expression" in line):
                used = set(re.findall(r"[a-z]\w*", re.sub(r"[A-Z]{2,}", "", expression)))
                assert used <= set(ids), expression


def test_capacity_of_every_table_and_index(production: Document, options: Options) -> None:
    expected: set[Named] = set()
    for table in TABLES:
        dimensions = {"TableName": naming.table(options, table)}
        for place in [dimensions] + [
            dimensions | {"GlobalSecondaryIndexName": index.default} for index in table.indexes
        ]:
            expected |= {
                ("AWS/DynamoDB", name, tuple(sorted(place.items())))
                for name in (
                    "ConsumedReadCapacityUnits",
                    "ConsumedWriteCapacityUnits",
                    "ReadThrottleEvents",
                    "WriteThrottleEvents",
                )
            }
    assert expected <= on(dashboards(production)["leadbook-production-eu-central-1-capacity"])


@pytest.mark.parametrize(
    ("label", "used", "dollars"),
    [
        ("DynamoDB, reads", 7e6, 7 * 0.125),
        ("DynamoDB, writes", 7e6, 7 * 0.625),
        # Two functions, a million milliseconds each, with their memory.
        ("Lambda, time", 2e6, 2e3 * functions.MEMORY / 1024 * prices.COMPUTE.dollars),
        ("Lambda, calls", 2e6, 0.40),
        ("CloudFront, requests", 1e6, 1.00),
    ],
)
def test_dollars_a_day(production: Document, label: str, used: float, dollars: float) -> None:
    dashboard = dashboards(production)["leadbook-production-eu-central-1-capacity"]
    (line,) = [line for _, _, line in lines(dashboard) if line.get("label") == label]
    assert line["period"] == 24 * 3600
    summed, price = re.fullmatch(r"SUM\(\[(.+)\]\) \* ([\d.]+)", line["expression"]).groups()  # type: ignore[union-attr]
    assert len(summed.split(", ")) * 1e6 == used
    assert used * float(price) == pytest.approx(dollars, rel=1e-4)


def test_what_is_watched_is_what_is_deployed(document: Callable[[str], Document]) -> None:
    watched: dict[str, set[str]] = {}
    for (_, _, dimensions), _ in all_metrics(document("Monitoring")):
        for name, value in dimensions:
            watched.setdefault(name, set()).add(value)
    for dimension, part, kind, key in (
        ("FunctionName", "Web", "AWS::Lambda::Function", "FunctionName"),
        ("TableName", "Data", "AWS::DynamoDB::Table", "TableName"),
    ):
        names = {one[key] for one in resources(document(part), kind)}
        assert watched[dimension] == names
    for dimension, part, kind in (
        ("DistributionId", "Web", "AWS::CloudFront::Distribution"),
        ("PipeName", "Events", "AWS::Pipes::Pipe"),
        ("StateMachineArn", "Events", "AWS::StepFunctions::StateMachine"),
        ("TopicName", "Events", "AWS::SNS::Topic"),
        ("QueueName", "Events", "AWS::SQS::Queue"),
    ):
        found = document(part)["Resources"]
        (parameter,) = watched[dimension]
        (told,) = [
            one["Properties"]["Value"]
            for one in found.values()
            if one["Type"] == "AWS::SSM::Parameter" and one["Properties"]["Name"] == parameter
        ]
        ((_, reference),) = told.items()
        name = reference[0] if isinstance(reference, list) else reference
        assert found[name]["Type"] == kind


def test_the_table_of_addresses_reads_the_logs_that_there_are(
    document: Callable[[str], Document],
) -> None:
    groups = {one["LogGroupName"] for one in resources(document("Web"), "AWS::Logs::LogGroup")}
    (query,) = [
        widget["properties"]["query"]
        for dashboard in dashboards(document("Monitoring")).values()
        for widget in dashboard["widgets"]
        if widget["type"] == "log"
    ]
    assert set(re.findall(r"SOURCE '([^']+)'", query)) == groups


def test_nothing_of_another_stack_is_held_fast(document: Callable[[str], Document]) -> None:
    assert "Fn::ImportValue" not in json.dumps(document("Monitoring"))


def test_lines_can_become_metrics(document: Callable[[str], Document], options: Options) -> None:
    web = document("Web")
    for function in resources(web, "AWS::Lambda::Function"):
        assert function["Environment"]["Variables"]["STAGE"] == options.stage
        assert function["LoggingConfig"].get("LogFormat", "Text") == "Text"
    for group in resources(web, "AWS::Logs::LogGroup"):
        assert group.get("LogGroupClass", "STANDARD") == "STANDARD"


def test_an_idle_deployment_is_quiet_and_a_person_is_told(production: Document) -> None:
    found = resources(production, "AWS::CloudWatch::Alarm")
    (topic,) = [
        name for name, one in production["Resources"].items() if one["Type"] == "AWS::SNS::Topic"
    ]
    assert len(found) == 7
    for alarm in found:
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert alarm["Threshold"] > 0
        assert alarm["AlarmActions"] == alarm["OKActions"] == [topic]
    (mail,) = resources(production, "AWS::SNS::Subscription")
    assert (mail["Protocol"], mail["Endpoint"]) == ("email", "ops@example.com")
    assert "FilterPolicy" not in mail


def goes_off(alarm: Document, periods: list[list[float]]) -> bool:
    """Say whether an alarm on one metric goes off after these values, five minutes a list."""
    ((_, statistic),) = of_alarm(alarm)
    calculate: dict[str, Callable[[list[float]], float]] = {
        "Sum": sum,
        "Average": mean,
        "Maximum": max,
        "p99": lambda values: sorted(values)[ceil(len(values) * 0.99) - 1],
    }
    breaching = [
        bool(values) and calculate[statistic](values) >= alarm["Threshold"] for values in periods
    ]
    return all(breaching[-alarm["EvaluationPeriods"] :])


@pytest.mark.parametrize(
    ("name", "periods", "expected"),
    [
        ("form-errors", [[], [], []], False),
        ("form-errors", [[0, 0], [0], [0, 1, 0]], True),
        # One failed request in a quiet hour, and a store that does not answer.
        ("error-rate", [[0] * 9, [0] * 9 + [1], [0] * 9], False),
        ("error-rate", [[], [1], []], False),
        ("error-rate", [[0, 0, 1], [1, 1, 1], [1, 1, 1]], True),
        # A deployment, and a day on which each page is slow now and then.
        ("latency", [[40.0] * 60, [40.0] * 50 + [2000.0] * 10, [40.0] * 60], False),
        ("latency", [[40.0] * 50 + [1200.0] * 2] * 3, True),
        ("dead-letters", [[0], [0], [1]], True),
        ("pipe", [[0, 0], [1], [0]], False),
        ("pipe", [[1], [1, 1], [1]], True),
    ],
)
def test_alarms_go_off_for_a_reason(
    production: Document, name: str, periods: list[list[float]], *, expected: bool
) -> None:
    (alarm,) = [
        one
        for one in resources(production, "AWS::CloudWatch::Alarm")
        if one["AlarmName"] == f"leadbook-production-{name}"
    ]
    assert goes_off(alarm, periods) is expected


def test_every_alarm_has_its_runbook(production: Document) -> None:
    headings = re.findall(r"^#+ (.+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", one).strip().lower().replace(" ", "-") for one in headings}
    for alarm in resources(production, "AWS::CloudWatch::Alarm"):
        text, path, anchor = re.fullmatch(  # type: ignore[union-attr]
            r"(.+) Runbook: ([\w/.]+)#([\w-]+)", alarm["AlarmDescription"]
        ).groups()
        assert path == alarms.RUNBOOK
        assert anchor in anchors
        assert alarm["AlarmName"] == f"leadbook-production-{anchor}"
        assert 100 < len(text) < 900


def test_thresholds_are_what_the_runbook_says(production: Document) -> None:
    text = RUNBOOK.read_text(encoding="utf-8")
    for alarm in resources(production, "AWS::CloudWatch::Alarm"):
        anchor = alarm["AlarmName"].removeprefix("leadbook-production-")
        minutes = 5 * alarm["EvaluationPeriods"]
        row = next(line for line in text.splitlines() if line.startswith(f"| [{anchor}]"))
        threshold = alarm["Threshold"]
        shown = f"{threshold:.0%}".replace("%", " %") if threshold < 1 else f"{threshold:,}"
        assert f"≥ {shown}" in row
        assert f"{minutes} min" in row


def test_the_budget_warns_before_and_after(options: Options, production: Document) -> None:
    (budget,) = resources(production, "AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": options.budget, "Unit": "USD"}
    assert budget["Budget"]["TimeUnit"] == "MONTHLY"
    assert "CostFilters" not in budget["Budget"]
    told = {
        (one["Notification"]["NotificationType"], one["Notification"]["Threshold"])
        for one in budget["NotificationsWithSubscribers"]
    }
    assert told == {("ACTUAL", 80), ("FORECASTED", 100)}
    for one in budget["NotificationsWithSubscribers"]:
        assert one["Subscribers"] == [{"Address": options.mail, "SubscriptionType": "EMAIL"}]


@pytest.mark.parametrize("host", [Host.EXPRESS, Host.APPRUNNER])
def test_other_hosts_show_their_service(host: Host, tmp_path: Path) -> None:
    options = Options(stage="dev", region="eu-west-1", mail="ops@example.com", host=host)
    found = synthesized(options, tmp_path)
    assert not any(
        metric[0] in {"AWS/Lambda", "AWS/CloudFront"} for metric, _ in all_metrics(found)
    )
    searches = [
        line["expression"]
        for dashboard in dashboards(found).values()
        for _, _, line in lines(dashboard)
        if line.get("expression", "").startswith("SEARCH")
    ]
    for search in searches:
        schema, name, service = re.fullmatch(  # type: ignore[union-attr]
            r"""SEARCH\('\{(.+)\} MetricName="(.+)" ServiceName="(.+)"', 'Average', 300\)""", search
        ).groups()
        namespace, *dimensions = schema.split(",")
        assert tuple(sorted(dimensions)) in SENT[namespace][name]
        assert service == "leadbook-dev-web"
    assert len(searches) == 2
    assert len(resources(found, "AWS::CloudWatch::Alarm")) == 6


def test_stages_and_regions_have_names_of_their_own(tmp_path: Path) -> None:
    one = Options(stage="dev", region="eu-west-1", mail="ops@example.com")
    other = Options(stage="dev", region="eu-west-2", mail="ops@example.com")
    names = [
        {*dashboards(document)}
        | {one["Budget"]["BudgetName"] for one in resources(document, "AWS::Budgets::Budget")}
        for number, options in enumerate((one, other))
        if (document := synthesized(options, tmp_path / str(number)))
    ]
    assert names[0].isdisjoint(names[1])


def test_cloudwatch_takes_them(production: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    # boto3 lists no regions for CloudWatch, and moto asks it for them.
    monkeypatch.setenv("MOTO_ALLOW_NONEXISTENT_REGION", "true")
    with mock_aws():
        service = boto3.client("cloudwatch", region_name="eu-central-1")
        for name, body in dashboards(production).items():
            answer = service.put_dashboard(DashboardName=name, DashboardBody=json.dumps(body))
            assert not answer.get("DashboardValidationMessages")
        for alarm in resources(production, "AWS::CloudWatch::Alarm"):
            told = {"AlarmActions": [TOPIC], "OKActions": [TOPIC]}
            service.put_metric_alarm(**alarm | told)
        described = service.describe_alarms()["MetricAlarms"]
        assert len(described) == 7
