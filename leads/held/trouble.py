"""What happens when ``CrmHeld`` cannot be asked: messages come in without limits for a while."""

import logging
from math import inf

from crm.dynamodb.errors import DynamoDBError, NotFoundError
from crm.remember import Remembered
from crm.tables import HELD

logger = logging.getLogger(__name__)
# So long no further message waits for a table that did not answer.
PAUSE = 30.0

_recent: Remembered[str] = Remembered(PAUSE)
_said_missing: Remembered[str] = Remembered(inf)


def is_recent() -> bool:
    """Tell whether the table was in trouble a moment ago."""
    return _recent.get() is not None


def note(error: DynamoDBError) -> None:
    """Leave the table alone for a while, and say it in the log."""
    _recent.set("trouble")
    if not isinstance(error, NotFoundError):
        logger.warning(
            "The form has no limits for %d seconds: %s: %s", PAUSE, type(error).__name__, error
        )
    elif _said_missing.replace("said") is None:
        logger.warning(
            "The form has no limits: table %s does not exist, create_tables makes it", HELD.name
        )
