"""Places that all processes of a server share."""

import os
from collections.abc import Callable

from crm.serving.places import SharedPlaces


def in_another_process(work: Callable[[], bool]) -> bool:
    """Return what work gives in a process that is forked, and ends then."""
    child = os.fork()
    if child == 0:
        os._exit(int(work()))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_only_so_many_are_taken_and_one_that_is_given_back_is_free_again() -> None:
    places = SharedPlaces(2)
    assert [places.acquire(blocking=False) for _ in range(3)] == [True, True, False]
    places.release()
    assert [places.acquire(blocking=False) for _ in range(2)] == [True, False]


def test_they_are_those_of_all_processes() -> None:
    places = SharedPlaces(2)
    assert places.acquire(blocking=False)

    def second_is_there_and_no_third() -> bool:
        places._taken.clear()  # noqa: SLF001 -- a worker is forked before it takes any
        taken = [places.acquire(blocking=False) for _ in range(2)]
        return taken == [True, False]

    assert in_another_process(second_is_there_and_no_third)
    # The other process has ended without giving its place back.
    assert [places.acquire(blocking=False) for _ in range(2)] == [True, False]
