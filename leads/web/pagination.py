"""Cursors of the list and of a timeline, signed and checked for their shape."""

from collections.abc import Mapping
from urllib.parse import urlencode

from crm.dynamodb.cursor import InvalidCursorError, decode, encode
from crm.dynamodb.items import Key
from leads import keys
from leads.models import Status
from leads.repository import Filter, Positions

# Of the pages before: an address has to stay well under the 4 KB that servers read.
MAX_TRAIL = 10
MAX_TRAIL_LENGTH = 2000
FIRST = "-"
_FOREIGN = "The page address is of another list."


def list_cursor(positions: Positions, wanted: Filter) -> str:
    """Give the cursor of a page of the list; what the filter tells is left out."""
    compact = {name: _compact(position) for name, position in positions.items()}
    return encode(dict(compact), _scope(wanted))


def list_positions(cursor: str, wanted: Filter) -> Positions:
    """Read a cursor of the list. Raises ``InvalidCursorError``."""
    position: object = decode(cursor, _scope(wanted))
    partitions = _partitions(wanted)
    if not isinstance(position, dict) or not position.keys() <= partitions.keys():
        raise InvalidCursorError(_FOREIGN)
    return {name: _full(text, partitions[name]) for name, text in position.items()}


def search_cursor(position: str, text: str, wanted: Filter) -> str:
    """Give the cursor of a page of what a search finds."""
    return encode({"search": position}, _scope(wanted, text))


def search_start(cursor: str, text: str, wanted: Filter) -> str | None:
    """Read a cursor of a search. Raises ``InvalidCursorError``."""
    if not cursor:
        return None
    position: object = decode(cursor, _scope(wanted, text))
    found = position.get("search") if isinstance(position, dict) else None
    if not isinstance(found, str) or not found:
        raise InvalidCursorError(_FOREIGN)
    return found


def timeline_cursor(last_key: Key, lead_id: str) -> str:
    """Give the cursor of the older events of a lead."""
    return encode(dict(last_key), f"timeline:{lead_id}")


def timeline_start(cursor: str, lead_id: str) -> Key | None:
    """Read a cursor of a timeline. Raises ``InvalidCursorError``."""
    if not cursor:
        return None
    position: object = decode(cursor, f"timeline:{lead_id}")
    found = position.get("SK") if isinstance(position, dict) else None
    if not isinstance(found, str) or not found.startswith(keys.EVENT_PREFIX):
        raise InvalidCursorError(_FOREIGN)
    return {"PK": keys.timeline(lead_id), "SK": found}


def page_links(
    path: str, query: Mapping[str, str], *, cursor: str, trail: str, older: str
) -> dict[str, str]:
    """Give the addresses of the newest, the newer and the older page; "" where there is none.

    ``trail`` joins the cursors of the pages before by "~"; "-" is the first page.
    """
    before = [part for part in trail[-MAX_TRAIL_LENGTH:].split("~") if part] if cursor else []

    def address(**more: str) -> str:
        return address_of(path, {**query, **more})

    newer = ""
    if before:
        *rest, last = before
        newer = address() if last == FIRST else address(cursor=last, trail="~".join(rest))
    return {
        "newest_url": address() if cursor else "",
        "newer_url": newer,
        "next_url": address(cursor=older, trail=_longer(before, cursor)) if older else "",
    }


def address_of(path: str, parameters: Mapping[str, str]) -> str:
    """Give an address with those parameters that are not empty."""
    given = {name: text for name, text in parameters.items() if text}
    return f"{path}?{urlencode(given, safe='~:')}" if given else path


def _longer(before: list[str], cursor: str) -> str:
    trail = [*before, cursor or FIRST][-MAX_TRAIL:]
    while len("~".join(trail)) > MAX_TRAIL_LENGTH:
        trail.pop(0)
    return "~".join(trail)


def _scope(wanted: Filter, text: str = "") -> str:
    parts = (wanted.status, wanted.owner_id, wanted.email, wanted.since, wanted.until)
    scope = [str(part or "") for part in parts]
    return f"leads:{[*scope, text] if text else scope!r}"


def _partitions(wanted: Filter) -> dict[str, Key]:
    """Give, for each source of a filtered list, the partition of the index that it reads."""
    if wanted.email:
        return {"email": {"email": wanted.email}}
    if wanted.owner_id:
        return {"owner": {"ownerId": wanted.owner_id}}
    statuses = [wanted.status] if wanted.status else list(Status)
    return {status.value: {"status": status.value} for status in statuses}


def _compact(key: Key) -> str:
    return f"{key['createdAt']}\n{key['leadId']}"


def _full(text: object, partition: Key) -> Key:
    created_at, separator, lead_id = str(text).partition("\n")
    if not (isinstance(text, str) and separator and created_at and lead_id):
        raise InvalidCursorError(_FOREIGN)
    return {"leadId": lead_id, "createdAt": created_at, **partition}
