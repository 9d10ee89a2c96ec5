"""Answers that go out at a fixed moment, so that their time does not tell what was found.

Whether there is an account makes no difference of more than the moments are apart. Who
waits holds a thread, and who has a password compared a processor, so only so many strangers
may at once: the rest is for everybody else.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from time import monotonic, sleep

from django.conf import settings

from crm.accounts import throttle
from crm.accounts.throttle import Counter

# Seconds. Longer than a password takes to be compared.
STEP = 1.0
# For a mail to be sent before the answer goes out, where the process then stands still.
MAIL_TIME = 3.0 if getattr(settings, "ON_LAMBDA", False) else 0.0
STEP_WITH_MAIL = MAIL_TIME or STEP
_places = BoundedSemaphore(getattr(settings, "ANSWERS_THAT_WAIT", 2))


class TooManyWaitError(Exception):
    """As many requests as may wait for their moment are waiting for it, or about to."""


def came() -> float:
    """Return the time at which a request came, for :func:`wait`."""
    return monotonic()


def wait(came: float, step: float = STEP) -> None:
    """Wait until a multiple of ``step`` seconds after the request came."""
    sleep((came - monotonic()) % step)


@contextmanager
def place(counted: Iterable[Counter] = ()) -> Iterator[None]:
    """Hold one of the places for those who may wait.

    Raises ``TooManyWaitError`` at once, before anything inside is done, and takes back the
    attempt that was ``counted``. Whoever is over a limit is refused before, and holds no place.
    """
    if not _places.acquire(blocking=False):
        for counter in counted:
            throttle.give_back(counter)
        raise TooManyWaitError
    try:
        yield
    finally:
        _places.release()
