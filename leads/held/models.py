"""What a held message is."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from leads.attribution import FIRST_FORM, NOWHERE, Attribution
from leads.held import clock
from leads.models import moment


class State(StrEnum):
    """What has become of a message."""

    HELD = "held"
    RELEASED = "released"
    DISCARDED = "discarded"


class Reason(StrEnum):
    """Which limit a message was over."""

    NETWORK = "network"
    TOTAL = "total"


@dataclass(frozen=True)
class HeldMessage:
    """A message by the id that its lead has or will have.

    ``texts`` has its fields by name; in lists name, e-mail and subject alone, and none once it
    is released; ``attribution`` goes with them. ``form`` is the slug of the form, in lists as
    well, until it is released. ``network`` is where it came from, ``actor_name`` whoever
    discarded it; ``reason`` is not in lists.
    """

    lead_id: str
    state: State
    held_at: str
    network: str = ""
    source: str = ""
    form: str = FIRST_FORM
    submission: str = ""
    reason: str = ""
    actor_name: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    attribution: Attribution = NOWHERE
    expires_at: int = 0

    @property
    def received(self) -> datetime | None:
        """When it came in."""
        return moment(self.held_at)

    @property
    def hour(self) -> str:
        """The hour in which it came in, such as ``2026-11-29T18``."""
        return clock.hour_of(self.held_at)

    def text(self, name: str) -> str:
        """Return the text of a field; nothing if there is none."""
        return self.texts.get(name, "")


class HeldPage(NamedTuple):
    """Messages, newest first; ``cursor`` is empty if there are no more."""

    messages: list[HeldMessage]
    cursor: str


class HeldNotFoundError(Exception):
    """There is no such message, or no longer."""


class HeldChangedError(Exception):
    """Somebody released, discarded or took back the message before."""
