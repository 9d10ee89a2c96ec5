# ruff: noqa: RUF001, RUF003 -- characters that only look like others are meant
"""What an e-mail address is: one normal form, however people and programs spell it.

Spellings that are one: case, composed and decomposed letters, a domain in letters or in
Punycode, invisible characters, white space, a trailing dot, quotes, ``mailto:``, a display
name. Dots before the ``@``, ``+tags`` and ß make another address.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote

from leads.fields import EMAIL

# Much longer than any address with its name; a longer text is none.
MAX_SPELLING = 2_000
# It stands in its display name and in a link to it at most.
_MOST_SIGNS = 8

_PLAIN = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-z.:]+\])"
)
_PUNYCODE = re.compile(r"[@.]xn--")
# Exchange writes "smtp:" before the addresses of an account, people "E-mail:".
_MAILTO = re.compile(r"mailto:(?://)?|(?:smtp|e-?mail)\s*:", re.IGNORECASE)
# "mira"@x.example needs no quotes.
_QUOTED_LOCAL_PART = re.compile(r"[\"“„]([^\s\"“”@\\]+)[\"“”](@[^@]+)")
_AROUND = ' "<>“”„‟‘’‚‛«»‹›〈〉《》「」『』【】〝〞〟｢｣⟨⟩❛❜❝❞′″•'
# What ends a sentence or a part of a list, and begins or ends no address.
_BEFORE = ",;:、 \t\n\v\f\r"
_BEHIND = ".,;:!?|/、"
_BRACKETS = {"()", "[]", "{}"}
# One alone in front may be the first letter of the address.
_QUOTES = "'`´"
# Full-width characters are what a Japanese or Chinese keyboard gives for plain ones.
_WIDE = {
    code: unicodedata.normalize("NFKC", chr(code))
    for code in (*range(0xFE50, 0xFE6C), *range(0xFF01, 0xFF5F))
} | dict.fromkeys([0x3002, 0xFF61], ".")
_WIDE_SIGNS = {code: sign for code, sign in _WIDE.items() if not sign.isalnum()}
_BLANKS = frozenset("\t\n\v\f\r")
# Characters that show nothing, although Unicode counts them among letters, marks and symbols.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)

# What stands in quotes, in parentheses or between < and > separates nothing.
_SEPARATORS = re.compile(
    r"\"[^\"]*\"|\([^()]*\)|<[^<>]*>"
    r"|(?P<separator>:::|[;,|/\n、]|(?<!\s)\s++(?:[\w&+]++\s++)?(?=[^\s<>()\[\]\"@]+@))"
)
# An address may stand below a name, or behind "none;". A comma may be a slip for a dot.
_PARTS = re.compile(r"[;|\n]")
# Mira Toland <mira@x.example>, Mira Toland (mira@x.example), Mira Toland [mira@x.example]
_NAMED = re.compile(r"([^<@]*|[^<]*)[<(\[]([^<>()\[\]@]*@[^<>()\[\]]*)[>)\]]\W*")
# mira@x.example (Mira Toland), (Mira Toland) mira@x.example
_COMMENTED = re.compile(
    r"\s*(?:\(([^()@]*)\))?([^()@]+@[^()@]+)(?:\(([^()]*)\)\s*)?(?:\([^()]*\)\s*)*"
)
# What follows the comma of a name that is in its order already.
_AFTER_A_COMMA = {
    *("ag", "bv", "co", "corp", "gmbh", "inc", "llc", "llp", "ltd", "plc", "sa", "srl"),
    *("esq", "ii", "iii", "jr", "mba", "md", "phd", "sr"),
}


class Found(NamedTuple):
    """An address that stands in a text: its normal form, and as it is spelled there.

    ``name`` is its display name, if that tells more than the address. ``has_others`` tells
    that more stands in the text than this one.
    """

    address: str
    spelling: str
    name: str
    has_others: bool


def normal_form(text: str) -> str:
    """Return the normal form of the one address that a text is; nothing for all else."""
    if _is_plain(text):
        return text
    found = first_address(text)
    return found.address if found and not found.has_others else ""


def first_address(text: str) -> Found | None:
    """Return the first address of those in a text, as a cell of a file may hold several."""
    text = without_invisible(text[:MAX_SPELLING]).translate(_WIDE_SIGNS)
    return _first_of(list(_entries(text))) or _first_of(_PARTS.split(text))


def stored_spellings(text: str) -> list[str]:
    """Return what a table may hold where a text is asked for: its normal form, and itself."""
    return list(dict.fromkeys([normal_form(text) or text.strip().lower(), text.strip(), text]))


def is_same_address(stored: str, asked: str) -> bool:
    """Tell whether what is stored is what is asked for, in whatever spelling."""
    form = normal_form(asked)
    return stored in stored_spellings(asked) or bool(form and normal_form(stored) == form)


def has_dotted_domain(address: str) -> bool:
    """Tell whether the domain of an address can be one of the internet."""
    return "." in address.rpartition("@")[2]


def readable(email: str) -> str:
    """Return a stored address with its domain in letters, as people read it."""
    return (normal_form(email) or email) if _PUNYCODE.search(email.lower()) else email


def mail_link(email: str, subject: str = "") -> str:
    """Return the ``mailto:`` address; nothing for what is no e-mail address."""
    address = normal_form(email)
    if not address or len(address) > EMAIL.limit:
        return ""
    link = f"mailto:{quote(address, safe='@')}"
    return f"{link}?subject={quote(' '.join(subject.split()), safe='')}" if subject else link


def without_invisible(text: str) -> str:
    """Return a text without characters that show nothing; white space stays."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character for character in text if not _is_invisible(character))


