"""Secrets that AWS keeps: parameters of Systems Manager and secrets of Secrets Manager.

Both are read at start, when Django's settings do not exist yet.
"""

from collections.abc import Mapping
from contextlib import closing
from typing import cast

from botocore.exceptions import BotoCoreError

from crm import env
from crm.dynamodb.client import place
from crm.dynamodb.transport import RefusedError, Response, Service, Transport, UnansweredError

PARAMETERS = Service("ssm", "AmazonSSM", "1.1")
SECRETS = Service("secretsmanager", "secretsmanager", "1.1")
# Seven seconds at most for each request, in two attempts: a process starts within that time,
# or a visitor waits for it.
PAUSES = (0.5,)
# PUBLIC_URL_PARAMETER: without a domain the first deployment finds it out and writes it down.
OPTIONAL = {"PUBLIC_URL"}


def read(places: Mapping[str, str]) -> dict[str, str]:
    """Return the value of each variable from its place: a parameter, or a secret's ARN.

    All parameters are read in one request, each secret in its own. One of ``OPTIONAL`` may
    be missing. Raises ``SettingError`` that names the variable.
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
    answer = _ask([*places], PARAMETERS, "get_parameters", Names=names, WithDecryption=True)
    found: dict[str, str] = {}
    for parameter in cast("list[dict[str, str]]", answer.get("Parameters", [])):
        found[parameter["Name"]] = parameter["Value"]
        found[parameter.get("ARN", "")] = parameter["Value"]
    for name, parameter_name in places.items():
        if parameter_name not in found and name not in OPTIONAL:
            message = f"{name}_PARAMETER: there is no parameter {parameter_name!r} in this region."
            raise env.SettingError(message)
    return {name: found[one] for name, one in places.items() if one in found}


def _secret(name: str, arn: str) -> str:
    answer = _ask([name], SECRETS, "get_secret_value", SecretId=arn)
    # A binary one has no text.
    return str(answer.get("SecretString", ""))


def _ask(names: list[str], service: Service, operation: str, **parameters: object) -> Response:
    """Send a request. Raises ``SettingError`` that names the variables."""
    try:
        # Of its own: a connection that is kept open must not outlive a fork.
        with closing(Transport(service, place(service), PAUSES)) as transport:
            return transport.ask(operation, parameters)
    except RefusedError as refused:
        reason = refused.code
    except (BotoCoreError, UnansweredError, ValueError) as error:
        reason = " ".join(str(error).split())
    variables = ", ".join(f"{name}_PARAMETER" for name in names)
    message = f"{variables} cannot be read: {reason.rstrip('.')}."
    raise env.SettingError(message)
