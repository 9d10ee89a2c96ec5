"""The roles allow what the test suite saw each part send to DynamoDB, and nothing more."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any, cast

import pytest
from aws_cdk import App

from crm.tables import LEADS, RECORDS, TABLES
from infra import naming
from infra.options import Host, Options
from infra.stacks.access import Access
from infra.stacks.data import Data
from tests.infra.conftest import Resource
from tests.infra.iam import PSEUDO, Request, Statement, allows, resolve, statements
from tests.plugins.called import RESTORED
from tests.plugins.parts import PARTS
from tests.plugins.recording import CALLS

ARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/"
TRANSACTION = "TransactWriteItems"
# What may be in all inline policies of a role, without white space.
MOST_CHARACTERS = 10_240
SOMEBODY = "8d0b8d2f"

# How mail is sent, and what that takes of a policy.
WAYS: dict[str, dict[str, Any]] = {
    "smtp": {
        "email_host": "smtp.example.com",
        "email_host_user": "leadbook",
        "default_from_email": "crm@example.com",
    },
    "ses": {
        "email_service": "amazon_ses",
        "default_from_email": "leadbook@crm.a-company-with-a-name.example.com",
    },
}

type Calls = dict[str, list[str]]
type Roles = dict[str, list[Statement]]


@pytest.fixture(scope="session")
def access(document: Callable[[str], Resource]) -> Resource:
    """Return the template of the roles."""
    return document("Access")


@pytest.fixture(scope="session")
def roles(access: Resource) -> Roles:
    """Return the statements of each role."""
    return {part: statements(access, name) for part, name in names(access).items()}


def names(access: Resource) -> dict[str, str]:
    """Return the roles' names in the template by their parts."""
    resources = cast("dict[str, Resource]", access["Resources"])
    found = [name for name, one in resources.items() if one["Type"] == "AWS::IAM::Role"]
    return {next(part for part in PARTS if name.lower().startswith(part)): name for name in found}


def recorded() -> Calls:
    calls: Calls = json.loads(CALLS.read_text(encoding="utf-8"))
    return calls


def cases() -> list[tuple[str, str]]:
    return [(part, call) for part, calls in recorded().items() for call in calls]


def request_of(call: str, table: str | None = None) -> Request:
    """Return a call, ``CrmRecords TransactWriteItems:PutItem LEAD#*``, as IAM sees it."""
    resource, action, key, *told = call.split(" ")
    enclosing, _, name = action.rpartition(":")
    context = {"dynamodb:EnclosingOperation": [enclosing]} if enclosing else {}
    if name not in {"Scan", "DescribeTable"}:
        context["dynamodb:LeadingKeys"] = [key.replace("*", SOMEBODY)]
    for what, _, wanted in (one.partition("=") for one in told):
        context[f"dynamodb:{what}"] = [wanted]
    path = (table or resource).replace("/", "/index/")
    return Request(f"dynamodb:{name}", f"{ARN}{path}", context)


@pytest.mark.parametrize(("part", "call"), cases())
def test_every_call_is_allowed(roles: Roles, part: str, call: str) -> None:
    tables: list[str | None] = [None]
    if call.startswith(RESTORED):
        tables = [f"{table.default}-2026-11-21" for table in (LEADS, RECORDS)]
    for table in tables:
        assert allows(roles[part], request_of(call, table))


@pytest.mark.parametrize("part", PARTS)
def test_nothing_more_is_allowed(roles: Roles, part: str) -> None:
    unused = set(granted(roles[part])) - set(recorded()[part])
    assert not unused, "statements of infra/policies.py that no test has needed"


def granted(role: list[Statement]) -> Iterator[str]:
    """Yield every call that a role is allowed, as they are recorded."""
    for statement in role:
        if statement.is_deny:
            continue
        conditions = {
            key: one for keys in statement.conditions.values() for key, one in keys.items()
        }
        keys = conditions.get("dynamodb:LeadingKeys", ["*"])
        enclosing = conditions.get("dynamodb:EnclosingOperation", [""])
        (returned,) = conditions.get("dynamodb:ReturnValues", ["NONE"])
        told = [] if returned == "NONE" else [f"ReturnValues={returned}"]
        for action, arn, key, whole in product(
            statement.actions, statement.resources, keys, enclosing
        ):
            if action.startswith("dynamodb:"):
                name = action.removeprefix("dynamodb:")
                resource = arn.removeprefix(ARN).replace("/index/", "/")
                if resource.endswith("-*"):
                    resource = RESTORED
                yield " ".join([resource, f"{whole}:{name}" if whole else name, key, *told])


