"""What people write about a lead: apart from its timeline, so that it can be edited and erased.

An entry is an item of its own, and the key that whoever wrote it minted makes it the same one
however often it is sent. The lead carries the line of the last one, for cards; its version
stays. A pulse beside the totals tells open boards. Costs are for leads of 1 KB.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate
from uuid import uuid4

from crm.dynamodb.calls import (
    Check,
    Item,
    Key,
    Page,
    Put,
    Update,
    Value,
    Write,
    get,
    query,
    query_all,
    set_expression,
    transact,
    update,
)
from crm.dynamodb.calls import delete as remove
from crm.dynamodb.errors import ConditionFailedError, ConflictError, TransactionRefusedError
from crm.dynamodb.long_texts import packed
from crm.dynamodb.parallel import settle
from crm.dynamodb.size import item_size
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.entries import Earlier, Entry, Kind, Said
from leads.models import Actor, moment, timestamp
from leads.repository.counters import number, pulse_update
from leads.repository.errors import (
    EntryDeletedError,
    EntryNotFoundError,
    StaleEntryError,
)
from leads.repository.reads import check_id, stored_item

# What a composer's clock may say; beyond it, ours counts.
_EARLIEST = timedelta(days=1)
_LATEST = timedelta(minutes=2)
_LOOKED_AT = 25
_ATTEMPTS = 8
# Of a conversation, in the transaction that deletes its lead or brings it back: beside the
# lead's tokens, and with up to 24 other leads.
ENDED_AT_ONCE = 25
ENDED_BYTES = 128 * 1024
# The condition that nobody wrote about a lead what still stands.
NO_NOTE = "attribute_not_exists(#noteKey)"
_ANSWERED = "#answeredAt = if_not_exists(#answeredAt, :noteAt)"
ON_CARD = ("note", "noteAt", "noteBy", "noteKey", "wroteAt")


def add(  # noqa: PLR0913 -- the parts of an entry
    lead_id: str,
    said: Said,
    *,
    entry_id: str,
    actor: Actor,
    at: str = "",
    known_for: timedelta = _EARLIEST,
) -> Entry:
    """Store an entry once, and its line on the lead's card unless a newer one is there: 8 WRU.

    ``at`` is when it was written, by the clock of who wrote it. Without it the present time
    counts, and an entry of this id within ``known_for`` is the same one. Returns the entry as
    it is stored. Raises :class:`LeadNotFoundError`.
    """
    check_id(lead_id)
    now = datetime.now(UTC)
    since = timestamp(now - known_for)
    written = moment(at)
    if not written or not now - _EARLIEST <= written <= now + _LATEST:
        if known := _known(lead_id, entry_id, since):
            return known
        written = now
    entry = Entry(
        id=entry_id,
        at=timestamp(written),
        kind=said.kind,
        outcome=said.outcome,
        text=said.text,
        author=actor,
    )
    for _ in range(_ATTEMPTS):
        if stored := _stored(lead_id, entry, since):
            return stored
    raise ConflictError("Other entries kept coming in.")


def edit(  # noqa: PLR0913 -- the parts of an edit
    lead_id: str, at: str, entry_id: str, said: Said, *, version: int, write_id: str
) -> Entry:
    """Change what an entry says, and keep what it said; the line on the card follows: 8 WRU.

    Raises :class:`LeadNotFoundError`, :class:`EntryNotFoundError`, :class:`EntryDeletedError`,
    and :class:`StaleEntryError` with the entry as it is unless this very act was stored before.
    """
    now = timestamp(datetime.now(UTC))

    def changed(entry: Entry) -> Entry:
        return entry.with_text(said.model_copy(update={"kind": entry.kind}), now, write_id)

    return _change(lead_id, keys.entry(lead_id, at, entry_id), version, write_id, changed)


def delete(  # noqa: PLR0913 -- the parts of a deletion
    lead_id: str, at: str, entry_id: str, *, version: int, actor: Actor, write_id: str
) -> Entry:
    """Erase what an entry says and said; the card shows the entry before it: 10 WRU.

    Returns what stays: who deleted whose entry. Raises what :func:`edit` does.
    """

    def changed(entry: Entry) -> Entry:
        return entry.without_text(actor, write_id)

    return _change(lead_id, keys.entry(lead_id, at, entry_id), version, write_id, changed)


def one(lead_id: str, at: str, entry_id: str) -> Entry:
    """Read an entry: 1 RRU. Raises :class:`EntryNotFoundError`."""
    return Entry.from_item(_item(keys.entry(lead_id, at, entry_id)))


def newest_entries(
    lead_id: str, limit: int, *, start: Key | None = None, consistent: bool = False
) -> Page:
    """Read items of a conversation, newest first: one Query. Some may have expired."""
    return query(
        RECORDS,
        "#PK = :pk",
        {"pk": keys.conversation(lead_id)},
        newest_first=True,
        limit=limit,
        start=start,
        consistent=consistent,
    )


def is_expired(item: Item) -> bool:
    """Tell whether an entry is of a lead that was deleted for good: DynamoDB removes it late."""
    expires_at = number(item.get("expiresAt"))
    return 0 < expires_at <= datetime.now(UTC).timestamp()


def has_note(lead: Item) -> bool:
    """Tell whether the conversation of a lead, as it is stored, has an entry with a text."""
    return "noteKey" in lead


def end_updates(lead: Item, at: datetime | None) -> list[Update]:
    """Return what lets a conversation end at a time, or for ``None`` stay: 2 WRU for each KB.

    It goes into the transaction that deletes the lead, or brings it back: a process that dies
    after it leaves no conversation without its end, or with one. :func:`expire` and
    :func:`keep` do the rest of a long one. One Query if the lead has notes.
    """
    if not has_note(lead):
        return []
    page = newest_entries(str(lead["leadId"]), ENDED_AT_ONCE, consistent=True)
    sizes = accumulate(map(item_size, page.items))
    fitting = [item for item, size in zip(page.items, sizes, strict=True) if size <= ENDED_BYTES]
    return [_end_update(item, at) for item in fitting]


def expire(lead_id: str, at: datetime) -> None:
    """Let what is left of a conversation end, with its lead, at a time: 1 WRU for each KB."""
    _end_all(lead_id, at)


def keep(lead_id: str) -> None:
    """Let what is left of a conversation stay, whose end was set: 1 WRU for each KB."""
    _end_all(lead_id, None)


def erase(lead_id: str) -> int:
    """Delete a conversation at once, and return how many entries it had: 1 WRU for each KB."""
    items = query_all(RECORDS, "#PK = :pk", {"pk": keys.conversation(lead_id)}, consistent=True)
    settle(partial(remove, RECORDS, RECORDS.key_of(item)) for item in items)
    return len(items)


def _end_all(lead_id: str, at: datetime | None) -> None:
    items = query_all(RECORDS, "#PK = :pk", {"pk": keys.conversation(lead_id)}, consistent=True)
    end = int(at.timestamp()) if at else None
    settle(partial(_end, _end_update(item, at)) for item in items if item.get("expiresAt") != end)


def _end_update(item: Item, at: datetime | None) -> Update:
    values: dict[str, Value] = {"expiresAt": int(at.timestamp())} if at else {}
    return Update(
        table=RECORDS,
        key=RECORDS.key_of(item),
        change=set_expression(values) if at else "REMOVE #expiresAt",
        values=values or None,
        # One that has expired meanwhile would come back empty.
        condition="attribute_exists(#PK)",
    )


def _end(one: Update) -> None:
    try:
        update(RECORDS, one.key, one.change, values=one.values, condition=one.condition)
    except ConditionFailedError:
        return  # It has expired.


def _known(lead_id: str, entry_id: str, since: str) -> Entry | None:
    """Return a recent entry of this id; a repeat comes soon: few entries lie between."""
    page = newest_entries(lead_id, _LOOKED_AT, consistent=True)
    entries = map(Entry.from_item, page.items)
    return next((one for one in entries if one.id == entry_id and one.at >= since), None)


def _stored(lead_id: str, entry: Entry, since: str) -> Entry | None:
    """Store an entry, and return it as it is stored; ``None`` if the card changed meanwhile."""
    key = keys.entry(lead_id, entry.at, entry.id)
    put = Put(table=RECORDS, item=entry_item(key, entry), condition="attribute_not_exists(#PK)")
    try:
        _transact([put, _newer_on_card(lead_id, entry, since), pulse_update(lead_id)])
    except TransactionRefusedError:
        lead = stored_item(lead_id)
    else:
        return entry
    if item := get(RECORDS, key, consistent=True):
        return Entry.from_item(item)
    on_card = str(lead.get("noteKey", ""))
    at, _, entry_id = on_card.partition("#")
    if entry_id == entry.id and at >= since:
        return one(lead_id, at, entry_id)
    try:
        _transact([put, _older_than_card(lead_id, entry, key), pulse_update(lead_id)])
    except TransactionRefusedError:
        return None
    return entry


def _newer_on_card(lead_id: str, entry: Entry, since: str) -> Update:
    """Return the write of the card's line, unless it is newer, or of the same entry."""
    line = card_line(lead_id, entry)
    return Update(
        table=LEADS,
        key=keys.lead(lead_id),
        change=f"{set_expression(line)}{_answering(entry)}",
        values={**line, "id": entry.id, "since": since},
        condition=(
            f"attribute_exists(#leadId) AND ({NO_NOTE} OR (#noteKey < :noteKey"
            " AND (NOT contains(#noteKey, :id) OR #noteAt < :since)))"
        ),
    )


