"""Answers that go out at a fixed moment, so that their time does not tell what was found.

Whether there is an account makes no difference of more than the moments are apart. Who
waits holds a thread, so only so many may: the rest of the threads is for other requests.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from time import monotonic, sleep

from django.conf import settings

# Seconds. Longer than a password takes to be compared.
STEP = 1.0
# Where a mail is sent before the answer goes out, because the process then stands still.
STEP_WITH_MAIL = 3.0 if getattr(settings, "ON_LAMBDA", False) else STEP
_places = BoundedSemaphore(getattr(settings, "ANSWERS_THAT_WAIT", 4))


class TooManyWaitError(Exception):
    """As many answers as may wait for their moment are waiting for it."""


def came() -> float:
    """Return the time at which a request came, for :func:`fixed_moment`."""
    return monotonic()


@contextmanager
def fixed_moment(came: float, step: float = STEP) -> Iterator[None]:
    """Leave at a multiple of ``step`` seconds after the request came.

    Raises ``TooManyWaitError`` at once, before anything inside is done.
    """
    if not _places.acquire(blocking=False):
        raise TooManyWaitError
    try:
        yield
        sleep((came - monotonic()) % step)
    finally:
        _places.release()
