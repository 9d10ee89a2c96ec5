"""Independent requests at the same time, on one pool of threads for the process."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache

from crm.dynamodb.client import THREADS


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=2 * THREADS, thread_name_prefix="dynamodb")


def parallel[T](*calls: Callable[[], T]) -> list[T]:
    """Run the calls at once and give their results in order; raise the first error.

    The last one runs in the calling thread. Calls must not use ``parallel`` themselves:
    nested ones would wait for threads that wait for them.
    """
    *others, last = calls
    futures = [_pool().submit(copy_context().run, call) for call in others]
    final = last()
    return [*(future.result() for future in futures), final]
