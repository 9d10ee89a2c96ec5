"""What a month costs where the application runs: one function for each host.

Without any I/O.
"""

from collections.abc import Callable
from enum import StrEnum

from infra.costs import prices
from infra.costs.consumption import GB, Load
from infra.costs.prices import MONTH_HOURS, MONTH_SECONDS, Line
from infra.costs.traffic import Traffic, busy_spells

MEMORY_MB = 1_769
"""Of each function: one whole processor."""

COLD_SECONDS = 1.5
"""What loading a function takes, billed since August 2025."""

LOOKS = MONTH_SECONDS / 60
"""A schedule asks each minute whether anything is due."""

LOOK_SECONDS = 0.03
LOOK_GB = 0.5

JOB_SECONDS = 0.03
MAIL_SECONDS = 0.3
"""What a job takes that only asks DynamoDB, and one that hands a mail over."""

CALL_LOG_BYTES = 370
"""The lines START, END and REPORT that Lambda writes for each call."""

PROCESSES = 2
LOOK_EVERY = 15.0
"""Seconds after which an idle process of a server looks for what is due."""

TASK_CPU = 0.5
TASK_GB = 1.0
ADDRESSES = 3
"""Two of the load balancer, in as many zones, and one of the task."""

LCU_REQUESTS = 25 * 3600
IMAGE_GB = 0.2
RUNNER_SECONDS = 60.0
"""An idle instance that is asked something is billed for a minute at least."""


class Host(StrEnum):
    """Where the application runs."""

    LAMBDA = "lambda"
    EXPRESS = "express"
    APP_RUNNER = "apprunner"

    @property
    def label(self) -> str:
        """Return its name."""
        return {"lambda": "AWS Lambda", "express": "ECS Express Mode"}.get(self, "App Runner")


def log_gigabytes(host: Host, sent: Traffic) -> float:
    """Return the GB of log lines: Lambda adds its own to each of ours."""
    own = (sent.requests + LOOKS) * CALL_LOG_BYTES / GB if host is Host.LAMBDA else 0.0
    return sent.log_gigabytes + own


def looks(host: Host) -> float:
    """Return how often a month is asked what is due: by a schedule, or by each process."""
    return LOOKS if host is Host.LAMBDA else PROCESSES * MONTH_SECONDS / LOOK_EVERY


def server(host: Host, load: Load, sent: Traffic) -> tuple[Line, ...]:
    """Return the lines of the host."""
    return _HOSTS[host](load, sent)


def _lambda(load: Load, sent: Traffic) -> tuple[Line, ...]:
    seconds = sent.seconds + sent.cold_starts * COLD_SECONDS
    jobs = LOOKS * LOOK_SECONDS + load.leads * JOB_SECONDS + load.mails * MAIL_SECONDS
    return (
        Line(prices.CALLS, sent.requests + LOOKS),
        Line(prices.COMPUTE, seconds * MEMORY_MB / 1024 + jobs * LOOK_GB),
        Line(prices.REQUESTS, sent.edge_requests),
        Line(prices.EDGE, sent.requests),
        Line(prices.TRANSFER, sent.gigabytes),
    )


def _express(load: Load, sent: Traffic) -> tuple[Line, ...]:
    del load
    return (
        Line(prices.FARGATE_CPU, TASK_CPU * MONTH_HOURS),
        Line(prices.FARGATE_MEMORY, TASK_GB * MONTH_HOURS),
        Line(prices.BALANCER, MONTH_HOURS),
        Line(prices.BALANCER_USE, max(sent.gigabytes, sent.edge_requests / LCU_REQUESTS)),
        Line(prices.ADDRESSES, ADDRESSES * MONTH_HOURS),
        Line(prices.IMAGE, IMAGE_GB),
        Line(prices.EGRESS, sent.gigabytes),
    )


def _app_runner(load: Load, sent: Traffic) -> tuple[Line, ...]:
    day = load.day
    working = min(MONTH_HOURS, day.hours * day.days_a_month) if load.staff else 0.0
    asked = busy_spells(load.by_chance, RUNNER_SECONDS) * RUNNER_SECONDS / 3600
    woken = asked * (1 - working / MONTH_HOURS)
    return (
        Line(prices.RUNNER_MEMORY, TASK_GB * MONTH_HOURS),
        Line(prices.RUNNER_CPU, TASK_CPU * (working + woken)),
        Line(prices.IMAGE, IMAGE_GB),
        Line(prices.EGRESS, sent.gigabytes),
    )


_HOSTS: dict[Host, Callable[[Load, Traffic], tuple[Line, ...]]] = {
    Host.LAMBDA: _lambda,
    Host.EXPRESS: _express,
    Host.APP_RUNNER: _app_runner,
}
