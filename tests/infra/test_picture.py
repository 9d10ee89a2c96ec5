"""The picture in README shows what the stacks are and hold, and loads nothing."""

import re
from xml.etree import ElementTree as ET

from aws_cdk.cx_api import CloudAssembly

from crm.tables import TABLES
from tests import ROOT

PICTURE = ROOT / "docs" / "architecture.svg"
SVG = "{http://www.w3.org/2000/svg}"


def words() -> set[str]:
    root = ET.parse(PICTURE).getroot()  # noqa: S314 - our own file
    shown = ("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    return {word for text in shown for word in re.split(r"[ ,]+", text)}


def test_shows_every_stack_and_table(synthesized: CloudAssembly) -> None:
    stacks = {stack.stack_name.rpartition("-")[2] for stack in synthesized.stacks}
    assert stacks <= words()
    assert {table.default for table in TABLES} <= words()


def test_is_told_to_those_who_do_not_see_it() -> None:
    root = ET.parse(PICTURE).getroot()  # noqa: S314 - our own file
    labels = str(root.get("aria-labelledby")).split()
    told = {str(one.get("id")): str(one.text) for one in root if one.get("id")}
    assert [len(told[label]) > 10 for label in labels] == [True, True]


def test_loads_and_runs_nothing() -> None:
    text = PICTURE.read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"<script|<image|<foreignObject|@import|@font-face|href=|\bon\w+=", text)
    assert not re.findall(r"url\((?!#)", text)
