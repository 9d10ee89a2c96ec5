"""Which sessions each person has: digests, in one item for each day on which some began.

A list goes with the last of its sessions. It keeps those that have ended: whoever reads it
asks for the sessions themselves.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from time import time
from typing import cast

from django.conf import settings

from crm.accounts import keys
from crm.dynamodb import calls
from crm.dynamodb.errors import ConditionFailedError
from crm.dynamodb.items import Item, Key, Value
from crm.tables import EPHEMERAL

# In one day, for one person: far from the size of an item.
MOST = 1000
_DAY = 24 * 3600


def add(user_id: str, digest: str) -> None:
    """Put a session on the list of today; usually 1 WRU.

    One that finds the list full ends those on it: somebody's program signs in without end.
    """
    key = _lists(user_id)[0]
    now = int(time())
    # Whatever began today has ended by then.
    values: dict[str, Value] = {
        "end": now - now % _DAY + _DAY + settings.SESSION_COOKIE_AGE,
        "session": {digest},
    }
    try:
        calls.update(
            EPHEMERAL,
            key,
            "SET #expiresAt = :end ADD #sessions :session",
            values={**values, "most": MOST},
            condition="attribute_not_exists(#sessions) OR size(#sessions) < :most",
        )
    except ConditionFailedError as error:
        end(_digests([error.item] if error.item else []))
        calls.update(EPHEMERAL, key, "SET #expiresAt = :end, #sessions = :session", values=values)


def digests(user_id: str) -> set[str]:
    """Return the sessions that somebody began lately, those that have ended among them.

    Costs 1 RRU for each day that a session may last.
    """
    return _digests(calls.batch_get(EPHEMERAL, _lists(user_id), consistent=True))


def end(ended: Iterable[str]) -> None:
    """End sessions; one that has ended is no error."""
    calls.batch_delete(EPHEMERAL, map(keys.session_of_digest, ended))


def _lists(user_id: str) -> list[Key]:
    today = datetime.fromtimestamp(time(), UTC).date()
    days = settings.SESSION_COOKIE_AGE // _DAY + 1
    return [keys.session_list(user_id, today - timedelta(days=day)) for day in range(days)]


def _digests(lists: Iterable[Item]) -> set[str]:
    return {digest for item in lists for digest in cast("set[str]", item["sessions"])}
