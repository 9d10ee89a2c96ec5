"""The embedded DynamoDB engine: one small program over one SQLite file, on loopback only.

For trying, testing and measuring Leadbook; production speaks to Amazon DynamoDB. Standard
library only: ``scripts/bootstrap.py`` asks for the program before anything is installed.
"""

import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
STOP_SECONDS = 10.0
VERSION_SECONDS = 10.0
VERSION = "1.2.1"
# package-lock.json pins this package; its sisters of the same version npm takes by name.
PINNED = "@dynoxide/linux-x64"
_PACKAGES = {
    ("linux", "x86_64"): PINNED,
    ("linux", "aarch64"): "@dynoxide/linux-arm64",
    ("darwin", "arm64"): "@dynoxide/darwin-arm64",
    ("darwin", "x86_64"): "@dynoxide/darwin-x64",
}
WAYS = (
    f"Ways to get a DynamoDB engine: DYNOXIDE=/path/to/dynoxide; dynoxide {VERSION} on the PATH; "
    "npm, through which `make` fetches it on Linux and macOS, x86-64 and arm64; or "
    "AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:PORT of another engine, such as DynamoDB Local."
)


class EngineError(Exception):
    """The embedded engine cannot be used; the message says what to do."""


class EngineMissingError(EngineError):
    """The program of the embedded engine is not on this machine.

    ``refused`` says what was found instead, if anything was.
    """

    def __init__(self, message: str, refused: str = "") -> None:
        super().__init__(message)
        self.refused = refused


class EngineStartError(EngineError):
    """The embedded engine did not start, or did not answer in time."""


def package_for(system: str, machine: str) -> str | None:
    """Return the npm package with the program for a kind of machine.

    Both words are Python's own: ``sys.platform`` and ``platform.machine()``.
    """
    return _PACKAGES.get((system, machine))


def package() -> str | None:
    """Return the npm package with the program for this machine."""
    return package_for(sys.platform, platform.machine())


def find_binary() -> Path:
    """Return the program: what DYNOXIDE names, else what npm installed, else the PATH's.

    Raises ``EngineMissingError``, whose message names the ways to get an engine.
    """
    if named := os.environ.get("DYNOXIDE"):
        if os.access(named, os.X_OK) and Path(named).is_file():
            return Path(named)
        message = f"DYNOXIDE={named} is not a program: unset it, or name one. {WAYS}"
        raise EngineMissingError(message)
    faults = []
    for binary in _found():
        fault = _fault(binary)
        if fault is None:
            return binary
        faults.append(fault)
    refused = " ".join(faults)
    message = f"{refused or 'The embedded DynamoDB engine is missing.'} {WAYS}"
    raise EngineMissingError(message, refused)


def _found() -> Iterator[Path]:
    if name := package():
        installed = ROOT / "node_modules" / name / "dynoxide"
        if installed.is_file():
            yield installed
    if on_path := shutil.which("dynoxide"):
        yield Path(on_path)


def _fault(binary: Path) -> str | None:
    """Say what is wrong with a program that nobody named, if anything is."""
    try:
        done = subprocess.run(
            [binary, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{binary} does not start: {error}."
    said = " ".join(done.stdout.split())
    if VERSION in said.split():
        return None
    return f"{binary} --version says {said[:80]!r}, not {VERSION}: not taken."


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

    start_seconds = 15.0

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
        command = self._command()
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

    def _command(self) -> list[str | Path]:
        where = ["--host", HOST, "--port", str(self.port)]
        file: list[str | Path] = ["--db-path", self.db_path] if self.db_path else []
        return [find_binary(), "serve", *where, *file]

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self.start_seconds
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
