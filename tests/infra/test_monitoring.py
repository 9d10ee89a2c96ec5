"""Dashboards that name what exists, a budget, and nothing to pay when idle."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from django.conf import LazySettings
from django.test import Client
from moto import mock_aws

from crm.accounts.models import User
from crm.tables import TABLES
from infra import naming
from infra.costs import prices
from infra.hosts import functions
from infra.monitoring.watched import STATUSES
from infra.options import Host, Options
from leads.models import STAGES
from tests.crm.emf import extracted, written
from tests.infra.metric_names import ONLY, OPERATIONS, SENT, STATISTICS
from tests.infra.watching import (
    RUNBOOK,
    Document,
    Named,
    all_metrics,
    dashboards,
    lines,
    of_alarm,
    on,
    resources,
    synthesized,
)

TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
MESSAGE = {"name": "Ada", "email": "ada@example.com", "subject": "Bridges", "message": "How much?"}
# What is free in an account for good: Amazon CloudWatch Pricing.
FREE_METRICS = FREE_ALARM_METRICS = 10
FREE_ON_A_DASHBOARD = 50


@pytest.fixture(scope="module")
def production(document: Callable[[str], Document]) -> Document:
    return document("Monitoring")


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
    assert list(STATUSES) == [status.value for status in STAGES]


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


def is_after_its_table(place: dict[str, str]) -> bool:
    """Tell whether a place is an index that its table is throttled before."""
    return place.get("GlobalSecondaryIndexName", "").startswith(("agenda", "team-agenda", "held"))


def test_capacity_of_every_table_and_index(production: Document, options: Options) -> None:
    expected: set[Named] = set()
    for table in TABLES:
        of_table = {"TableName": naming.table(options, table)}
        indexes = [index.default for index in table.indexes]
        consumed = [of_table, *({**of_table, "GlobalSecondaryIndexName": one} for one in indexes)]
        throttled = [place for place in consumed if not is_after_its_table(place)]
        for name, shown in (("Consumed{}CapacityUnits", consumed), ("{}ThrottleEvents", throttled)):
            expected |= {
                ("AWS/DynamoDB", name.format(kind), tuple(sorted(place.items())))
                for kind in ("Read", "Write")
                for place in shown
            }
    assert expected <= on(dashboards(production)["leadbook-production-eu-central-1-capacity"])


@pytest.mark.parametrize(
    ("label", "used", "dollars"),
    [
        ("DynamoDB, reads", 12e6, 12 * 0.1525),
        ("DynamoDB, writes", 12e6, 12 * 0.7625),
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
    made = {one["LogGroupName"] for one in resources(document("Web"), "AWS::Logs::LogGroup")}
    groups = made - {"/leadbook/production/jobs"}  # Nobody asks that function for a page.
    queries = [
        widget["properties"]["query"]
        for dashboard in dashboards(document("Monitoring")).values()
        for widget in dashboard["widgets"]
        if widget["type"] == "log"
    ]
    assert len(queries) == 2
    for query in queries:
        assert set(re.findall(r"SOURCE '([^']+)'", query)) == groups
        commands = re.findall(r"(?:^|\| )(\w+)", query, re.MULTILINE)
        assert set(commands) <= {"SOURCE", "filter", "stats", "sort", "limit"}
        assert "\\" not in query


def test_nothing_of_another_stack_is_held_fast(document: Callable[[str], Document]) -> None:
    assert "Fn::ImportValue" not in json.dumps(document("Monitoring"))


def test_lines_can_become_metrics(document: Callable[[str], Document], options: Options) -> None:
    web = document("Web")
    for function in resources(web, "AWS::Lambda::Function"):
        assert function["Environment"]["Variables"]["STAGE"] == options.stage
        assert function["LoggingConfig"].get("LogFormat", "Text") == "Text"
    for group in resources(web, "AWS::Logs::LogGroup"):
        assert group.get("LogGroupClass", "STANDARD") == "STANDARD"


def test_the_budget_warns_before_and_after(options: Options, production: Document) -> None:
    (budget,) = resources(production, "AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": options.budget, "Unit": "USD"}
    assert budget["Budget"]["TimeUnit"] == "MONTHLY"
    assert "CostFilters" not in budget["Budget"]
    # Other subscribers replace it, which CloudFormation refuses where there is a name.
    assert "BudgetName" not in budget["Budget"]
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
        {*dashboards(synthesized(options, tmp_path / str(number)))}
        for number, options in enumerate((one, other))
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
