"""When a person is told: each alarm with its threshold, the reason for it, and what to do.

An alarm is billed by the metrics that it looks at, and ten are free: together they look at
ten. Missing data is good news: an idle deployment sends none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.aws_cloudwatch import IMetric, MathExpression
from constructs import Construct

from infra.monitoring.watched import PERIOD, WatchedResources, metric, own
from infra.options import Options

RUNBOOK = "docs/monitoring.md"
# Three periods of five minutes in a row: what has passed by itself wakes nobody.
LASTING = 3
# The client tries four times, and the visitor is asked to try again: one that is lost is
# one too many, whatever the others do.
LOST_MESSAGES = 1
# Nobody is told of it otherwise, and whoever wrote waits for an answer.
HELD_MESSAGES = 1
# One failed request among the few of a quiet hour is no 5 % for a quarter of an hour.
ERROR_RATE = 0.05
# Pages take 50 ms and DynamoDB is given 2 s: a second is not the load, but trouble.
SLOW_MS = 1000
DEAD_LETTERS = 1
# A pipe tries again by itself, later and later: three failures may be far apart.
FAILED_RUNS = 1
HOUR = 12
# A visitor met each of these, or nothing that was due was done in that minute.
FAILED_CALLS = 1


@dataclass(frozen=True)
class Rule:
    """When an alarm goes off: at ``threshold`` or above, ``periods`` times in a row.

    ``within`` more periods they need not be in a row. ``is_silence_good`` says that missing
    data is good news; else it changes nothing.
    """

    key: str
    text: str
    metric: IMetric
    threshold: float
    periods: int = 1
    within: int = 0
    is_silence_good: bool = True

    @property
    def description(self) -> str:
        """What the mail says."""
        return f"{self.text} Runbook: {RUNBOOK}#{self.key}"


def rules(watched: WatchedResources) -> Iterator[Rule]:
    """Yield the alarms of a deployment."""
    yield from _requests(watched.options)
    yield from _events(watched)
    if watched.functions:
        yield Rule("functions", _FUNCTIONS, _failed_calls(watched), FAILED_CALLS)


def make(scope: Construct, options: Options, rule: Rule) -> cloudwatch.Alarm:
    """Make the alarm of a rule."""
    return cloudwatch.Alarm(
        scope,
        rule.key.title().replace("-", ""),
        alarm_name=f"{options.prefix}-{rule.key}",
        alarm_description=rule.description,
        metric=rule.metric,
        threshold=rule.threshold,
        evaluation_periods=rule.within or rule.periods,
        datapoints_to_alarm=rule.periods,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING
        if rule.is_silence_good
        else cloudwatch.TreatMissingData.IGNORE,
    )


def _requests(options: Options) -> Iterator[Rule]:
    failed = own(options, "FormErrors")
    yield Rule("form-errors", _FORM_ERRORS, failed, LOST_MESSAGES)
    # One mail for a flood of hours, and not one for each five minutes of it.
    yield Rule("held", _HELD, own(options, "FormHeld"), HELD_MESSAGES, within=HOUR)
    rate = own(options, "Errors", statistic="Average")
    yield Rule("error-rate", _ERROR_RATE, rate, ERROR_RATE, LASTING)
    slowest = own(options, "Latency", statistic="p99")
    yield Rule("latency", _LATENCY, slowest, SLOW_MS, LASTING)


def _events(watched: WatchedResources) -> Iterator[Rule]:
    waiting = metric(
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        {"QueueName": watched.dead_letters},
        statistic="Maximum",
    )
    yield Rule("dead-letters", _DEAD_LETTERS, waiting, DEAD_LETTERS)
    failed = metric("AWS/EventBridge/Pipes", "ExecutionFailed", {"PipeName": watched.pipe})
    # One that AWS stopped is silent as well: that must not look as if it were mended.
    yield Rule("pipe", _PIPE, failed, FAILED_RUNS, LASTING, HOUR, is_silence_good=False)


def _failed_calls(watched: WatchedResources) -> IMetric:
    failed = {
        f"{part}_{name.lower()}": metric("AWS/Lambda", name, {"FunctionName": function})
        for part, function in watched.functions.items()
        for name in ("Errors", "Throttles")
        # Staff whom a page is refused for a moment reload it, and jobs wait; a visitor is gone.
        if part == "form" or name == "Errors"
    }
    # What is missing counts as 0. SUM() is not recommended in alarms.
    return MathExpression(
        expression=" + ".join(failed),
        using_metrics=dict(failed),
        label="failed calls",
        period=PERIOD,
    )


_FORM_ERRORS = (
    "A visitor's message was not taken: the form answered with an error, or with 429 above "
    "INTAKE_CEILING, and asked to try again. Look at the logs for status 429 and 500 to 599 on "
    "/contact/ and /api/v1/leads."
)
_HELD = (
    "Within an hour messages were held: they came in over a limit of the form, were thanked for, "
    "and are no leads until somebody releases them. Look at the page /held/: release what people "
    "wrote, discard the rest."
)
_ERROR_RATE = (
    "For 15 minutes at least 5 % of the requests have failed. Look at the logs for level error, "
    "and at whether a deployment began it: if so, roll it back."
)
_LATENCY = (
    "For 15 minutes one request in a hundred has taken a second or more. Compare ms and "
    "dynamodb_ms in the logs: they tell whether DynamoDB or the application is slow."
)
_DEAD_LETTERS = (
    "The news of a new or converted lead could not be sent and waits in the dead-letter queue. "
    "The lead itself is stored. Read the messages: they tell the error. Mend it, tell those who "
    "wait for the news, and delete the messages."
)
_PIPE = (
    "Within an hour the pipe from the leads' stream has failed again and again: nobody is told "
    "of new leads. After 12 hours what it could not take goes to the dead-letter queue."
)
_FUNCTIONS = (
    "A Lambda function failed, timed out or was refused for lack of concurrency, and the "
    "application's own metrics do not show it: somebody saw no page of ours, or, if it is that of "
    "jobs, no mail left in that minute, or work failed for good. What failed for good stands at "
    "/ops/jobs/."
)