def _first_of(entries: Sequence[str]) -> Found | None:
    for entry in entries:
        if entry.count("@") > _MOST_SIGNS:
            continue
        spelling, name = _taken_apart(entry)
        bare = _bare(spelling)
        # Letters first, then once more: only now a wide "mailto:" is one.
        address = _normal(_bare(bare.translate(_WIDE)))
        # "mira@x,example" is a slip, not an address and something else.
        if address and (len(entries) == 1 or has_dotted_domain(address)):
            return Found(address, bare, name, len(entries) > 1)
    return None


def _entries(text: str) -> Iterator[str]:
    """Split a text where an address ends: so a display name keeps its commas."""
    start = 0
    for found in _SEPARATORS.finditer(text):
        if found["separator"] and "@" in text[start : found.start()]:
            yield text[start : found.start()].lstrip(_BEFORE)
            start = found.end()
    if text[start:].strip(_AROUND + _BEHIND + _BEFORE):
        yield text[start:].lstrip(_BEFORE)


def _taken_apart(entry: str) -> tuple[str, str]:
    """Return an address, still as it is spelled, and its display name."""
    if named := _NAMED.fullmatch(entry):
        name, spelling = named.groups()
    elif commented := _COMMENTED.fullmatch(entry):
        before, spelling, behind = commented.groups()
        name = before or behind or ""
    else:
        return entry, ""
    return spelling, "" if "@" in name else _in_spoken_order(name.strip(_AROUND + _QUOTES))


def _in_spoken_order(name: str) -> str:
    """Return "Toland, Mira" as "Mira Toland"; "Oakfold, Inc." stays as it is."""
    first, *others = (part.strip() for part in " ".join(name.split()).split(","))
    if len(others) != 1 or not first or others[0].replace(".", "").lower() in _AFTER_A_COMMA:
        return ", ".join(filter(None, [first, *others]))
    return f"{others[0]} {first}".strip()


def _bare(spelling: str) -> str:
    """Return a spelling without what people and programs put around an address."""
    while (peeled := _peeled(spelling)) != spelling:
        spelling = peeled
    return spelling


def _peeled(spelling: str) -> str:
    """Take one layer off."""
    spelling = spelling.strip()
    if quoted := _QUOTED_LOCAL_PART.fullmatch(spelling):
        return "".join(quoted.groups())
    spelling = spelling.lstrip(_AROUND + _BEFORE).rstrip(_AROUND)
    if mailto := _MAILTO.match(spelling):
        return without_invisible(unquote(spelling[mailto.end() :].partition("?")[0]))
    if spelling[:1] + spelling[-1:] in _BRACKETS:
        return spelling[1:-1]
    if spelling.endswith(tuple(_QUOTES)):
        return spelling[spelling[0] in _QUOTES : -1]
    return spelling.rstrip(_BEHIND)


def _normal(bare: str) -> str:
    text = _lower(bare)
    if _is_plain(text):
        return text
    address = _international(*text.split("@")) if text.count("@") == 1 else ""
    # Of what such a name is in letters, a part may be invisible: then it stays as it is.
    if not address or without_invisible(address) != address:
        return text if _PLAIN.fullmatch(text) else ""
    return address


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and not _PUNYCODE.search(text)


def _international(local_part: str, domain: str) -> str:
    """Return the normal form of an address with letters beyond ASCII; nothing if it is none."""
    # Nobody pays for its tables who has no such address.
    import email_validator  # noqa: PLC0415

    # .local, .test and the like: that they are not on the internet refuses nobody.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        asked = local_part if not local_part.isascii() else "a"
        found = email_validator.validate_email(
            f"{asked}@{domain}", check_deliverability=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError:
        return ""
    local_part = local_part if local_part.isascii() else found.local_part
    is_plain = not local_part.isascii() or _PLAIN.fullmatch(f"{local_part}@x")
    return f"{local_part}@{found.domain}" if is_plain else ""


def _lower(text: str) -> str:
    # Part by part: at the end of one, a Greek Σ becomes ς and not σ.
    parts = re.split(r"([.@])", unicodedata.normalize("NFC", text))
    return unicodedata.normalize("NFC", "".join(part.lower() for part in parts))


def _is_invisible(character: str) -> bool:
    if character in _BLANKS:
        return False
    return (
        unicodedata.category(character) in {"Cc", "Cf"}
        or character in _BLANK_LETTERS
        or ord(character) in _VARIATION_SELECTORS
    )
