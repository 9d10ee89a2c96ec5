"""A WSGI application that answers half, waits for the test, then answers the rest."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path


def application(
    _environ: dict[str, object], start_response: Callable[..., object]
) -> Iterable[bytes]:
    """Answer ``half`` at once and ``whole`` when the FIFO named GATE is written to."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "9")])
    return _body(Path(os.environ["GATE"]))


def _body(gate: Path) -> Iterator[bytes]:
    yield b"half"
    gate.read_bytes()
    yield b"whole"