def takings() -> list[tuple[str, str, str]]:
    """Return what takes something out of the audit trail, but the one that an erasure may do."""
    actions = ("BatchWriteItem", "DeleteItem", "UpdateItem")
    every = product(PARTS, actions, ("LEAD#", "SECURITY#"))
    return [one for one in every if one != ("erasure", "UpdateItem", "LEAD#")]


@pytest.mark.parametrize(("part", "action", "trail"), takings())
@pytest.mark.parametrize("enclosing", ["", f"{TRANSACTION}:"])
def test_nobody_takes_anything_out_of_a_timeline_or_the_security_log(
    roles: Roles, part: str, action: str, enclosing: str, trail: str
) -> None:
    request = request_of(f"{RECORDS.default} {enclosing}{action} {trail}*")
    mixed = {**request.context, "dynamodb:LeadingKeys": ["SEARCH#abc", f"{trail}{SOMEBODY}"]}
    everything = Statement(is_deny=False, actions=["dynamodb:*"], resources=["*"], conditions={})
    for asked in (request, Request(request.action, request.resource, mixed)):
        assert not allows(roles[part], asked)
        # Not even if the role is given more one day.
        assert not allows([*roles[part], everything], asked)
        assert allows([everything], asked)


@pytest.mark.parametrize("enclosing", ["", f"{TRANSACTION}:"])
def test_an_erasure_may_blank_what_events_say_of_changes(roles: Roles, enclosing: str) -> None:
    request = request_of(f"{RECORDS.default} {enclosing}UpdateItem LEAD#*")
    everything = Statement(is_deny=False, actions=["dynamodb:*"], resources=["*"], conditions={})

    def may(*attributes: str, more: Sequence[Statement] = ()) -> bool:
        context = {**request.context, "dynamodb:Attributes": ["PK", "SK", *attributes]}
        asked = Request(request.action, request.resource, context)
        return allows([*roles["erasure"], *more], asked)

    assert may("changes")
    for other in ("actorName", "at", "type", "version", "writeId"):
        assert not may("changes", other)
        # Not even if the role is given more one day.
        assert not may("changes", other, more=[everything])


def test_an_erasure_is_no_other_command(roles: Roles) -> None:
    services = {action.partition(":")[0] for one in roles["erasure"] for action in one.actions}
    assert services == {"dynamodb", "cloudformation"}
    for call in (
        "ContactFormLeads Scan *",
        "ContactFormLeads TransactWriteItems:PutItem *",
        "CrmRecords Scan *",
        "CrmRecords TransactWriteItems:PutItem ACTS#*",
        "CrmRecords Query SECURITY#*",
    ):
        assert not allows(roles["erasure"], request_of(call))


@pytest.mark.parametrize("part", PARTS)
def test_events_are_put_by_transactions_alone(roles: Roles, part: str) -> None:
    assert allows(roles[part], request_of(f"{RECORDS.default} {TRANSACTION}:PutItem LEAD#*"))
    assert not allows(roles[part], request_of(f"{RECORDS.default} PutItem LEAD#*"))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("action", ["PartiQLDelete", "PartiQLUpdate", "DeleteTable"])
def test_nobody_goes_around_it(roles: Roles, part: str, action: str) -> None:
    everything = Statement(is_deny=False, actions=["dynamodb:*"], resources=["*"], conditions={})
    request = request_of(f"{RECORDS.default} {action} *")
    assert not allows([*roles[part], everything], request)


@pytest.mark.parametrize("part", ["form", "web"])
@pytest.mark.parametrize("table", [table.default for table in TABLES])
@pytest.mark.parametrize(
    "action",
    [
        *("Scan", "PartiQLSelect", "PartiQLInsert", "ExportTableToPointInTime", "DescribeTable"),
        *("CreateTable", "DeleteTable", "UpdateTable", "UpdateTimeToLive", "CreateBackup"),
        *("RestoreTableToPointInTime", "UpdateContinuousBackups", "DeleteBackup"),
    ],
)
def test_pages_neither_scan_nor_manage_tables(
    roles: Roles, part: str, table: str, action: str
) -> None:
    assert not allows(roles[part], request_of(f"{table} {action} *"))


