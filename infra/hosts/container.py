"""The image of the repository's Dockerfile, for the hosts that run containers."""

from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_ecr_assets as assets

ROOT = Path(__file__).resolve().parents[2]
PORT = 8000


def image(stack: Stack) -> assets.DockerImageAsset:
    """Build the image when the stack is deployed, and keep it in the account's registry."""
    return assets.DockerImageAsset(
        stack,
        "Image",
        directory=str(ROOT),
        # What both hosts run, whatever the machine that builds it is.
        platform=assets.Platform.LINUX_AMD64,
        asset_name="leadbook",
    )
