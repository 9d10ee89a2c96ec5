"""New and converted leads announced: stream → pipe → workflow → topic → subscribers.

What cannot be announced ends in the dead-letter queue. ``docs/events.md`` tells what is
announced, and what to do with a dead letter.
"""

import json
from typing import cast

from aws_cdk import CfnOutput, Duration, Environment, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_pipes as pipes
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra import naming
from infra.events.filters import MAIL_POLICY, PIPE_PATTERNS
from infra.events.workflow import definition
from infra.options import Options
from infra.stacks.data import Data

# Step Functions takes 256 KB, and DynamoDB sends up to a thousand records at a time.
BATCH = 10
# The leads that come after wait for a batch that fails.
ATTEMPTS = 10
# The stream keeps a record for a day. Its dead letter only tells where it is there.
OLDEST = Duration.hours(12)
DEAD_LETTERS_KEPT = Duration.days(14)

_STREAM_READ = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
_LOG_DELIVERY = tuple(
    f"logs:{action}"
    for action in (
        *("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery"),
        *("ListLogDeliveries", "PutResourcePolicy", "DescribeResourcePolicies"),
        "DescribeLogGroups",
    )
)


_Waiting = pipes.CfnPipe.PipeTargetStateMachineParametersProperty
_ToLogGroup = pipes.CfnPipe.CloudwatchLogsLogDestinationProperty


