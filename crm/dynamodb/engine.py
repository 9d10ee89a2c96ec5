"""The embedded DynamoDB engine: one small program over one SQLite file, on loopback only.

For trying, testing and measuring Leadbook; production speaks to Amazon DynamoDB.
"""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
START_SECONDS = 15.0
STOP_SECONDS = 10.0


class EngineError(Exception):
    """The embedded engine cannot be used; the message says what to do."""


class EngineMissingError(EngineError):
    """The program of the embedded engine is not on this machine."""


class EngineStartError(EngineError):
    """The embedded engine did not start, or did not answer in time."""


def find_binary() -> Path:
    """Return the program: the one that DYNOXIDE names, else the one that npm installed.

    Raises ``EngineMissingError``, whose message names the ways to get an engine.
    """
    if named := os.environ.get("DYNOXIDE"):
        if os.access(named, os.X_OK) and Path(named).is_file():
            return Path(named)
        message = f"DYNOXIDE={named} is not a program: name the dynoxide binary, or unset it."
        raise EngineMissingError(message)
    found = sorted((ROOT / "node_modules" / "@dynoxide").glob("*/dynoxide"))
    if found:
        return found[0]
    message = (
        "The embedded DynamoDB engine is missing. Run `npm ci`; or set DYNOXIDE to the path of "
        "the dynoxide binary; or set AWS_ENDPOINT_URL_DYNAMODB to another engine, such as "
        "DynamoDB Local."
    )
    raise EngineMissingError(message)


def free_port() -> int:
    """Return a TCP port of loopback that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class Engine:
    """A running engine; a context manager that starts it and stops it.

    ``db_path`` is its file, which survives a crash of either side; without one everything
    is in memory. ``port`` 0 takes a free one. ``log`` receives what the engine prints.
    ``inherit`` are file descriptors that stay open in the engine, such as a lock.
    """

    def __init__(
        self,
        db_path: Path | None = None,
        port: int = 0,
        *,
        log: Path | None = None,
        inherit: tuple[int, ...] = (),
    ) -> None:
        self.db_path = db_path
        self.port = port or free_port()
        self.log = log
        self._inherit = inherit
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The endpoint for boto3."""
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """The process id of the running engine."""
        if self._process is None:
            message = "The engine has not been started."
            raise EngineError(message)
        return self._process.pid

    def start(self) -> None:
        """Start the engine and wait until it answers.

        Raises ``EngineMissingError`` or ``EngineStartError``.
        """
        command: list[str | Path] = [
            find_binary(),
            "serve",
            "--host",
            HOST,
            "--port",
            str(self.port),
        ]
        if self.db_path:
            command += ["--db-path", self.db_path]
        try:
            with (self.log or Path(os.devnull)).open("ab") as output:
                # A session of its own: Ctrl-C must not end it before the server has finished.
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    pass_fds=self._inherit,
                )
        except OSError as error:
            message = f"The embedded engine cannot be started: {error}"
            raise EngineStartError(message) from error
        self._wait_until_it_answers(self._process)

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection((HOST, self.port), timeout=1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        code = process.poll()
        self.stop()
        what = "did not answer in time" if code is None else f"ended with status {code}"
        where = f": see {self.log}" if self.log else ""
        message = f"The embedded engine {what} on port {self.port}{where}"
        raise EngineStartError(message)

    def poll(self) -> int | None:
        """Return the exit status if the engine has ended, ``None`` while it runs."""
        return self._process.poll() if self._process else None

    def stop(self) -> None:
        """End the engine and wait for its end; does nothing if it does not run."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()
