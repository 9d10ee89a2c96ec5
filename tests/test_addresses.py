# ruff: noqa: RUF001 -- characters that only look like others are meant
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.addresses import (
    Found,
    first_address,
    has_dotted_domain,
    is_same_address,
    mail_link,
    normal_form,
    readable,
    stored_spellings,
)
from tests import ROOT

BAKERY = "info@bäckerei-kestrel.example"
BAKERY_IN_PUNYCODE = "info@xn--bckerei-kestrel-0kb.example"

LOCAL_PARTS = st.from_regex(r"[a-z0-9äéøñ]([a-z0-9äéøñ+_'.-]{0,12}[a-z0-9äéøñ])?", fullmatch=True)
LABELS = st.from_regex(r"[a-zäéøñß]([a-z0-9äéøñß]{0,10}[a-zäéøñß])?", fullmatch=True)
ADDRESSES = st.builds(
    lambda local_part, *labels: f"{local_part}@{'.'.join(labels)}",
    LOCAL_PARTS.filter(lambda text: ".." not in text),
    LABELS,
    st.sampled_from(["example", "test", "local", "рф"]),
)
INVISIBLE = st.sampled_from(
    "\u200b\u200c\u200d\u200e\u200f\ufeff\u00ad\u2060\u202c\u034f\ufe0f\x00\x1b"
)


def in_punycode(address: str) -> str:
    local_part, _, domain = address.partition("@")
    return f"{local_part}@{idna.encode(domain).decode()}"


def in_capitals(address: str) -> str:
    # There is no capital ß that everybody writes.
    return "".join(letter if letter == "ß" else letter.upper() for letter in address)


def in_wide_letters(address: str) -> str:
    # Percent signs for a wide @ are more than anybody has.
    return "".join(
        chr(ord(one) + 0xFEE0) if one.isascii() and one != "@" else one for one in address
    )


def between(pair: str) -> Callable[[str], str]:
    return lambda text: text.join(pair)


LETTERS: list[Callable[[str], str]] = [
    str,
    in_capitals,
    lambda address: unicodedata.normalize("NFD", address),
    lambda address: in_capitals(unicodedata.normalize("NFD", address)),
    in_punycode,
    lambda address: in_punycode(address).replace("xn--", "XN--"),
    in_wide_letters,
    lambda address: in_wide_letters(in_punycode(address)),
    lambda address: address[::-1].replace(".", "\u3002", 1)[::-1],
]
AROUND: list[Callable[[str], str]] = [
    str,
    lambda text: f" \u00a0\u3000{text}\t ",
    lambda text: f"{text}.",
    lambda text: f'"{text}"',
    lambda text: f"'{text}'",
    lambda text: f"“{text}”",
    lambda text: f"mailto:{text}",
    lambda text: f"MAILTO:{quote(text, safe='@')}?subject=Hello%20you",
    lambda text: f"mailto:{quote(text, safe='')}?cc=uma@x.example&subject=A%3B%20B",
    lambda text: f"smtp:{text}",
    lambda text: f"E-Mail: {text}",
]
QUOTES = [
    *('""', "''", "``", "´´", "“”", "„“", "‘’", "‚‘", "«»", "»«", "‹›", "›‹", "「」", "『』"),
    *("《》", "〈〉", "【】", "〝〟", "｢｣", "＂＂", "⟨⟩", "❝❞", "❛❜", "″″", "′′"),
]
AROUND += map(between, QUOTES)
NAMED: list[Callable[[str], str]] = [
    str,
    lambda text: f"<{text}>",
    lambda text: f"Mira Toland <{text}>",
    lambda text: f"Toland, Mira <{text}>",
    lambda text: f'"Toland, Mira" <{text}>',
    lambda text: f"'{text}' <{text}>",
    lambda text: f"Mira Toland ({text})",
    lambda text: f"{text} (Mira Toland)",
    lambda text: f"[{text}](mailto:{quote(text, safe='@')})",
    lambda text: f"Mira Toland＜{text}＞",
    lambda text: f'"Toland; Mira (Sales), Inc." <{text}>',
    lambda text: f"(work) {text} (Mira) (Toland)",
]
IN_A_CELL: list[Callable[[str], str]] = [
    str,
    lambda text: f"{text};",
    lambda text: f" ; {text}, ",
    lambda text: f"{text}\r\n\r\n",
    lambda text: f"{text}\uff0c\uff1b",
]


SPELLERS = st.tuples(*map(st.sampled_from, (LETTERS, AROUND, AROUND, NAMED, IN_A_CELL)))


@given(ADDRESSES, SPELLERS)
def test_all_spellings_of_an_address_are_one(
    address: str, spellers: tuple[Callable[[str], str], ...]
) -> None:
    assert normal_form(address) == address
    spelling = address
    for spell in spellers:
        spelling = spell(spelling)
    assert normal_form(spelling) == address


