"""What forms look like: logos, each an item under its hash, and accents, which the list has."""

from datetime import UTC, datetime
from typing import NamedTuple, cast

from crm.dynamodb.calls import Put, get_unchanging
from crm.dynamodb.items import Item
from crm.tables import RECORDS
from leads import keys
from leads.brand.logos import Logo
from leads.models import timestamp
from leads.repository.form_index import known_index, newer_index


class KnownLogo(NamedTuple):
    """A logo as browsers get it: its bytes, and their exact type."""

    data: bytes
    content_type: str


_logos: dict[str, KnownLogo] = {}


def known_logo(logo: str) -> KnownLogo | None:
    """Return a logo by its hash, if a form has or had it: 1 RRU the first time in a process."""
    if logo not in known_index().logos and logo not in newer_index().logos:
        return None
    if logo not in _logos:
        item = get_unchanging(RECORDS, keys.form_logo(logo))
        if item is None:
            return None
        _logos[logo] = KnownLogo(bytes(cast("bytes", item["data"])), str(item["contentType"]))
    return _logos[logo]


def known_accent(sheet: str) -> str | None:
    """Return the accent of a style sheet by its name, if a form has or had it."""
    return known_index().accents.get(sheet) or newer_index().accents.get(sheet)


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
