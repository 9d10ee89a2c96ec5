"""The dashboards, the alarms with the topic that tells of them, and the budget."""

from aws_cdk import CfnOutput, Environment, Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra import naming, regions
from infra.budget import WARNINGS
from infra.hosts import functions
from infra.monitoring import alarms
from infra.monitoring.capacity import capacity
from infra.monitoring.dashboard import health
from infra.monitoring.watched import WatchedResources
from infra.options import Host, Options
from infra.stacks.events import Events
from infra.stacks.web import Web

_FUNCTIONS = ("web", "form", "jobs")


class Monitoring(Stack):
    """What tells whether all is well, to whoever looks and to whoever has to be called."""

    def __init__(self, scope: Construct, options: Options, web: Web, events: Events) -> None:
        name = naming.stack(options, "Monitoring")
        super().__init__(scope, name, env=Environment(region=options.region))
        self.options = options
        watched = self._watched_resources(web, events)
        topic = sns.Topic(self, "Alarms", display_name=f"Leadbook {options.stage}")
        topic.add_subscription(subscriptions.EmailSubscription(options.mail))
        CfnOutput(self, "TopicArn", value=topic.topic_arn)
        told = actions.SnsAction(topic)
        made = [alarms.make(self, options, rule) for rule in alarms.rules(watched)]
        for alarm in made:
            alarm.add_alarm_action(told)
            alarm.add_ok_action(told)
        health(self, watched, made)
        capacity(self, watched, functions.MEMORY)
        if regions.has_budgets(options.region):
            self._budget(options)

    def _watched_resources(self, web: Web, events: Events) -> WatchedResources:
        on_lambda = self.options.host is Host.LAMBDA
        edge = web.distribution_id
        return WatchedResources(
            self.options,
            functions={part: f"{self.options.prefix}-{part}" for part in _FUNCTIONS}
            if on_lambda
            else {},
            distribution=self._shared_value(web, "distribution", edge) if edge else None,
            pipe=self._shared_value(events, "pipe", events.pipe.ref),
            workflow=self._shared_value(events, "workflow", events.workflow.ref),
            topic=self._shared_value(events, "topic", events.topic.topic_name),
            dead_letters=self._shared_value(events, "dead-letters", events.dead_letters.queue_name),
        )

    def _shared_value(self, owner: Stack, what: str, value: str) -> str:
        """Return a value of another stack by way of an SSM parameter.

        An export that is in use could not change, as the pipe's name does with its stream.
        """
        name = f"/leadbook/{self.options.stage}/monitoring/{what}"
        made = f"{what.title().replace('-', '')}Watched"
        ssm.CfnParameter(owner, made, name=name, type="String", value=value)
        self.add_stack_dependency(owner)
        return ssm.StringParameter.value_for_string_parameter(self, name)

    def _budget(self, options: Options) -> None:
        """Watch the whole account: a filter by tag sees nothing until someone activates it.

        It has no name: another mail address replaces it, and a name would stand in the way.
        """
        subscriber = budgets.CfnBudget.SubscriberProperty(
            address=options.mail, subscription_type="EMAIL"
        )
        told = [
            budgets.CfnBudget.NotificationWithSubscribersProperty(
                notification=budgets.CfnBudget.NotificationProperty(
                    comparison_operator="GREATER_THAN",
                    notification_type=kind,
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                ),
                subscribers=[subscriber],
            )
            for kind, percent in WARNINGS
        ]
        limit = budgets.CfnBudget.SpendProperty(amount=options.budget, unit="USD")
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=limit,
            ),
            notifications_with_subscribers=told,
        )
