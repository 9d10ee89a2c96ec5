"""How long a claim holds, and when what was tried in vain is tried again: jobs and letters."""

from datetime import timedelta

LEASE = timedelta(minutes=2)
"""How long something is claimed for: who has not ended it by then counts as dead."""
# Seconds until the next try, by how often it was tried.
_PAUSES = (10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800)
MOST_TRIES = len(_PAUSES) + 1
"""After these, 17 hours from the first on, it has failed for good."""


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many tries, from one on."""
    return timedelta(seconds=_PAUSES[tries - 1])
