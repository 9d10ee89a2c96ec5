"""What ``make deploy`` asks the AWS account, and the little that it makes there itself."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    LoginRefreshRequired,
    LoginTokenLoadError,
    NoCredentialsError,
    SSOError,
    TokenRetrievalError,
)

from crm.dynamodb.creation import STREAM, key_schema
from crm.dynamodb.schema import Table
from crm.tables import HELD, LEADS, RECORDS
from infra import budget, naming
from infra.indexes import Deployed
from infra.options import NO_DOMAIN, Options
from infra.upload import upload

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackTypeDef
    from types_boto3_dynamodb.type_defs import TableDescriptionTypeDef
    from types_boto3_sesv2.client import SESV2Client

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
LEAST_BOOTSTRAP = 6
SECRET_BYTES = 48  # 64 characters
NO_CREDENTIALS = (
    "no AWS credentials: run `aws login` (or `aws sso login`, or `aws configure`), or set "
    "AWS_PROFILE."
)
# What SNS says in place of an ARN.
PENDING = "PendingConfirmation"
# A stack whose first deployment failed: there is nothing in it.
NEVER_MADE: tuple[Literal["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"], ...] = (
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
)
_EXPIRED = "the AWS credentials have expired: sign in again, for example by `aws login`."
_UNKNOWN = (
    "AWS does not know the credentials in this region: they are wrong, or the region has to be "
    "switched on for the account first."
)
# What services say to credentials that are good no longer, or not there.
_REASONS = {
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InvalidClientTokenId": _UNKNOWN,
    "RequestExpired": _EXPIRED,
    "UnrecognizedClientException": _UNKNOWN,
}
_SANDBOX = (
    "Amazon SES is still in its sandbox in {region}: mails reach verified addresses alone, until "
    "AWS grants production access (SES console, Account dashboard)."
)
_PAUSED = "Amazon SES sends nothing in {region}: AWS has paused the account's sending."
_UNVERIFIED = (
    "Amazon SES does not send for {sender} yet: verify the address or its domain in {region} "
    "(SES console, Identities)."
)


class AccountError(Exception):
    """The account cannot be used for this. The message is one line."""


@contextmanager
def map_errors(doing: str) -> Iterator[None]:
    """Turn an error of the AWS SDK into an AccountError that says what was being done."""
    try:
        yield
    except NoCredentialsError as error:
        raise AccountError(NO_CREDENTIALS) from error
    except (LoginRefreshRequired, LoginTokenLoadError) as error:
        message = "the session of `aws login` is over: run it again."
        raise AccountError(message) from error
    except (SSOError, TokenRetrievalError) as error:
        message = "the session of `aws sso login` is over: run it again."
        raise AccountError(message) from error
    except (BotoCoreError, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        message = _REASONS.get(code, f"AWS refused {doing}: {error}")
        raise AccountError(message) from error


class Account:
    """The account of the AWS SDK's credentials, in the region of the options."""

    def __init__(self, options: Options) -> None:
        self.options = options
        with map_errors("the credentials"):
            self.session = boto3.Session(region_name=options.region)
            self.number = self.session.client("sts").get_caller_identity()["Account"]

    def is_bootstrapped(self) -> bool:
        """Tell whether ``cdk bootstrap`` has been run in the region, and lately enough."""
        version = self._parameter(BOOTSTRAP_PARAMETER)
        return version is not None and version.isdigit() and int(version) >= LEAST_BOOTSTRAP

    def check_mail_password(self) -> None:
        """Refuse an account for mail without its password: nothing would start with it."""
        options = self.options
        name = naming.email_password_parameter(options)
        if options.email_host_user and self._parameter(name) is None:
            message = (
                f"the password of EMAIL_HOST_USER is missing: aws ssm put-parameter --region "
                f"{options.region} --type SecureString --name {name} --value …"
            )
            raise AccountError(message)

    def missing_of_ses(self) -> list[str]:
        """Return what keeps Amazon SES from sending the stage's mails to anybody, a line each."""
        if not self.options.sends_by_ses:
            return []
        service = self.session.client("sesv2")
        with map_errors("GetAccount of Amazon SES"):
            account = service.get_account()
        found = []
        if not account.get("ProductionAccessEnabled"):
            found.append(_SANDBOX.format(region=self.options.region))
        elif not account.get("SendingEnabled"):
            found.append(_PAUSED.format(region=self.options.region))
        if not _is_sender_verified(service, self.options):
            values = {"sender": self.options.default_from_email, "region": self.options.region}
            found.append(_UNVERIFIED.format(**values))
        return found

    def make_secrets(self) -> list[str]:
        """Make the secrets of the stage that are not there; return their names."""
        kinds: dict[str, Literal["String", "SecureString"]] = {
            naming.secret_key_parameter(self.options): "SecureString",
            naming.form_secret_key_parameter(self.options): "SecureString",
            naming.origin_secret_parameter(self.options): "String",
        }
        return [name for name, kind in kinds.items() if self._make(name, kind)]

    def _make(self, name: str, kind: Literal["String", "SecureString"]) -> bool:
        """Make a parameter with a random value; one that is there stays as it is."""
        if self._parameter(name) is not None:
            return False
        value = secrets.token_urlsafe(SECRET_BYTES)
        ssm = self.session.client("ssm")
        with map_errors(f"the parameter {name}"):
            try:
                ssm.put_parameter(Name=name, Value=value, Type=kind, Overwrite=False)
            except ssm.exceptions.ParameterAlreadyExists:
                return False
        return True

    def upload_static_files(self, folder: Path) -> int:
        """Put static files where CloudFront finds them; return how many were new."""
        bucket = naming.static_bucket(self.options, self.number)
        with map_errors(f"the upload to {bucket}"):
            return upload(self.session.client("s3"), bucket, folder)

    def _parameter(self, name: str) -> str | None:
        """Return a parameter as it is stored, secrets encrypted, or ``None``."""
        ssm = self.session.client("ssm")
        with map_errors(f"the parameter {name}"):
            try:
                return ssm.get_parameter(Name=name)["Parameter"]["Value"]
            except ssm.exceptions.ParameterNotFound:
                return None

    def check_existing_tables(self) -> Options:
        """Return the options with the stream of LEADS_TABLE, once the named tables have passed."""
        options = self.options
        for described in (RECORDS, HELD):
            if name := naming.existing_table(options, described):
                check_table(described, self._describe(name))
        if options.leads_table:
            found = self._describe(options.leads_table)
            check_table(LEADS, found)
            options = replace(options, leads_stream=found["LatestStreamArn"])
        return options

    def _describe(self, name: str) -> "TableDescriptionTypeDef":
        with map_errors(f"DescribeTable of {name}"):
            return self.session.client("dynamodb").describe_table(TableName=name)["Table"]

    def check_tables_in_use(self) -> None:
        """Refuse to leave restored tables without a word, and to delete one by naming it.

        A deployment of production that forgot LEADS_TABLE might make an empty table and show
        that. Elsewhere, a table that its stack no longer makes is deleted.
        """
        options = self.options
        used = self.outputs("Data")
        named_by = {"LEADS_TABLE": LEADS, "RECORDS_TABLE": RECORDS, "HELD_TABLE": HELD}
        for option, described in named_by.items():
            now = used.get(naming.output(described))
            next_, own = naming.table(options, described), naming.own_table(options, described)
            named = naming.existing_table(options, described)
            if options.is_production and now and now != next_ and not named:
                message = (
                    f"{options.stage} works on {now}: say {option}={now} to stay with it, or "
                    f"{option}={own} to go back to that table."
                )
                raise AccountError(message)
            if not options.is_production and named == own:
                message = f"{option}={own} is the table of the stage itself: leave {option} out."
                raise AccountError(message)

    def check_site_in_use(self) -> None:
        """Refuse to move production to another host or off its domain without a word.

        A stack of before these outputs tells neither, and is deployed as the options say.
        """
        options = self.options
        if not options.is_production:
            return
        used = self.outputs("Web")
        host, domain = used.get("Host", options.host), used.get("Domain", NO_DOMAIN)
        if host != options.host and "host" not in options.said:
            message = (
                f"{options.stage} runs on {host}: say HOST={host} to stay, or "
                f"HOST={options.host} to move."
            )
            raise AccountError(message)
        if domain != NO_DOMAIN and "domain" not in options.said:
            message = (
                f"{options.stage} is at {domain}: say DOMAIN={domain} with its CERTIFICATE to "
                f"stay, or DOMAIN={NO_DOMAIN} to give that name up."
            )
            raise AccountError(message)

    def put_budget(self) -> None:
        """Make the budget of the stage, or bring it up to date."""
        with map_errors("the budget"):
            client = self.session.client("budgets", budget.API_REGION)
            budget.put(client, self.number, self.options)

    def outputs(self, part: str) -> dict[str, str]:
        """Return the outputs of a stack by name; none if there is no such stack."""
        stack = self.stack(part)
        return {
            output.get("OutputKey", ""): output.get("OutputValue", "")
            for output in (stack.get("Outputs", []) if stack else [])
        }

    def stack(self, part: str) -> "StackTypeDef | None":
        """Return a stack as CloudFormation describes it, or ``None``."""
        name = naming.stack(self.options, part)
        with map_errors(f"DescribeStacks of {name}"):
            try:
                service = self.session.client("cloudformation")
                (stack,) = service.describe_stacks(StackName=name)["Stacks"]
            except ClientError as error:
                if "does not exist" in str(error):
                    return None
                raise
        return stack

    def deployed_indexes(self) -> Deployed:
        """Return the indexes of each table that the stage's stack made; none if it is new."""
        stack = self.stack("Data")
        if stack is None or stack["StackStatus"] in {*NEVER_MADE, "REVIEW_IN_PROGRESS"}:
            return {}
        name = naming.stack(self.options, "Data")
        with map_errors(f"GetTemplate of {name}"):
            template = self.session.client("cloudformation").get_template(StackName=name)
        resources = cast("Mapping[str, Any]", template["TemplateBody"])["Resources"]
        return {
            name: one["Properties"].get("GlobalSecondaryIndexes", [])
            for name, one in resources.items()
            if one["Type"] == "AWS::DynamoDB::Table"
        }

    def release_failed_stacks(self) -> None:
        """Let CDK delete the stacks that were never made whole: it makes them anew.

        Only production's are protected from that.
        """
        if not self.options.is_production:
            return
        service = self.session.client("cloudformation")
        pages = service.get_paginator("list_stacks").paginate(StackStatusFilter=[*NEVER_MADE])
        with map_errors("UpdateTerminationProtection"):
            names = [one["StackName"] for page in pages for one in page["StackSummaries"]]
            for name in names:
                if name.startswith(naming.stack(self.options, "")):
                    service.update_termination_protection(
                        StackName=name, EnableTerminationProtection=False
                    )

    def awaits_confirmation(self, part: str) -> bool:
        """Tell whether the mail address has not confirmed yet that it wants a part's mails."""
        topic = self.outputs(part).get("TopicArn")
        if topic is None:
            return False
        pager = self.session.client("sns").get_paginator("list_subscriptions_by_topic")
        with map_errors(f"the subscriptions of {topic}"):
            return any(
                one.get("SubscriptionArn") == PENDING and one.get("Endpoint") == self.options.mail
                for page in pager.paginate(TopicArn=topic)
                for one in page["Subscriptions"]
            )


