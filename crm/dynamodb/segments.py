"""A table read in segments, several at once: for commands alone."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event

from crm.dynamodb.items import Key
from crm.dynamodb.scan import ScanPage

type Read = Callable[[int, Key | None], ScanPage]


def each_page[T](
    starts: Sequence[Key | None],
    read: Read,
    work: Callable[[int, ScanPage], T],
    stop: Event,
) -> Iterator[T]:
    """Read segment ``n`` from ``starts[n]`` on, a thread each; give what each page came to.

    ``read`` gives the page of a segment at a key, ``work`` runs in the segment's thread
    before its next page is read. Raises the first error of either. Threads end after the
    page at hand once ``stop`` is set, which happens when the iterator is closed.
    """
    done: SimpleQueue[T | BaseException | None] = SimpleQueue()

    def run(segment: int, start: Key | None) -> None:
        try:
            while not stop.is_set():
                page = read(segment, start)
                done.put(work(segment, page))
                start = page.last_key
                if start is None:
                    break
            done.put(None)
        except BaseException as error:  # noqa: BLE001 -- it is raised where the pages are awaited
            done.put(error)

    with ThreadPoolExecutor(len(starts), "segment") as pool:
        try:
            for segment, start in enumerate(starts):
                pool.submit(run, segment, start)
            running = len(starts)
            while running:
                result = done.get()
                if isinstance(result, BaseException):
                    raise result
                if result is None:
                    running -= 1
                else:
                    yield result
        finally:
            stop.set()
