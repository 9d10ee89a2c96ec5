"""The web stack of each host, written once for a process of the test run."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from infra.options import Host, Options
from tests.infra.web.written import CERTIFICATE, REGION, Template, written


@pytest.fixture(scope="session")
def web_on(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Host], Template]:
    """Return the Web template of production on a host, written once."""

    @cache
    def on(host: Host) -> Template:
        options = Options("production", REGION, "ops@example.com", host)
        return written(options, package, tmp_path_factory.mktemp(host))

    return on


@pytest.fixture
def on_lambda(web_on: Callable[[Host], Template]) -> Template:
    """Return the Web template of production on Lambda."""
    return web_on(Host.LAMBDA)


@pytest.fixture(scope="session")
def with_domain(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Return the Web template of a stage that is not production, under its own domain."""
    options = Options(
        "dev",
        REGION,
        "ops@example.com",
        domain="crm.example.com",
        certificate=CERTIFICATE,
        email_host="smtp.example.com",
        email_host_user="leadbook",
        default_from_email="crm@example.com",
        phone_region="GB",
        inbound_address="reply@in.example.com",
        intake_total="0",
        intake_trusted="203.0.113.16/28",
    )
    return written(options, package, tmp_path_factory.mktemp("domain"))
