"""What forms are called and look like: logos, each an item under its hash, and another item.

Pages of visitors do without it: a form has its title and its brand in its definition.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import NamedTuple, Self, cast

from crm.dynamodb.calls import Put, get, get_unchanging
from crm.dynamodb.items import Item
from crm.remember import Remembered
from crm.tables import RECORDS
from leads import keys
from leads.brand.logos import Logo
from leads.definitions import Definition
from leads.models import timestamp
from leads.repository.form_index import LEAST_AGE, MAX_AGE, UNANSWERED

MOST = 100


class KnownLogo(NamedTuple):
    """A logo as browsers get it: its bytes, and their exact type."""

    data: bytes
    content_type: str


@dataclass(frozen=True)
class Looks:
    """The titles of forms by their slugs, and what their brands had of late.

    That is the hashes of their logos, and accents by the names of their style sheets: what is
    not among them is not there, and nobody has to look. Once it is too much, it begins anew
    with what forms have now.
    """

    titles: Mapping[str, str] = field(default_factory=dict)
    logos: tuple[str, ...] = ()
    accents: Mapping[str, str] = field(default_factory=dict)

    def title(self, slug: str) -> str:
        """Return what admins know a form by."""
        return self.titles.get(slug) or slug

    @property
    def is_too_much(self) -> bool:
        """Whether there are more than ``MOST`` of anything."""
        return max(map(len, (self.titles, self.logos, self.accents))) > MOST

    def with_form(self, form: Definition) -> Self:
        """Return it with what a form is called and looks like."""
        brand = form.brand
        logos = dict.fromkeys([*self.logos, *filter(None, [brand.logo])])
        accents = {brand.sheet: brand.accent} if brand.accent else {}
        titles = {**self.titles, form.slug: form.title}
        return type(self)(titles, tuple(logos), {**self.accents, **accents})


_remembered: Remembered[Looks] = Remembered(MAX_AGE)
_lasting: Remembered[Looks] = Remembered(inf)
_logos: dict[str, KnownLogo] = {}


def known_looks(seconds: float = MAX_AGE) -> Looks:
    """Return it, so many seconds old at most: 0.5 RRU for each 4 KB if it is older.

    While the store does not answer, what was known last holds. Raises what the store raises if
    nothing is known.
    """
    return _remembered.get_or_read(_read_any, seconds)


def _read_any() -> Looks:
    try:
        found = _looks_of(get(RECORDS, keys.form_looks()))
    except UNANSWERED:
        last = _lasting.get()
        if last is None:
            raise
        return last
    _lasting.set(found)
    return found


def read() -> Looks:
    """Read it as it is now: 1 RRU for each 4 KB."""
    return _looks_of(get(RECORDS, keys.form_looks(), consistent=True))


def forget() -> None:
    """Ask for it anew: it has changed."""
    _remembered.forget()


def looks_puts(before: Looks, after: Looks) -> list[Put]:
    """Return the write of what has changed, for a transaction that changes the list of forms."""
    if after == before:
        return []
    item: Item = {
        **keys.form_looks(),
        "titles": {**after.titles},
        "logos": [*after.logos],
        "accents": {**after.accents},
        "changedAt": timestamp(datetime.now(UTC)),
    }
    return [Put(table=RECORDS, item=item)]


def known_logo(logo: str) -> KnownLogo | None:
    """Return a logo by its hash, if a form has or had it: 1.5 RRU the first time in a process."""
    if logo not in known_looks().logos and logo not in known_looks(LEAST_AGE).logos:
        return None
    if logo not in _logos:
        item = get_unchanging(RECORDS, keys.form_logo(logo))
        if item is None:
            return None
        _logos[logo] = KnownLogo(bytes(cast("bytes", item["data"])), str(item["contentType"]))
    return _logos[logo]


def known_accent(sheet: str) -> str | None:
    """Return the accent of a style sheet by its name, if a form has or had it."""
    return known_looks().accents.get(sheet) or known_looks(LEAST_AGE).accents.get(sheet)


def logo_puts(logo: Logo | None) -> list[Put]:
    """Return the write that keeps a logo that was uploaded with what has it."""
    if logo is None:
        return []
    item: Item = {
        **keys.form_logo(logo.hash),
        "data": logo.data,
        "contentType": logo.content_type,
        "changedAt": timestamp(datetime.now(UTC)),
    }
    return [Put(table=RECORDS, item=item)]


def _looks_of(item: Item | None) -> Looks:
    stored = item or {}
    titles, accents = (
        cast("Mapping[str, str]", stored.get(key, {})) for key in ("titles", "accents")
    )
    return Looks(titles, tuple(cast("list[str]", stored.get("logos", []))), accents)
