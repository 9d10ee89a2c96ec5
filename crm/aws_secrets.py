"""Secrets that AWS keeps: parameters of Systems Manager and secrets of Secrets Manager.

Both are read at start, when Django's settings do not exist yet.
"""

import os
import time
from collections.abc import Mapping
from contextlib import closing
from http import HTTPStatus
from typing import cast

import orjson

from crm import env

type Answer = dict[str, object]

# Seven seconds at most: a process starts within that time, or a request waits for it.
ATTEMPTS = 2
CONNECT_SECONDS, READ_SECONDS = 1, 2
PAUSE = 0.5


def read(places: Mapping[str, str]) -> dict[str, str]:
    """Give the value of each variable from its place: a parameter, or a secret's ARN.

    All parameters are read in one request, each secret in its own. Raises ``SettingError``
    that names the variable.
    """
    parameters = {name: place for name, place in places.items() if not _is_secret(place)}
    values = _parameters(parameters) if parameters else {}
    for name in places.keys() - parameters.keys():
        values[name] = _secret(name, places[name])
    for name, value in values.items():
        if not value.strip():
            message = f"{name}_PARAMETER names an empty value."
            raise env.SettingError(message)
    return {name: value.strip() for name, value in values.items()}


def _is_secret(place: str) -> bool:
    return place.startswith("arn:") and place.split(":")[2] == "secretsmanager"


def _parameters(places: Mapping[str, str]) -> dict[str, str]:
    names = sorted(set(places.values()))
    answer = _ask([*places], "ssm", "GetParameters", Names=names, WithDecryption=True)
    found: dict[str, str] = {}
    for parameter in cast("list[dict[str, str]]", answer.get("Parameters", [])):
        found[parameter["Name"]] = parameter["Value"]
        found[parameter.get("ARN", "")] = parameter["Value"]
    for name, place in places.items():
        if place not in found:
            message = f"{name}_PARAMETER: there is no parameter {place!r} in this region."
            raise env.SettingError(message)
    return {name: found[place] for name, place in places.items()}


def _secret(name: str, arn: str) -> str:
    answer = _ask([name], "secretsmanager", "GetSecretValue", SecretId=arn)
    # A binary one has no text.
    return str(answer.get("SecretString", ""))


def _ask(names: list[str], service: str, operation: str, **parameters: object) -> Answer:
    """Send a request. Raises ``SettingError`` that names the variables."""
    # Django's settings, which know it too, are still to come.
    send = _signed if "AWS_LAMBDA_FUNCTION_NAME" in os.environ else _by_botocore
    try:
        return send(service, operation, parameters)
    except _RefusedError as error:
        variables = ", ".join(f"{name}_PARAMETER" for name in names)
        message = f"{variables} cannot be read: {str(error).rstrip('.')}."
        raise env.SettingError(message) from None


class _RefusedError(Exception):
    """No answer, or none of use; the message says why in one line."""


def _signed(service: str, operation: str, parameters: Mapping[str, object]) -> Answer:
    """Send a request that is signed here: a function's start does not wait for botocore."""
    from crm.dynamodb.signing import LambdaTransport  # noqa: PLC0415 - for this host alone

    transport = LambdaTransport(service)
    body = orjson.dumps(parameters)
    reason = "no answer"
    for attempt in range(ATTEMPTS):
        time.sleep(PAUSE if attempt else 0)
        status, text = transport.exchange(operation, f"{_TARGETS[service]}.{operation}", body)
        try:
            answer = orjson.loads(text) if text else {}
        except orjson.JSONDecodeError:
            continue
        if not isinstance(answer, dict):
            continue
        if status == HTTPStatus.OK and answer:
            return answer
        reason = str(answer.get("__type", reason)).rpartition("#")[2]
        if status == HTTPStatus.BAD_REQUEST and "Throttl" not in reason:
            break
    raise _RefusedError(reason)


_TARGETS = {"ssm": "AmazonSSM", "secretsmanager": "secretsmanager"}


def _by_botocore(service: str, operation: str, parameters: Mapping[str, object]) -> Answer:
    """Send a request with a client of its own: a kept connection must not outlive a fork."""
    from botocore import xform_name  # noqa: PLC0415 - slow to load, and not needed on Lambda
    from botocore.config import Config  # noqa: PLC0415 - as above
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 - as above

    from crm.dynamodb.client import session  # noqa: PLC0415 - as above

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    try:
        with closing(session().create_client(service, env.aws_region(), config=config)) as client:
            return cast("Answer", getattr(client, xform_name(operation))(**parameters))
    except ClientError as error:
        raise _RefusedError(error.response.get("Error", {}).get("Code", "refused")) from None
    except ResponseParserError:
        raise _RefusedError("what answers at the endpoint is not AWS") from None
    except (BotoCoreError, ValueError) as error:
        raise _RefusedError(" ".join(str(error).split())) from None
