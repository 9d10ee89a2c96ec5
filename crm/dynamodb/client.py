"""The one way to send a request to DynamoDB, and where the services of AWS are asked."""

import os
import time
from collections.abc import Mapping
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple, cast

from botocore.exceptions import ClientError

from crm.dynamodb import capacity
from crm.dynamodb.botocore_private import AUTHORITIES
from crm.dynamodb.errors import UnavailableError, from_client_error, map_errors
from crm.dynamodb.transport import (
    Place,
    RefusedError,
    Response,
    Service,
    Transport,
    UnansweredError,
)

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.credentials import ReadOnlyCredentials
    from botocore.exceptions import _ClientErrorResponseTypeDef
    from botocore.session import Session
    from types_boto3_dynamodb import DynamoDBClient

THREADS = 16
DYNAMODB = Service("dynamodb", "DynamoDB_20120810", "1.0")
_READS = {"get_item", "batch_get_item", "query", "scan"}
# What the SDK calls a service in the names of variables.
_NAMES = {"secretsmanager": "SECRETS_MANAGER"}
_DOMAIN = "amazonaws.com"
_DOMAINS = {
    "cn-": "amazonaws.com.cn",
    "eu-isoe-": "cloud.adc-e.uk",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}
# Where FIPS or dual-stack endpoints are, botocore alone knows: a start waits for its client.
_BY_BOTOCORE = {"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"}
_lock = RLock()


def send(operation: str, **parameters: object) -> Response:
    """Send one request, such as ``get_item``, and count what it consumed.

    Raises the errors of :mod:`crm.dynamodb.errors`.
    """
    started = time.perf_counter()
    units = 0.0
    try:
        with map_errors():
            repeatable = _is_repeatable(parameters)
            answer = dynamodb().ask(operation, parameters, is_repeatable=repeatable)
        units = _units(answer.get("ConsumedCapacity"))
    except RefusedError as refused:
        raise from_client_error(_client_error(refused, operation)) from refused
    except UnansweredError as error:
        raise UnavailableError(str(error)) from error
    else:
        return answer
    finally:
        is_read = operation in _READS
        capacity.record(
            rru=units if is_read else 0.0,
            wru=0.0 if is_read else units,
            milliseconds=(time.perf_counter() - started) * 1000,
        )


def dynamodb() -> Transport:
    """Return the process's transport to DynamoDB.

    Raises ``UnavailableError`` if the SDK's settings do not say where that is.
    """
    with _lock:
        return _dynamodb()


def client() -> "DynamoDBClient":
    """Return boto3's client of the process: it knows where DynamoDB is, and who asks."""
    with _lock:
        return _client()


def session() -> "Session":
    """Return the process's session: it holds the credentials, and has read the SDK's settings."""
    with _lock:
        return _session()


def reset() -> None:
    """Forget the client, so that the next call reads the SDK's settings anew."""
    with _lock:
        for made in (_dynamodb, _client, _session):
            made.cache_clear()


def place(service: Service) -> Place:
    """Return where a service is asked, as the SDK's settings say. Raises botocore's errors."""
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ and not _BY_BOTOCORE & os.environ.keys():
        return _place_on_lambda(service)
    with _lock:
        region = os.environ.get("AWS_REGION") or session().get_config_variable("region")
        made = client() if service is DYNAMODB else session().create_client(service.name, region)
        return _place_of(made)


class _Credentials(NamedTuple):
    access_key: str
    secret_key: str
    token: str


def _place_on_lambda(service: Service) -> Place:
    """Take the variables that Lambda sets, which stay the same: a start waits for no client."""
    region = os.environ["AWS_REGION"]
    variables = (f"AWS_ENDPOINT_URL_{_NAMES.get(service.name, service.name.upper())}",)
    named = (os.environ.get(name) for name in (*variables, "AWS_ENDPOINT_URL"))
    domains = (domain for prefix, domain in _DOMAINS.items() if region.startswith(prefix))
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    credentials = _Credentials(*(os.environ.get(name, "") for name in names))
    return Place(
        next(filter(None, named), f"https://{service.name}.{region}.{next(domains, _DOMAIN)}"),
        region,
        os.environ.get("AWS_CA_BUNDLE") or AUTHORITIES,
        lambda: cast("ReadOnlyCredentials", credentials),
    )


def _place_of(made: "BaseClient") -> Place:
    shared = session()

    def credentials() -> "ReadOnlyCredentials | None":
        # Those that were missing may be there the next time.
        with _lock:
            found = shared.get_credentials()
        return found.get_frozen_credentials() if found else None

    bundle = shared.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
    return Place(
        made.meta.endpoint_url,
        made.meta.region_name,
        str(bundle or AUTHORITIES),
        credentials,
        getattr(made.meta.config, "user_agent", ""),
        made.meta.events,
    )


@cache
def _dynamodb() -> Transport:
    try:
        with map_errors():
            return Transport(DYNAMODB, place(DYNAMODB))
    except ValueError as error:
        raise UnavailableError(str(error)) from error


@cache
def _client() -> "DynamoDBClient":
    import boto3  # noqa: PLC0415 - takes 60 ms, for which a start on Lambda does not wait

    endpoint = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
    region = os.environ.get("AWS_REGION") or session().get_config_variable("region")
    through = boto3.Session(botocore_session=session())
    return through.client("dynamodb", region, endpoint_url=endpoint)


@cache
def _session() -> "Session":
    import botocore.session  # noqa: PLC0415 - as above

    return botocore.session.get_session()


def _is_repeatable(parameters: Mapping[str, object]) -> bool:
    """Tell whether a request may be done twice: all may but ``ADD`` outside a transaction."""
    return "ADD " not in str(parameters.get("UpdateExpression", ""))


def _client_error(refused: RefusedError, operation: str) -> ClientError:
    answer = refused.answer
    message = answer.get("message") or answer.get("Message") or ""
    response = {**answer, "Error": {"Code": refused.code, "Message": message}}
    return ClientError(cast("_ClientErrorResponseTypeDef", response), operation)


def _units(consumed: object) -> float:
    if isinstance(consumed, list):
        return sum(_units(part) for part in consumed)
    if isinstance(consumed, dict):
        return float(consumed.get("CapacityUnits") or 0.0)
    return 0.0
