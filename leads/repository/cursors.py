"""Where a list goes on, as text: signed, bound to its list, checked for its shape.

What is outside the repository sees this text and never a key of the store. Everything that
reads one raises ``InvalidCursorError`` for a text that was altered, or is of another list.
"""

from collections.abc import Collection, Mapping
from itertools import batched
from typing import NamedTuple

from crm.dynamodb.cursor import InvalidCursorError, Position, decode, encode
from crm.dynamodb.items import Key
from leads import keys
from leads.models import Status
from leads.repository.filters import Filter

type Starts = dict[str, Key]
"""Where each source of a list goes on, by its name."""

# 48 bits in Base64: two of a million leads of one moment are hardly ever the same.
HASH_LENGTH = 8
EMAIL, ORIGIN = "email", "origin"
"""The sources of leads of an address, and of those of a form or a source."""
OTHERS = "others"
"""The source of leads that other programs wrote, among those of nobody."""
_FOREIGN = "The page address is of another list."


class Place(NamedTuple):
    """Where a merged list goes on, within a moment: the time of receipt that leads share.

    ``shown`` are hashes of leads of the moment that were shown, the latest last; ``starts``
    where the sources go on, at the beginning of the moment without one. ``began`` is when the
    reading of the moment began, and ``again`` tells that another one must follow: it shows
    only leads that were moved since then, in its own ``moved_since``.
    """

    moment: str = ""
    shown: tuple[str, ...] = ()
    starts: Starts = {}
    began: str = ""
    moved_since: str = ""
    again: bool = False


def column_cursor(last_key: Key | None, status: Status, owner_id: str | None = None) -> str:
    """Return the cursor of a column's leads after a key; empty if there are no more."""
    if last_key is None:
        return ""
    position: Position = {name: last_key[name] for name in ("leadId", "createdAt")}
    return encode(position, _column(status, owner_id))


def column_start(cursor: str, status: Status, owner_id: str | None = None) -> Key | None:
    """Read a cursor of a column: the time and the id of the lead that it goes on after."""
    if not cursor:
        return None
    position = decode(cursor, _column(status, owner_id))
    lead_id, created_at = position.get("leadId"), position.get("createdAt")
    if not (isinstance(lead_id, str) and isinstance(created_at, str)):
        raise InvalidCursorError(_FOREIGN)
    return {"leadId": lead_id, "createdAt": created_at}


def list_cursor(starts: Starts | None, wanted: Filter) -> str:
    """Return the cursor of a page of the list; what the filter tells is left out."""
    if starts is None:
        return ""
    compact = {name: _compact_key(key) for name, key in starts.items()}
    return encode(dict(compact), _list(wanted))


def list_starts(cursor: str, wanted: Filter) -> Starts:
    """Read a cursor of the list."""
    if not cursor:
        return {}
    position: object = decode(cursor, _list(wanted))
    partitions = _partitions(wanted)
    if not isinstance(position, dict) or not position.keys() <= partitions.keys():
        raise InvalidCursorError(_FOREIGN)
    return {name: _whole_key(text, partitions[name]) for name, text in position.items()}


def merged_cursor(place: Place | None, wanted: Filter) -> str:
    """Return the cursor of a page of a merged list."""
    if place is None:
        return ""
    position: Position = {
        "moment": place.moment,
        "shown": "".join(place.shown),
        "starts": {name: _compact_key(key) for name, key in place.starts.items()},
        "began": place.began,
        "since": place.moved_since,
        "again": "yes" if place.again else "",
    }
    return encode({name: part for name, part in position.items() if part}, _list(wanted))


def merged_place(cursor: str, wanted: Filter) -> Place:
    """Read a cursor of a merged list."""
    if not cursor:
        return Place()
    position: object = decode(cursor, _list(wanted))
    partitions = _partitions(wanted)
    if not isinstance(position, dict):
        raise InvalidCursorError(_FOREIGN)
    starts = position.pop("starts", {})
    if not (
        isinstance(starts, dict)
        and starts.keys() <= partitions.keys()
        and position.keys() <= {"moment", "shown", "began", "since", "again"}
        and all(isinstance(part, str) for part in position.values())
        and position.get("moment")
    ):
        raise InvalidCursorError(_FOREIGN)
    return Place(
        moment=position["moment"],
        shown=tuple(map("".join, batched(position.get("shown", ""), HASH_LENGTH))),
        starts={name: _whole_key(text, partitions[name]) for name, text in starts.items()},
        began=position.get("began", ""),
        moved_since=position.get("since", ""),
        again="again" in position,
    )