@given(ADDRESSES, INVISIBLE, st.data())
def test_invisible_characters_make_no_other_address(
    address: str, invisible: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(address)))
    assert normal_form(f"{address[:at]}{invisible}{address[at:]}") == address


@given(st.text() | st.text("aAÄßΣσςẞİıﬀ١中נ@@.-'\"<>()[],;: \n\u200d\u0345＠．") | ADDRESSES)
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    form = normal_form(text)
    assert not form or normal_form(form) == form


@given(ADDRESSES, ADDRESSES)
def test_other_addresses_stay_others(one: str, other: str) -> None:
    assert is_same_address(one, other) is (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mira.o@x.example", "mirao@x.example"),
        ("mira@x.example", "mira+news@x.example"),
        ("info@straße.example", "info@strasse.example"),
        ("weiß@x.example", "weiss@x.example"),
        ("mira@x.example", "mira@y.example"),
        ("nobody", "somebody"),
    ],
)
def test_what_makes_another_address(one: str, other: str) -> None:
    assert not is_same_address(one, other)


def test_what_is_stored_is_found_by_itself() -> None:
    for stored in ("greta@vest.example ", "Greta@Vest.Example", "Call Me", ""):
        assert is_same_address(stored, stored)
        assert stored in stored_spellings(stored)
    assert is_same_address("Greta@Vest.Example", "greta@vest.example. ")
    assert is_same_address("nobody", " NOBODY")
    assert stored_spellings("greta@vest.example") == ["greta@vest.example"]
    assert stored_spellings("Greta@Vest.Example") == ["greta@vest.example", "Greta@Vest.Example"]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (BAKERY_IN_PUNYCODE, BAKERY),
        ("INFO@BÄCKEREI-KESTREL.EXAMPLE", BAKERY),
        ("ΓΙΏΡΓΟΣ@ΒΌΛΟΣ.example", "γιώργος@βόλος.example"),
        ("ｍｉｒａ＠ｘ．ｅｘａｍｐｌｅ", "mira@x.example"),
        ('"mira.o"@x.example', "mira.o@x.example"),
        ('"mira@x.example".', "mira@x.example"),
        ("o'brien@x.example", "o'brien@x.example"),
        ("'mira@x.example", "'mira@x.example"),
        ("mira@x.example'", "mira@x.example"),
        ("\r\nmira@x.example\r\n", "mira@x.example"),
        ("(mira@x.example)", "mira@x.example"),
        ("（mira@x.example）", "mira@x.example"),
        ("＜mira@x.example＞", "mira@x.example"),
        ("{mira@x.example}", "mira@x.example"),
        ("<(mira@x.example)>", "mira@x.example"),
        ("mira\ufe6bx\uff0eexample", "mira@x.example"),
        ("“mira.o”@x.example", "mira.o@x.example"),
        ("• mira@x.example", "mira@x.example"),
        ("mira@x.example!", "mira@x.example"),
        ("ＭＡＩＬＴＯ：mira@x.example", "mira@x.example"),
        ("email : mira@x.example", "mira@x.example"),
        ("mira..o.@docomo.example", "mira..o.@docomo.example"),
        ("a/b@x.example", "a/b@x.example"),
        ("mira@intranet", "mira@intranet"),
        ("mira@bäckerei.local", "mira@bäckerei.local"),
        ("mira@müller.test", "mira@müller.test"),
        ("mira@x.invalid", "mira@x.invalid"),
        ("mira@[192.0.2.1]", "mira@[192.0.2.1]"),
        # In letters it would hold what nobody sees: نامه, a zero-width non-joiner, ای.
        ("mira@xn--mgba3gch31f060k.example", "mira@xn--mgba3gch31f060k.example"),
        ("mira@xn--a.example", "mira@xn--a.example"),
    ],
)
def test_the_normal_form(text: str, form: str) -> None:
    assert normal_form(text) == form
    assert normal_form(form) == form


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \u200b",
        "mira",
        "@x.example",
        "mira@",
        "mira@.example",
        "mira@x..example",
        "mira@@x.example",
        "mira@o@x.example",
        "mira toland@x.example",
        "Mira mira@x.example",
        "Mira <mira@x.example",
        "mira@x,example",
        "a@x.example, b@x.example",
        "mira@-ä.example",
        "mi\u00a0ra@x.example",
        "müller..o@x.example",
        "mira @ x.example",
        "Mira, mira@x.example",
        "none; mira@x.example",
        "x" * 3_000,
        "(" * 3_000,
        '"' * 3_000,
        "@" * 3_000,
    ],
)
def test_what_is_no_single_address(text: str) -> None:
    assert normal_form(text) == ""
    assert mail_link(text) == ""


