"""make deploy, make synth, make manage: refusals before anything starts, and what they do."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from moto.sns.models import sns_backends

from crm.dynamodb.creation import index_request, table_request
from crm.tables import EMAIL_INDEX, LEADS, OWNER_INDEX, RECORDS, STATUS_INDEX
from infra import arguments, deploy, manage, synth
from infra.account import Account, AccountError, check_table
from infra.indexes import postponed_indexes
from infra.options import Options
from tests import ROOT
from tests.infra import cloudformation

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

WORDS = ("STAGE=dev", "REGION=eu-central-1", "MAIL=ops@example.com")
OPTIONS = Options("dev", "eu-central-1", "ops@example.com")
SECRETS = [f"/leadbook/dev/{name}" for name in ("secret-key", "form-secret-key", "origin-secret")]
BUCKET = "leadbook-dev-static-123456789012-eu-central-1"
CERTIFICATE = f"CERTIFICATE=arn:aws:acm:us-east-1:123456789012:certificate/{'0' * 36}"
NAMED = {"Host": "lambda", "Domain": "crm.example.com"}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Yield an AWS account inside moto."""
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    with mock_aws():
        for region in ("eu-central-1", "eu-north-1"):
            boto3.client("s3", region_name=region).create_bucket(
                Bucket=BUCKET.replace("eu-central-1", region),
                CreateBucketConfiguration={"LocationConstraint": region},
            )
        yield


@pytest.fixture
def no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Return a machine without AWS credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@pytest.fixture
def bootstrapped(account: None) -> None:
    """Return a region that ``cdk bootstrap`` has prepared."""
    put("/cdk-bootstrap/hnb659fds/version", "30")


@pytest.fixture
def cdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[list[str]]]:
    """Stand in for CDK and for the synthesis; returns the commands that CDK was told."""
    log = tmp_path / "cdk.log"
    log.touch()
    program = tmp_path / "cdk"
    program.write_text(
        "import json, os, sys\n"
        "assert os.environ['CDK_DISABLE_CLI_TELEMETRY'] == 'true'\n"
        f"open({str(log)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("JSII_NODE", sys.executable)
    monkeypatch.setattr(deploy, "CDK", program)
    monkeypatch.setattr(deploy, "STATIC", static_files(tmp_path / "static"))
    monkeypatch.setattr(synth, "write", lambda _options, _python, _deployed: tmp_path / "cdk.out")
    outputs = {"Url": "https://x.example.com", "CloudFrontName": "x.cloudfront.net"}
    monkeypatch.setattr(Account, "outputs", lambda _self, _part: outputs)
    monkeypatch.setattr(Account, "deployed_indexes", lambda _self: {})
    return lambda: [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def static_files(folder: Path) -> Path:
    """Return a folder of static files as the packager writes it."""
    (folder / "vendor").mkdir(parents=True)
    (folder / "app.0123456789ab.css").write_text("main { color: red }", encoding="utf-8")
    (folder / "vendor" / "htmx.0123456789ab.js").write_text("htmx", encoding="utf-8")
    (folder / "embed.js").write_text("embed", encoding="utf-8")
    return folder


def put(name: str, value: str) -> None:
    boto3.client("ssm", region_name="eu-central-1").put_parameter(
        Name=name, Value=value, Type="String"
    )


def parameter(name: str) -> tuple[str, str]:
    ssm = boto3.client("ssm", region_name="eu-central-1")
    found = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    return found["Type"], found["Value"]


def refusal(main: Callable[[tuple[str, ...]], int], *words: str) -> None:
    """Run a command that refuses."""
    with pytest.raises(SystemExit) as raised:
        main(words)
    assert raised.value.code == 2


@pytest.mark.usefixtures("no_account")
@pytest.mark.parametrize("command", [deploy.main, synth.main], ids=["deploy", "synth"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "STAGE"),
        (("STAGE=Dev", *WORDS[1:]), "STAGE"),
        ((WORDS[0], WORDS[2]), "REGION"),
        ((WORDS[0], "REGION=eu-central-7", WORDS[2]), "Is it eu-central-"),
        ((WORDS[0], "REGION=eu-central-2", WORDS[2]), "has no function URLs of Lambda"),
        (WORDS[:2], "MAIL"),
        ((*WORDS, "HOST=heroku"), "lambda, express, apprunner"),
        ((*WORDS, "DOMAIN=crm.example.com"), "CERTIFICATE"),
        ((*WORDS, "BUDGET=much"), "BUDGET"),
        ((*WORDS, "COLOUR=blue"), "'COLOUR=blue' is no option"),
        ((*WORDS, "blue"), "'blue' is no option"),
    ],
)
def test_a_bad_argument_is_refused_before_anything_starts(
    capsys: pytest.CaptureFixture[str],
    command: Callable[[tuple[str, ...]], int],
    words: tuple[str, ...],
    said: str,
) -> None:
    refusal(command, *words)
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


@pytest.mark.usefixtures("no_account")
@pytest.mark.parametrize("command", [deploy.main, manage.main], ids=["deploy", "manage"])
def test_without_credentials_it_says_how_to_get_some(
    capsys: pytest.CaptureFixture[str], command: Callable[[tuple[str, ...]], int]
) -> None:
    refusal(command, *WORDS)
    (line,) = capsys.readouterr().err.splitlines()
    assert "run `aws login` (or `aws sso login`, or `aws configure`)" in line


def test_a_leads_table_without_its_stream_is_no_template(
    capsys: pytest.CaptureFixture[str],
) -> None:
    refusal(synth.main, *WORDS, "LEADS_TABLE=Old")
    assert "LEADS_STREAM" in capsys.readouterr().err


@pytest.mark.parametrize("script", [None, "exit 1"], ids=["missing", "stopped"])
def test_an_image_needs_docker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None
) -> None:
    if script:
        docker = tmp_path / "docker"
        docker.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    deploy.check_docker(OPTIONS)
    with pytest.raises(AccountError, match="Docker"):
        deploy.check_docker(Options.parse(OPTIONS.context() | {"host": "express"}))


