"""The first dashboard: is it well? Requests, leads, the host, and the way of the events."""

from collections.abc import Sequence

from aws_cdk.aws_cloudwatch import (
    AlarmStatusWidget,
    Dashboard,
    IAlarm,
    IMetric,
    IWidget,
    MathExpression,
)
from constructs import Construct

from infra.monitoring.alarms import RUNBOOK
from infra.monitoring.tables import tables
from infra.monitoring.watched import (
    CLOUDFRONT_REGION,
    PERIOD,
    STATUSES,
    WatchedResources,
    metric,
    own,
)
from infra.monitoring.widgets import COLUMNS, HALF, dashboard_name, graph, text
from infra.options import Host, Options

# By dimensions and metrics; found by the service's name, for its id is made by AWS.
_SERVICES = {
    Host.EXPRESS: ("AWS/ECS,ClusterName,ServiceName", ("CPUUtilization", "MemoryUtilization")),
    Host.APPRUNNER: ("AWS/AppRunner,ServiceID,ServiceName", ("ActiveInstances", "RequestLatency")),
}


def health(scope: Construct, watched: WatchedResources, alarms: Sequence[IAlarm]) -> Dashboard:
    """Make the dashboard that tells whether all is well."""
    options = watched.options
    rows: list[list[IWidget]] = [
        [text(_ABOUT.format(stage=options.stage, other=dashboard_name(options, "capacity")))],
        [AlarmStatusWidget(title="Alarms", alarms=alarms, width=COLUMNS, height=3)],
        _requests(options),
        _leads(options),
        _functions(watched) if watched.functions else _service(options),
        _events(watched),
        tables(options),
    ]
    name = dashboard_name(options)
    return Dashboard(scope, "Health", dashboard_name=name, widgets=rows)


def _requests(options: Options) -> list[IWidget]:
    errors = own(options, "Errors", label="errors")
    rate = own(options, "Errors", statistic="Average")
    percent = MathExpression(
        expression="100 * rate", using_metrics={"rate": rate}, label="error rate, %", period=PERIOD
    )
    times = [own(options, "Latency", statistic=name, label=name) for name in ("p50", "p99")]
    return [
        graph("Requests", [own(options, "Errors", statistic="SampleCount", label="requests")]),
        graph("Time to answer", times, units="ms"),
        graph("Errors (5xx)", [errors], [percent], right_units="%"),
    ]


def _leads(options: Options) -> list[IWidget]:
    # Written when somebody looks at the board: until the next time, the last is shown.
    counted = [own(options, "Leads", statistic="Maximum", status=status) for status in STATUSES]
    lines = [
        MathExpression(
            expression=f"FILL({status}, REPEAT)",
            using_metrics={status: number},
            label=status,
            period=PERIOD,
        )
        for status, number in zip(STATUSES, counted, strict=True)
    ]
    sent = own(options, "FormSubmissions", label="accepted")
    failed = own(options, "FormErrors", label="failed")
    held = own(options, "FormHeld", label="held")
    refused = own(options, "FormRefused", label="refused")
    return [
        graph("Messages by form and API", [sent, failed, held, refused], width=HALF),
        graph("Leads by status", lines, width=HALF, stacked=True),
    ]


def _functions(watched: WatchedResources) -> list[IWidget]:
    def lines(name: str, statistic: str) -> list[IMetric]:
        return [
            metric(
                "AWS/Lambda",
                name,
                {"FunctionName": function},
                statistic=statistic,
                label=f"{part}: {name}",
            )
            for part, function in watched.functions.items()
        ]

    refused = [*lines("Errors", "Sum"), *lines("Throttles", "Sum")]
    running = lines("ConcurrentExecutions", "Maximum")
    widgets = [
        graph("Functions: time, p99", lines("Duration", "p99"), running, units="ms"),
        graph("Functions: failed and refused calls", refused),
    ]
    return [*widgets, _edge(watched.distribution)] if watched.distribution else [*widgets]


def _edge(distribution: str) -> IWidget:
    dimensions = {"DistributionId": distribution, "Region": "Global"}

    def line(name: str, statistic: str) -> IMetric:
        return metric(
            "AWS/CloudFront", name, dimensions, statistic=statistic, region=CLOUDFRONT_REGION
        )

    rates = [line(name, "Average") for name in ("4xxErrorRate", "5xxErrorRate")]
    requests = [line("Requests", "Sum")]
    return graph("CloudFront", requests, rates, right_units="%", region=CLOUDFRONT_REGION)


def _service(options: Options) -> list[IWidget]:
    dimensions, names = _SERVICES[options.host]
    return [
        graph(name, [MathExpression(expression=_search(options, dimensions, name))], width=HALF)
        for name in names
    ]


def _search(options: Options, dimensions: str, name: str) -> str:
    terms = f'{{{dimensions}}} MetricName="{name}" ServiceName="{options.prefix}-web"'
    return f"SEARCH('{terms}', 'Average', {PERIOD.to_seconds()})"


def _events(watched: WatchedResources) -> list[IWidget]:
    pipe = [
        metric("AWS/EventBridge/Pipes", name, {"PipeName": watched.pipe}, label=f"pipe: {name}")
        for name in ("Invocations", "ExecutionFailed", "ExecutionThrottled")
    ]
    workflow = [
        metric("AWS/States", name, {"StateMachineArn": watched.workflow}, label=f"workflow: {name}")
        for name in ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled")
    ]
    topic = [
        metric("AWS/SNS", name, {"TopicName": watched.topic})
        for name in (
            "NumberOfMessagesPublished",
            "NumberOfNotificationsFilteredOut",
            "NumberOfNotificationsFailed",
        )
    ]
    waiting, age = (
        metric("AWS/SQS", name, {"QueueName": watched.dead_letters}, statistic="Maximum")
        for name in ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage")
    )
    return [
        graph("From the stream to the workflow", [*pipe, *workflow]),
        graph("Messages to subscribers", topic),
        graph("Dead letters", [waiting], [age], right_units="s"),
    ]


_ABOUT = f"""# Leadbook, {{stage}}
What each graph and each alarm means, and what to do: `{RUNBOOK}` in the repository.
What it consumes and what that costs: the dashboard `{{other}}`.
"""