@pytest.mark.parametrize("part", ["form", "web"])
def test_roles_that_answer_requests_have_no_wildcards(roles: Roles, part: str) -> None:
    logs: list[str] = []
    for statement in roles[part]:
        assert not [action for action in statement.actions if "*" in action]
        if statement.actions[0].startswith("logs:"):
            # The streams of one log group: Lambda makes up their names.
            (resource,) = statement.resources
            logs.append(resource.removeprefix("arn:aws:logs:eu-central-1:123456789012:log-group:"))
        else:
            assert not [resource for resource in statement.resources if "*" in resource]
    # What is due is done with the rights of the pages.
    own = {"web": ["web", "jobs"], "form": ["form"]}[part]
    assert sorted(logs) == sorted(f"/leadbook/production/{name}:*" for name in own)


def test_the_form_writes_and_reads_forms_alone(roles: Roles) -> None:
    """Of a count it learns what it has become, and of nothing else anything."""
    of_tables = [
        statement
        for statement in roles["form"]
        if not statement.is_deny and statement.actions[0].startswith("dynamodb:")
    ]
    assert {action for one in of_tables for action in one.actions} == {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    }
    read = [one for one in of_tables if "dynamodb:GetItem" in one.actions]
    assert [one.conditions for one in read] == [
        {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["FORMS"]}}
    ]
    for call in recorded()["form"]:
        if " GetItem " in call:
            continue
        request = request_of(call)
        is_count = call.startswith(("CrmHeld UpdateItem COUNT#*", "CrmHeld UpdateItem TOTALS#*"))
        told = "UPDATED_NEW" if is_count else "NONE"
        for returned in ("NONE", "UPDATED_NEW", "ALL_OLD", "ALL_NEW", "UPDATED_OLD"):
            context = {**request.context, "dynamodb:ReturnValues": [returned]}
            asked = Request(request.action, request.resource, context)
            assert allows(roles["form"], asked) is (returned == told)


@pytest.mark.parametrize(
    "call",
    [
        "CrmHeld GetItem HELD#*",
        "CrmHeld BatchGetItem HELD#*",
        "CrmHeld Query HELD#*",
        "CrmHeld UpdateItem HELD#*",
        "CrmHeld DeleteItem HELD#*",
        "CrmHeld DeleteItem COUNT#*",
        "CrmHeld PutItem COUNT#*",
        "CrmHeld PutItem TOTALS#*",
        "CrmHeld Scan *",
        "CrmHeld/held-index Query *",
        "CrmHeld/held-network-index Query *",
    ],
)
def test_the_form_holds_messages_and_counts_alone(roles: Roles, call: str) -> None:
    assert not allows(roles["form"], request_of(call))


@pytest.mark.parametrize(
    ("part", "key"),
    [("form", naming.form_secret_key_parameter), ("web", naming.secret_key_parameter)],
)
def test_secrets_are_the_part_s_own(
    roles: Roles, options: Options, part: str, key: Callable[[Options], str]
) -> None:
    """The form's role cannot read what the staff's sessions are signed with."""
    (secrets,) = (one for one in roles[part] if one.actions[0].startswith("ssm:"))
    prefix = "arn:aws:ssm:eu-central-1:123456789012:parameter"
    assert (secrets.actions, secrets.resources) == (
        ["ssm:GetParameters"],
        [
            prefix + key(options),
            prefix + naming.url_parameter(options),
            prefix + naming.origin_secret_parameter(options),
        ],
    )
    services = {action.partition(":")[0] for one in roles[part] for action in one.actions}
    assert services == {"dynamodb", "ssm", "logs"}


def test_only_the_pages_read_the_password_of_the_mail_account() -> None:
    mail = {"email_host": "smtp.example.com", "default_from_email": "crm@example.com"}
    given = {"stage": "production", "region": "eu-central-1", "mail": "ops@example.com", **mail}
    request = Request(
        "ssm:GetParameters",
        "arn:aws:ssm:eu-central-1:123456789012:parameter/leadbook/production/email-password",
    )
    for user, readers in ((None, []), ("leadbook", ["web"])):
        template = synthesized(Options.parse({**given, "email_host_user": user}))
        found = names(template)
        assert [
            part for part in PARTS if allows(statements(template, found[part]), request)
        ] == readers


SENDER = "crm@mail.example.com"
SENDS = {
    "stage": "production",
    "region": "eu-central-1",
    "mail": "ops@example.com",
    "email_service": "amazon_ses",
    "default_from_email": SENDER,
}


