"""The production server as a child: how fast it starts, and how large its workers grow."""

import os
import subprocess
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import perf_counter, sleep
from types import TracebackType
from typing import Self

from benchmarks.browser import HOST
from benchmarks.sampling import BenchError
from crm.dynamodb.engine import free_port

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 35.0


class Server:
    """``manage.py serve`` on a free port; a context manager.

    ``healthy_after`` and ``ready_after`` are the seconds from its start to the first 200
    of ``/healthz`` and of ``/readyz``.
    """

    def __init__(self, engine_url: str, log: Path) -> None:
        self.port = free_port()
        self.log = log
        self.healthy_after = self.ready_after = 0.0
        self._environment = os.environ | {
            "AWS_ENDPOINT_URL_DYNAMODB": engine_url,
            "HOST": HOST,
            "PORT": str(self.port),
        }

    def __enter__(self) -> Self:
        """Start it and wait until it is ready."""
        started = perf_counter()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C ends it through __exit__.
                start_new_session=True,
            )
        try:
            self._wait_for("/healthz")
            self.healthy_after = perf_counter() - started
            self._wait_for("/readyz")
            self.ready_after = perf_counter() - started
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop it as an operator would."""
        self._stop()

    def peak_memory(self) -> int:
        """Return the largest resident size that a worker ever had, in bytes; 0 if unknown."""
        pid = self._process.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
            return max((peak(child) for child in children.split()), default=0)
        except OSError:
            return 0

    def _wait_for(self, path: str) -> None:
        deadline = perf_counter() + START_SECONDS
        while self._process.poll() is None and perf_counter() < deadline:
            if _status(self.port, path) == 200:  # noqa: PLR2004 -- HTTP
                return
            sleep(0.005)
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        message = f"The server did not start: {lines[-1] if lines else 'it said nothing'}"
        raise BenchError(message)

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _status(port: int, path: str) -> int:
    connection = HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (HTTPException, OSError):
        return 0
    finally:
        connection.close()


def peak(pid: str) -> int:
    """Return the largest resident size that a process ever had, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
