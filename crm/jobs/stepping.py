"""Work that is done in steps, by a page while somebody has it open and else by a job."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

from crm.jobs.models import Again

# Whoever has the page open goes on with the work: a job does once nobody does.
ALONE = timedelta(seconds=30)
# A server that is stopped waits for it.
GO_ON_SECONDS = 10.0


def alone() -> datetime:
    """Return when a job goes on, unless somebody does until then."""
    return datetime.now(UTC) + ALONE


def go_on_with(step: Callable[[], bool], *, busy: type[Exception]) -> Again:
    """Do steps for a while, and return when to do the rest; ``None`` at the end.

    ``step`` does the next one and says whether there are more. It raises ``busy`` where
    somebody else does the same one.
    """
    until = monotonic() + GO_ON_SECONDS
    try:
        while step():
            if monotonic() >= until:
                return datetime.now(UTC)
    except busy:
        return alone()
    return None
