"""The workflow's expressions, evaluated by the Python port of JSONata."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

from jsonata import Jsonata

from infra.events.filters import MAIL_POLICY, PIPE_PATTERNS
from infra.events.workflow import definition
from tests.infra.events_patterns import matches

URL = "https://crm.example.com"
TOPIC = "arn:aws:sns:eu-central-1:000000000000:leads"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/000000000000/dead"

type Json = Mapping[str, object]


@dataclass(frozen=True)
class Said:
    """An announcement."""

    event: str
    status: str
    source: str
    subject: str
    message: str

    @property
    def is_mailed(self) -> bool:
        """Whether the mail subscription takes it."""
        attributes = {"event": self.event, "status": self.status, "source": self.source}
        return matches(MAIL_POLICY, attributes)

    @property
    def brief(self) -> tuple[str, str, str]:
        """What subscribers filter by."""
        return self.event, self.status, self.source


def states() -> dict[str, dict[str, object]]:
    """Return the states that each record goes through."""
    whole = definition(topic=TOPIC, dead_letters=QUEUE, url=URL)
    each = cast("dict[str, dict[str, dict[str, object]]]", whole["States"])["Each record"]
    return cast("dict[str, dict[str, object]]", each["ItemProcessor"]["States"])


def evaluated(template: object, given: object, **states: object) -> object:
    """Evaluate every expression of a template, with ``given`` as the state's input."""
    if isinstance(template, dict):
        return {name: evaluated(value, given, **states) for name, value in template.items()}
    if isinstance(template, str) and template.startswith("{%"):
        found = _compiled(template).evaluate(None, {"states": {"input": given, **states}})
        assert found is not None, "AWS takes an undefined result for an error."
        return found
    return template


@cache
def _compiled(template: str) -> Jsonata:
    return Jsonata.jsonata(template.removeprefix("{%").removesuffix("%}"))


def is_taken(record: Json) -> bool:
    """Tell whether the pipe takes a record."""
    return any(matches(pattern, record) for pattern in PIPE_PATTERNS)


def is_news(record: Json) -> bool:
    """Tell whether the workflow announces a record."""
    (choice,) = cast("list[dict[str, object]]", states()["Is it news"]["Choices"])
    found = evaluated(choice["Condition"], record)
    assert isinstance(found, bool)
    return found


def said(record: Json) -> Said:
    """Return what is published of a record."""
    arguments = cast("dict[str, object]", evaluated(states()["Publish"]["Arguments"], record))
    assert set(arguments) == {"TopicArn", "Subject", "Message", "MessageAttributes"}
    attributes = cast("dict[str, dict[str, str]]", arguments["MessageAttributes"])
    assert {one["DataType"] for one in attributes.values()} == {"String"}
    values = {name: one["StringValue"] for name, one in attributes.items()}
    return Said(subject=str(arguments["Subject"]), message=str(arguments["Message"]), **values)


def announced(records: list[Json]) -> list[Said]:
    """Return what becomes of records of a stream: the pipe, then the workflow."""
    taken = [record for record in records if is_taken(record)]
    return [said(record) for record in taken if is_news(record)]
