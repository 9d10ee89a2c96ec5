"""Messages that came in over a limit: no leads yet, in a table of their own.

A message is ``held`` until somebody releases it, which makes it a lead, or discards it,
which can be taken back for :data:`KEPT`. What is left of a released one tells repeats of it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from crm.dynamodb import calls
from crm.dynamodb.calls import Item, Put, Update
from crm.dynamodb.cursor import InvalidCursorError, decode, encode
from crm.dynamodb.errors import ConditionFailedError, TransactionRefusedError
from crm.dynamodb.items import Key, Value
from crm.dynamodb.schema import Index
from crm.jobs import thread
from crm.networks import network_of
from crm.tables import HELD, HELD_INDEX, HELD_NETWORK_INDEX
from leads import keys, repository
from leads.arrivals.asking import arrival_put
from leads.attribution import FIRST_FORM, NOWHERE, Attribution
from leads.held import clock
from leads.held.models import (
    HeldChangedError,
    HeldMessage,
    HeldNotFoundError,
    HeldPage,
    Reason,
    State,
)
from leads.models import Actor, LeadFields, timestamp
from leads.repository.intake import Held, contents_of, first_time_put

KEPT = timedelta(days=30)
PAGE_SIZE = 25
_LOOKED_AT = 500
# What lists show; the other texts stand together, so that no field has a name of ours.
_LISTED = ("name", "email", "subject")
# What the indexes have of an item can never be changed: so its source tells its form, too.
_OF_FORM = "#"
# What is left out once a message is a lead.
_GONE = (
    *("texts", "attribution", "network", "heldNetwork", "source", "submission", "reason"),
    *("actorName", *_LISTED),
)


# --- Taking in --------------------------------------------------------------------------


def hold(  # noqa: PLR0913 -- the parts of a held message
    fields: LeadFields,
    *,
    submission: str,
    source: str,
    address: str,
    alike: str = "",
    reason: Reason = Reason.NETWORK,
    attribution: Attribution = NOWHERE,
    blind: bool = False,
) -> repository.Intake:
    """Keep a message that is no lead yet: one request, its size in WRU and two.

    It is twice that and 2 WRU for one that ``alike`` names, as in ``repository.create``. A
    repeat, whatever became of the message, changes nothing. ``blind`` asks for nothing that
    is stored, as in ``repository.create``. Raises ``SubmissionReusedError`` if the submission
    comes with other fields. Of the sender's address its network alone is kept.
    """
    lead_id = keys.lead_id_of(submission)
    contents = contents_of(fields)
    texts = {name: text for name, text in fields.texts.items() if text}
    network = network_of(address)
    item: Item = {
        **keys.held(lead_id),
        "state": State.HELD.value,
        "heldAt": timestamp(clock.now()),
        "network": network,
        # The key of an index, which has what is held and nothing else.
        "heldNetwork": network,
        "source": _source_of_form(source, attribution.form),
        "reason": reason.value,
        "submission": submission,
        "contents": contents,
        **{name: texts.pop(name) for name in _LISTED if name in texts},
        "texts": cast("Value", texts),
        "attribution": cast("Value", attribution.attributes),
    }
    # DynamoDB removes late what has expired, and nobody sees that any more.
    condition, values = "attribute_not_exists(#PK) OR #expiresAt <= :now", {"now": clock.seconds()}
    if alike:
        kept = Put(table=HELD, item=item, condition=condition, values=values)
        first = first_time_put(submission, lead_id, contents, clock.now(), alike=alike)
        try:
            calls.transact([kept, first], f"{lead_id}{alike}", blind=blind)
        except TransactionRefusedError:
            return repository.Intake(lead_id, repeated=True)
        return repository.Intake(lead_id, repeated=False)
    try:
        calls.put(HELD, item, condition=condition, values=values, blind=blind)
    except ConditionFailedError as error:
        if error.item and error.item.get("contents") != contents:
            raise repository.SubmissionReusedError(lead_id) from error
        return repository.Intake(lead_id, repeated=True)
    return repository.Intake(lead_id, repeated=False)


# --- Looking ----------------------------------------------------------------------------


def get(lead_id: str) -> HeldMessage:
    """Read a message whole, as it is now. Raises :class:`HeldNotFoundError`."""
    item = calls.get(HELD, keys.held(lead_id), consistent=True)
    if item is None or _is_expired(item):
        raise HeldNotFoundError(lead_id)
    return _message(item)


def get_many(lead_ids: Sequence[str]) -> dict[str, HeldMessage]:
    """Read up to 100 messages whole, by id, in one request; without those that are gone."""
    found = calls.batch_get(HELD, list(map(keys.held, lead_ids)))
    messages = [_message(item) for item in found if not _is_expired(item)]
    return {message.lead_id: message for message in messages}


def page(
    *,
    state: State = State.HELD,
    network: str = "",
    hour: str = "",
    cursor: str = "",
    limit: int = PAGE_SIZE,
) -> HeldPage:
    """Read messages of a state, newest first: all, or those of a network, of an hour, or both.

    One Query. A page of what was discarded of a network may hold fewer than ``limit``, even
    none, and go on. Raises ``InvalidCursorError``.
    """
    asked = _Asked(state, network, hour)
    found = calls.query(
        HELD,
        asked.condition,
        asked.values,
        index=asked.index,
        newest_first=True,
        limit=limit,
        start=asked.start(cursor),
        where=asked.where,
    )
    return HeldPage(list(map(_message, found.items)), asked.cursor(found.last_key))


def has_any_of(form: str) -> bool:
    """Tell whether any message that is held came by a form: 20 RRU for each 500 that are held."""
    cursor = ""
    while True:
        found = page(cursor=cursor, limit=_LOOKED_AT)
        if any(message.form == form for message in found.messages):
            return True
        cursor = found.cursor
        if not cursor:
            return False


# --- Deciding ---------------------------------------------------------------------------


def release(lead_id: str, actor: Actor) -> repository.Intake:
    """Make a held message a lead that came in when the message did, in one transaction.

    ``repeated`` tells that it was a lead before: a repeat of it came within the limits.
    Raises :class:`HeldNotFoundError`, :class:`HeldChangedError`, and ``SubmissionReusedError``
    if its ``Idempotency-Key`` made a lead of other contents meanwhile: it stays held.
    """
    held = get(lead_id)
    if held.state is not State.HELD:
        raise HeldChangedError(lead_id)
    try:
        intake = repository.create(
            LeadFields.from_texts(held.texts),
            submission=held.submission,
            actor=actor,
            source=held.source,
            held=Held(held.held_at, _released(lead_id)),
            attribution=held.attribution,
            jobs=[arrival_put],
        )
    except TransactionRefusedError as error:
        raise HeldChangedError(lead_id) from error
    if intake.repeated:
        _change(_released(lead_id))
    thread.wake()
    return intake


def discard(lead_id: str, actor: Actor) -> None:
    """Put a held message away; it is gone after :data:`KEPT`.

    Raises :class:`HeldChangedError`, and :class:`HeldNotFoundError`.
    """
    values: dict[str, Value] = {
        "to": State.DISCARDED.value,
        "held": State.HELD.value,
        "by": actor.name,
        "end": _end(),
    }
    change = "SET #state = :to, #actorName = :by, #expiresAt = :end REMOVE #heldNetwork"
    _change(_update(lead_id, change, "#state = :held", values))


def take_back(lead_id: str) -> None:
    """Hold a discarded message again.

    Raises :class:`HeldChangedError`, and :class:`HeldNotFoundError`.
    """
    values: dict[str, Value] = {
        "to": State.HELD.value,
        "discarded": State.DISCARDED.value,
        "now": clock.seconds(),
    }
    change = "SET #state = :to, #heldNetwork = #network REMOVE #actorName, #expiresAt"
    condition = "#state = :discarded AND #expiresAt > :now"
    _change(_update(lead_id, change, condition, values))


def _released(lead_id: str) -> Update:
    """Return the write that leaves of a held message what tells repeats of it."""
    gone = ", ".join(f"#{name}" for name in _GONE)
    return _update(
        lead_id,
        f"SET #state = :to, #expiresAt = :end REMOVE {gone}",
        "#state = :held",
        {"to": State.RELEASED.value, "held": State.HELD.value, "end": _end()},
    )


def _update(lead_id: str, change: str, condition: str, values: dict[str, Value]) -> Update:
    return Update(
        table=HELD, key=keys.held(lead_id), change=change, condition=condition, values=values
    )


def _change(update: Update) -> None:
    try:
        calls.update(
            update.table,
            update.key,
            update.change,
            condition=update.condition,
            values=update.values,
        )
    except ConditionFailedError as error:
        if error.item is None or _is_expired(error.item):
            raise HeldNotFoundError(keys.held_id(update.key["PK"])) from error
        raise HeldChangedError(keys.held_id(update.key["PK"])) from error


# --- Reading items ----------------------------------------------------------------------


class _Asked:
    """A list of messages: which index has it, under which key."""

    def __init__(self, state: State, network: str, hour: str) -> None:
        is_of_network = bool(network) and state is State.HELD
        self.index: Index = HELD_NETWORK_INDEX if is_of_network else HELD_INDEX
        self.scope = f"held {state} {network} {hour}"
        first = self.index.partition_key
        self.partition = {first: network if is_of_network else state.value}
        self.condition = f"#{first} = :{first}"
        self.values: dict[str, Value] = {**self.partition, "now": clock.seconds()}
        # DynamoDB removes late what has expired.
        self.where = "(attribute_not_exists(#expiresAt) OR #expiresAt > :now)"
        if network and not is_of_network:
            self.where += " AND #network = :network"
            self.values["network"] = network
        if hour:
            self.condition += " AND begins_with(#heldAt, :hour)"
            self.values["hour"] = hour

    def start(self, cursor: str) -> Key | None:
        """Read a cursor of this list."""
        if not cursor:
            return None
        position = decode(cursor, self.scope)
        key, held_at = position.get("PK"), position.get("heldAt")
        if not (isinstance(key, str) and isinstance(held_at, str)):
            raise InvalidCursorError("The page address is of another list.")
        return {"PK": key, "heldAt": held_at, **self.partition}

    def cursor(self, last_key: Key | None) -> str:
        """Return the cursor of what comes after a key."""
        if last_key is None:
            return ""
        return encode({name: last_key[name] for name in ("PK", "heldAt")}, self.scope)


def _source_of_form(source: str, form: str) -> str:
    return source if form in {"", FIRST_FORM} else f"{source}{_OF_FORM}{form}"


def _message(item: Item) -> HeldMessage:
    listed = {name: str(item[name]) for name in _LISTED if name in item}
    source, _, form = str(item.get("source", "")).partition(_OF_FORM)
    # Releases before 14 had one form, and kept nothing of where a message came from.
    came = item.get("attribution", {"form": FIRST_FORM} if "submission" in item else {})
    return HeldMessage(
        lead_id=keys.held_id(str(item["PK"])),
        state=State(str(item["state"])),
        held_at=str(item["heldAt"]),
        network=str(item.get("network", "")),
        source=source,
        form=form or FIRST_FORM,
        submission=str(item.get("submission", "")),
        reason=str(item.get("reason", "")),
        actor_name=str(item.get("actorName", "")),
        texts=listed | cast("dict[str, str]", item.get("texts", {})),
        attribution=Attribution.from_item(cast("Item", came)),
        expires_at=int(str(item.get("expiresAt", 0))),
    )


def _is_expired(item: Item) -> bool:
    return 0 < int(str(item.get("expiresAt", 0))) <= clock.seconds()


def _end() -> int:
    return int((clock.now() + KEPT).timestamp())
