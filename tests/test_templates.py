"""What every template keeps to."""

import re

from tests import ROOT

MOST = 160
COMPONENTS = ROOT / "templates" / "components"


def test_icons_are_drawn_in_the_sprite_alone() -> None:
    texts = {
        path: path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")
    }
    logo, sprite = COMPONENTS / "mark.html", COMPONENTS / "sprite.html"
    assert {path for path, text in texts.items() if "<path" in text} == {logo, sprite}
    used = set(re.findall(r'href="#icon-([a-z]+)"', "".join(texts.values())))
    assert used
    assert used <= set(re.findall(r'id="icon-([a-z]+)"', texts[sprite]))


def test_no_line_is_too_long_to_read() -> None:
    paths = [path for path in (ROOT / "templates").rglob("*") if path.is_file()]
    assert len(paths) > 1
    assert [
        f"{path.relative_to(ROOT)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > MOST
    ] == []
