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

MOST_HELD = 500


class Figures(NamedTuple):
    """Leads that came by a form, the last one of them, and messages that are held."""

    leads: int
    held: int
    last: Lead | None


class AllFigures(NamedTuple):
    """The figures by slug; ``has_more`` messages are held than were looked at."""

    by_slug: dict[str, Figures]
    has_more: bool


def figures(forms: tuple[Listed, ...]) -> AllFigures:
    """Read the figures of forms: 1 RRU, a page of each one's leads, 1 for 25 that are held.

    Of messages that are held the newest 500 are looked at, 20 RRU.
    """
    leads = repository.counts().forms
    slugs = [one.slug for one in forms]
    newest = settle([partial(_last, slug if leads.get(slug) else "") for slug in slugs])
    waiting = held.page(limit=MOST_HELD)
    counted = Counter(message.form for message in waiting.messages)
    found = zip(slugs, newest, strict=True)
    by_slug = {slug: Figures(leads.get(slug, 0), counted[slug], last) for slug, last in found}
    return AllFigures(by_slug, has_more=bool(waiting.cursor))


def is_free(slug: str) -> bool:
    """Tell whether no lead and no held message is of a form: 2 RRU, and 20 for each 500 held.

    What somebody sends meanwhile is taken as what they send within a day of the deletion.
    """
    count = repository.counts(consistent=True).forms.get(slug, 0)
    return not (count > 0 or _last(slug) or held.has_any_of(slug))


def _last(slug: str) -> Lead | None:
    leads = repository.listing(Filter(form=slug), size=1).leads if slug else []
    return leads[0] if leads else None
