"""Reading a user while the session that names them is still being read.

A session is read before the user it belongs to, because only the session says who that is:
two requests one after the other, before a page can begin. But a process remembers whose a
session was when it last saw it, and so can ask for both at once. That is a guess about what
to read, never about who may do what: session and user are read anew for every request, and
a guess that turns out wrong is thrown away. docs/adr/0014 has the reasons.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from crm.dynamodb.calls import Item, submit

REMEMBERED = 2_000  # sessions, the most recent ones

type Reading = tuple[str, Future[Item | None]]

_owners: OrderedDict[str, str] = OrderedDict()
_lock = Lock()
_readings: ContextVar[list[Reading] | None] = ContextVar("users_read_ahead", default=None)


@contextmanager
def request() -> Iterator[None]:
    """Keep what is read ahead inside to one request: the next one reads for itself."""
    token = _readings.set([])
    try:
        yield
    finally:
        _readings.reset(token)


def start(session_key: str, read: Callable[[str], Item | None]) -> None:
    """Begin to read the user whose session this was, if that is known."""
    readings, user_id = _readings.get(), _owners.get(session_key)
    if readings is not None and user_id:
        readings[:] = [(user_id, submit(lambda: read(user_id)))]


def finish(user_id: str, read: Callable[[str], Item | None]) -> Item | None:
    """Return the user that is being read, or read them now. Raises the errors of DynamoDB."""
    readings = _readings.get()
    while readings:
        guess, reading = readings.pop()
        if guess == user_id:
            return reading.result()
    return read(user_id)


def remember_owner(session_key: str, user_id: str | None) -> None:
    """Remember whose a session is; ``None`` if it is nobody's, or no longer there."""
    with _lock:
        if user_id is None:
            _owners.pop(session_key, None)
            return
        _owners[session_key] = user_id
        _owners.move_to_end(session_key)
        while len(_owners) > REMEMBERED:
            _owners.popitem(last=False)
