"""The second dashboard: what it consumes of DynamoDB, what is refused, and what that costs.

On its own, because a dashboard is free up to 50 metrics, and tables with their indexes have 40.
"""

from collections.abc import Container, Mapping

from aws_cdk import Duration
from aws_cdk.aws_cloudwatch import Dashboard, IMetric, IWidget, MathExpression
from constructs import Construct

from crm.dynamodb.schema import Index
from crm.tables import (
    AGENDA_INDEX,
    HELD_INDEX,
    HELD_NETWORK_INDEX,
    LEADS,
    RECORDS,
    TEAM_AGENDA_INDEX,
)
from infra.costs import prices
from infra.costs.prices import Price
from infra.costs.regional import local_price
from infra.monitoring.watched import (
    CLOUDFRONT_REGION,
    PERIOD,
    WatchedResources,
    metric,
    places,
    table_dimensions,
)
from infra.monitoring.widgets import HALF, dashboard_name, graph, text
from infra.options import Options

DAY = Duration.days(1)
# The commonest write, and the commonest read: the fifty have no room for more.
_OPERATIONS = {LEADS: "TransactWriteItems", RECORDS: "Query"}
# Nor for when these are throttled: what may come in floods writes more to their tables, which
# come to their ceilings before them.
_AFTER_THEIR_TABLES = (AGENDA_INDEX, TEAM_AGENDA_INDEX, HELD_INDEX, HELD_NETWORK_INDEX)


def capacity(scope: Construct, watched: WatchedResources, memory_mb: int) -> Dashboard:
    """Make the dashboard of what is consumed; a function has ``memory_mb``."""
    options = watched.options
    rows: list[list[IWidget]] = [
        [text(_ABOUT.format(stage=options.stage, first=dashboard_name(options)))],
        _cost(watched, memory_mb),
        _widgets_by_place(options, "Consumed", "CapacityUnits", "consumed, units"),
        _widgets_by_place(options, "", "ThrottleEvents", "throttled, events", _AFTER_THEIR_TABLES),
        _conflicts(options),
    ]
    name = dashboard_name(options, "capacity")
    return Dashboard(scope, "Capacity", dashboard_name=name, widgets=rows)


def _widgets_by_place(
    options: Options, before: str, after: str, what: str, without: Container[Index] = ()
) -> list[IWidget]:
    return [
        graph(
            f"{kind}s {what}",
            list(_lines(options, f"{before}{kind}{after}", PERIOD, without).values()),
            width=HALF,
            stacked=True,
        )
        for kind in ("Read", "Write")
    ]


def _lines(
    options: Options, name: str, period: Duration, without: Container[Index] = ()
) -> dict[str, IMetric]:
    """Return a metric of every table and index but those ``without``, by an id for expressions."""
    return {
        f"{name[0].lower()}{name[1:]}{number}": metric(
            "AWS/DynamoDB", name, place.dimensions, label=place.label, period=period
        )
        for number, place in enumerate(places(options, without))
    }


def _conflicts(options: Options) -> list[IWidget]:
    conflicts = [
        metric(
            "AWS/DynamoDB",
            "TransactionConflict",
            table_dimensions(options, table),
            label=table.default,
        )
        for table in _OPERATIONS
    ]
    failed = [
        metric(
            "AWS/DynamoDB",
            "SystemErrors",
            {**table_dimensions(options, table), "Operation": operation},
            label=f"{table.default}, {operation}: SystemErrors",
        )
        for table, operation in _OPERATIONS.items()
    ]
    # DynamoDB tells them for the account and the region only.
    refused = metric("AWS/DynamoDB", "UserErrors", {}, label="whole account: UserErrors")
    return [
        graph("Conflicts of transactions", conflicts, width=HALF),
        graph("Requests that DynamoDB failed or refused", [*failed, refused], width=HALF),
    ]


def _cost(watched: WatchedResources, memory_mb: int) -> list[IWidget]:
    """Draw dollars a day, as if nothing were free."""
    reads = _lines(watched.options, "ConsumedReadCapacityUnits", DAY)
    writes = _lines(watched.options, "ConsumedWriteCapacityUnits", DAY)
    region = watched.options.region
    costs = [
        _dollars("DynamoDB, reads", reads, local_price(prices.READS, region)),
        _dollars("DynamoDB, writes", writes, local_price(prices.WRITES, region)),
    ]
    if watched.functions:
        times = _of_functions(watched, "Duration")
        calls = _of_functions(watched, "Invocations")
        gb_seconds = memory_mb / 1024 / 1000
        costs += [
            _dollars("Lambda, time", times, prices.COMPUTE, gb_seconds),
            _dollars("Lambda, calls", calls, prices.CALLS),
        ]
    widgets: list[IWidget] = [
        graph("Dollars a day, without what is free", costs, units="$", width=HALF, stacked=True)
    ]
    return [*widgets, _edge(watched.distribution)] if watched.distribution else widgets


def _of_functions(watched: WatchedResources, name: str) -> dict[str, IMetric]:
    return {
        f"{part}{name}": metric("AWS/Lambda", name, {"FunctionName": function}, period=DAY)
        for part, function in watched.answering.items()
    }


def _edge(distribution: str) -> IWidget:
    requests = metric(
        "AWS/CloudFront",
        "Requests",
        {"DistributionId": distribution, "Region": "Global"},
        period=DAY,
        region=CLOUDFRONT_REGION,
    )
    cost = _dollars("CloudFront, requests", {"requests": requests}, prices.REQUESTS)
    title = "Dollars a day for CloudFront's requests, ten million of which are free each month"
    return graph(title, [cost], units="$", width=HALF, region=CLOUDFRONT_REGION)


def _dollars(label: str, used: Mapping[str, IMetric], price: Price, units: float = 1.0) -> IMetric:
    """Price a day's sum of metrics, of which one has so many priced ``units``."""
    each = f"{price.dollars * units / price.per:.12f}".rstrip("0")
    return MathExpression(
        expression=f"SUM([{', '.join(used)}]) * {each}",
        using_metrics=dict(used),
        label=label,
        period=DAY,
    )


_ABOUT = """# Leadbook, {stage}: what it consumes
Reads and writes are request units of on-demand tables, for each table and each index.
Dollars are what was consumed times list prices, before anything that is free;
storage and backups are not in them: `make cost` has all of it. Is it well? See `{first}`.
"""
