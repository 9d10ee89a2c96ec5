"""`{% load parts %}`: the places of cards and rows, see :mod:`leads.web.drawing`."""

from collections.abc import Iterable

from django import template
from django.template import Context

from leads.web.cards import Card
from leads.web.drawing import Drawings
from leads.web.rows import Row

register = template.Library()


@register.simple_tag(takes_context=True)
def lead_cards(context: Context, cards: Iterable[Card]) -> str:
    """Draw cards; wants ``can_move``, ``plain``, ``later`` and ``csrf_token`` in the context.

    Forms of ``plain`` ones go to ``back``, if it is there.
    """
    drawings: Drawings = context["drawings"]
    return drawings.cards(
        cards,
        can_move=bool(context.get("can_move")),
        plain=bool(context.get("plain")),
        later=bool(context.get("later")),
        csrf_token=str(context.get("csrf_token", "")),
        back=str(context.get("back", "")),
    )


@register.simple_tag(takes_context=True)
def lead_rows(context: Context, rows: Iterable[Row]) -> str:
    """Draw rows of the list; wants ``user``, and ``words`` that a search found."""
    words = tuple(context.get("words") or ())
    drawings: Drawings = context["drawings"]
    return drawings.rows(rows, can_work=context["user"].can_work, words=words)