class Events(Stack):
    """The topic, its dead-letter queue, the workflow and the pipe.

    The pipe has no name of its own: it is replaced when its stream is another one, and a name
    would stand in the way.
    """

    def __init__(self, scope: Construct, options: Options, data: Data) -> None:
        name = naming.stack(options, "Events")
        super().__init__(scope, name, env=Environment(region=options.region))
        self.add_stack_dependency(data, "the parameter that names the stream")
        self.topic = self._topic(options.mail)
        self.dead_letters = self._dead_letters(options)
        self.logs = logs.LogGroup(
            self,
            "Logs",
            log_group_name=naming.log_group(options, "events"),
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.workflow = self._workflow(self._address(options))
        self.pipe = self._pipe(data)
        CfnOutput(self, "TopicArn", value=self.topic.topic_arn)
        CfnOutput(self, "DeadLettersUrl", value=self.dead_letters.queue_url)
        CfnOutput(self, "WorkflowArn", value=self.workflow.attr_arn)
        CfnOutput(self, "PipeName", value=self.pipe.ref)

    def _address(self, options: Options) -> str:
        """Return the address of the site: unlike ``{{resolve:…}}``, read at every deployment."""
        published = naming.url_parameter(options)
        return ssm.StringParameter.value_for_string_parameter(self, published)

    def _topic(self, mail: str) -> sns.Topic:
        """Make the topic, for publishers over TLS, and subscribe the mail address."""
        topic = sns.Topic(
            self,
            "Topic",
            display_name="Leadbook",
            enforce_ssl=True,
        )
        # The key of AWS for SNS: nothing a month, and the roles of this account may use it. By
        # its bare name, since AWS makes it when that is first used, and not for an ARN.
        cast("sns.CfnTopic", topic.node.default_child).kms_master_key_id = "alias/aws/sns"
        sns.CfnSubscription(
            self,
            "Mail",
            topic_arn=topic.topic_arn,
            protocol="email",
            endpoint=mail,
            filter_policy=MAIL_POLICY,
            filter_policy_scope="MessageAttributes",
        )
        return topic

    def _dead_letters(self, options: Options) -> sqs.Queue:
        return sqs.Queue(
            self,
            "DeadLetters",
            queue_name=f"{options.prefix}-dead-letters",
            retention_period=DEAD_LETTERS_KEPT,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )

    def _workflow(self, url: str) -> stepfunctions.CfnStateMachine:
        """Make the Express workflow. Its logs hold no execution data: that is people's data."""
        role = self._role(
            "WorkflowRole",
            "states.amazonaws.com",
            _allow("sns:Publish", on=self.topic.topic_arn),
            _allow("sqs:SendMessage", on=self.dead_letters.queue_arn),
            # The delivery of logs knows no resources.
            _allow(*_LOG_DELIVERY, on="*"),
        )
        group = stepfunctions.CfnStateMachine.CloudWatchLogsLogGroupProperty(
            log_group_arn=self.logs.log_group_arn
        )
        to_group = stepfunctions.CfnStateMachine.LogDestinationProperty(
            cloud_watch_logs_log_group=group
        )
        return stepfunctions.CfnStateMachine(
            self,
            "Workflow",
            state_machine_type="EXPRESS",
            role_arn=role.role_arn,
            definition=definition(
                topic=self.topic.topic_arn,
                dead_letters=self.dead_letters.queue_url,
                url="${url}",
            ),
            definition_substitutions={"url": url},
            logging_configuration=stepfunctions.CfnStateMachine.LoggingConfigurationProperty(
                level="ERROR", include_execution_data=False, destinations=[to_group]
            ),
        )

    def _pipe(self, data: Data) -> pipes.CfnPipe:
        role = self._role(
            "PipeRole",
            "pipes.amazonaws.com",
            _allow(*_STREAM_READ, on=data.leads_stream_arn),
            _allow("dynamodb:ListStreams", on=f"{data.leads.table_arn}/stream/*"),
            _allow("states:StartSyncExecution", on=self.workflow.attr_arn),
            _allow("sqs:SendMessage", on=self.dead_letters.queue_arn),
        )
        return pipes.CfnPipe(
            self,
            "Pipe",
            description="New and converted leads, to the workflow that announces them",
            role_arn=role.role_arn,
            source=data.leads_stream_arn,
            source_parameters=_source(self.dead_letters.queue_arn),
            target=self.workflow.attr_arn,
            target_parameters=pipes.CfnPipe.PipeTargetParametersProperty(
                step_function_state_machine_parameters=_Waiting(invocation_type="REQUEST_RESPONSE")
            ),
            log_configuration=pipes.CfnPipe.PipeLogConfigurationProperty(
                level="ERROR",
                cloudwatch_logs_log_destination=_ToLogGroup(log_group_arn=self.logs.log_group_arn),
            ),
        )

    def _role(self, name: str, service: str, *allowed: iam.PolicyStatement) -> iam.Role:
        """Make a role for a service on behalf of this account, and of nobody else."""
        trusted = iam.ServicePrincipal(
            service, conditions={"StringEquals": {"aws:SourceAccount": self.account}}
        )
        # Inline, so that it is whole before the pipe and the workflow are checked against it.
        policy = iam.PolicyDocument(statements=[*allowed])
        return iam.Role(self, name, assumed_by=trusted, inline_policies={"Events": policy})


def _allow(*actions: str, on: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[*actions], resources=[on])


def _source(dead_letters: str) -> pipes.CfnPipe.PipeSourceParametersProperty:
    """Say what the pipe takes from the stream, and when it sets a batch aside."""
    pattern = pipes.CfnPipe.FilterProperty
    return pipes.CfnPipe.PipeSourceParametersProperty(
        filter_criteria=pipes.CfnPipe.FilterCriteriaProperty(
            filters=[pattern(pattern=json.dumps(wanted)) for wanted in PIPE_PATTERNS]
        ),
        dynamo_db_stream_parameters=pipes.CfnPipe.PipeSourceDynamoDBStreamParametersProperty(
            # Nothing that is written while the pipe is made is left out.
            starting_position="TRIM_HORIZON",
            batch_size=BATCH,
            maximum_retry_attempts=ATTEMPTS,
            maximum_record_age_in_seconds=OLDEST.to_seconds(),
            on_partial_batch_item_failure="AUTOMATIC_BISECT",
            dead_letter_config=pipes.CfnPipe.DeadLetterConfigProperty(arn=dead_letters),
        ),
    )