def search_cursor(
    position: str | None, text: str, wanted: Filter, *, in_exact: bool = False
) -> str:
    """Return the cursor of a page of what a search finds, or ``in_exact`` of its first part."""
    if not position:
        return ""
    return encode({"exact" if in_exact else "search": position}, _list(wanted, text))


def search_start(cursor: str, text: str, wanted: Filter) -> tuple[str | None, bool]:
    """Read a cursor of a search: the position, and whether it is of its first part.

    That are the leads of a whole address or number.
    """
    if not cursor:
        return None, False
    position: object = decode(cursor, _list(wanted, text))
    entry = next(iter(position.items())) if isinstance(position, dict) and position else None
    match entry:
        case ("search" | "exact") as part, str(start) if start:
            return start, part == "exact"
    raise InvalidCursorError(_FOREIGN)


def timeline_cursor(last_key: Key | None, lead_id: str) -> str:
    """Return the cursor of the older events of a lead."""
    return encode(dict(last_key), f"timeline:{lead_id}") if last_key else ""


def timeline_start(cursor: str, lead_id: str) -> Key | None:
    """Read a cursor of a timeline."""
    if not cursor:
        return None
    position: object = decode(cursor, f"timeline:{lead_id}")
    sort_key = position.get("SK") if isinstance(position, dict) else None
    if not isinstance(sort_key, str) or not sort_key.startswith(keys.EVENT_PREFIX):
        raise InvalidCursorError(_FOREIGN)
    return {"PK": keys.timeline(lead_id), "SK": sort_key}


def history_cursor(positions: Mapping[str, str], lead_id: str) -> str:
    """Return the cursor of what is older in a lead's timeline and conversation."""
    return encode(dict(positions), f"history:{lead_id}")


def history_positions(cursor: str, lead_id: str, sources: Collection[str]) -> dict[str, str]:
    """Read such a cursor: a position for each source; without a cursor they are empty."""
    if not cursor:
        return dict.fromkeys(sources, "")
    position: object = decode(cursor, f"history:{lead_id}")
    if not (
        isinstance(position, dict)
        and position.keys() == set(sources)
        and all(isinstance(part, str) for part in position.values())
    ):
        raise InvalidCursorError(_FOREIGN)
    return position


def _column(status: Status, owner_id: str | None) -> str:
    return f"column:{status.value}" + ("" if owner_id is None else f":{owner_id}")


def _list(wanted: Filter, text: str = "") -> str:
    owner = "-" if wanted.owner_id == "" else wanted.owner_id
    parts = (wanted.status, owner, wanted.email, wanted.since, wanted.until)
    scope = [str(part or "") for part in parts]
    scope += [part for part in (wanted.outcome, wanted.reason) if part]
    scope += ["open"] if wanted.is_open else []
    scope += [f"form {wanted.form}"] if wanted.form else []
    scope += [f"source {wanted.source}"] if wanted.source is not None else []
    return f"leads:{[*scope, text] if text else scope!r}"


def _partitions(wanted: Filter) -> dict[str, Key]:
    """Return, for each source of a filtered list, the partition of the index that it reads.

    The leads of an address stand in several: their position alone tells where they go on.
    """
    if wanted.email:
        return {EMAIL: {}}
    if wanted.has_origin:
        return {ORIGIN: {}}
    if wanted.owner_id is not None:
        # The position alone tells where they go on, filed or not.
        return {name: {} for name in (*wanted.standings, OTHERS)}
    return {status.value: {"status": status.value} for status in wanted.statuses}


def _compact_key(key: Key) -> str:
    return f"{key['createdAt']}\n{key['leadId']}"


def _whole_key(text: object, partition: Key) -> Key:
    created_at, separator, lead_id = str(text).partition("\n")
    if not (isinstance(text, str) and separator and created_at and lead_id):
        raise InvalidCursorError(_FOREIGN)
    return {"leadId": lead_id, "createdAt": created_at, **partition}
