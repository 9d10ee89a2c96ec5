"""Secrets that AWS keeps: parameters of Systems Manager and secrets of Secrets Manager.

Both are read at start, when Django's settings do not exist yet.
"""

from collections.abc import Mapping
from contextlib import closing
from typing import cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from crm import env
from crm.dynamodb.client import session

type Answer = dict[str, object]

# Seven seconds at most: a process starts within that time, or a request waits for it.
CONFIG = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}
)


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
    answer = _ask([*places], "ssm", "get_parameters", Names=names, WithDecryption=True)
    found: dict[str, str] = {}
    for parameter in cast("list[dict[str, str]]", answer["Parameters"]):
        found[parameter["Name"]] = parameter["Value"]
        found[parameter.get("ARN", "")] = parameter["Value"]
    for name, place in places.items():
        if place not in found:
            message = f"{name}_PARAMETER: there is no parameter {place!r} in this region."
            raise env.SettingError(message)
    return {name: found[place] for name, place in places.items()}


def _secret(name: str, arn: str) -> str:
    answer = _ask([name], "secretsmanager", "get_secret_value", SecretId=arn)
    # A binary one has no text.
    return str(answer.get("SecretString", ""))


def _ask(names: list[str], service: str, operation: str, **parameters: object) -> Answer:
    """Send a request with a client of its own: a kept connection must not outlive a fork."""
    try:
        with closing(session().create_client(service, env.aws_region(), config=CONFIG)) as client:
            return cast("Answer", getattr(client, operation)(**parameters))
    except ClientError as error:
        reason = error.response.get("Error", {}).get("Code", "refused")
    except (BotoCoreError, ValueError) as error:
        reason = " ".join(str(error).split())
    variables = ", ".join(f"{name}_PARAMETER" for name in names)
    message = f"{variables} cannot be read: {reason.rstrip('.')}."
    raise env.SettingError(message) from None
