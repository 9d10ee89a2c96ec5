"""Tables on the first dashboard, made from the logs: those are read when somebody looks."""

from aws_cdk.aws_cloudwatch import IWidget, LogQueryWidget

from infra import naming
from infra.monitoring.widgets import COLUMNS, HEIGHT
from infra.options import Host, Options

# App Runner names its log groups itself, with the id that it gave the service.
_LOGS = {Host.LAMBDA: ("web", "form"), Host.EXPRESS: ("web",), Host.APPRUNNER: ()}
_ROUTES = """filter ispresent(route)
stats count(*) as requests, pct(ms, 50) as p50, pct(ms, 99) as p99, sum(Errors) as errors, \
sum(rru) as RRU, sum(wru) as WRU by method, route
sort requests desc
limit 25"""
# Lambda writes such a line after each call.
_STARTS = """filter @type = "REPORT"
stats count(*) as calls, count(@initDuration) as starts, pct(@initDuration, 50) as p50, \
max(@initDuration) as slowest, max(@maxMemoryUsed / 1000000) as MB by @log"""


def tables(options: Options) -> list[IWidget]:
    """Return the tables that a host's logs allow."""
    groups = [naming.log_group(options, part) for part in _LOGS[options.host]]
    if not groups:
        return []
    on_lambda = options.host is Host.LAMBDA
    routes = _table(
        "What each address takes and consumes", groups, _ROUTES, 16 if on_lambda else COLUMNS
    )
    return [routes, _table("Starts of functions", groups, _STARTS, 8)] if on_lambda else [routes]


def _table(title: str, groups: list[str], query: str, width: int) -> IWidget:
    return LogQueryWidget(
        title=f"{title}, from the logs",
        log_group_names=groups,
        query_lines=query.splitlines(),
        width=width,
        height=HEIGHT + 2,
    )
