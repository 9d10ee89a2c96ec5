"""Cards and rows of leads, drawn once for as long as they look the same.

The board shows the same hundred cards again and again, to everybody: the template engine
takes 8 ms for them, looking them up takes a tenth of that. What a card or a row shows is the
key, with the language and the zone it is shown in, so nothing has to be forgotten when a lead
changes: it then looks different.
"""

from collections.abc import Iterable
from functools import lru_cache
from secrets import token_hex

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from crm import zones
from leads.web.cards import Card
from leads.web.rows import Row

REMEMBERED = 1_000  # of each kind: about 2 KB each, in each worker
# Stands for the CSRF token, which differs with each page; nobody can know or write it.
_TOKEN = token_hex(16)


def draw_cards(
    cards: Iterable[Card], *, can_move: bool, plain: bool, later: bool, csrf_token: str
) -> SafeString:
    """Return cards as HTML; those that come ``later`` bring their list of stages in a template.

    A browser that fills in forms reads all lists of a page at each change of it: with those
    of a thousand cards that takes seconds.
    """
    language, zone = get_language(), zones.present()
    drawn = "".join([_card(card, can_move, plain, later, language, zone) for card in cards])
    # Whatever leads hold was escaped by the template of the card.
    return SafeString(drawn.replace(_TOKEN, csrf_token))


def draw_rows(rows: Iterable[Row], *, can_work: bool, words: tuple[str, ...]) -> SafeString:
    """Return rows of the list as HTML; ``words`` are what a search found."""
    language, zone = get_language(), zones.present()
    return SafeString("".join([_row(row, can_work, words, language, zone) for row in rows]))


# Every argument is a part of the key; language and zone are nothing else.
@lru_cache(maxsize=REMEMBERED)
def _card(
    card: Card,
    can_move: bool,  # noqa: FBT001
    plain: bool,  # noqa: FBT001
    later: bool,  # noqa: FBT001
    _language: str | None,
    _zone: str,
) -> str:
    facts = {"card": card.facts(), "can_move": can_move, "plain": plain, "later": later}
    return str(render_to_string("board/card.html", facts | {"csrf_token": _TOKEN}))


@lru_cache(maxsize=REMEMBERED)
def _row(
    row: Row,
    can_work: bool,  # noqa: FBT001
    words: tuple[str, ...],
    _language: str | None,
    _zone: str,
) -> str:
    facts = {"row": row.facts(), "can_work": can_work, "words": words}
    return str(render_to_string("listing/row.html", facts))
