"""What is watched: the parts of a deployment by name, and their metrics.

Metric names and dimensions are those of the pages on metrics in each service's guide;
``tests/infra/test_monitoring.py`` has the table.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk.aws_cloudwatch import Metric

from crm.dynamodb.schema import Index, Table
from crm.tables import TABLES
from infra import naming
from infra.options import Options

PERIOD = Duration.minutes(5)
STATUSES = ("new", "contacted", "qualified", "converted")
# CloudFront's metrics are kept there, wherever the visitors and the origin are.
CLOUDFRONT_REGION = "us-east-1"


@dataclass(frozen=True)
class WatchedResources:
    """The parts of a deployment, by the names that CloudWatch knows them by.

    ``functions`` are by part (``web``, ``form``, ``jobs``); they and ``distribution`` are there on
    Lambda only. ``workflow`` is the state machine's ARN.
    """

    options: Options
    functions: Mapping[str, str]
    distribution: str | None
    pipe: str
    workflow: str
    topic: str
    dead_letters: str

    @property
    def answering(self) -> dict[str, str]:
        """The functions that answer requests.

        The second dashboard has room for no other: what is due costs next to nothing.
        """
        return {part: name for part, name in self.functions.items() if part != "jobs"}


@dataclass(frozen=True)
class Place:
    """A table, or one of its indexes, as DynamoDB's metrics name it."""

    label: str
    dimensions: Mapping[str, str]


def metric(  # noqa: PLR0913 - the parts of a metric
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    *,
    statistic: str = "Sum",
    label: str = "",
    period: Duration = PERIOD,
    region: str | None = None,
) -> Metric:
    """Describe a metric."""
    return Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        label=label or None,
        period=period,
        region=region,
    )


def own(
    options: Options, name: str, *, statistic: str = "Sum", label: str = "", status: str = ""
) -> Metric:
    """Describe a metric of the application's own: see ``crm.metrics``."""
    dimensions = {"Stage": options.stage} | ({"Status": status} if status else {})
    return metric("Leadbook", name, dimensions, statistic=statistic, label=label)


def places(options: Options, without: Container[Index] = ()) -> Iterator[Place]:
    """Yield every table and every index but those ``without``."""
    for table in TABLES:
        named = table_dimensions(options, table)
        yield Place(table.default, named)
        for index in table.indexes:
            if index not in without:
                dimensions = {**named, "GlobalSecondaryIndexName": index.default}
                yield Place(f"{table.default}, {index.default}", dimensions)


def table_dimensions(options: Options, table: Table) -> dict[str, str]:
    """Return the dimensions of a table's metrics."""
    return {"TableName": naming.table(options, table)}
