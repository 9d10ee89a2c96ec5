"""How many messages there are, from which networks and of which hours, as far as is counted."""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from leads.held import store
from leads.held.models import HeldMessage, State

# Counted by one Query, 25 to a unit: a page that says "more than 500" has said enough.
MOST = 500


class Selection(NamedTuple):
    """Messages of a state: all, those of a network, of an hour, or of both."""

    state: State = State.HELD
    network: str = ""
    hour: str = ""


@dataclass(frozen=True)
class Overview:
    """Numbers of messages; if there are ``more``, of the newest alone.

    ``newest`` is when the newest came in, as it is stored.
    """

    number: int
    more: bool
    networks: Counter[str]
    hours: Counter[str]
    newest: str


def overview(selection: Selection) -> Overview:
    """Count messages: 20 RRU at most, however many there are."""
    found = store.page(**selection._asdict(), limit=MOST)
    return _counted(found.messages, more=bool(found.cursor))


def overview_after(decided: HeldMessage, state: State) -> Overview:
    """Count all of a state once one was decided on: an index may not know that yet."""
    found = store.page(state=state, limit=MOST)
    messages = [message for message in found.messages if message.lead_id != decided.lead_id]
    if decided.state is state:
        messages.append(decided)
    return _counted(messages, more=bool(found.cursor))


def _counted(messages: list[HeldMessage], *, more: bool) -> Overview:
    return Overview(
        number=len(messages),
        more=more,
        networks=Counter(message.network for message in messages),
        hours=Counter(message.hour for message in messages),
        newest=messages[0].held_at if messages else "",
    )
