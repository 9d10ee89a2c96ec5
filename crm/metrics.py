"""The application's own metrics: members of its log lines that CloudWatch reads by itself.

The form is CloudWatch's embedded metric format. ``docs/monitoring.md`` tells what each metric
means. Without the setting ``STAGE`` nothing is added to any line.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from time import time

from django.conf import settings
from django.http import HttpRequest

from crm.remember import Remembered
from crm.traits import Trait, has_trait

logger = logging.getLogger(__name__)
NAMESPACE = "Leadbook"
LEADS_SECONDS = 300.0
"""How often a process writes the leads in each status, at most."""

type Members = dict[str, object]


_HELD = "leadbook.held"
_REFUSED_SITE = "leadbook.refused_site"
_written: Remembered[str] = Remembered(LEADS_SECONDS)


def _metric_directives(dimensions: list[str], **units: str) -> list[Members]:
    metrics = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    return [{"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics}]


_WITHOUT_LATENCY = _metric_directives(["Stage"], Errors="Count")
_PAGE = {"Errors": "Count", "Latency": "Milliseconds"}
_OF_PAGE = _metric_directives(["Stage"], **_PAGE)
_OF_INTAKE = _metric_directives(
    ["Stage"],
    **_PAGE,
    FormSubmissions="Count",
    FormErrors="Count",
    FormHeld="Count",
    FormRefused="Count",
)
_OF_REFUSED_SITE = _metric_directives(["Stage"], **_PAGE, FormRefused="Count")
_OF_LEADS = _metric_directives(["Stage", "Status"], Leads="Count")


def of_request(request: HttpRequest, status: int, milliseconds: float) -> Members:
    """Return the members that a request's log line carries its metrics in.

    ``Errors`` is 0 or 1, so its average is the error rate. ``FormSubmissions`` and
    ``FormErrors`` are there where something was sent to an intake: what is refused for what
    it says counts as neither. So are ``FormHeld``, for a submission over a limit, and
    ``FormRefused``, for one above the ceiling, which is an error, too: nobody has it. That
    counts sites as well that were refused a form, which is no error: a metric of their own
    would be the eleventh, and ten are free.
    """
    if not settings.STAGE:
        return {}
    is_error = int(status >= 500)  # noqa: PLR2004 - HTTP
    members: Members = {"Stage": settings.STAGE, "Errors": is_error}
    if has_trait(request, Trait.FILE) or has_trait(request, Trait.MOMENT):
        return _with_metrics(_WITHOUT_LATENCY, members)
    members["Latency"] = round(milliseconds, 1)
    if _REFUSED_SITE in request.META:
        return _with_metrics(_OF_REFUSED_SITE, {**members, "FormRefused": 1})
    if request.method != "POST" or not has_trait(request, Trait.INTAKE):
        return _with_metrics(_OF_PAGE, members)
    accepted = int(status < 400)  # noqa: PLR2004 - HTTP
    refused = int(status == HTTPStatus.TOO_MANY_REQUESTS)
    members |= {
        "FormSubmissions": accepted,
        "FormErrors": is_error or refused,
        "FormHeld": int(_HELD in request.META),
        "FormRefused": refused,
    }
    return _with_metrics(_OF_INTAKE, members)


def note_held(request: HttpRequest) -> None:
    """Note that what a request brought is held, for the metrics of its log line."""
    request.META[_HELD] = True


def note_refused_site(request: HttpRequest) -> None:
    """Note that a site may not show the form that a request asks for."""
    request.META[_REFUSED_SITE] = True


def write_leads[Name: str](totals: Mapping[Name, int]) -> None:
    """Log how many leads each status has, unless this process did within five minutes."""
    if not settings.STAGE or _written.replace("written"):
        return
    for status, number in totals.items():
        members = {"Stage": settings.STAGE, "Status": str(status), "Leads": number}
        fields = _with_metrics(_OF_LEADS, members)
        logger.info("%d leads are %s", number, status, extra={"fields": fields})


def _with_metrics(described: list[Members], members: Members) -> Members:
    return {"_aws": {"Timestamp": int(time() * 1000), "CloudWatchMetrics": described}, **members}
