"""How many messages came in this hour, in all processes together.

Each process counts for itself and adds what it counted to one item every so many messages;
the answer tells what the others did. So no message waits for it, and the item is never hot.
What a process has not yet added is missing from the totals of the others: a limit may be
passed by that many in each.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock

from django.conf import settings

from crm.dynamodb import calls
from crm.dynamodb.errors import DynamoDBError
from crm.dynamodb.items import Item
from crm.tables import HELD
from leads import keys
from leads.held import clock
from leads.held.clock import Window

logger = logging.getLogger(__name__)
# As many messages as a process keeps for itself, and which part of the lowest limit at most.
MOST_UNSETTLED = 10
PART_OF_LIMIT = 30
# Clocks differ: an hour is still counted for a while after its end.
LEEWAY = 3600


class Totals:
    """What a process knows of the present hour; safe for threads.

    ``accepted`` messages became leads, ``taken`` ones were accepted or held.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_settling = False
        self._begin(Window("", 0))

    def accepted(self) -> int:
        """Return how many messages became leads in this hour."""
        return self._accepted if self._window == clock.window() else 0

    def taken(self) -> int:
        """Return how many messages came in within this hour, held ones included."""
        return self._taken if self._window == clock.window() else 0

    def add(self, *, accepted: bool) -> None:
        """Count one message, and settle with the other processes if it is time."""
        window = clock.window()
        with self._lock:
            if window != self._window:
                self._begin(window)
            self._accepted += accepted
            self._taken += 1
            self._unsettled_accepted += accepted
            self._unsettled_taken += 1
            is_time = self._unsettled_taken >= _most_unsettled() and not self._is_settling
            self._is_settling = self._is_settling or is_time
        if not is_time:
            return
        # A function is frozen after its answer, with whatever its threads were doing.
        if settings.ON_LAMBDA:
            self._settle()
        else:
            _beside().submit(self._settle)

    def wait(self) -> None:
        """Wait until what is being settled is settled."""
        if self._window.hour:
            _beside().submit(int).result()

    def forget(self) -> None:
        """Begin anew."""
        self.wait()
        with self._lock:
            self._begin(Window("", 0))

    def _begin(self, window: Window) -> None:
        self._window = window
        self._accepted = self._taken = 0
        self._unsettled_accepted = self._unsettled_taken = 0

    def _settle(self) -> None:
        """Add what is unsettled to the item: one request, 1 WRU.

        It is sent once: whether it was done is not known after a time-out, and counting
        too little is better than counting twice.
        """
        with self._lock:
            window = self._window
            accepted, self._unsettled_accepted = self._unsettled_accepted, 0
            taken, self._unsettled_taken = self._unsettled_taken, 0
        of_all: Item = {}
        try:
            of_all = calls.update(
                HELD,
                keys.intake_totals(window.hour),
                "ADD #accepted :accepted, #taken :taken SET #expiresAt = :end",
                values={"accepted": accepted, "taken": taken, "end": window.ends + LEEWAY},
                blind=True,
            )
        except DynamoDBError as error:
            # This process goes on with what it counted itself.
            logger.warning("messages were not counted: %s: %s", type(error).__name__, error)
        finally:
            # Whatever went wrong, the next messages are to be settled.
            with self._lock:
                self._is_settling = False
                if of_all and window == self._window:
                    self._accepted = int(str(of_all["accepted"])) + self._unsettled_accepted
                    self._taken = int(str(of_all["taken"])) + self._unsettled_taken


def _most_unsettled() -> int:
    limits = [limit for limit in (settings.INTAKE_TOTAL, settings.INTAKE_CEILING) if limit]
    if not limits:
        return settings.MOST_AN_HOUR
    return max(1, min(MOST_UNSETTLED, min(limits) // PART_OF_LIMIT))


@cache
def _beside() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="intake-totals")
