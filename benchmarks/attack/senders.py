"""Requests that never become whole, bodies that are too large: does everybody else still get in."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from time import monotonic

from benchmarks.browser import HOST

HALF_SENT = 200
MOST_CONNECTIONS = 2_000
# An answer that takes longer counts as none.
PATIENCE = 5.0
# The deadlines for headers and for a small body, and some seconds for the clock.
HEADER_SECONDS = 10.0
BODY_SECONDS = 30.0
SLACK = 5.0
_TOO_LARGE = 413
ALIKE = "Host: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 198.51.100.77\r\n"
HEADERS = f"GET /contact/ HTTP/1.1\r\n{ALIKE}".encode()
BODY = f"POST /contact/ HTTP/1.1\r\n{ALIKE}Content-Length: 1000\r\n\r\nname=".encode()
LARGE = f"POST /accounts/login/ HTTP/1.1\r\n{ALIKE}Content-Length: 200000000\r\n\r\n".encode()
CHUNKED = f"POST /accounts/login/ HTTP/1.1\r\n{ALIKE}Transfer-Encoding: chunked\r\n\r\n".encode()
CHUNK = b"10000\r\n" + b"x" * 65_536 + b"\r\n"

type Probe = Callable[[], float]


def slow_senders(port: int, probes: dict[str, Probe]) -> tuple[list[str], list[str]]:
    """Hold half-sent requests open while the probes ask; returns what to print, what is wrong."""
    lines, wrong = [], []
    for name, start, count in (
        ("half-sent headers", HEADERS, HALF_SENT),
        ("half-sent bodies", BODY, HALF_SENT),
        ("open connections", b"", MOST_CONNECTIONS),
    ):
        with _held(port, start, count) as opened:
            seconds = {page: probe() for page, probe in probes.items()}
        told = ", ".join(f"{page} {taken * 1000:.0f} ms" for page, taken in seconds.items())
        lines.append(f"{opened} {name}: {told}")
        wrong += [f"{name}: no {page}" for page, taken in seconds.items() if taken >= PATIENCE]
    return lines, wrong


def drips(port: int) -> tuple[list[str], list[str]]:
    """Send a byte now and then; returns when the server ends it, and what is wrong."""
    cases = {
        "dripped headers": (HEADERS + b"X-A: ", HEADER_SECONDS),
        "dripped body": (BODY, BODY_SECONDS),
    }
    with ThreadPoolExecutor() as pool:
        ended = dict(
            zip(cases, pool.map(lambda case: _drip(port, *case), cases.values()), strict=True)
        )
    lines = [f"{name}: ended after {seconds:.0f} s" for name, seconds in ended.items()]
    wrong = [
        f"{name} went on for {seconds:.0f} s"
        for name, seconds in ended.items()
        if seconds > cases[name][1] + SLACK
    ]
    return lines, wrong


def large_bodies(port: int) -> tuple[list[str], list[str]]:
    """Announce 200 MB, and send 3 MB in chunks that announce nothing, to the sign-in page."""
    answers = {
        "200 MB announced": _status(port, LARGE, 0),
        "3 MB in chunks": _status(port, CHUNKED, 48),
    }
    lines = [f"{name}: {status}" for name, status in answers.items()]
    return lines, [
        f"{name} was answered {status}" for name, status in answers.items() if status != _TOO_LARGE
    ]


@contextmanager
def _held(port: int, start: bytes, count: int) -> Iterator[int]:
    """Hold connections open on which a request has begun; yields how many there are."""
    with ExitStack() as stack:
        opened = 0
        for _ in range(count):
            try:
                one = socket.create_connection((HOST, port), timeout=PATIENCE)
            except OSError:
                break
            stack.enter_context(closing(one))
            with suppress(OSError):
                one.sendall(start)
            opened += 1
        yield opened


def _drip(port: int, start: bytes, seconds: float) -> float:
    """Return after how many seconds the server ends a request of which a byte comes each second."""
    begun = monotonic()
    with closing(socket.create_connection((HOST, port), timeout=1)) as one:
        one.sendall(start)
        while monotonic() - begun < seconds + 2 * SLACK:
            try:
                one.sendall(b"x")
                if one.recv(4_096):
                    break
                return monotonic() - begun
            except TimeoutError:
                continue
            except OSError:
                break
    return monotonic() - begun


def _status(port: int, start: bytes, chunks: int) -> int:
    """Return the status of the answer to what begins so, 0 if none comes."""
    with closing(socket.create_connection((HOST, port), timeout=PATIENCE)) as one:
        with suppress(OSError):
            one.sendall(start)
            for _ in range(chunks):
                one.sendall(CHUNK)
        try:
            words = one.recv(64).split()
        except OSError:
            return 0
    return int(words[1]) if len(words) > 1 else 0
