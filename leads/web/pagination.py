"""Links from page to page of a list."""

from collections.abc import Mapping
from urllib.parse import urlencode

# Of the pages before: an address has to stay under the 8 KB that servers read, and a cursor
# has up to 3.5 KB.
MAX_TRAIL = 10
MAX_TRAIL_LENGTH = 3600
FIRST = "-"


def page_links(
    path: str, query: Mapping[str, str], *, cursor: str, trail: str, older: str
) -> dict[str, str]:
    """Return the addresses of the newest, the newer and the older page; "" where there is none.

    ``trail`` joins the cursors of the pages before by "~"; "-" is the first page.
    """
    parts = trail[-MAX_TRAIL_LENGTH:].split("~") if cursor else []
    before = [part for part in parts if part][-MAX_TRAIL:]

    def address(**more: str) -> str:
        return address_of(path, {**query, **more})

    newer = ""
    if before:
        *rest, last = before
        newer = address() if last == FIRST else address(cursor=last, trail="~".join(rest))
    return {
        "newest_url": address() if cursor else "",
        "newer_url": newer,
        "next_url": address(cursor=older, trail=_longer_trail(before, cursor)) if older else "",
    }


def address_of(path: str, parameters: Mapping[str, str]) -> str:
    """Return an address with those parameters that are not empty."""
    given = {name: text for name, text in parameters.items() if text}
    return f"{path}?{urlencode(given, safe='~:')}" if given else path


def _longer_trail(before: list[str], cursor: str) -> str:
    trail = [*before, cursor or FIRST][-MAX_TRAIL:]
    while len("~".join(trail)) > MAX_TRAIL_LENGTH:
        trail.pop(0)
    return "~".join(trail)
