"""The bill counts what the stacks have."""

import json
from collections import Counter
from collections.abc import Callable
from typing import cast

import pytest

from benchmarks.ceilings import GUARD_WRU
from crm.tables import TABLES
from infra import options
from infra.costs import bill, hosting
from infra.hosts import apprunner, express, functions
from infra.stacks.data import MOST_WRITES

BY_THE_MONTH = (
    "AWS::EC2::NatGateway",
    "AWS::EC2::VPCEndpoint",
    "AWS::KMS::Key",
    "AWS::SecretsManager::Secret",
    "AWS::WAFv2::WebACL",
)

type Resource = dict[str, object]
type Document = Callable[[str], Resource]


def resources(document: Resource, kind: str) -> list[Resource]:
    found = cast("dict[str, Resource]", document["Resources"]).values()
    return [cast("Resource", one["Properties"]) for one in found if one["Type"] == kind]


def test_a_function_has_the_memory_that_is_billed(document: Document) -> None:
    made = resources(document("Web"), "AWS::Lambda::Function")
    ours = [one for one in made if str(one.get("Handler", "")).startswith("crm.")]
    looks = round(hosting.LOOK_GB * 1024)
    sizes = [one["MemorySize"] for one in ours]
    assert Counter(sizes) == {looks: 1, hosting.MEMORY_MB: 2}
    assert looks == functions.JOBS_MEMORY
    assert all(one["Architectures"] == ["arm64"] for one in ours)
    assert functions.MEMORY == hosting.MEMORY_MB


def test_a_container_is_as_large_as_is_billed() -> None:
    assert int(express.CPU) / 1024 == hosting.TASK_CPU
    assert int(express.MEMORY) / 1024 == hosting.TASK_GB
    assert f"{hosting.TASK_CPU:g} vCPU" == apprunner.CPU
    assert f"{hosting.TASK_GB:g} GB" == apprunner.MEMORY


def test_the_hosts_are_those_that_can_be_deployed() -> None:
    assert {host.value for host in hosting.Host} == {host.value for host in options.Host}


def test_the_guard_is_that_of_the_ceilings() -> None:
    assert MOST_WRITES == GUARD_WRU
    assert len(TABLES) == bill.TABLES


def test_alarms_look_at_as_many_metrics_as_are_billed(document: Document) -> None:
    alarms = resources(document("Monitoring"), "AWS::CloudWatch::Alarm")
    looked_at = sum(map(metrics, alarms))
    assert looked_at == bill.ALARM_METRICS


def test_dashboards_are_as_many_as_are_billed(document: Document) -> None:
    dashboards = resources(document("Monitoring"), "AWS::CloudWatch::Dashboard")
    assert len(dashboards) == bill.DASHBOARDS


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ("Events", "AWS::Pipes::Pipe"),
        ("Events", "AWS::StepFunctions::StateMachine"),
        ("Events", "AWS::SNS::Topic"),
    ],
)
def test_a_lead_goes_through_each_part_once(document: Document, part: str, kind: str) -> None:
    assert len(resources(document(part), kind)) == 1


def test_nothing_else_is_billed_by_the_month(document: Document) -> None:
    for part in ("Data", "Access", "Web", "Events", "Monitoring"):
        text = json.dumps(document(part))
        assert not [kind for kind in BY_THE_MONTH if f'"{kind}"' in text]


def metrics(alarm: Resource) -> int:
    queries = cast("list[Resource]", alarm.get("Metrics", [{"MetricStat": {}}]))
    return sum("MetricStat" in query for query in queries)
