"""The Data and Events stacks deployed on the emulator, and queues that subscribe to the topic."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.request import Request, urlopen
from uuid import uuid4

import boto3
from aws_cdk import App
from botocore.config import Config

from infra import naming
from infra.options import Options
from infra.stacks.data import Data
from infra.stacks.events import Events
from tests.infra import cloudformation
from tests.infra.events_workflow import URL

REGION = "us-east-1"  # as tests.settings have it
OPTIONS = Options(stage="events", region=REGION, mail="ops@example.com")
# The emulator polls streams once a second.
TRIES = 4
SECONDS = 5

type Templates = dict[str, dict[str, object]]


def templates(folder: Path) -> Templates:
    """Return the templates by the names of their stacks, in the order of deployment."""
    app = App(outdir=str(folder), analytics_reporting=False)
    data = Data(app, OPTIONS)
    events = Events(app, OPTIONS, data)
    assembly = app.synth()
    made = assembly.get_stack_by_name(events.stack_name).template
    return {
        data.stack_name: assembly.get_stack_by_name(data.stack_name).template,
        events.stack_name: adapted(made),
    }


def adapted(document: dict[str, object]) -> dict[str, object]:
    """Return the template as this emulator reads it. One thing is said in another way.

    ministack 1.5.33 looks for the attributes of ``sns:publish`` where SNS's own protocol has
    them, and overlooks the map that Step Functions takes.
    """
    changed = copy.deepcopy(document)
    (workflow,) = (
        cast("dict[str, Any]", one)
        for one in cast("dict[str, dict[str, object]]", changed["Resources"]).values()
        if one["Type"] == "AWS::StepFunctions::StateMachine"
    )
    each = workflow["Properties"]["Definition"]["States"]["Each record"]
    arguments = each["ItemProcessor"]["States"]["Publish"]["Arguments"]
    for number, (name, value) in enumerate(arguments["MessageAttributes"].items(), 1):
        arguments[f"MessageAttributes.entry.{number}.Name"] = name
        for part, given in value.items():
            arguments[f"MessageAttributes.entry.{number}.Value.{part}"] = given
    return changed


class Deployment:
    """A deployment on the emulator at ``url``."""

    def __init__(self, url: str, stacks: Templates) -> None:
        _do_not_wait_between_attempts(url)
        parameter = naming.url_parameter(OPTIONS)
        ssm = cloudformation.client(url, "ssm", REGION)
        ssm.put_parameter(Name=parameter, Value=URL, Type="String", Overwrite=True)
        outputs = {
            name: cloudformation.create(url, name, document, REGION)
            for name, document in stacks.items()
        }
        found = outputs[naming.stack(OPTIONS, "Events")]
        self.topic, self.workflow = found["TopicArn"], found["WorkflowArn"]
        self.dead_letters = Queue(url, found["DeadLettersUrl"])
        self._url, self._stacks = url, stacks

    def subscribed(self, policy: Mapping[str, object] | None = None) -> "Queue":
        """Subscribe a new queue, with a filter policy."""
        queue = Queue.made(self._url)
        more = {"FilterPolicy": json.dumps(policy)} if policy else {}
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue.arn, Attributes=more)
        return queue

    @property
    def sns(self) -> Any:  # noqa: ANN401 - a client
        """SNS."""
        return cloudformation.client(self._url, "sns", REGION)

    def run(self, records: list[object]) -> dict[str, Any]:
        """Run the workflow with records, and return its output."""
        # AWS answers this call at an address of its own.
        config = Config(inject_host_prefix=False)
        session = boto3.Session("test", "test", region_name=REGION)
        client = session.client("stepfunctions", endpoint_url=self._url, config=config)
        answer = client.start_sync_execution(
            stateMachineArn=self.workflow, input=json.dumps(records)
        )
        assert answer["status"] == "SUCCEEDED", answer
        return cast("dict[str, Any]", json.loads(answer["output"]))

    def delete(self) -> None:
        """Delete the stacks."""
        for name in reversed(self._stacks):
            cloudformation.delete(self._url, name, REGION)


class Queue:
    """A queue of the emulator."""

    def __init__(self, url: str, queue_url: str) -> None:
        self._sqs = cloudformation.client(url, "sqs", REGION)
        self._queue_url = queue_url
        answer = self._sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
        self.arn = str(answer["Attributes"]["QueueArn"])

    @classmethod
    def made(cls, url: str) -> "Queue":
        """Make a queue."""
        sqs = cloudformation.client(url, "sqs", REGION)
        return cls(url, sqs.create_queue(QueueName=f"q-{uuid4().hex}")["QueueUrl"])

    def receive(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait for so many messages, and return the bodies of all that came."""
        bodies: list[dict[str, Any]] = []
        for _ in range(TRIES):
            if len(bodies) >= count:
                return bodies
            bodies += self.waiting(SECONDS)
        assert len(bodies) >= count, bodies
        return bodies

    def waiting(self, seconds: int = 0) -> list[dict[str, Any]]:
        """Take the messages that are there; the first may take some seconds to come."""
        answer = self._sqs.receive_message(
            QueueUrl=self._queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=seconds
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self._sqs.delete_message(
                QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
            )
        return [cast("dict[str, Any]", json.loads(message["Body"])) for message in messages]


def attributes(message: Mapping[str, Any]) -> dict[str, str]:
    """Return the attributes of a notification by name."""
    return {name: one["Value"] for name, one in message["MessageAttributes"].items()}


def _do_not_wait_between_attempts(url: str) -> None:
    body = json.dumps({"stepfunctions._SFN_WAIT_SCALE": 0}).encode()
    with urlopen(Request(f"{url}/_ministack/config", body), timeout=5) as answer:  # noqa: S310
        assert answer.status == 200
