"""How much came in by each form, and whether it may be deleted."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from crm.dynamodb.parallel import settle
from leads import repository
from leads.held import store as held
from leads.held.models import HeldMessage
from leads.repository import Counts, Filter
from leads.repository.form_index import Listed
from leads.repository.origins import last_of

MOST_HELD = 500
MOST_PLACES = 50
"""So many forms by sources are asked one by one; if there are more, the newest leads first."""
NEWEST = 100


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
    """Read the figures of forms: 0.5 RRU, 1 for each 25 held messages, of the newest 500.

    When the last one came in is what :func:`last_of` costs of each form, 25 RRU at most. Where
    that could be more, the newest leads are read first, for 75 RRU, and it is asked of the
    forms that none of them is of.
    """
    totals = repository.counts()
    slugs = [one.slug for one in forms]
    newest = _newest([slug for slug in slugs if totals.forms.get(slug)], totals)
    waiting = held.page(limit=MOST_HELD)
    by_slug = {
        slug: _figures(
            totals.forms.get(slug, 0),
            newest.get(slug),
            [one for one in waiting.messages if one.form == slug],
        )
        for slug in slugs
    }
    return AllFigures(by_slug, has_more=bool(waiting.cursor))


def is_free(slug: str) -> bool:
    """Tell whether no lead and no held message is of a form: a lead that none counts, too.

    1 RRU, 0.5 for each source that admins list, and 20 for each 500 held messages. What
    somebody sends meanwhile is taken as what they send within a day of the deletion.
    """
    count = repository.counts(consistent=True).forms.get(slug, 0)
    has_leads = count > 0 or bool(repository.listing(Filter(form=slug), size=1).leads)
    return not (has_leads or held.has_any_of(slug))


def _figures(leads: int, last: datetime | None, waiting: list[HeldMessage]) -> Figures:
    came = [last, *(message.received for message in waiting)]
    return Figures(leads, len(waiting), max(filter(None, came), default=None))


def _newest(slugs: Sequence[str], totals: Counts) -> dict[str, datetime | None]:
    """Return when the last lead of each form came in, of forms that have leads."""
    many = len(slugs) * len(totals.sources) > MOST_PLACES
    known = _of_newest_leads() if many else {}
    rest = [slug for slug in slugs if slug not in known]
    return known | dict(
        zip(rest, settle(partial(last_of, one, totals) for one in rest), strict=True)
    )


def _of_newest_leads() -> dict[str, datetime | None]:
    """Return when the last lead of each form came in, as far as it is one of the newest of all."""
    listed = repository.listing(Filter(), size=NEWEST).leads
    # The index of the list has no forms.
    leads = repository.get_many([lead.lead_id for lead in listed])
    return {lead.attribution.form: lead.created for lead in reversed(leads)}
