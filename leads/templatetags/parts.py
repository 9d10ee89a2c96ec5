"""`{% load parts %}`: cards and rows of leads, drawn once for as long as they look the same.

The board shows the same hundred cards again and again, to everybody: the template engine
takes 8 ms for them, looking them up takes a tenth of that. What a card or a row shows is the
key, so nothing has to be forgotten when a lead changes: it then looks different.
"""

from collections.abc import Iterable
from functools import lru_cache
from secrets import token_hex
from typing import TYPE_CHECKING

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from leads.board.cards import Card
    from leads.web.presentation import Row

register = template.Library()

REMEMBERED = 1_000  # of each kind: about 2 KB each, in each worker
# Stands for the CSRF token, which differs with each page; nobody can know or write it.
_TOKEN = token_hex(16)


@register.simple_tag(takes_context=True)
def lead_cards(context: Context, cards: Iterable["Card"]) -> SafeString:
    """Draw cards; wants ``can_move``, ``plain`` and ``csrf_token`` in the context."""
    can_move, plain = bool(context.get("can_move")), bool(context.get("plain"))
    drawn = "".join([_card(card, can_move, plain) for card in cards])
    # Whatever leads hold was escaped by the template of the card.
    return SafeString(drawn.replace(_TOKEN, str(context.get("csrf_token", ""))))


@register.simple_tag(takes_context=True)
def lead_rows(context: Context, rows: Iterable["Row"]) -> SafeString:
    """Draw rows of the list; wants ``user``, and ``words`` that a search found."""
    can_work, words = context["user"].can_work, tuple(context.get("words") or ())
    return SafeString("".join([_row(row, can_work, words) for row in rows]))


@lru_cache(maxsize=REMEMBERED)
def _card(card: "Card", can_move: bool, plain: bool) -> str:  # noqa: FBT001 -- parts of the key
    facts = {"card": card.facts(), "can_move": can_move, "plain": plain}
    return str(render_to_string("board/card.html", facts | {"csrf_token": _TOKEN}))


@lru_cache(maxsize=REMEMBERED)
def _row(row: "Row", can_work: bool, words: tuple[str, ...]) -> str:  # noqa: FBT001 -- see above
    facts = {"row": row.facts(), "can_work": can_work, "words": words}
    return str(render_to_string("leads/row.html", facts))
