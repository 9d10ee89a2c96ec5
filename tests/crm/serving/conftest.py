"""The production server as ``manage.py serve`` starts it, and somebody who is signed in there."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings

from crm.accounts.models import Role, User
from crm.dynamodb import client
from crm.dynamodb.creation import create_tables
from crm.tables import TABLES
from tests.crm.restart.site import SECRET_KEY, Site

CSRF = "a" * 32
FEW_CONNECTIONS = 50


@dataclass
class Server:
    """A server, and the cookies of a member of staff."""

    site: Site
    cookies: dict[str, str]
    scratch: Path
    """Where it puts what does not fit into memory."""

    @property
    def port(self) -> int:
        return self.site.port

    @property
    def cookie_field(self) -> str:
        return "Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def files(self) -> list[str]:
        """Return what its workers keep open in the folder for what does not fit into memory."""
        links: list[Path] = []
        for worker in self.site.workers():
            for link in Path(f"/proc/{worker}/fd").iterdir():
                # It may be closed while this reads.
                with suppress(FileNotFoundError):
                    links.append(link.readlink())
        return [str(link) for link in links if link.is_relative_to(self.scratch)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve with one process of eight threads, for a whole module."""
    yield from _serving(tmp_path_factory, {})


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve with times so short that a test can wait for their end, and few connections."""
    worker = "tests.crm.serving.impatient.Worker"
    arguments = f"--worker-class {worker} --worker-connections {FEW_CONNECTIONS}"
    yield from _serving(tmp_path_factory, {"GUNICORN_CMD_ARGS": arguments})


def _serving(factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[Server]:
    folder = factory.mktemp("server")
    scratch = folder / "scratch"
    scratch.mkdir()
    # Collected once for all of them.
    environment |= {"STATIC_ROOT": str(factory.getbasetemp() / "static")}
    site = Site(folder, WEB_CONCURRENCY="1", TMPDIR=str(scratch), **environment)
    names = {table.setting: table.default for table in TABLES}
    with (
        pytest.MonkeyPatch.context() as patch,
        override_settings(SECRET_KEY=SECRET_KEY, **names),
        site.engine,
    ):
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", site.engine.url)
        client.reset()
        create_tables(TABLES)
        cookies = _sign_in()
        site.start_server()
        try:
            yield Server(site, cookies, scratch)
        finally:
            site.kill_server()
    client.reset()


def _sign_in() -> dict[str, str]:
    user = User.objects.create_user("ann@example.com", "x", name="Ann", role=Role.SALES)
    browser = Client()
    browser.force_login(user)
    key = browser.cookies[settings.SESSION_COOKIE_NAME].value
    # Where cookies are Secure, their names begin otherwise.
    names = ("sessionid", "__Host-sessionid")
    return dict.fromkeys(names, key) | dict.fromkeys(("csrftoken", "__Host-csrftoken"), CSRF)
