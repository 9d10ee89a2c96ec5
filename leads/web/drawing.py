"""Cards and rows of leads, drawn once for as long as they look the same.

The board shows the same hundred cards again and again, to everybody: the template engine
takes 8 ms for them, looking them up takes a tenth of that. What a card or a row shows is the
key, with the language and the zone it is shown in, so nothing has to be forgotten when a lead
changes: it then looks different.

They are bytes, which a page leaves a place for and gets at last. Each level of its templates
copies what is within, four bytes a character where one of them is an emoji: 1 ms for a board.
"""

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from secrets import token_hex

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import get_language

from crm import zones
from leads.web.cards import Card
from leads.web.rows import Row

REMEMBERED = 1_000  # of each kind: about 2 KB each, in each worker
# Stand for the CSRF token and the way back, which differ with each page, and for what was
# drawn; nobody can know or write them.
_TOKEN = token_hex(16).encode()
_BACK = token_hex(16).encode()
_PLACE = token_hex(16)


class Drawings:
    """The cards and rows of one page, in the order of their places in it."""

    def __init__(self) -> None:
        self._drawn: list[bytes] = []

    def cards(  # noqa: PLR0913 -- what a card shows
        self,
        cards: Iterable[Card],
        *,
        can_move: bool,
        plain: bool,
        later: bool,
        csrf_token: str,
        back: str = "",
    ) -> str:
        """Draw cards and return their place; ``later`` ones have their list in a template.

        The forms of ``plain`` ones go ``back`` to where they say.
        A browser that fills in forms reads all lists of a page at each change of it: with
        those of a thousand cards that takes seconds.
        """
        language, zone = get_language(), zones.present()
        drawn = b"".join([_card(card, can_move, plain, later, language, zone) for card in cards])
        if plain:
            drawn = drawn.replace(_BACK, escape(back).encode())
        return self._keep(drawn.replace(_TOKEN, csrf_token.encode()))

    def rows(self, rows: Iterable[Row], *, can_work: bool, words: tuple[str, ...]) -> str:
        """Draw rows of the list and return their place; ``words`` are what a search found."""
        language, zone = get_language(), zones.present()
        return self._keep(b"".join([_row(row, can_work, words, language, zone) for row in rows]))

    def fill(self, page: str) -> bytes:
        """Return a page with all that was drawn for it in its places."""
        first, *others = page.encode().split(_PLACE.encode())
        return b"".join([first, *chain(*zip(self._drawn, others, strict=True))])

    def _keep(self, drawn: bytes) -> str:
        self._drawn.append(drawn)
        return _PLACE


# Every argument is a part of the key; language and zone are nothing else.
@lru_cache(maxsize=REMEMBERED)
def _card(
    card: Card,
    can_move: bool,  # noqa: FBT001
    plain: bool,  # noqa: FBT001
    later: bool,  # noqa: FBT001
    _language: str | None,
    _zone: str,
) -> bytes:
    facts = {"card": card.facts(), "can_move": can_move, "plain": plain, "later": later}
    stand_ins = {"csrf_token": _TOKEN.decode(), "back": _BACK.decode()}
    return _draw("board/card.html", facts | stand_ins)


@lru_cache(maxsize=REMEMBERED)
def _row(
    row: Row,
    can_work: bool,  # noqa: FBT001
    words: tuple[str, ...],
    _language: str | None,
    _zone: str,
) -> bytes:
    return _draw("listing/row.html", {"row": row.facts(), "can_work": can_work, "words": words})


def _draw(template: str, facts: dict[str, object]) -> bytes:
    return render_to_string(template, facts).encode()