def _older_than_card(lead_id: str, entry: Entry, key: Key) -> Check | Update:
    """Return the write that leaves a newer line on the card; a call is an answer all the same."""
    values: dict[str, Value] = {"key": key["SK"]}
    condition, lead = "#noteKey > :key", keys.lead(lead_id)
    if entry.kind is not Kind.CALL:
        return Check(table=LEADS, key=lead, condition=condition, values=values)
    return Update(
        table=LEADS,
        key=lead,
        change=f"SET {_ANSWERED}",
        values={**values, "noteAt": entry.at},
        condition=condition,
    )


def _answering(entry: Entry) -> str:
    """Return what a call adds to the change of a lead: it may be the first answer."""
    return f", {_ANSWERED}" if entry.kind is Kind.CALL else ""


def _change(
    lead_id: str, key: Key, version: int, write_id: str, changed: Callable[[Entry], Entry]
) -> Entry:
    for _ in range(_ATTEMPTS):
        lead, item = stored_item(lead_id), _item(key)
        entry = Entry.from_item(item)
        if entry.write_id == write_id:
            return entry
        if entry.deleted_by:
            raise EntryDeletedError(entry)
        # An answer that is to leave yet is whole what its delivery goes by.
        if entry.version != version or (entry.delivery and entry.delivery.is_open):
            raise StaleEntryError(entry)
        after = changed(entry)
        put = Put(
            table=RECORDS,
            item=entry_item(key, after),
            condition="#version = :seen AND attribute_not_exists(#expiresAt)"
            " AND attribute_not_exists(#dueAt)",
            values={"seen": version},
        )
        try:
            _transact([put, *card_writes(lead_id, lead, after, key), pulse_update(lead_id)])
        except TransactionRefusedError:
            continue
        return after
    raise ConflictError("Other entries kept coming in.")


