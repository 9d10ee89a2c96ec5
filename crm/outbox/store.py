"""The letters in ``CrmRecords``: found, claimed, marked. Every write is conditional.

A letter is the job that delivers it for as long as it is open: the write that stores it makes
it one, and the mark of what became of it takes the job off.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from django.utils.translation import gettext_noop

from crm.dynamodb.calls import Update, query, set_expression, update
from crm.dynamodb.errors import ConditionFailedError
from crm.dynamodb.items import Item, Key, Value
from crm.jobs.models import ATTRIBUTES as JOB
from crm.jobs.models import attributes
from crm.jobs.retrying import LEASE
from crm.outbox.models import MAX_REASON, Letter, State
from crm.tables import RECORDS
from crm.timestamps import stored

type Condition = tuple[str, Mapping[str, Value]]

SENT = gettext_noop("sent")
RETURNED = gettext_noop("came back")
_LOGGED = "#outLog = list_append(if_not_exists(#outLog, :none), :line)"


class NotFailedError(Exception):
    """The letter has not failed, so it is not sent again."""


def open_letters(pk: str, since: str) -> list[Letter]:
    """Return the letters of a partition that are still to leave, in order: one Query.

    ``since`` is the sort key from which on they are looked for.
    """
    letters: list[Letter] = []
    start: Key | None = None
    while True:
        page = query(
            RECORDS,
            "#PK = :pk AND #SK >= :since",
            {"pk": pk, "since": since, "waiting": State.WAITING, "sending": State.SENDING},
            where="#outState = :waiting OR #outState = :sending",
            start=start,
            consistent=True,
        )
        letters += map(Letter.from_item, page.items)
        start = page.last_key
        if start is None:
            return letters


def claim(letter: Letter, now: datetime) -> Letter | None:
    """Claim a letter for an attempt, and return it; ``None`` if it may not be sent now.

    One that expires is of something that was deleted: it is not sent. 2 WRU for each KB.
    """
    changes: dict[str, Value] = {
        "outState": State.SENDING.value,
        "outAt": stored(now + LEASE),
        "outClaim": uuid4().hex,
        "outTries": letter.delivery.tries + 1,
    }
    if letter.delivery.state is State.SENDING:
        changes["outDoubtful"] = True  # Whoever sent it died: nobody knows how far it came.
    seen: Item = {"seen": letter.delivery.state.value, "tries": letter.delivery.tries}
    try:
        item = update(
            RECORDS,
            letter.key,
            set_expression(changes),
            values={**changes, **seen, "now": stored(now)},
            condition="#outState = :seen AND #outTries = :tries AND #outAt <= :now"
            " AND attribute_not_exists(#expiresAt)",
        )
    except ConditionFailedError:
        return None
    return Letter.from_item(item)


def mark_sent(letter: Letter) -> bool:
    """Mark a claimed letter as sent; false if it is claimed by others, or gone."""
    now = stored(datetime.now(UTC))
    sent: Item = {"outState": State.SENT.value, "outAt": now}
    return _mark(letter, sent, SENT, removed=["outReason", *JOB])


def mark_failed(letter: Letter, reason: str, *, is_doubtful: bool = False) -> bool:
    """Mark a claimed letter as failed for good; false if it is claimed by others, or gone."""
    now = stored(datetime.now(UTC))
    failed: Item = {"outState": State.FAILED.value, "outAt": now}
    return _mark(letter, failed | _why(reason, is_doubtful=is_doubtful), "", removed=JOB)


def put_off(letter: Letter, due: datetime, reason: str, *, is_doubtful: bool) -> None:
    """Let a claimed letter that was tried in vain wait until it is tried again."""
    changes = {"outState": State.WAITING.value, "outAt": stored(due)}
    _mark(letter, {**changes, **_why(reason, is_doubtful=is_doubtful)}, "")


def mark_held(letter: Letter, reason: str) -> bool:
    """Mark an open letter as failed that is not to be sent, because of what it belongs to.

    False if others have changed it since it was read.
    """
    changes: dict[str, Value] = {
        "outState": State.FAILED.value,
        "outAt": stored(datetime.now(UTC)),
        **_why(reason, is_doubtful=False),
    }
    seen: Item = {"seen": letter.delivery.state.value, "tries": letter.delivery.tries}
    unchanged = ("#outState = :seen AND #outTries = :tries", seen)
    return _log(letter.key, set_expression(changes, JOB), changes, reason, unchanged)


def resending(key: Key, due: datetime) -> Update:
    """Return the write that lets a letter that failed leave once more, from the first try on."""
    waiting: Item = {"outState": State.WAITING.value, "outAt": stored(due), "outTries": 0}
    changes = waiting | attributes(due)
    left = [name for name in ("outReason", *JOB) if name not in changes]
    return Update(
        table=RECORDS,
        key=key,
        change=set_expression(changes, left),
        values={
            **changes,
            "failed": State.FAILED.value,
            "returned": State.RETURNED.value,
        },
        # One that was erased has no channel any more.
        condition="(#outState = :failed OR #outState = :returned)"
        " AND attribute_exists(#outChannel) AND attribute_not_exists(#expiresAt)",
    )


def returning(key: Key, reason: str) -> Update:
    """Return the write that tells of a letter that was sent that it came back."""
    now = stored(datetime.now(UTC))
    changes: Item = {"outState": State.RETURNED.value, "outAt": now, "outReason": reason or None}
    told = {name: value for name, value in changes.items() if value is not None}
    line: list[Value] = [{"at": now, "what": reason or RETURNED}]
    return Update(
        table=RECORDS,
        key=key,
        change=set_expression(told).replace("SET ", f"SET {_LOGGED}, ", 1),
        values={**told, "sent": State.SENT.value, "none": [], "line": line},
        condition="#outState = :sent",
    )


def _why(reason: str, *, is_doubtful: bool) -> dict[str, Value]:
    doubt: dict[str, Value] = {"outDoubtful": True} if is_doubtful else {}
    return {"outReason": reason[:MAX_REASON], **doubt}


def _mark(
    letter: Letter, changes: Mapping[str, Value], what: str, *, removed: Sequence[str] = ()
) -> bool:
    """Change a letter that is still claimed by who claimed it, and log what became of it."""
    change = set_expression(changes, ["outClaim", *removed])
    return _log(letter.key, change, changes, what, ("#outClaim = :mine", {"mine": letter.claim}))


def _log(
    key: Key, change: str, changes: Mapping[str, Value], what: str, condition: Condition
) -> bool:
    """Change a letter, and log ``what`` became of it, or else the reason; say whether it held."""
    told = what or str(changes.get("outReason", ""))
    line: list[Value] = [{"at": stored(datetime.now(UTC)), "what": told}]
    values: dict[str, Value] = {**changes, **condition[1], "none": [], "line": line}
    logging = change.replace("SET ", f"SET {_LOGGED}, ", 1)
    try:
        update(RECORDS, key, logging, values=values, condition=condition[0])
    except ConditionFailedError:
        # It took longer than the lease, and somebody else has begun it anew.
        return False
    return True
