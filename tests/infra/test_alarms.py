"""Alarms that go off for a reason, say what to do, and are quiet where nobody is."""

import re
from collections.abc import Callable
from math import ceil
from statistics import mean

import pytest

from infra.monitoring import alarms
from tests.infra.watching import RUNBOOK, Document, of_alarm, resources


@pytest.fixture(scope="module")
def production(document: Callable[[str], Document]) -> Document:
    return document("Monitoring")


def test_an_idle_deployment_is_quiet_and_a_person_is_told(production: Document) -> None:
    found = resources(production, "AWS::CloudWatch::Alarm")
    (topic,) = [
        name for name, one in production["Resources"].items() if one["Type"] == "AWS::SNS::Topic"
    ]
    assert len(found) == 7
    for alarm in found:
        # A pipe says at least of its first lead that all is well; one that was stopped is silent.
        is_pipe = alarm["AlarmName"].endswith("-pipe")
        assert alarm["TreatMissingData"] == ("ignore" if is_pipe else "notBreaching")
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
    threshold = float(alarm["Threshold"])
    breaching = [bool(values) and calculate[statistic](values) >= threshold for values in periods]
    return sum(breaching[-alarm["EvaluationPeriods"] :]) >= int(alarm["DatapointsToAlarm"])


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
        ("held", [[0, 0], [], [0]], False),
        ("held", [[1]], True),
        ("held", [[0, 1, 0], *[[0]] * 11], True),
        ("held", [[1], *[[0]] * 12], False),
        ("dead-letters", [[0], [0], [1]], True),
        ("pipe", [[0, 0], [1], [0]], False),
        ("pipe", [[1], [1, 1], [1]], True),
        ("pipe", [[1], [], [], [1], [], [], [], [], [], [1]], True),
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


def test_a_call_that_fails_is_noticed_whichever_function_it_is(production: Document) -> None:
    (alarm,) = [
        one
        for one in resources(production, "AWS::CloudWatch::Alarm")
        if one["AlarmName"] == "leadbook-production-functions"
    ]
    (expression,) = [one["Expression"] for one in alarm["Metrics"] if "Expression" in one]
    assert sorted(expression.split(" + ")) == [
        "form_errors",
        "form_throttles",
        "jobs_errors",
        "web_errors",
    ]
    assert alarm["Threshold"] == 1


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
