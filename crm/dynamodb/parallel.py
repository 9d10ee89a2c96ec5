"""Independent requests at the same time, on one pool of threads for the process."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache, partial

from django.conf import settings
from django.utils.translation import get_language, override

from crm.dynamodb.client import THREADS

BULK_THREADS = 8


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=2 * THREADS, thread_name_prefix="dynamodb")


def carried[**P, T](call: Callable[P, T]) -> Callable[P, T]:
    """Return a call for another thread, once: it runs in the caller's context and language.

    Django keeps the language for each thread, where no copy of a context brings it.
    """
    language = get_language()
    # Threads speak it anyway, and override costs more than the rest.
    if language != settings.LANGUAGE_CODE:
        call = override(language)(call)
    return partial(copy_context().run, call)


def submit[T](call: Callable[[], T]) -> Future[T]:
    """Start a call on the pool; its requests count for the caller's account.

    The call must not wait for other submitted calls: nested ones could wait for threads
    that wait for them.
    """
    return _pool().submit(carried(call))


def parallel[T](*calls: Callable[[], T]) -> list[T]:
    """Run the calls at once and return their results in order; raise the first error."""
    *others, last = calls
    futures = [submit(call) for call in others]
    final = last()
    return [*(future.result() for future in futures), final]


def settle[T](calls: Iterable[Callable[[], T]]) -> list[T]:
    """Run the calls of a bulk job, a few at once, and return their results in order.

    An error is raised only when no call runs any more: nothing is written after it. They
    have threads of their own, so that pages need not queue behind them.
    """
    with ThreadPoolExecutor(BULK_THREADS) as pool:
        futures = [pool.submit(carried(call)) for call in calls]
    return [future.result() for future in futures]
