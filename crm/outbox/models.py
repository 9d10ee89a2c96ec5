"""What the outbox knows of a letter: its state, and what became of each attempt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self, cast

from crm.dynamodb.items import Item, Key, Value
from crm.jobs import models as jobs
from crm.jobs.retrying import MOST_TRIES, pause_after
from crm.timestamps import stored

MAX_REASON = 300


class State(StrEnum):
    """Where a letter is."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Attempt:
    """What became of an attempt to deliver a letter, or that somebody asked for one anew."""

    at: str
    what: str

    @property
    def happened(self) -> datetime:
        """When it ended."""
        return datetime.fromisoformat(self.at)


@dataclass(frozen=True)
class Delivery:
    """How far a letter has come.

    ``due_at`` is when it leaves or is tried again, while it is being sent when that counts as
    dead, and else when it came to its state. ``is_doubtful`` tells that an attempt ended
    without an answer: the receiver may have got it.
    """

    state: State
    due_at: str
    tries: int = 0
    reason: str = ""
    is_doubtful: bool = False
    log: Sequence[Attempt] = ()

    @classmethod
    def from_item(cls, item: Mapping[str, object]) -> Self | None:
        """Read what an item tells; ``None`` of one that is no letter."""
        if "outState" not in item:
            return None
        log = cast("list[Mapping[str, str]]", item.get("outLog", []))
        return cls(
            state=State(str(item["outState"])),
            due_at=str(item["outAt"]),
            tries=int(str(item["outTries"])),
            reason=str(item.get("outReason", "")),
            is_doubtful=bool(item.get("outDoubtful", False)),
            log=tuple(Attempt(one["at"], one["what"]) for one in log),
        )

    @property
    def due(self) -> datetime:
        """``due_at`` as a moment."""
        return datetime.fromisoformat(self.due_at)

    @property
    def is_open(self) -> bool:
        """Whether it is still to leave."""
        return self.state in {State.WAITING, State.SENDING}

    @property
    def has_failed(self) -> bool:
        """Whether it did not get there, as far as anybody knows: it may be sent again."""
        return self.state in {State.FAILED, State.RETURNED}

    def attributes(self) -> Item:
        """Return what an item has of it; channel and receiver are :func:`letter`'s."""
        item: dict[str, Value] = {
            "outState": self.state.value,
            "outAt": self.due_at,
            "outTries": self.tries,
            "outReason": self.reason or None,
            "outDoubtful": self.is_doubtful or None,
            "outLog": [{"at": one.at, "what": one.what} for one in self.log] or None,
        }
        return {name: value for name, value in item.items() if value is not None}


@dataclass(frozen=True)
class Letter:
    """A letter as it is stored, ``item`` whole."""

    key: Key
    channel: str
    receiver: str
    delivery: Delivery
    claim: str = ""
    item: Item = field(default_factory=dict)

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read an item of ``CrmRecords`` that is a letter."""
        delivery = Delivery.from_item(item)
        if delivery is None:
            raise ValueError("This item is no letter.")
        return cls(
            key={"PK": str(item["PK"]), "SK": str(item["SK"])},
            channel=str(item["outChannel"]),
            receiver=str(item["outReceiver"]),
            delivery=delivery,
            claim=str(item.get("outClaim", "")),
            item=item,
        )

    @property
    def is_worn_out(self) -> bool:
        """Whether it was tried as often as a letter is."""
        return self.delivery.tries >= MOST_TRIES

    def next_try(self, now: datetime) -> datetime:
        """Return when a claimed letter that was tried in vain is tried again."""
        return now + pause_after(self.delivery.tries)


def letter(channel: str, receiver: str, due: datetime) -> Item:
    """Return the attributes that make an item a letter, which leaves when it is ``due``.

    Its sort key begins with the present time. It is the job that delivers it, too.
    """
    waiting = Delivery(State.WAITING, stored(due)).attributes()
    named: Item = {"outChannel": channel, "outReceiver": receiver}
    return waiting | named | jobs.attributes(due)
