"""A table read in segments, several at once: for commands alone."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event
from typing import Protocol

from crm.dynamodb.items import Key


class Page(Protocol):
    """What a page has to tell: the key to go on from, if there is more."""

    @property
    def last_key(self) -> Key | None: ...  # noqa: D102 -- told above


def each_page[P: Page, T](
    starts: Mapping[int, Key | None],
    read: Callable[[int, Key | None], P],
    work: Callable[[int, P], T],
    stop: Event,
) -> Iterator[T]:
    """Read each segment from its start on, a thread each; give what ``work`` made of each page.

    ``read`` gives the page of a segment at a key; ``work`` runs in the segment's thread
    before its next page is read, and gives anything but ``None``. Threads end after the page
    at hand once ``stop`` is set, which an error and a closed iterator do, too. Raises the
    first error of either.
    """
    done: SimpleQueue[T | None] = SimpleQueue()

    def run(segment: int, start: Key | None) -> None:
        try:
            while not stop.is_set():
                page = read(segment, start)
                done.put(work(segment, page))
                start = page.last_key
                if start is None:
                    return
        except BaseException:
            stop.set()
            raise
        finally:
            done.put(None)

    with ThreadPoolExecutor(max(1, len(starts)), "segment") as pool:
        try:
            segments = [pool.submit(run, *start) for start in starts.items()]
            running = len(segments)
            while running:
                result = done.get()
                if result is None:
                    running -= 1
                else:
                    yield result
        except BaseException:
            stop.set()
            raise
        for segment in segments:
            segment.result()