@pytest.mark.usefixtures("account")
def test_a_first_deployment(
    cdk: Callable[[], list[list[str]]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert deploy.main(WORDS) == 0
    bootstrap, static, deployment = cdk()
    assert bootstrap == ["bootstrap", "aws://123456789012/eu-central-1"]
    how = ("--app", str(tmp_path / "cdk.out"), "--require-approval", "never")
    assert static == ["deploy", "Leadbook-dev-Static", *how]
    assert deployment == ["deploy", "--all", *how]
    said = capsys.readouterr().out
    assert "https://x.example.com" in said
    line = (
        'make manage STAGE=dev REGION=eu-central-1 ARGS="create_user ops@example.com --role admin"'
    )
    assert line in said
    assert "Confirm the mail" not in said
    team = "A month with 5 people and 1,000 new leads costs $0."
    assert re.search(f"{re.escape(team)}[0-9]{{2}}: make cost REGION=eu-central-1 has the", said)
    assert "Of eu-central-1 are the prices of reads, writes" in said
    kinds, values = zip(*map(parameter, SECRETS), strict=True)
    assert kinds == ("SecureString", "SecureString", "String")
    assert min(map(len, values)) >= 50
    assert len(set(values)) == 3


@pytest.mark.usefixtures("bootstrapped")
def test_a_second_deployment_leaves_the_secrets(cdk: Callable[[], list[list[str]]]) -> None:
    for name in SECRETS:
        put(name, "old")
    assert deploy.main(WORDS) == 0
    assert [command[0] for command in cdk()] == ["deploy", "deploy"]
    assert [parameter(name)[1] for name in SECRETS] == ["old", "old", "old"]


@pytest.mark.usefixtures("bootstrapped")
def test_mail_with_an_account_takes_its_password_first(
    cdk: Callable[[], list[list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    mail = ("EMAIL_HOST=smtp.example.com", "EMAIL_HOST_USER=x", "DEFAULT_FROM_EMAIL=x@example.com")
    with pytest.raises(SystemExit) as stopped:
        deploy.main((*WORDS, *mail))
    assert stopped.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("Leadbook: the password of EMAIL_HOST_USER is missing: aws ssm put-")
    assert "--region eu-central-1 --type SecureString --name /leadbook/dev/email-password" in said
    assert cdk() == []
    put("/leadbook/dev/email-password", "secret")
    assert deploy.main((*WORDS, *mail)) == 0


SES_WORDS = ("EMAIL_SERVICE=amazon_ses", "DEFAULT_FROM_EMAIL=crm@mail.example.com")
SANDBOX = "Amazon SES is still in its sandbox in eu-central-1: mails reach verified addresses alone"
PAUSED = "Amazon SES sends nothing in eu-central-1: AWS has paused the account's sending."
UNVERIFIED = "Amazon SES does not send for crm@mail.example.com yet: verify the address or its"
READY = {"ProductionAccessEnabled": True, "SendingEnabled": True}


@pytest.mark.parametrize(
    ("account", "identities", "said"),
    [
        (READY, {"crm@mail.example.com": True}, []),
        (READY, {"mail.example.com": True}, []),
        (READY, {"example.com": True}, []),
        (READY, {}, [UNVERIFIED]),
        (READY, {"example.com": False}, [UNVERIFIED]),
        # The closest one counts, as it does when something is sent.
        (READY, {"crm@mail.example.com": False, "example.com": True}, [UNVERIFIED]),
        ({"SendingEnabled": True}, {"example.com": True}, [SANDBOX]),
        ({"ProductionAccessEnabled": True}, {"example.com": True}, [PAUSED]),
        ({}, {}, [SANDBOX, UNVERIFIED]),
    ],
)
def test_what_amazon_ses_lacks_is_said(
    account: dict[str, bool], identities: dict[str, bool], said: list[str]
) -> None:
    client = boto3.Session("test", "test").client("sesv2", "eu-central-1")
    options = arguments.read((*WORDS, *SES_WORDS))
    asked = SimpleNamespace(options=options, session=SimpleNamespace(client=lambda _name: client))
    with Stubber(client) as api:
        api.add_response("get_account", account, {})
        for name in ("crm@mail.example.com", "mail.example.com", "example.com"):
            if name in identities:
                verified = {"VerifiedForSendingStatus": identities[name]}
                api.add_response("get_email_identity", verified, {"EmailIdentity": name})
                break
            api.add_client_error(
                "get_email_identity", "NotFoundException", expected_params={"EmailIdentity": name}
            )
        found = Account.missing_of_ses(cast("Account", asked))
        api.assert_no_pending_responses()
    assert len(found) == len(said)
    for line, start in zip(found, said, strict=True):
        assert line.startswith(start)
        assert "\n" not in line


@pytest.mark.usefixtures("bootstrapped")
def test_it_says_before_it_starts_and_at_its_end_that_mails_reach_few(
    cdk: Callable[[], list[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run, seen = deploy.cdk, []

    def watched(*words: str | Path) -> None:
        seen.append(capsys.readouterr().err)
        run(*words)

    monkeypatch.setattr(deploy, "cdk", watched)
    monkeypatch.setattr(Account, "missing_of_ses", lambda _self: ["It is in its sandbox."])
    assert deploy.main((*WORDS, *SES_WORDS)) == 0
    assert "Leadbook: It is in its sandbox.\n" in seen[0]
    assert "2. It is in its sandbox.\n" in capsys.readouterr().out
    assert len(cdk()) == 2


def test_who_may_not_ask_amazon_ses_hears_it_in_one_line() -> None:
    client = boto3.Session("test", "test").client("sesv2", "eu-central-1")
    asked = SimpleNamespace(
        options=arguments.read((*WORDS, *SES_WORDS)),
        session=SimpleNamespace(client=lambda _name: client),
    )
    with Stubber(client) as api:
        api.add_client_error("get_account", "AccessDeniedException")
        with pytest.raises(AccountError, match="AWS refused GetAccount of Amazon SES: "):
            Account.missing_of_ses(cast("Account", asked))


@pytest.mark.usefixtures("account")
def test_nobody_asks_amazon_ses_for_mail_that_goes_elsewhere() -> None:
    words = ("EMAIL_HOST=smtp.example.com", "DEFAULT_FROM_EMAIL=crm@example.com")
    for more in ((), words):
        assert Account(arguments.read((*WORDS, *more))).missing_of_ses() == []


@pytest.mark.usefixtures("bootstrapped")
def test_static_files_are_there_before_pages_name_them_and_stay(
    cdk: Callable[[], list[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What yesterday's pages name stays, and what is there is not sent again."""
    s3 = boto3.client("s3", region_name="eu-central-1")
    for name in ("app.yesterday.css", "embed.js"):
        s3.put_object(Bucket=BUCKET, Key=f"static/{name}", Body=b"old")
    run, seen = deploy.cdk, []

    def watched(*words: str | Path) -> None:
        seen.append(keys(s3))
        run(*words)

    monkeypatch.setattr(deploy, "cdk", watched)
    assert deploy.main(WORDS) == 0
    assert [command[1] for command in cdk()] == ["Leadbook-dev-Static", "--all"]
    wanted = {"static/app.0123456789ab.css", "static/vendor/htmx.0123456789ab.js"}
    old = {"static/app.yesterday.css", "static/embed.js"}
    assert seen == [old, old | wanted]
    # Other sites name it, so its name stays as it is.
    embed = s3.get_object(Bucket=BUCKET, Key="static/embed.js")
    assert (embed["Body"].read(), embed["CacheControl"]) == (b"embed", "max-age=300, public")
    assert "uploaded 2 new static files" in capsys.readouterr().err
    written = {key: s3.head_object(Bucket=BUCKET, Key=key)["LastModified"] for key in wanted}
    assert deploy.main(WORDS) == 0
    assert "uploaded 0 new static files" in capsys.readouterr().err
    assert written == {
        key: s3.head_object(Bucket=BUCKET, Key=key)["LastModified"] for key in wanted
    }


def keys(s3: "S3Client") -> set[str]:
    return {found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


@pytest.mark.usefixtures("bootstrapped")
def test_an_upload_that_is_refused_is_one_line(
    cdk: Callable[[], list[list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = boto3.client("s3", region_name="eu-central-1")
    s3.delete_bucket(Bucket=BUCKET)
    refusal(deploy.main, *WORDS)
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith(f"Leadbook: AWS refused the upload to {BUCKET}: ")
    assert [command[1] for command in cdk()] == ["Leadbook-dev-Static"]


@pytest.mark.usefixtures("bootstrapped", "cdk")
def test_containers_send_their_static_files_themselves(
    cdk: Callable[[], list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "check_docker", lambda _options: None)
    assert deploy.main((*WORDS, "HOST=express")) == 0
    assert [command[1] for command in cdk()] == ["--all"]


@pytest.mark.usefixtures("account", "cdk")
@pytest.mark.parametrize(("region", "made"), [("eu-north-1", 1), ("eu-central-1", 0)])
def test_a_budget_is_made_where_the_template_has_none(
    monkeypatch: pytest.MonkeyPatch, region: str, made: int
) -> None:
    seen: list[tuple[str, Options]] = []
    monkeypatch.setattr(
        "infra.budget.put", lambda _client, account, options: seen.append((account, options))
    )
    words = (WORDS[0], f"REGION={region}", WORDS[2], "BUDGET=25")
    assert deploy.main(words) == 0
    assert seen == [("123456789012", arguments.read(words))] * made


@pytest.mark.usefixtures("bootstrapped", "cdk")
@pytest.mark.parametrize(
    ("states", "waiting"),
    [
        (("arn:confirmed", "PendingConfirmation"), ["alarms"]),
        (("PendingConfirmation", "arn:confirmed"), ["leads"]),
        (("PendingConfirmation", "PendingConfirmation"), ["leads", "alarms"]),
        (("arn:confirmed", "Deleted"), []),
    ],
)
def test_mails_that_wait_are_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    states: tuple[str, str],
    waiting: list[str],
) -> None:
    sns = boto3.client("sns", region_name="eu-central-1")
    topics = {}
    for part, state in zip(("Events", "Monitoring"), states, strict=True):
        topics[part] = sns.create_topic(Name=part)["TopicArn"]
        sns.subscribe(TopicArn=topics[part], Protocol="email", Endpoint="ops@example.com")
        backend = sns_backends["123456789012"]["eu-central-1"]
        (made,) = [one for one in backend.subscriptions.values() if one.topic.arn == topics[part]]
        made.arn = state
    monkeypatch.setattr(
        Account, "outputs", lambda _self, part: {"TopicArn": topics[part]} if part in topics else {}
    )
    assert deploy.main(WORDS) == 0
    said = capsys.readouterr().out
    line = "Confirm the mail that AWS has sent to ops@example.com for {}: until then none arrive."
    assert [what for what in ("leads", "alarms") if line.format(what) in said] == waiting


@pytest.mark.usefixtures("bootstrapped", "cdk")
def test_a_domain_needs_dns(capsys: pytest.CaptureFixture[str]) -> None:
    words = (*WORDS, "DOMAIN=crm.example.com", CERTIFICATE)
    assert deploy.main(words) == 0
    assert "crm.example.com be a CNAME of x.cloudfront.net" in capsys.readouterr().out


@pytest.mark.usefixtures("bootstrapped")
@pytest.mark.parametrize(
    ("stage", "used", "words", "said"),
    [
        ("production", {}, (), None),
        ("production", {"TableName": "ContactFormLeads"}, (), None),
        ("production", {"TableName": "Restored"}, (), "LEADS_TABLE=Restored to stay"),
        ("production", {"TableName": "Restored"}, ("LEADS_TABLE=Restored",), None),
        ("production", {"TableName": "Restored"}, ("LEADS_TABLE=ContactFormLeads",), None),
        ("production", {"TableName": "Restored"}, ("RECORDS_TABLE=New",), "LEADS_TABLE=Restored"),
        ("production", {"RecordsTableName": "Old"}, ("LEADS_TABLE=Restored",), "RECORDS_TABLE=Old"),
        ("production", {"HeldTableName": "Old"}, (), "HELD_TABLE=Old to stay"),
        ("production", {"HeldTableName": "Old"}, ("HELD_TABLE=CrmHeld",), None),
        ("dev", {}, ("HELD_TABLE=leadbook-dev-CrmHeld",), "leave HELD_TABLE out"),
        ("dev", {"TableName": "Restored"}, (), None),
        ("dev", {}, ("LEADS_TABLE=leadbook-dev-ContactFormLeads",), "leave LEADS_TABLE out"),
    ],
)
def test_tables_are_neither_left_nor_deleted_by_mistake(
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    used: dict[str, str],
    words: tuple[str, ...],
    said: str | None,
) -> None:
    monkeypatch.setattr(Account, "outputs", lambda _self, _part: used)
    account = Account(arguments.read((f"STAGE={stage}", *WORDS[1:], *words)))
    if said is None:
        account.check_tables_in_use()
        return
    with pytest.raises(AccountError, match=said):
        account.check_tables_in_use()


@pytest.mark.usefixtures("bootstrapped")
@pytest.mark.parametrize(
    ("used", "words", "said"),
    [
        ({"Host": "express", "Domain": "none"}, (), "HOST=express to stay, or HOST=lambda to move"),
        ({"Host": "express", "Domain": "none"}, ("HOST=",), "runs on express"),
        (NAMED, (), "DOMAIN=crm.example.com with its CERTIFICATE to stay, or DOMAIN=none"),
        (NAMED, ("HOST=express",), "production is at crm.example.com"),
    ],
)
def test_production_neither_moves_nor_loses_its_name_by_mistake(  # noqa: PLR0913, PLR0917
    cdk: Callable[[], list[list[str]]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    used: dict[str, str],
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.setattr(deploy, "check_docker", lambda _options: None)
    monkeypatch.setattr(Account, "outputs", lambda _self, part: used if part == "Web" else {})
    refusal(deploy.main, "STAGE=production", *WORDS[1:], *words)
    *_, last = capsys.readouterr().err.splitlines()
    assert said in last
    assert cdk() == []


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("stage", "used", "words"),
    [
        ("production", {}, ("HOST=express",)),
        ("production", {"Url": "https://x.example.com"}, ()),
        ("production", {"Host": "lambda", "Domain": "none"}, ()),
        ("production", {"Host": "express", "Domain": "none"}, ("HOST=express",)),
        ("production", {"Host": "express", "Domain": "none"}, ("HOST=lambda",)),
        ("production", {"Host": "lambda", "Domain": "none"}, ("HOST=apprunner",)),
        ("production", NAMED, ("DOMAIN=crm.example.com", CERTIFICATE)),
        ("production", NAMED, ("DOMAIN=www.example.com", CERTIFICATE)),
        ("production", NAMED, ("DOMAIN=none",)),
        ("production", NAMED, ("DOMAIN=none", "HOST=express")),
        ("production", {"Host": "lambda", "Domain": "none"}, ("DOMAIN=x.example.com", CERTIFICATE)),
        ("dev", {"Host": "express", "Domain": "none"}, ()),
    ],
)
def test_production_moves_when_it_is_told_to(
    monkeypatch: pytest.MonkeyPatch, stage: str, used: dict[str, str], words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(Account, "outputs", lambda _self, part: used if part == "Web" else {})
    Account(arguments.read((f"STAGE={stage}", *WORDS[1:], *words))).check_site_in_use()


@pytest.mark.parametrize(("stage", "is_released"), [("production", True), ("dev", False)])
def test_a_first_deployment_that_failed_can_be_repeated(stage: str, *, is_released: bool) -> None:
    client = boto3.Session("test", "test").client("cloudformation", "eu-central-1")
    account = SimpleNamespace(
        options=replace(OPTIONS, stage=stage), session=SimpleNamespace(client=lambda _name: client)
    )
    summaries = [
        {
            "StackName": name,
            "StackStatus": "ROLLBACK_COMPLETE",
            "CreationTime": datetime(2026, 11, 29, tzinfo=UTC),
        }
        for name in ("Leadbook-production-Web", "Somebody-elses")
    ]
    with Stubber(client) as api:
        if is_released:
            failed = {"StackStatusFilter": ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"]}
            lifted = {"StackName": "Leadbook-production-Web", "EnableTerminationProtection": False}
            api.add_response("list_stacks", {"StackSummaries": summaries}, failed)
            api.add_response("update_termination_protection", {}, lifted)
        Account.release_failed_stacks(cast("Account", account))
        api.assert_no_pending_responses()


@pytest.mark.usefixtures("account", "cdk")
def test_a_failing_cdk_is_one_line_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "CDK", "/nowhere/cdk")
    refusal(deploy.main, *WORDS)
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith("Leadbook: cdk bootstrap failed")


def make_table(name: str, **changed: object) -> None:
    request = {**table_request(LEADS), **changed, "TableName": name}
    request = {key: value for key, value in request.items() if value is not None}
    boto3.client("dynamodb", region_name="eu-central-1").create_table(**request)  # type: ignore[arg-type]


@pytest.mark.usefixtures("bootstrapped", "cdk")
def test_the_stream_of_an_existing_table_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    make_table("Old")
    seen: list[Options] = []
    monkeypatch.setattr(Account, "outputs", lambda _self, _part: {"Python": "3.12"})

    def write(options: Options, python: str | None, _deployed: object) -> Path:
        # What the functions run on so far.
        assert python == "3.12"
        seen.append(options)
        return Path("out")

    monkeypatch.setattr(synth, "write", write)
    assert deploy.main((*WORDS, "LEADS_TABLE=Old")) == 0
    (options,) = seen
    assert options.leads_stream is not None
    assert options.leads_stream.startswith(
        "arn:aws:dynamodb:eu-central-1:123456789012:table/Old/stream/"
    )


@pytest.mark.parametrize("waiting", [[], ["board-index"]])
@pytest.mark.usefixtures("account")
def test_a_deployed_stage_says_which_indexes_its_tables_have(
    waiting: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of its template: what it takes next is compared with these alone."""
    asked = Account(OPTIONS)
    monkeypatch.setattr(Account, "stack", lambda _self, _part: None)
    assert asked.deployed_indexes() == {}
    indexes = (EMAIL_INDEX, OWNER_INDEX) if waiting else (EMAIL_INDEX, OWNER_INDEX, STATUS_INDEX)
    properties = table_request(replace(LEADS, indexes=indexes))
    table = {"Type": "AWS::DynamoDB::Table", "Properties": properties}
    body = json.dumps(
        {"Resources": {"Leads": table, "LeadsStream": {"Type": "AWS::SSM::Parameter"}}}
    )
    client = boto3.client("cloudformation", region_name="eu-central-1")
    monkeypatch.setattr(Account, "stack", lambda _self, _part: {"StackStatus": "CREATE_COMPLETE"})
    monkeypatch.setattr(asked.session, "client", lambda _service: client)
    with Stubber(client) as api:
        api.add_response("get_template", {"TemplateBody": body}, {"StackName": "Leadbook-dev-Data"})
        deployed = asked.deployed_indexes()
    assert deployed == {"Leads": properties["GlobalSecondaryIndexes"]}
    assert postponed_indexes(LEADS, deployed) == waiting
    assert postponed_indexes(RECORDS, deployed) == []


@pytest.mark.usefixtures("bootstrapped")
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"StreamSpecification": None}, "update-table --table-name Old"),
        (
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
            "new and old images",
        ),
        (
            table_request(replace(LEADS, indexes=LEADS.indexes[:2])),
            "lacks the index board-index on boardKey and createdAt",
        ),
        (
            {
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "GlobalSecondaryIndexes": None,
            },
            "its key is not leadId",
        ),
    ],
)
def test_an_existing_table_that_cannot_serve_is_refused(
    cdk: Callable[[], list[list[str]]],
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, object],
    said: str,
) -> None:
    make_table("Old", **changed)
    refusal(deploy.main, *WORDS, "LEADS_TABLE=Old")
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith("Leadbook: Old ")
    assert said in last
    assert cdk() == []


@pytest.mark.usefixtures("bootstrapped")
@pytest.mark.parametrize("name", ["LEADS_TABLE", "RECORDS_TABLE", "HELD_TABLE"])
def test_an_existing_table_that_is_not_there(
    cdk: Callable[[], list[list[str]]], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    refusal(deploy.main, *WORDS, f"{name}=Gone")
    *_, last = capsys.readouterr().err.splitlines()
    assert "DescribeTable of Gone" in last
    assert cdk() == []


def test_a_table_whose_indexes_project_all_will_do() -> None:
    request = table_request(RECORDS)
    indexes = [
        {**index_request(index), "Projection": {"ProjectionType": "ALL"}}
        for index in RECORDS.indexes
    ]
    check_table(RECORDS, {**request, "GlobalSecondaryIndexes": indexes})  # type: ignore[typeddict-item]


@pytest.fixture
def stage(ministack: str, document: Callable[[str], dict[str, object]]) -> Iterator[str]:
    """Yield the Data stack of production, on the emulator; yields its address."""
    cloudformation.create(ministack, "Leadbook-production-Data", document("Data"))
    yield ministack
    dynamodb = cloudformation.client(ministack, "dynamodb")
    cloudformation.delete(ministack, "Leadbook-production-Data")
    for name in dynamodb.list_tables()["TableNames"]:
        if "-" not in name:
            dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
            dynamodb.delete_table(TableName=name)


def test_manage_works_on_the_tables_of_the_stage(stage: str) -> None:
    words = ["STAGE=production", "REGION=eu-central-1", "--"]
    command = ["create_user", "ann@example.com", "--role", "admin", "--password-stdin"]
    done = subprocess.run(
        [sys.executable, "-m", "infra.manage", *words, *command],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": stage,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            # What `make` hands on, and what is of this machine.
            "STAGE": "production",
            "HOST": "lambda",
            "DEBUG": "1",
            "TABLE_NAME": "Elsewhere",
            "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",
        },
        input="correct horse battery\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # What the security log says of it, and nothing else.
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["account-added"]
    dynamodb = cloudformation.client(stage, "dynamodb")
    items = dynamodb.scan(TableName="CrmRecords")["Items"]
    assert any("ann@example.com" in str(item) for item in items)


@pytest.mark.usefixtures("account")
def test_manage_works_on_a_stage_of_before_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"TableName": "Old", "RecordsTableName": "R", "EphemeralTableName": "E"}
    monkeypatch.setattr(Account, "outputs", lambda _self, _part: outputs)
    found = manage.environment(WORDS[:2])
    assert (found["TABLE_NAME"], found["HELD_TABLE_NAME"]) == ("Old", "leadbook-dev-CrmHeld")


def test_manage_of_a_stage_that_is_not_deployed(ministack: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.manage", "STAGE=other", "REGION=eu-central-1", "--", "help"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": ministack,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "Leadbook-other-Data" in line


@pytest.mark.skipif(shutil.which("make") is None, reason="this machine has no make")
def test_make_hands_on_only_what_was_said_to_it() -> None:
    done = subprocess.run(
        ["make", "--dry-run", "synth", *WORDS[:2], "DOMAIN=it's"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "MAIL": "/var/mail/ann", "HOST": "laptop"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [
        *("sh", "scripts/setup", "base", "infra", "--", "python", "-m", "infra.synth"),
        *("'STAGE=dev'", "'REGION=eu-central-1'", r"'DOMAIN=it'\''s'"),
    ]
