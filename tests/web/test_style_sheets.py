"""The two style sheets: what visitors load repeats the tokens of the other, and no more."""

import re
from pathlib import Path

from django.conf import settings


def _sheet(name: str) -> str:
    return Path(settings.BASE_DIR, "static", name).read_text()


def _tokens(sheet: str) -> dict[str, str]:
    """Return the custom properties of ``:root``, in light and dark, as they are written."""
    root = re.search(r":root \{(.*?)\n  \}", sheet, re.DOTALL)
    assert root
    return dict(re.findall(r"(--[\w-]+): ([^;]+);", root[1]))


def test_visitors_see_the_tokens_of_the_desk() -> None:
    of_visitors = _tokens(_sheet("public.css"))
    of_desk = _tokens(_sheet("app.css"))
    assert "light-dark" in of_visitors["--ink"]
    assert of_visitors.items() <= of_desk.items()


def test_visitors_load_no_token_that_nothing_uses() -> None:
    sheet = _sheet("public.css")
    assert [name for name in _tokens(sheet) if f"var({name}" not in sheet] == []
