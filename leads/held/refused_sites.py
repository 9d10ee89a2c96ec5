"""Sites that were refused a form of late, a few of each form for the page of the form.

A process keeps what it sees, and adds it to an item of the day: once a minute at most, and when
something was posted, so that no page that is looked at writes.
"""

import logging
from datetime import timedelta
from threading import Lock

from crm.dynamodb import calls
from crm.dynamodb.errors import ConditionFailedError, DynamoDBError
from crm.remember import Remembered
from crm.tables import HELD
from leads import keys
from leads.held import clock

logger = logging.getLogger(__name__)
MOST = 10
_EVERY = 60.0
_KEPT = timedelta(days=2)

_lock = Lock()
_seen: dict[str, set[str]] = {}
_written: Remembered[str] = Remembered(_EVERY)


def add(slug: str, site: str) -> None:
    """Keep that a form was refused to a site, until it is written."""
    with _lock:
        sites = _seen.setdefault(slug, set())
        if len(sites) < MOST:
            sites.add(site)


def write() -> None:
    """Store what was seen, unless this process did within a minute: 1 WRU for each form."""
    if not _seen or _written.replace("written"):
        return
    with _lock:
        seen = {**_seen}
        _seen.clear()
    for slug, sites in seen.items():
        try:
            _write(slug, sites)
        except ConditionFailedError:
            # There are enough of them.
            continue
        except DynamoDBError as error:
            logger.warning("refused sites were not kept: %s: %s", type(error).__name__, error)


def recent(slug: str) -> list[str]:
    """Return ten sites at most that a form was refused to since yesterday: 1 RRU."""
    days = (clock.now(), clock.now() - timedelta(days=1))
    items = [calls.get(HELD, keys.refused_sites(slug, day.date().isoformat())) for day in days]
    found = {str(site) for item in items if item for site in _sites(item.get("sites"))}
    return sorted(found)[:MOST]


def forget() -> None:
    """Begin anew, as tests do."""
    with _lock:
        _seen.clear()
    _written.forget()


def _write(slug: str, sites: set[str]) -> None:
    calls.update(
        HELD,
        keys.refused_sites(slug, clock.now().date().isoformat()),
        "ADD #sites :sites SET #expiresAt = :end",
        values={
            "sites": sites,
            "end": int((clock.now() + _KEPT).timestamp()),
            "most": MOST,
        },
        condition="attribute_not_exists(#sites) OR size(#sites) < :most",
        blind=True,
    )


def _sites(value: object) -> set[str]:
    return value if isinstance(value, set) else set()
