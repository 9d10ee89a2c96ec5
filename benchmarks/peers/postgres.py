"""A PostgreSQL of our own for the time of a run: on loopback, in a folder that goes away."""

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.browser import HOST
from benchmarks.sampling import BenchError
from crm.dynamodb.engine import free_port

ADMIN = "peers"
# No superuser: row-level security, which a peer relies on, does not hold for those.
OWNER = "peer"
_DEBIAN = Path("/usr/lib/postgresql")
# PostgreSQL's own defaults otherwise: it is durable, as the embedded engine is.
_OPTIONS = (
    "-c listen_addresses={host} -c unix_socket_directories= -c shared_buffers=512MB -p {port}"
)


class Postgres:
    """A running server with the role ``peer``; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        # It refuses to run as root.
        self._user = "nobody" if os.geteuid() == 0 else None

    def __enter__(self) -> Self:
        """Make the cluster and start it."""
        self._folder.mkdir(parents=True)
        if self._user:
            shutil.chown(self._folder, self._user)
        data = str(self._folder / "data")
        options = _OPTIONS.format(host=HOST, port=self.port)
        self._run("initdb", "-D", data, "-U", ADMIN, "--auth=trust", "-E", "UTF8", "--locale=C")
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")
        self.sql(f"CREATE ROLE {OWNER} LOGIN")
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop it."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def create(self, database: str, template: str = "template0") -> None:
        """Make a database, empty or a copy of another."""
        self.sql(f"CREATE DATABASE {database} OWNER {OWNER} TEMPLATE {template}")

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the administrator."""
        address = ("-h", HOST, "-p", str(self.port), "-U", ADMIN, "-d", database)
        self._run("psql", *address, "-q", "-v", "ON_ERROR_STOP=1", "-c", statement)

    def version(self) -> str:
        """Return the version of the server."""
        return self._run("postgres", "--version").split()[2]

    def _run(self, program: str, *arguments: str) -> str:
        # Output goes to a file: the server would keep a pipe open.
        said = self._folder / "said"
        with said.open("w") as output:
            done = subprocess.run(
                [_find(program), *arguments],
                user=self._user,
                group="nogroup" if self._user else None,
                extra_groups=[] if self._user else None,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        text = said.read_text()
        if done.returncode:
            raise BenchError(f"{program} failed: {' '.join(text.split())[-300:]}")
        return text


def _find(program: str) -> str:
    found = shutil.which(program)
    if not found and _DEBIAN.is_dir():
        found = next(map(str, sorted(_DEBIAN.glob(f"*/bin/{program}"), reverse=True)), None)
    if not found:
        raise BenchError(f"PostgreSQL is missing ({program}): install Debian's postgresql.")
    return found
