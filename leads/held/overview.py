"""How many messages there are, from which networks and of which hours, as far as is counted."""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from leads.held import store
from leads.held.models import State

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
    return Overview(
        number=len(found.messages),
        more=bool(found.cursor),
        networks=Counter(message.network for message in found.messages),
        hours=Counter(message.hour for message in found.messages),
        newest=found.messages[0].held_at if found.messages else "",
    )
