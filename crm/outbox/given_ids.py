"""Letters by the ids that a service gave their mails, in place of ours: an answer names those.

An item of ``CrmRecords`` for each: with it an answer finds its letter as it does by our own ids.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

from crm.dynamodb.calls import get, put
from crm.dynamodb.errors import ConditionFailedError
from crm.dynamodb.items import Key
from crm.dynamodb.parallel import settle
from crm.tables import RECORDS
from crm.timestamps import stored

MOST = 5
"""So many ids of a message are looked up, the nearest ones."""
PARTITION = "SENT#"
# Too long to be guessed, and what may stand before an @.
_ID = re.compile(r"[a-z0-9-]{32,100}")


def remember(given_id: str, letter: Key) -> None:
    """Remember which letter has an id, once: 1 WRU."""
    key = _key(given_id)
    if not key:
        return
    try:
        put(
            RECORDS,
            {
                **key,
                "at": stored(datetime.now(UTC)),
                "letterPK": letter["PK"],
                "letterSK": letter["SK"],
            },
            condition="attribute_not_exists(#PK)",
        )
    except ConditionFailedError:
        return  # It was remembered before.


def letters(message_ids: Iterable[str]) -> list[Key]:
    """Return the keys of the letters that message ids name, in their order: 0.5 RRU for each id.

    The ids are without brackets.
    """
    names = dict.fromkeys(one.partition("@")[0].lower() for one in message_ids)
    keys = [key for name in names if (key := _key(name))][:MOST]
    items = settle([partial(get, RECORDS, key) for key in keys])
    return [{"PK": str(one["letterPK"]), "SK": str(one["letterSK"])} for one in items if one]


def _key(given_id: str) -> Key | None:
    # Servers on the way may make letters small.
    name = given_id.lower()
    return {"PK": f"{PARTITION}{name}", "SK": "LETTER"} if _ID.fullmatch(name) else None
