"""The web application on one of three hosts: the same code, the same settings."""

from pathlib import Path

from aws_cdk import CfnOutput, Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra import naming
from infra.hosts import apprunner, express, functions
from infra.hosts.hosted import Hosted, variables
from infra.options import NO_DOMAIN, Host, Options
from infra.stacks.access import Access
from infra.stacks.data import Data

_CONTAINERS = {
    Host.EXPRESS: (express.host, express.allowed_hosts),
    Host.APPRUNNER: (apprunner.host, apprunner.allowed_hosts),
}


class Web(Stack):
    """The application; ``distribution_id`` is there on Lambda only.

    The host may change, and an export that is in use could not: other stacks find the address
    by a parameter, and both roles are exported whether or not the host uses them.
    """

    def __init__(
        self, scope: Construct, options: Options, data: Data, access: Access, package: Path
    ) -> None:
        name = naming.stack(options, "Web")
        super().__init__(scope, name, env=Environment(region=options.region))
        roles: dict[str, iam.IRole] = {"web": access.web, "form": access.form}
        hosted = self._host(options, data.variables, roles, package)
        self.distribution_id = hosted.distribution_id
        self._publish(options, hosted.url)
        for role in roles.values():
            access.export_value(role.role_arn)

    def _publish(self, options: Options, url: str) -> None:
        """Tell people and other stacks the address, without a last slash.

        Host and domain are for the next deployment, which asks before it changes them.
        """
        CfnOutput(self, "Url", value=url)
        CfnOutput(self, "Host", value=options.host)
        CfnOutput(self, "Domain", value=options.domain or NO_DOMAIN)
        parameter = naming.url_parameter(options)
        ssm.CfnParameter(self, "Address", name=parameter, type="String", value=url)

    def _host(
        self,
        options: Options,
        tables: dict[str, str],
        roles: dict[str, iam.IRole],
        package: Path,
    ) -> Hosted:
        if options.host is Host.LAMBDA:
            settings = variables(options, tables, functions.allowed_hosts(options))
            return functions.host(self, options, settings, roles, package)
        host, allowed_hosts = _CONTAINERS[options.host]
        settings = variables(options, tables, allowed_hosts(options))
        # Lambda says it by itself, and lets nobody else.
        settings["AWS_REGION"] = options.region
        return host(self, options, settings, roles)
