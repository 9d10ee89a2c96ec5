"""Stacks on the emulator."""

import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import boto3

REGION = "eu-central-1"
SECONDS = 30.0


@cache
def client(url: str, service: str, region: str = REGION) -> Any:  # noqa: ANN401 - any service
    """Return a client of the emulator at ``url``."""
    session = boto3.Session("test", "test", region_name=region)
    return session.client(service, endpoint_url=url)  # type: ignore[call-overload]


def bootstrap(url: str, region: str = REGION) -> None:
    """Do what templates ask of ``cdk bootstrap``."""
    client(url, "ssm", region).put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True
    )


def create(
    url: str, name: str, document: Mapping[str, object], region: str = REGION
) -> dict[str, str]:
    """Create a stack and wait for it; return its outputs."""
    service = client(url, "cloudformation", region)
    service.create_stack(StackName=name, TemplateBody=json.dumps(document))
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        (stack,) = service.describe_stacks(StackName=name)["Stacks"]
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            assert stack["StackStatus"] == "CREATE_COMPLETE", stack
            outputs = cast("list[dict[str, str]]", stack.get("Outputs", []))
            return {output["OutputKey"]: output["OutputValue"] for output in outputs}
        time.sleep(0.005)
    raise TimeoutError(name)


def delete(url: str, name: str, region: str = REGION) -> None:
    """Delete a stack."""
    client(url, "cloudformation", region).delete_stack(StackName=name)
