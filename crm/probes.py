"""``/healthz`` and ``/readyz``, for load balancers and container engines.

They are answered before anything else looks at the request: a health check calls by
address, so no Host is asked for, and it has no HTTPS, no session and no account.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed

from crm import paths, tables
from crm.dynamodb import calls
from crm.dynamodb.errors import DynamoDBError, NotFoundError

logger = logging.getLogger(__name__)


class ProbeMiddleware:
    """Answer the two probes, and pass everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        probe = _PROBES.get(request.path)
        if probe is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = probe()
        response["Cache-Control"] = "no-store"
        return response


def _healthz() -> HttpResponse:
    """Say that the process is up, whatever DynamoDB does: restarting would not help that."""
    return _answer(HTTPStatus.OK, "ok")


def _readyz() -> HttpResponse:
    """Say whether DynamoDB answers; the details are for the log, not for strangers."""
    try:
        calls.ping(tables.RECORDS)
    except NotFoundError:
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "a table is missing: run create_tables")
    except DynamoDBError as error:
        logger.warning("not ready: %s: %s", type(error).__name__, error)
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "DynamoDB does not answer")
    return _answer(HTTPStatus.OK, "ready")


def _answer(status: HTTPStatus, text: str) -> HttpResponse:
    body = f"{text}\n"
    headers = {"Content-Length": str(len(body)), "X-Content-Type-Options": "nosniff"}
    return HttpResponse(body, status=status, content_type="text/plain", headers=headers)


_PROBES = {paths.HEALTH: _healthz, paths.READY: _readyz}
