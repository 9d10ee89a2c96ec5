"""``python -m benchmarks.lambda_start``: what a start on Lambda costs, and a warm request.

A start is everything from an empty process until the handler can be called: Django, the code
of the function's pages, its secrets from a stub of Systems Manager. Its measure is the ratio to
``import boto3, django`` in a process that does nothing else, compiled in the same way.
Times of the processor, because other programs lengthen the clock's.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from subprocess import PIPE
from typing import IO, cast

import django

from benchmarks.browser import SESSION_COOKIE
from benchmarks.command import run_and_print, say
from benchmarks.dead_sockets import DeadSockets
from benchmarks.environment import use_environment
from benchmarks.parameter_store import parameter_store
from benchmarks.sampling import BenchError
from crm.dynamodb.engine import Engine

ROOT = Path(__file__).resolve().parents[1]
CHILD = Path(__file__).with_name("lambda_child.py")
LEADS = 1_000
HOST = "d111111abcdef8.cloudfront.net"
SECRET = "only-for-this-benchmark-" + "0" * 32
PAGES = ("/contact/", "/board/", "/leads/")
PAUSES = 7
# What boto3 and Django load, and nothing of ours.
_BASE = (
    "asgiref",
    "boto3",
    "botocore",
    "dateutil",
    "django",
    "jmespath",
    "s3transfer",
    "six",
    "sqlparse",
    "urllib3",
)

_SECRETS = {"ORIGIN_SECRET", "SECRET_KEY"}

type Told = dict[str, float]


def main() -> int:
    """Run it and return the exit status."""
    parser = ArgumentParser(prog="benchmarks.lambda_start", description=__doc__)
    parser.add_argument("--samples", type=int, default=21, help="processes of each kind")
    parser.add_argument("--rounds", type=int, default=300, help="warm requests of each page")
    options = parser.parse_args()
    return run_and_print(lambda: _run(options.samples, options.rounds))


def _run(samples: int, rounds: int) -> str:
    with tempfile.TemporaryDirectory(prefix="leadbook-lambda-") as folder:
        place = Path(folder)
        use_environment(place)
        os.environ |= {
            "ALLOWED_HOSTS": HOST,
            "AWS_LAMBDA_FUNCTION_NAME": "leadbook-benchmark",
            "ORIGIN_SECRET": SECRET,
        }
        del os.environ["STATIC_ROOT"]
        say("Building the package …")
        _build(place / "package")
        _copy_base(place / "base")
        django.setup()
        secrets = {"key": os.environ["SECRET_KEY"], "origin": SECRET}
        with Engine(place / "leads.db") as engine, parameter_store(secrets) as store:
            return _measure(Starter(place, store), engine, samples, rounds)


@dataclass(frozen=True)
class Starter:
    """Starts processes from the packages in ``place``, with secrets from a ``store``."""

    place: Path
    store: str

    def start(self, what: str, part: str = "web") -> Told:
        """Run a process of the benchmark as the function ``part``; raises ``BenchError``."""
        done = subprocess.run(
            self._command(what), env=self._env(part), capture_output=True, text=True, check=False
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["it said nothing"]
            raise BenchError(f"A process of the benchmark failed: {lines[-1]}")
        # The application's own lines of the log come before.
        return cast("Told", json.loads(done.stdout.splitlines()[-1]))

    def after_pauses(self, event: object, die: Callable[[DeadSockets], None]) -> list[float]:
        """Return the milliseconds of a request after each of some pauses, in which sockets die."""
        what = json.dumps({"events": [event], "rounds": 0, "pauses": PAUSES})
        with DeadSockets(os.environ["AWS_ENDPOINT_URL_DYNAMODB"]) as sockets:
            env = self._env("web") | {"AWS_ENDPOINT_URL_DYNAMODB": sockets.url}
            with subprocess.Popen(
                self._command(what), env=env, stdin=PIPE, stdout=PIPE, text=True
            ) as child:
                lines = (line for line in cast("IO[str]", child.stdout) if line[0] not in "{I")
                taken = []
                for _pause in range(PAUSES):
                    if next(lines, "") != "paused\n":
                        raise BenchError("A process of the benchmark failed.")
                    die(sockets)
                    cast("IO[str]", child.stdin).write("\n")
                    cast("IO[str]", child.stdin).flush()
                    taken.append(float(next(lines)))
                # It has a last word, for which nothing may be closed.
                cast("IO[str]", child.stdout).read()
                return taken

    def _command(self, what: str) -> list[str]:
        folder = self.place / ("base" if what == "base" else "package")
        return [sys.executable, "-I", "-S", str(CHILD), str(folder), what]

    def _env(self, part: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in _SECRETS}
        return kept | {
            "AWS_ENDPOINT_URL_SSM": self.store,
            "FORM_ONLY": str(int(part == "form")),
            "ORIGIN_SECRET_PARAMETER": "origin",
            "SECRET_KEY_PARAMETER": "key",
        }


def _measure(starter: Starter, engine: Engine, samples: int, rounds: int) -> str:
    from benchmarks.seeding import seed  # noqa: PLC0415 - needs Django's settings
    from benchmarks.sites import endpoint, prepare  # noqa: PLC0415 - needs Django's settings

    prepare(engine)
    say(f"Seeding {LEADS:,} leads …")
    with endpoint(engine.url):
        seed(LEADS)
        cookie = _signed_in()
    events = {path: _event(path, cookie) for path in PAGES}
    form, *staff = (json.dumps({"events": [event], "rounds": 0}) for event in events.values())
    kinds = {
        "base": ("base", "web"),
        "form, start": ("start", "form"),
        f"form, {PAGES[0]}": (form, "form"),
        "web, start": ("start", "web"),
    } | {f"web, {path}": (what, "web") for path, what in zip(PAGES[1:], staff, strict=True)}
    told: dict[str, list[Told]] = {kind: [] for kind in kinds}
    say(f"Starting {samples} processes of each kind …")
    for _number in range(samples):
        for kind, (what, part) in kinds.items():
            told[kind].append(starter.start(what, part))
    say("Asking a warm process …")
    wanted = json.dumps({"events": [*events.values()], "rounds": rounds})
    warm = cast("list[dict[str, list[float]]]", starter.start(wanted)["warm"])
    say("Letting connections die …")
    board = events["/board/"]
    deaths = {
        name: starter.after_pauses(board, die)
        for name, die in {
            "still open": lambda _sockets: None,
            "reset": DeadSockets.reset,
            "swallowed": DeadSockets.swallow,
        }.items()
    }
    tables = (_starts(told), _warm(dict(zip(PAGES, warm, strict=True))), _after(deaths))
    return "\n\n".join("\n".join(table) for table in tables)


def _starts(told: Mapping[str, list[Told]]) -> list[str]:
    lines = [f"{'':<20}{'processor':>12}{'clock':>12}{'memory':>10}{'ratio':>8}"]
    for kind, ones in told.items():
        # To the base of the same round: a machine is not as fast all the time.
        pairs = zip(ones, told["base"], strict=True)
        ratio = median(one["cpu"] / base["cpu"] for one, base in pairs)
        cpu, clock, peak = (median(one[name] for one in ones) for name in ("cpu", "ms", "peak"))
        size = f"{peak / 2**20:.0f} MB"
        lines.append(f"{kind:<20}{cpu:>9.0f} ms{clock:>9.0f} ms{size:>10}{ratio:>8.2f}")
    return lines


def _warm(told: Mapping[str, dict[str, list[float]]]) -> list[str]:
    lines = [f"{'warm, p50':<20}{'WSGI':>12}{'handler':>12}{'ratio':>8}"]
    for path, taken in told.items():
        wsgi, handler = median(taken["wsgi"]), median(taken["handler"])
        lines.append(f"{path:<20}{wsgi:>9.2f} ms{handler:>9.2f} ms{handler / wsgi:>8.3f}")
    return lines


def _after(deaths: Mapping[str, list[float]]) -> list[str]:
    lines = [f"{'board after a pause':<20}{'p50':>12}{'worst':>12}"]
    for name, taken in deaths.items():
        lines.append(f"{name:<20}{median(taken):>9.0f} ms{max(taken):>9.0f} ms")
    return lines


def _build(folder: Path) -> None:
    program = [sys.executable, "scripts/package_lambda.py", "--platform", "host"]
    done = subprocess.run(
        [*program, "--into", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(done.stderr.strip())


def _copy_base(folder: Path) -> None:
    folder.mkdir()
    for name in _BASE:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise BenchError(f"{name} is not installed.")
        origin = Path(spec.origin)
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, folder / name)
        else:
            shutil.copy(origin, folder)
    compiling = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder)]
    subprocess.run([sys.executable, *compiling], check=True)


def _signed_in() -> str:
    from django.test import Client  # noqa: PLC0415 - needs Django's settings

    from benchmarks.sites import EMAIL  # noqa: PLC0415 - needs Django's settings
    from crm.accounts.models import User  # noqa: PLC0415 - needs Django's settings

    browser = Client()
    person = next(user for user in User.objects.everyone() if user.email == EMAIL)
    browser.force_login(person)
    return f"{SESSION_COOKIE}={browser.cookies[SESSION_COOKIE].value}"


def _event(path: str, cookie: str) -> dict[str, object]:
    recorded = ROOT / "tests" / "crm" / "on_lambda" / "events" / "cloudfront.json"
    event: dict[str, object] = json.loads(recorded.read_text(encoding="utf-8"))
    headers = cast("dict[str, str]", event["headers"]) | {"x-origin-secret": SECRET}
    return event | {"rawPath": path, "headers": headers, "cookies": [cookie]}


if __name__ == "__main__":
    sys.exit(main())
