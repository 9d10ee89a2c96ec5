"""How much came in by each form, and whether it may be deleted."""

from datetime import datetime
from functools import partial
from typing import NamedTuple

from crm.dynamodb.parallel import settle
from leads import repository
from leads.held import store as held
from leads.held.models import HeldMessage
from leads.models import Lead
from leads.repository import Filter
from leads.repository.form_index import Listed

MOST_HELD = 500


class Figures(NamedTuple):
    """Leads that came by a form, messages that are held, and when the last of both came in."""

    leads: int
    held: int
    last: datetime | None


class AllFigures(NamedTuple):
    """The figures by slug; ``has_more`` messages are held than were looked at."""

    by_slug: dict[str, Figures]
    has_more: bool


def figures(forms: tuple[Listed, ...]) -> AllFigures:
    """Read the figures of forms: 1 RRU, 1 for each 25 held messages, of the newest 500.

    The last lead of a form is 1 RRU, and 0.5 for each source that admins list: how many leads
    there are makes no difference.
    """
    leads = repository.counts().forms
    slugs = [one.slug for one in forms]
    newest = settle([partial(_last, slug if leads.get(slug) else "") for slug in slugs])
    waiting = held.page(limit=MOST_HELD)
    by_slug = {
        slug: _figures(
            leads.get(slug, 0), last, [one for one in waiting.messages if one.form == slug]
        )
        for slug, last in zip(slugs, newest, strict=True)
    }
    return AllFigures(by_slug, has_more=bool(waiting.cursor))


def is_free(slug: str) -> bool:
    """Tell whether no lead and no held message is of a form: 2 RRU, and 20 for each 500 held.

    What somebody sends meanwhile is taken as what they send within a day of the deletion.
    """
    count = repository.counts(consistent=True).forms.get(slug, 0)
    return not (count > 0 or _last(slug) or held.has_any_of(slug))


def _figures(leads: int, last: Lead | None, waiting: list[HeldMessage]) -> Figures:
    came = [last.created if last else None, *(message.received for message in waiting)]
    return Figures(leads, len(waiting), max(filter(None, came), default=None))


def _last(slug: str) -> Lead | None:
    leads = repository.listing(Filter(form=slug), size=1).leads if slug else []
    return leads[0] if leads else None
