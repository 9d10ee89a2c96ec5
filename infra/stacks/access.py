"""A role for each part, with what it needs and nothing else."""

from dataclasses import replace

from aws_cdk import Aws, CfnOutput, Duration, Environment, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from crm.dynamodb.schema import Table
from crm.tables import EPHEMERAL, HELD, LEADS, RECORDS
from infra import naming
from infra.options import Host, Options
from infra.policies import (
    ERASURE,
    FORM,
    MAINTENANCE,
    WEB,
    Grant,
    Statement,
    allow_statements,
    deny_statements,
    erasure_deny_statements,
    restored_tables_statement,
)
from infra.stacks.data import Data

_SERVICES = {
    Host.LAMBDA: "lambda.amazonaws.com",
    Host.EXPRESS: "ecs-tasks.amazonaws.com",
    Host.APPRUNNER: "tasks.apprunner.amazonaws.com",
}
MAINTENANCE_HOURS = 4


class Access(Stack):
    """The roles ``web``, ``form``, ``maintenance`` and ``erasure``.

    On a host other than Lambda one process answers both, with the role of ``web``, which
    includes what the form needs.
    """

    def __init__(self, scope: Construct, options: Options, data: Data) -> None:
        name = naming.stack(options, "Access")
        super().__init__(scope, name, env=Environment(region=options.region))
        self._options = options
        self._arns = {
            LEADS: data.leads.table_arn,
            RECORDS: data.records.table_arn,
            EPHEMERAL: data.ephemeral.table_arn,
            HELD: data.held.table_arn,
        }
        keys = [naming.secret_key_parameter(options)]
        if options.email_host_user:
            keys.append(naming.email_password_parameter(options))
        self.web = self._serving_role("Web", WEB, keys)
        self._allow_more(self.web)
        self.form = self._serving_role("Form", FORM, [naming.form_secret_key_parameter(options)])
        self.maintenance = self._role(
            "Maintenance",
            iam.AccountPrincipal(Aws.ACCOUNT_ID),
            [
                *allow_statements(MAINTENANCE, self._arn),
                self._restored_tables_statement(),
                self._outputs(),
            ],
            description="Runs the maintenance commands: see docs/operations.md",
            max_session_duration=Duration.hours(MAINTENANCE_HOURS),
        )
        CfnOutput(self, "MaintenanceRole", value=self.maintenance.role_arn)
        self.erasure = self._role(
            "Erasure",
            iam.AccountPrincipal(Aws.ACCOUNT_ID),
            [*allow_statements(ERASURE, self._arn), self._outputs()],
            denied=erasure_deny_statements(self._arn(RECORDS)),
            description="Runs erase_lead alone: see docs/operations.md",
        )
        CfnOutput(self, "ErasureRole", value=self.erasure.role_arn)

    def _serving_role(self, part: str, grants: tuple[Grant, ...], keys: list[str]) -> iam.Role:
        """Make the role of what answers requests; ``keys`` names the secrets of its own."""
        statements = [*allow_statements(grants, self._arn), self._parameters(keys)]
        if self._options.host is Host.LAMBDA:
            statements.append(self._log(part.lower()))
        trusted = iam.ServicePrincipal(_SERVICES[self._options.host])
        return self._role(part, trusted, statements)

    def _role(  # noqa: PLR0913 -- the parts of a role
        self,
        part: str,
        trusted: iam.IPrincipal,
        statements: list[Statement],
        *,
        denied: list[Statement] | None = None,
        description: str | None = None,
        max_session_duration: Duration | None = None,
    ) -> iam.Role:
        denied = denied or deny_statements(self._arn(RECORDS))
        document = {"Version": "2012-10-17", "Statement": [*statements, *denied]}
        return iam.Role(
            self,
            part,
            assumed_by=trusted,
            inline_policies={part: iam.PolicyDocument.from_json(document)},
            description=description,
            max_session_duration=max_session_duration,
        )

    def _arn(self, table: Table) -> str:
        return self._arns[table]

    def _restored_tables_statement(self) -> Statement:
        """Allow reading ``<table>-…``, as docs/operations.md names restored tables."""
        own = replace(self._options, leads_table=None, leads_stream=None, records_table=None)
        names = [f"table/{naming.table(own, table)}-*" for table in (LEADS, RECORDS)]
        return restored_tables_statement([self._of("dynamodb", name) for name in names])

    def _parameters(self, keys: list[str]) -> Statement:
        """Allow reading the secrets, and the site's address where it has no domain."""
        names = [*keys]
        if not self._options.domain:
            names.append(naming.url_parameter(self._options))
        if self._options.host is Host.LAMBDA:
            names.append(naming.origin_secret_parameter(self._options))
        return {
            "Effect": "Allow",
            "Action": "ssm:GetParameters",
            "Resource": [self._of("ssm", f"parameter{name}") for name in names],
        }

    def _allow_more(self, role: iam.Role) -> None:
        """Allow by a policy of its own what the role of the pages has no room for."""
        statements: list[Statement] = []
        if self._options.host is Host.LAMBDA:
            # What is due is done with the rights of the pages, and has a log of its own.
            statements.append(self._log("jobs"))
        if self._options.email_service:
            statements.append(self._mail())
        if statements:
            document = {"Version": "2012-10-17", "Statement": statements}
            policy = iam.PolicyDocument.from_json(document)
            iam.ManagedPolicy(self, "WebMore", document=policy, roles=[role])

    def _mail(self) -> Statement:
        """Allow sending by Amazon SES, from the one address.

        What is verified, the address or a domain, is not known here; SES takes the closest.
        """
        names = naming.sender_identities(self._options)
        return {
            "Effect": "Allow",
            "Action": ["ses:SendEmail", "ses:SendRawEmail"],
            "Resource": [self._of("ses", f"identity/{name}") for name in names],
            "Condition": {"StringEquals": {"ses:FromAddress": self._options.default_from_email}},
        }

    def _log(self, part: str) -> Statement:
        """Allow Lambda to write the log of a part; the other hosts do that by themselves."""
        group = naming.log_group(self._options, part)
        return {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": self._of("logs", f"log-group:{group}:*"),
        }

    def _outputs(self) -> Statement:
        """Allow ``make manage`` to read the tables' names."""
        stack = naming.stack(self._options, "Data")
        return {
            "Effect": "Allow",
            "Action": "cloudformation:DescribeStacks",
            "Resource": self._of("cloudformation", f"stack/{stack}/*"),
        }

    def _of(self, service: str, resource: str) -> str:
        """Return an ARN in this account and region."""
        return f"arn:{Aws.PARTITION}:{service}:{self.region}:{Aws.ACCOUNT_ID}:{resource}"
