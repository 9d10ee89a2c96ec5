"""How many leads came by which form and from which source, for whoever lists sources."""

from dataclasses import dataclass

from django.utils.translation import pgettext

from leads import repository
from leads.campaigns import source_key
from leads.repository import sources


@dataclass(frozen=True)
class Count:
    """A form or a source, and how many leads came from there."""

    label: str
    number: int


@dataclass(frozen=True)
class CameFrom:
    """The totals by form, and by source: the listed ones in their order, then all others."""

    forms: list[Count]
    sources: list[Count]


def came_from() -> CameFrom:
    """Read how many leads came from where: 1 RRU, and 0.5 for the sources."""
    counts = repository.counts()
    by_form, by_source = counts.forms, counts.sources
    listed = sources.current().listed
    shown = [Count(source, by_source.pop(source_key(source), 0)) for source in listed]
    # What was listed once is one of the others, even before a recount.
    others = Count(pgettext("source", "Others"), sum(by_source.values()))
    forms = [Count(form, number) for form, number in sorted(by_form.items())]
    return CameFrom(forms, [*shown, others] if listed or others.number else [])
