"""A run: each peer is installed, set up once, filled and timed at each size."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from secrets import token_urlsafe
from time import perf_counter, sleep

import orjson

from benchmarks.browser import HOST
from benchmarks.peers.environments import INSIDE, environment, run
from benchmarks.peers.peers import Peer, Told
from benchmarks.peers.postgres import OWNER, Postgres
from benchmarks.peers.visitor import Job
from benchmarks.sampling import BenchError
from crm.dynamodb.engine import free_port

START_SECONDS = 120.0
STOP_SECONDS = 30.0

type Say = Callable[[str], None]


@dataclass(frozen=True)
class Bench:
    """What all peers share: the leads to store, a folder that is kept, the database."""

    people: Path
    work: Path
    postgres: Postgres
    say: Say


@dataclass
class Installed:
    """A peer with an environment of its own and tables without leads."""

    peer: Peer
    bench: Bench
    python: str
    variables: dict[str, str]

    @contextmanager
    def serving(self, size: int) -> Iterator[list[Job]]:
        """Store leads, start its server, and yield what it does."""
        peer, bench = self.peer, self.bench
        database = f"{peer.key}_{size}"
        bench.postgres.create(database, _empty(peer))
        here = self.variables | {"DBNAME": database}
        bench.say(f"{peer.name}: storing {size:,} leads …")
        fill = [self.python, str(INSIDE / peer.fill), str(bench.people), str(size)]
        said = run(fill, bench.work / peer.key, here)
        told: Told = orjson.loads(said.strip().splitlines()[-1])
        bench.postgres.sql("VACUUM ANALYZE", database)
        with _server(self.python, peer, here, bench.work / peer.key) as port:
            yield peer.jobs(port, told)


def install(peer: Peer, bench: Bench) -> Installed:
    """Install a peer and make its tables. Raises ``BenchError``."""
    bench.say(f"{peer.name}: installing …")
    python = str(environment(bench.work / peer.key, peer.packages, peer.overrides))
    bench.postgres.create(_empty(peer))
    variables = _variables(peer, bench.postgres)
    bench.say(f"{peer.name}: making its tables …")
    for command in peer.setup:
        here = variables | {"DBNAME": _empty(peer)}
        run([python, "-m", "django", *command], bench.work / peer.key, here)
    return Installed(peer, bench, python, variables)


def _empty(peer: Peer) -> str:
    return f"{peer.key}_empty"


def _variables(peer: Peer, postgres: Postgres) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", ""),
        "PYTHONPATH": str(INSIDE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": peer.settings,
        "SECRET_KEY": token_urlsafe(60),
        "ALLOWED_HOSTS": HOST,
        "DBENGINE": peer.engine,
        "DBUSER": OWNER,
        "DBPASSWORD": "",
        "DBHOST": HOST,
        "DBPORT": str(postgres.port),
        **peer.variables,
    }


@contextmanager
def _server(python: str, peer: Peer, variables: Mapping[str, str], folder: Path) -> Iterator[int]:
    port = free_port()
    address = f"{HOST}:{port}"
    command = [python, "-m", "gunicorn", "-w", "2", "-b", address, "--no-control-socket", peer.wsgi]
    with ExitStack() as stack:
        log = folder / "gunicorn.log"
        output = stack.enter_context(log.open("ab"))
        server = subprocess.Popen(
            command,
            env=variables,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        stack.callback(_stop, server)
        _wait_for(server, port, log)
        yield port


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = perf_counter() + START_SECONDS
    while server.poll() is None and perf_counter() < deadline:
        connection = HTTPConnection(HOST, port, timeout=START_SECONDS)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (HTTPException, OSError):
            sleep(0.1)
        else:
            return
        finally:
            connection.close()
    message = f"A peer's server did not start: see {log}."
    raise BenchError(message)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
