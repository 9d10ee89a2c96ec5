"""The engine and the production server as processes that can be killed."""

import os
import signal
import subprocess
import sys
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from crm.dynamodb.engine import Engine, free_port
from tests import ROOT

SECRET_KEY = "correct-horse-battery-staple-0123456789-abcdefghijklmnop"
START_SECONDS = 60
HEARD = "Handling signal: term"


class Site:
    """An engine over a file, and the server in front of it; each is killed with ``-9``."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.directory = directory
        self.environment = environment
        self.engine = Engine(directory / "leads.db")
        self.port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    def start_server(self) -> None:
        """Start the production server unless it runs, and wait until it is ready."""
        if self._server is None:
            self._server = self._serve()
        deadline = time.monotonic() + START_SECONDS
        while self._status("/readyz") != HTTPStatus.OK:
            if time.monotonic() > deadline or self._server.poll() is not None:
                raise AssertionError((self.directory / "server.log").read_text())
            time.sleep(0.02)

    def _serve(self) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "SECRET_KEY": SECRET_KEY,
            "ALLOWED_HOSTS": "127.0.0.1",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL_DYNAMODB": self.engine.url,
            "STATIC_ROOT": str(self.directory / "static"),
            "WEB_CONCURRENCY": "2",
            "PORT": str(self.port),
        } | self.environment
        with (self.directory / "server.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                # A group of its own, so that its workers can be killed with it.
                start_new_session=True,
            )

    def workers(self) -> list[int]:
        """Return the processes that answer."""
        assert self._server
        pid = self._server.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(child) for child in children.split()]

    def end_server(self) -> None:
        """Ask the server to end, and return once it has been heard."""
        assert self._server
        log = self.directory / "server.log"
        before = log.read_text().count(HEARD)
        self._server.terminate()
        while log.read_text().count(HEARD) == before:
            time.sleep(0.02)

    def wait_for_end(self) -> int:
        """Return the status with which the server ended."""
        assert self._server
        status = self._server.wait(60)
        self._server = None
        return status

    def kill_server(self) -> None:
        """End the server and its workers at once."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            self._server = None

    def kill_engine(self) -> None:
        """End the engine at once."""
        os.kill(self.engine.pid, signal.SIGKILL)
        self.engine.stop()

    def post(self, path: str, data: dict[str, str], cookies: dict[str, str]) -> int | None:
        """Send a form and return the status; ``None`` if no whole answer came."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        }
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", path, urlencode(data), headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return None
        else:
            return answer.status
        finally:
            connection.close()

    def _status(self, path: str) -> int | None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()
