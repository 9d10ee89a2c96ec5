"""What is taken of botocore that its documentation does not promise.

All of it has been there for ten years; should a release change it, it is to be mended here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

import botocore
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse
    from botocore.credentials import Credentials, ReadOnlyCredentials
    from botocore.hooks import BaseEventHooks

AUTHORITIES = str(Path(botocore.__file__).with_name("cacert.pem"))
"""The file with the authorities that botocore trusts."""


def signed_request(  # noqa: PLR0913 - the parts of a signature
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    credentials: "ReadOnlyCredentials",
    service: str,
    region: str,
) -> AWSRequest:
    """Return a POST request with its signature, version 4."""
    request = AWSRequest("POST", url, data=body, headers=dict(headers))
    SigV4Auth(cast("Credentials", credentials), service, region).add_auth(request)
    return request


def scripted_answer(
    events: "BaseEventHooks", service: str, operation: str, request: AWSRequest
) -> "AWSResponse | None":
    """Return the answer of whoever stands in for AWS, as moto does; usually nobody."""
    asked = events.emit(f"before-send.{service}.{operation}", request=request.prepare())
    return next((answer for _handler, answer in asked if answer is not None), None)