def card_writes(lead_id: str, lead: Item, after: Entry, key: Key) -> list[Write]:
    """Return what the card needs after a change of an entry: its line, if it is of this one.

    They hold that it stays right. ``lead`` is the lead as stored.
    """
    if lead.get("noteKey") != key["SK"]:
        condition = f"attribute_exists(#leadId) AND ({NO_NOTE} OR #noteKey <> :key)"
        values: dict[str, Value] = {"key": key["SK"]}
        return [Check(table=LEADS, key=keys.lead(lead_id), condition=condition, values=values)]
    shown = _entry_before(lead_id, key) if after.is_gone else after
    line = card_line(lead_id, shown) if shown else {}
    change = set_expression(line) if line else "REMOVE " + ", ".join(f"#{one}" for one in ON_CARD)
    follow = Update(
        table=LEADS,
        key=keys.lead(lead_id),
        change=change,
        values={**line, "key": key["SK"]},
        condition="#noteKey = :key",
    )
    if not shown or shown is after:
        return [follow]
    unchanged = Check(
        table=RECORDS,
        key=keys.entry(lead_id, shown.at, shown.id),
        condition="#version = :seen",
        values={"seen": shown.version},
    )
    return [follow, unchanged]


def _entry_before(lead_id: str, key: Key) -> Entry | None:
    """Return the newest entry before one that still has a text, a silent one if need be."""
    silent: Entry | None = None
    start: Key | None = key
    while start:
        page = newest_entries(lead_id, _LOOKED_AT, start=start, consistent=True)
        for entry in map(Entry.from_item, page.items):
            if not (entry.is_gone or entry.is_silent):
                return entry
            silent = silent or (None if entry.is_gone else entry)
        start = page.last_key
    return silent


def card_line(lead_id: str, entry: Entry) -> Item:
    """Return what a card shows of an entry: of a silent one, that there is one."""
    wrote = entry.kind is Kind.MAIL and not entry.is_silent
    return {
        **({"wroteAt": entry.at} if wrote else {}),
        "note": entry.line,
        "noteAt": entry.at,
        "noteBy": entry.author.id,
        "noteKey": keys.entry(lead_id, entry.at, entry.id)["SK"],
    }


def _item(key: Key) -> Item:
    item = get(RECORDS, key, consistent=True)
    if item is None or is_expired(item):
        raise EntryNotFoundError(key["SK"])
    return item


def entry_item(key: Key, entry: Entry) -> Item:
    """Return the item of an entry."""
    item: Item = {
        **key,
        "at": entry.at,
        "kind": entry.kind.value,
        "outcome": entry.outcome.value if entry.outcome else None,
        "text": packed(entry.text) or None,
        "actorId": entry.author.id,
        "actorName": entry.author.name,
        "version": entry.version,
        # By our clock: what wrote it may have another. Whoever checks a restore asks for it.
        "updatedAt": timestamp(datetime.now(UTC)),
        "writeId": entry.write_id or None,
        "history": [_earlier_item(one) for one in entry.history] or None,
        "deletedById": entry.deleted_by.id if entry.deleted_by else None,
        "deletedBy": entry.deleted_by.name if entry.deleted_by else None,
        "mail": entry.mail.attributes() if entry.mail else None,
        **(entry.delivery.attributes() if entry.delivery else {}),
    }
    return {name: value for name, value in item.items() if value is not None}


def _earlier_item(one: Earlier) -> dict[str, Value]:
    outcome: dict[str, Value] = {"outcome": one.outcome.value} if one.outcome else {}
    return {"text": one.text, "until": one.until, **outcome}


def _transact(writes: Sequence[Write]) -> None:
    transact(writes, uuid4().hex)
