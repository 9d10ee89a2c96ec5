"""How long to wait before the next attempt."""

from random import uniform

BASE_SECONDS = 0.02
MAX_SECONDS = 1.0


def pause(attempt: int) -> float:
    """Return the seconds to wait before attempt number ``attempt`` (1 is the first retry).

    Full jitter, as in the AWS Architecture Blog's "Exponential Backoff And Jitter".
    """
    return uniform(0, min(MAX_SECONDS, BASE_SECONDS * 2**attempt))  # noqa: S311 -- not a secret
