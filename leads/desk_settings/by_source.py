"""How many leads came from which source, for whoever lists sources."""

from typing import NamedTuple

from django.utils.translation import pgettext

from leads import repository
from leads.campaigns import source_key
from leads.repository import sources


class Count(NamedTuple):
    """A source, and how many leads came from there."""

    label: str
    number: int


def by_source() -> list[Count]:
    """Return the totals of the listed sources, in their order, then of all others.

    1 RRU, and 0.5 for the sources. Nothing where no source is listed and none was told.
    """
    counted = repository.counts().sources
    listed = sources.current().listed
    shown = [Count(source, counted.pop(source_key(source), 0)) for source in listed]
    # What was listed once is one of the others, even before a recount.
    others = Count(pgettext("source", "Others"), sum(counted.values()))
    return [*shown, others] if listed or others.number else []