@pytest.mark.parametrize("host", Host)
@pytest.mark.parametrize("action", ["ses:SendEmail", "ses:SendRawEmail"])
def test_the_pages_and_what_is_due_send_from_one_address_by_amazon_ses(
    host: Host, action: str
) -> None:
    template = synthesized(Options.parse({**SENDS, "host": host}))
    found = names(template)

    def senders(identity: str, address: str) -> list[str]:
        resource = f"arn:aws:ses:eu-central-1:123456789012:identity/{identity}"
        request = Request(action, resource, {"ses:FromAddress": [address]})
        return [part for part in PARTS if allows(statements(template, found[part]), request)]

    for identity in (SENDER, "mail.example.com", "example.com"):
        assert senders(identity, SENDER) == ["web"]
        assert senders(identity, "boss@mail.example.com") == []
    for identity in ("com", "example.org", "boss@mail.example.com"):
        assert senders(identity, SENDER) == []


def test_nobody_sends_by_amazon_ses_who_was_not_told_to(roles: Roles) -> None:
    actions = {action for role in roles.values() for one in role for action in one.actions}
    assert not [action for action in actions if action.startswith("ses:")]


def test_maintenance_reads_no_secret(roles: Roles) -> None:
    services = {action.partition(":")[0] for one in roles["maintenance"] for action in one.actions}
    assert services == {"dynamodb", "cloudformation"}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("way", WAYS)
def test_policies_are_no_longer_than_a_role_takes(
    longest: Callable[[str], Resource], way: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PSEUDO, "AWS::Region", "ap-southeast-3")
    template = longest(way)
    resources = cast("dict[str, Resource]", template["Resources"])
    properties = cast("Resource", resources[names(template)[part]]["Properties"])
    policies = cast("list[Resource]", properties["Policies"])
    text = json.dumps([resolve(policy["PolicyDocument"]) for policy in policies])
    assert len("".join(text.split())) <= MOST_CHARACTERS


@pytest.fixture(scope="module")
def longest() -> Callable[[str], Resource]:
    """Return the template of roles whose policies name everything, and with long names."""
    region, leads = "ap-southeast-3", "l" * 100
    stream = f"arn:aws:dynamodb:{region}:123456789012:table/{leads}/stream/2026-11-21"

    @cache
    def sending_by(way: str) -> Resource:
        options = Options(
            "a-stage-of-16-ch",
            region,
            "ops@example.com",
            leads_table=leads,
            leads_stream=stream,
            records_table="r" * 100,
            held_table="h" * 100,
            **WAYS[way],
        )
        return synthesized(options)

    return sending_by


@pytest.mark.parametrize(
    ("host", "service"),
    [
        (Host.LAMBDA, "lambda.amazonaws.com"),
        (Host.EXPRESS, "ecs-tasks.amazonaws.com"),
        (Host.APPRUNNER, "tasks.apprunner.amazonaws.com"),
    ],
)
def test_the_host_alone_takes_the_roles_of_the_pages(host: Host, service: str) -> None:
    template = synthesized(Options("dev", "eu-central-1", "ops@example.com", host))
    found = names(template)
    for part in ("form", "web"):
        assert trusted(template, found[part]) == {"Service": service}
    for part in ("maintenance", "erasure"):
        assert trusted(template, found[part]) == {"AWS": "arn:aws:iam::123456789012:root"}


@pytest.mark.parametrize("host", [Host.EXPRESS, Host.APPRUNNER])
def test_where_one_process_answers_both_its_role_serves_the_form(host: Host) -> None:
    template = synthesized(Options("production", "eu-central-1", "ops@example.com", host))
    web = statements(template, names(template)["web"])
    for call in recorded()["form"]:
        assert allows(web, request_of(call))


def test_another_stage_has_other_tables() -> None:
    template = synthesized(Options("dev", "eu-central-1", "ops@example.com"))
    for part, name in names(template).items():
        for call in recorded()[part]:
            assert not allows(statements(template, name), request_of(call))


def synthesized(options: Options) -> Resource:
    """Return the template of the roles alone."""
    app = App(analytics_reporting=False)
    stack = Access(app, options, Data(app, options))
    return cast("Resource", app.synth().get_stack_by_name(stack.stack_name).template)


def trusted(template: Resource, name: str) -> object:
    resources = cast("dict[str, Resource]", template["Resources"])
    properties = cast("Resource", resources[name]["Properties"])
    document = cast("Resource", resolve(properties["AssumeRolePolicyDocument"]))
    (statement,) = cast("list[Resource]", document["Statement"])
    assert (statement["Action"], statement["Effect"]) == ("sts:AssumeRole", "Allow")
    return statement["Principal"]
