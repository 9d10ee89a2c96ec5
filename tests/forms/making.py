"""Forms of a company, as tests make and fill them in."""

import re

from leads.definitions import BUILT_IN, MAX_BYTES, AskedField, Definition
from leads.repository import forms as store
from tests.web.pages import Answer

MESSAGE = {
    "name": "Ada Li",
    "email": "ada@example.com",
    "subject": "Engines",
    "message": "Twelve, please",
}


def definition(slug: str = "quote", **more: object) -> Definition:
    """Return a form that asks for what the first one asks for."""
    return BUILT_IN.changed(slug=slug, **more)


def added(slug: str = "quote", **more: object) -> Definition:
    """Store a form, and return it."""
    wanted = definition(slug, **more)
    store.add(wanted)
    return wanted


def filled_up(slug: str = "quote", **more: object) -> Definition:
    """Store a form that has as many bytes as a form may have, or one less, and return it."""
    least = definition(slug, intro="ü", **more)
    room = MAX_BYTES - store.stored_size(least)
    return added(slug, intro="ü" * (1 + room // 2), **more)


def changed(before: Definition, **more: object) -> Definition:
    """Store another version of a form, and return it."""
    after = before.changed(**more)
    store.save(after, seen=before.version)
    return after


def asking(*names: str) -> tuple[AskedField, ...]:
    """Return fields that a form requires."""
    return tuple(AskedField(name=name, required=True) for name in names)


def others(answer: Answer) -> dict[str, str]:
    """Return what a page says that another admin stored: texts by their labels."""
    pair = r"<dt><bdi>(.*?)</bdi></dt><dd><bdi>(.*?)</bdi></dd>"
    return dict(re.findall(pair, answer.content.decode(), re.DOTALL))
