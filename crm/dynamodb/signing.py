"""Requests that are signed here, as AWS Lambda starts: botocore takes 80 ms to be there.

On Lambda credentials, region and endpoint are variables of the environment that stay the same
as long as it lives, so nothing has to be looked for. The signature is version 4, as the page
"Create a signed AWS API request" of the IAM user guide describes it.
"""

import hmac
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, Self, override

from crm.dynamodb.transport import Transport

_ALGORITHM = "AWS4-HMAC-SHA256"
# Of the protocol, where it is not 1.1.
_VERSIONS = {"dynamodb": "1.0"}
# What the SDK calls a service in the names of variables.
_NAMES = {"secretsmanager": "SECRETS_MANAGER"}


class Credentials(NamedTuple):
    """Who signs; ``token`` is empty for credentials that do not end."""

    key: str
    secret: str
    token: str = ""

    @classmethod
    def from_environment(cls) -> Self:
        """Read the variables that Lambda sets."""
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        return cls(*(os.environ.get(name, "") for name in names))


class LambdaTransport(Transport):
    """Requests to a service, with the function's own credentials."""

    def __init__(self, service: str) -> None:
        region = os.environ["AWS_REGION"]
        super().__init__(_given(service) or endpoint(service, region), authorities())
        self._credentials = Credentials.from_environment()
        self._scope = f"{region}/{service}"
        self._type = f"application/x-amz-json-{_VERSIONS.get(service, '1.1')}"

    @override
    def exchange(self, operation: str, target: str, body: bytes) -> tuple[int, bytes]:
        """Give status and body of the answer."""
        headers = {
            "Content-Type": self._type,
            "Host": self.host,
            "X-Amz-Date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
            "X-Amz-Target": target,
        }
        if self._credentials.token:
            headers["X-Amz-Security-Token"] = self._credentials.token
        headers["Authorization"] = authorization(
            headers, self.path, body, scope=self._scope, credentials=self._credentials
        )
        return self.send(operation, headers, body)


def _given(service: str) -> str | None:
    name = _NAMES.get(service, service.upper())
    variables = (f"AWS_ENDPOINT_URL_{name}", "AWS_ENDPOINT_URL")
    return next((os.environ[name] for name in variables if os.environ.get(name)), None)


def endpoint(service: str, region: str) -> str:
    """Give the address of a service in a region."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{service}.{region}.{domain}"


def authorities() -> str:
    """Give the file with the authorities that botocore trusts, or that are to be trusted."""
    if named := os.environ.get("AWS_CA_BUNDLE"):
        return named
    botocore = find_spec("botocore")
    return (
        str(Path(botocore.origin).with_name("cacert.pem")) if botocore and botocore.origin else ""
    )


def authorization(
    headers: Mapping[str, str], path: str, body: bytes, *, scope: str, credentials: Credentials
) -> str:
    """Give the header ``Authorization`` of a POST request that has no query.

    ``scope`` is region and service, such as ``eu-central-1/dynamodb``.
    """
    signed = sorted((name.lower(), text.strip()) for name, text in headers.items())
    names = ";".join(name for name, _text in signed)
    lines = [f"{name}:{text}" for name, text in signed]
    request = "\n".join(["POST", path, "", *lines, "", names, sha256(body).hexdigest()])
    moment = headers["X-Amz-Date"]
    whole_scope = f"{moment[:8]}/{scope}/aws4_request"
    digest = sha256(request.encode()).hexdigest()
    key = f"AWS4{credentials.secret}".encode()
    for part in whole_scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    to_sign = f"{_ALGORITHM}\n{moment}\n{whole_scope}\n{digest}"
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return (
        f"{_ALGORITHM} Credential={credentials.key}/{whole_scope}, SignedHeaders={names}, "
        f"Signature={signature}"
    )