@pytest.mark.parametrize(
    ("cell", "address", "name", "has_others"),
    [
        ("Toland, Mira <mira.o@kestrel.example>", "mira.o@kestrel.example", "Mira Toland", False),
        ('"Abery, Jon" <jon.o@oakfold.example>', "jon.o@oakfold.example", "Jon Abery", False),
        ("mailto:uma.o@kay.example", "uma.o@kay.example", "", False),
        ("'flo.o@x.example'", "flo.o@x.example", "", False),
        ("hal.o@x.example.", "hal.o@x.example", "", False),
        ("ben.o@x.example / cy.o@x.example", "ben.o@x.example", "", True),
        ("ben@x.example/cy@x.example", "ben@x.example", "", True),
        ("ben@x.example;cy@x.example;", "ben@x.example", "", True),
        ("ben@x.example, cy@x.example", "ben@x.example", "", True),
        ("ben@x.example ::: cy@x.example", "ben@x.example", "", True),
        ("ben@x.example\ncy@x.example", "ben@x.example", "", True),
        ("ben@x.example cy@x.example", "ben@x.example", "", True),
        ("ben@x.example or cy@x.example", "ben@x.example", "", True),
        ("ben@x.example; none", "ben@x.example", "", True),
        ("ben@; cy@x.example", "cy@x.example", "", True),
        (";;ben@x.example;;", "ben@x.example", "", False),
        ("ben@x.example;;cy@x.example", "ben@x.example", "", True),
        ("none; ben@x.example", "ben@x.example", "", True),
        ("Ben Orr\nben@x.example", "ben@x.example", "", True),
        ("ben@x.example，cy@x.example", "ben@x.example", "", True),
        ("ben@x.example；cy@x.example", "ben@x.example", "", True),
        ("• ben@x.example\n• cy@x.example", "ben@x.example", "", True),
        ("SMTP:ben@x.example;smtp:cy@x.example", "ben@x.example", "", True),
        ("(Ben Orr) ben@x.example", "ben@x.example", "Ben Orr", False),
        ("ben@x.example (Ben Orr) (work)", "ben@x.example", "Ben Orr", False),
        ("ben＠x.example、cy＠x.example", "ben@x.example", "", True),
        ("Orr, Ben <ben@x.example>, Cy <cy@x.example>", "ben@x.example", "Ben Orr", True),
        ("Oakfold, Inc. <info@x.example>", "info@x.example", "Oakfold, Inc.", False),
        ("Orr, Ben, MD <ben@x.example>", "ben@x.example", "Orr, Ben, MD", False),
        ("“Ben” (Oakfold) <ben@x.example>", "ben@x.example", "Ben” (Oakfold)", False),
        ("ben@x.example <ben@x.example>", "ben@x.example", "", False),
        ("ben@x.example (Orr, Ben)", "ben@x.example", "Ben Orr", False),
        ("高橋 翔太 <ben@x.example>", "ben@x.example", "高橋 翔太", False),
    ],
)
def test_the_first_address_of_a_cell(cell: str, address: str, name: str, has_others: bool) -> None:  # noqa: FBT001 -- a case
    found = first_address(cell)
    assert found is not None
    assert (found.address, found.name, found.has_others) == (address, name, has_others)


@pytest.mark.parametrize("text", ["@" * 990 + "(" + "@" * 990, "@(" * 500 + "@" * 990, " " * 1990])
def test_what_takes_long_to_tell_apart_is_no_address(text: str) -> None:
    assert normal_form(text) == normal_form(f"{text}x") == ""


def test_how_an_address_is_spelled_in_a_cell() -> None:
    found = first_address(" 'Greta' <mailto:Greta@Vest.Example> ")
    assert found == Found("greta@vest.example", "Greta@Vest.Example", "Greta", has_others=False)
    assert first_address("mira@x,example") is None


def test_stored_addresses_are_read_in_letters() -> None:
    assert readable(BAKERY_IN_PUNYCODE.replace("xn", "XN")) == BAKERY
    assert readable("Greta@Vest.Example ") == "Greta@Vest.Example "
    assert readable("call @xn--") == "call @xn--"


def test_links_of_addresses() -> None:
    assert mail_link("Mira <Mira@x.example>") == "mailto:mira@x.example"
    assert mail_link(BAKERY) == mail_link(BAKERY_IN_PUNYCODE)
    assert mail_link("a" * 250 + "@x.example") == ""


def test_domains_of_the_internet() -> None:
    assert has_dotted_domain("mira.o@x.example")
    assert not has_dotted_domain("mira.o@intranet")


def test_who_has_a_plain_address_waits_for_no_tables() -> None:
    plain = "from leads.addresses import normal_form; normal_form('Mira <MIRA@x.example>.')"
    loaded = "import sys; assert not {'idna', 'email_validator'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", f"{plain}; {loaded}"], check=True, cwd=ROOT)
