"""How many messages are held, in the navigation of every page: staff find out without looking."""

import logging
from collections.abc import Callable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from crm.dynamodb.errors import DynamoDBError, NotFoundError
from crm.remember import Remembered
from leads.formatting import number_text
from leads.held import store

logger = logging.getLogger(__name__)
MAX_AGE = 60  # seconds
# Of usual length, ten and what tells that there are more are half a unit.
MOST = 9
_number: Remembered[int] = Remembered(MAX_AGE)


def held_waiting(_request: HttpRequest) -> dict[str, Callable[[], str]]:
    """Give templates ``held_waiting``: how many are held, "" for none; asked where it is shown."""
    return {"held_waiting": waiting_text}


def waiting_text() -> str:
    """Say how many messages are held, a minute old at most: 0.5 RRU a minute in a process."""
    number = _number.get_or_read(_read)
    if number > MOST:
        return _("%(number)s+") % {"number": number_text(MOST)}
    return number_text(number) if number else ""


def know(number: int) -> None:
    """Remember how many are held, without counting them again."""
    _number.set(number)


def forget() -> None:
    """Count again at the next question."""
    _number.forget()


def _read() -> int:
    try:
        return len(store.page(limit=MOST + 1).messages)
    except NotFoundError:
        return 0  # A deployment of before that table: nothing can be held.
    except DynamoDBError as error:
        # No page may fail for what stands in its navigation.
        logger.warning("held messages were not counted: %s: %s", type(error).__name__, error)
        return 0
