"""Host ``express``: ECS Express Mode, the container behind a load balancer, always on."""

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from crm import paths
from infra.hosts.container import PORT, image
from infra.hosts.hosted import Hosted, log_group
from infra.options import Options

# Half a processor and 1 GB for two server processes of 100 MB.
CPU = "512"
MEMORY = "1024"
MOST_TASKS = 4
INFRASTRUCTURE_POLICY = "service-role/AmazonECSInfrastructureRoleforExpressGatewayServices"

Service = ecs.CfnExpressGatewayService


def allowed_hosts(options: Options) -> str:
    """Return ALLOWED_HOSTS: the names of Express services in the region.

    The load balancer hands on what was asked under the service's own name, nothing else.
    """
    return f".ecs.{options.region}.on.aws"


def host(
    stack: Stack, options: Options, variables: dict[str, str], roles: dict[str, iam.IRole]
) -> Hosted:
    """Make the service; ``roles["web"]`` is what its requests may do."""
    logs = log_group(stack, options, "web")
    built = image(stack)
    execution = iam.Role(
        stack, "Execution", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com")
    )
    built.repository.grant_pull(execution)
    logs.grant_write(execution)
    service = Service(
        stack,
        "Service",
        service_name=f"{options.prefix}-web",
        execution_role_arn=execution.role_arn,
        infrastructure_role_arn=_infrastructure(stack).role_arn,
        task_role_arn=roles["web"].role_arn,
        cpu=CPU,
        memory=MEMORY,
        health_check_path=paths.HEALTH,
        primary_container=Service.ExpressGatewayContainerProperty(
            image=built.image_uri,
            container_port=PORT,
            environment=[
                Service.KeyValuePairProperty(name=name, value=value)
                for name, value in variables.items()
            ],
            aws_logs_configuration=Service.ExpressGatewayServiceAwsLogsConfigurationProperty(
                log_group=logs.log_group_name, log_stream_prefix="web"
            ),
        ),
        scaling_target=Service.ExpressGatewayScalingTargetProperty(
            min_task_count=1, max_task_count=MOST_TASKS
        ),
    )
    service.node.add_dependency(execution.node.find_child("DefaultPolicy"))
    return Hosted(f"https://{service.attr_endpoint}")


def _infrastructure(stack: Stack) -> iam.Role:
    policy = iam.ManagedPolicy.from_aws_managed_policy_name(INFRASTRUCTURE_POLICY)
    return iam.Role(
        stack,
        "Infrastructure",
        assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"),
        managed_policies=[policy],
    )