def _is_sender_verified(service: "SESV2Client", options: Options) -> bool:
    """Tell whether SES sends for the closest identity that stands for the sender."""
    for name in naming.sender_identities(options):
        with map_errors(f"GetEmailIdentity of {name}"):
            try:
                identity = service.get_email_identity(EmailIdentity=name)
            except service.exceptions.NotFoundException:
                continue
        return bool(identity.get("VerifiedForSendingStatus"))
    return False


def check_table(described: Table, found: "TableDescriptionTypeDef") -> None:
    """Refuse an existing table that cannot serve as ``described``."""
    name = found["TableName"]
    if found["KeySchema"] != key_schema(described.partition_key, described.sort_key):
        keys = " and ".join(described.key_attributes)
        message = f"{name} cannot be used: its key is not {keys}."
        raise AccountError(message)
    indexes = {
        index["IndexName"]: index["KeySchema"] for index in found.get("GlobalSecondaryIndexes", [])
    }
    for index in described.indexes:
        if indexes.get(index.default) != key_schema(index.partition_key, index.sort_key):
            message = (
                f"{name} lacks the index {index.default} on {index.partition_key} and "
                f"{index.sort_key}: docs/operations.md says how to add it."
            )
            raise AccountError(message)
    if described is LEADS and found.get("StreamSpecification") != STREAM:
        message = (
            f"{name} has no stream of new and old images: switch it on with `aws dynamodb "
            f"update-table --table-name {name} --stream-specification "
            "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES`."
        )
        raise AccountError(message)
