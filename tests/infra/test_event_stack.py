"""The Events stack's template: what the emulator takes and does not look at."""

import json
import re
from collections.abc import Callable
from typing import Any, cast

import pytest

from infra import naming
from infra.events.filters import MAIL_POLICY, PIPE_PATTERNS
from infra.events.workflow import definition
from infra.options import Options

type Properties = dict[str, Any]


@pytest.fixture(scope="session")
def events(document: Callable[[str], Properties]) -> Properties:
    return document("Events")


@pytest.fixture(scope="session")
def resources(events: Properties) -> dict[str, dict[str, Any]]:
    return cast("dict[str, dict[str, Any]]", events["Resources"])


@pytest.fixture
def only(resources: dict[str, dict[str, Any]]) -> dict[str, Properties]:
    """Return the properties of each resource that is the only one of its type."""
    kinds = [one["Type"].removeprefix("AWS::") for one in resources.values()]
    return {
        kind: one["Properties"]
        for kind, one in zip(kinds, resources.values(), strict=True)
        if kinds.count(kind) == 1
    }


def logical_id(resources: dict[str, dict[str, Any]], kind: str) -> str:
    (found,) = (name for name, one in resources.items() if one["Type"] == f"AWS::{kind}")
    return found


def arn(resources: dict[str, dict[str, Any]], kind: str) -> object:
    return {"Fn::GetAtt": [logical_id(resources, kind), "Arn"]}


