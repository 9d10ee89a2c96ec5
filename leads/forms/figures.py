"""How much came in by each form, and whether it may be deleted."""

from collections import Counter
from functools import partial
from typing import NamedTuple

from crm.dynamodb.parallel import settle
from leads import repository
from leads.held import store as held
from leads.models import Lead
from leads.repository import Filter
from leads.repository.form_index import Listed

MOST_HELD = 100


class Figures(NamedTuple):
    """Leads that came by a form, the last one of them, and messages that are held."""

    leads: int
    held: int
    last: Lead | None

    @property
    def is_none(self) -> bool:
        """Whether nothing is of the form."""
        return not (self.leads or self.held)


class AllFigures(NamedTuple):
    """The figures by slug; ``has_more`` messages are held than were looked at."""

    by_slug: dict[str, Figures]
    has_more: bool


def figures(forms: tuple[Listed, ...]) -> AllFigures:
    """Read the figures of forms: 1 RRU, 0.5 for each held message, and a page of each one's leads.

    Of messages that are held the first hundred are looked at.
    """
    leads = repository.counts().forms
    slugs = [one.slug for one in forms]
    newest = settle([partial(_last, slug if leads.get(slug) else "") for slug in slugs])
    waiting = held.page(limit=MOST_HELD)
    messages = held.get_many([message.lead_id for message in waiting.messages])
    counted = Counter(message.attribution.form for message in messages.values())
    found = zip(slugs, newest, strict=True)
    by_slug = {slug: Figures(leads.get(slug, 0), counted[slug], last) for slug, last in found}
    return AllFigures(by_slug, has_more=bool(waiting.cursor))


def _last(slug: str) -> Lead | None:
    leads = repository.listing(Filter(form=slug), size=1).leads if slug else []
    return leads[0] if leads else None
