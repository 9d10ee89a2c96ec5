"""Host ``apprunner``: AWS App Runner, for accounts that use it already.

It has taken no new customers since April 2026.
"""

from aws_cdk import Stack
from aws_cdk import aws_apprunner as apprunner
from aws_cdk import aws_iam as iam

from crm import paths
from infra.hosts.container import PORT, image
from infra.hosts.hosted import Hosted
from infra.options import Options

CPU = "0.5 vCPU"
MEMORY = "1 GB"
MOST_INSTANCES = 4
# What one instance answers at once: two server processes of eight threads, and as many waiting.
MOST_REQUESTS = 32

Service = apprunner.CfnService


def allowed_hosts(options: Options) -> str:
    """Return ALLOWED_HOSTS: the names of the services in the region.

    App Runner finds the service by the name: under another one nobody gets here.
    """
    return f".{options.region}.awsapprunner.com"


def host(
    stack: Stack, options: Options, variables: dict[str, str], roles: dict[str, iam.IRole]
) -> Hosted:
    """Make the service; ``roles["web"]`` is what its requests may do."""
    built = image(stack)
    access = iam.Role(
        stack, "Pull", assumed_by=iam.ServicePrincipal("build.apprunner.amazonaws.com")
    )
    built.repository.grant_pull(access)
    built.repository.grant(access, "ecr:DescribeImages")
    service = Service(
        stack,
        "Service",
        service_name=f"{options.prefix}-web",
        source_configuration=Service.SourceConfigurationProperty(
            auto_deployments_enabled=False,
            authentication_configuration=Service.AuthenticationConfigurationProperty(
                access_role_arn=access.role_arn
            ),
            image_repository=Service.ImageRepositoryProperty(
                image_identifier=built.image_uri,
                image_repository_type="ECR",
                image_configuration=Service.ImageConfigurationProperty(
                    port=str(PORT),
                    runtime_environment_variables=[
                        Service.KeyValuePairProperty(name=name, value=value)
                        for name, value in variables.items()
                    ],
                ),
            ),
        ),
        instance_configuration=Service.InstanceConfigurationProperty(
            cpu=CPU, memory=MEMORY, instance_role_arn=roles["web"].role_arn
        ),
        health_check_configuration=Service.HealthCheckConfigurationProperty(
            protocol="HTTP", path=paths.HEALTH
        ),
        auto_scaling_configuration_arn=_scaling(stack, options),
    )
    service.node.add_dependency(access.node.find_child("DefaultPolicy"))
    return Hosted(f"https://{service.attr_service_url}")


def _scaling(stack: Stack, options: Options) -> str:
    return apprunner.CfnAutoScalingConfiguration(
        stack,
        "Scaling",
        auto_scaling_configuration_name=f"{options.prefix}-web",
        max_concurrency=MOST_REQUESTS,
        min_size=1,
        max_size=MOST_INSTANCES,
    ).attr_auto_scaling_configuration_arn