def allowed(resources: dict[str, dict[str, Any]], service: str) -> dict[tuple[str, ...], object]:
    """Return what the role of a service may do: resources by actions."""
    (role,) = (
        one["Properties"]
        for one in resources.values()
        if one["Type"] == "AWS::IAM::Role"
        and one["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
        == {"Service": f"{service}.amazonaws.com"}
    )
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert "ManagedPolicyArns" not in role
    (policy,) = role["Policies"]
    found: dict[tuple[str, ...], object] = {}
    for statement in policy["PolicyDocument"]["Statement"]:
        assert set(statement) == {"Action", "Effect", "Resource"}
        assert statement["Effect"] == "Allow"
        actions = statement["Action"]
        found[tuple(actions) if isinstance(actions, list) else (actions,)] = statement["Resource"]
    return found


def test_the_pipe_takes_these_records_and_loses_none(
    only: dict[str, Properties], resources: dict[str, dict[str, Any]]
) -> None:
    pipe = only["Pipes::Pipe"]
    # It is replaced when the stream changes: a fixed name would make that impossible.
    assert "Name" not in pipe
    patterns = pipe["SourceParameters"]["FilterCriteria"]["Filters"]
    assert [json.loads(one["Pattern"]) for one in patterns] == [*PIPE_PATTERNS]
    source = pipe["SourceParameters"]["DynamoDBStreamParameters"]
    assert source["DeadLetterConfig"] == {"Arn": arn(resources, "SQS::Queue")}
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert source["OnPartialBatchItemFailure"] == "AUTOMATIC_BISECT"
    assert source["BatchSize"] == 10
    assert 1 <= source["MaximumRetryAttempts"] <= 100
    # A dead letter of the pipe only says where in the stream the record is, for a day.
    assert 3600 <= source["MaximumRecordAgeInSeconds"] <= 18 * 3600
    assert pipe["Target"] == arn(resources, "StepFunctions::StateMachine")
    assert pipe["TargetParameters"] == {
        "StepFunctionStateMachineParameters": {"InvocationType": "REQUEST_RESPONSE"}
    }


def test_the_pipe_may_read_the_stream_and_run_the_workflow(
    only: dict[str, Properties], resources: dict[str, dict[str, Any]]
) -> None:
    may = allowed(resources, "pipes")
    listed = may.pop(("dynamodb:ListStreams",))
    assert "table/ContactFormLeads/stream/*" in str(listed)
    stream = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
    assert may == {
        stream: only["Pipes::Pipe"]["Source"],
        ("states:StartSyncExecution",): arn(resources, "StepFunctions::StateMachine"),
        ("sqs:SendMessage",): arn(resources, "SQS::Queue"),
    }


def test_the_workflow_may_publish_and_set_aside(resources: dict[str, dict[str, Any]]) -> None:
    may = allowed(resources, "states")
    (delivery,) = [actions for actions, resource in may.items() if resource == "*"]
    assert all("LogDeliver" in one or one.startswith(("logs:Put", "logs:Desc")) for one in delivery)
    del may[delivery]
    assert may == {
        ("sns:Publish",): {"Ref": logical_id(resources, "SNS::Topic")},
        ("sqs:SendMessage",): arn(resources, "SQS::Queue"),
    }


def test_the_workflow_is_the_one_that_the_texts_are_proved_with(
    events: Properties,
    only: dict[str, Properties],
    resources: dict[str, dict[str, Any]],
    options: Options,
) -> None:
    workflow = only["StepFunctions::StateMachine"]
    topic = {"Ref": logical_id(resources, "SNS::Topic")}
    queue = {"Ref": logical_id(resources, "SQS::Queue")}
    wanted = definition(topic="TOPIC", dead_letters="QUEUE", url="${url}")
    text = json.dumps(wanted).replace('"TOPIC"', json.dumps(topic))
    assert workflow["Definition"] == json.loads(text.replace('"QUEUE"', json.dumps(queue)))
    (address,) = (
        name
        for name, one in events["Parameters"].items()
        if one["Default"] == naming.url_parameter(options)
    )
    assert workflow["DefinitionSubstitutions"] == {"url": {"Ref": address}}
    # Nothing else looks like a substitution.
    assert set(re.findall(r"\$\{.*?\}", text)) == {"${url}"}
    assert workflow["StateMachineType"] == "EXPRESS"


def test_every_failure_is_tried_again_a_few_times_and_then_caught(
    only: dict[str, Properties],
) -> None:
    each = only["StepFunctions::StateMachine"]["Definition"]["States"]["Each record"]
    assert each["Output"] == {"batchItemFailures": []}
    states = each["ItemProcessor"]["States"]
    for name in ("Publish", "Dead letter"):
        retry = states[name]["Retry"][-1]
        assert retry["ErrorEquals"] == ["States.ALL"]
        assert retry["MaxAttempts"] == 4
        assert retry["JitterStrategy"] == "FULL"
        assert retry["BackoffRate"] > 1
    (caught,) = states["Publish"]["Catch"]
    assert (caught["ErrorEquals"], caught["Next"]) == (["States.ALL"], "Dead letter")
    # If even that fails, so does the execution, and the pipe tries again.
    assert "Catch" not in states["Dead letter"]


def test_logs_hold_errors_and_nobodys_data(
    only: dict[str, Properties], resources: dict[str, dict[str, Any]]
) -> None:
    workflow = only["StepFunctions::StateMachine"]["LoggingConfiguration"]
    assert workflow["Level"] == "ERROR"
    assert workflow["IncludeExecutionData"] is False
    pipe = only["Pipes::Pipe"]["LogConfiguration"]
    assert pipe == {
        "Level": "ERROR",
        "CloudwatchLogsLogDestination": {"LogGroupArn": arn(resources, "Logs::LogGroup")},
    }
    assert only["Logs::LogGroup"]["LogGroupName"] == "/leadbook/production/events"
    assert only["Logs::LogGroup"]["RetentionInDays"] == 90


def test_the_mail_subscription_filters_by_attributes(only: dict[str, Properties]) -> None:
    mail = only["SNS::Subscription"]
    assert (mail["Protocol"], mail["Endpoint"]) == ("email", "ops@example.com")
    assert mail["FilterPolicy"] == MAIL_POLICY
    assert mail["FilterPolicyScope"] == "MessageAttributes"


def test_queue_and_topic_are_encrypted_and_take_tls_only(only: dict[str, Properties]) -> None:
    # Not by ARN: in a new account there is no such key until its name is used.
    assert only["SNS::Topic"]["KmsMasterKeyId"] == "alias/aws/sns"
    queue = only["SQS::Queue"]
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    for kind, action in (("SNS::TopicPolicy", "sns:Publish"), ("SQS::QueuePolicy", "sqs:*")):
        (statement,) = only[kind]["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Deny", action)
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
