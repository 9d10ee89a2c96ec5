"""What a message says: its text among its parts, and what is attached."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from crm.inbound.charsets import decoded, one_line, without_controls
from crm.inbound.html import plain_text
from crm.inbound.mime import Part, name_of
from crm.inbound.models import MAX_ATTACHMENTS, MAX_QUOTED, MAX_TEXT, Attachment
from crm.inbound.quotes import split
from crm.inbound.reports import COPIES, STATUSES

MAX_NAME = 120
# Of all texts, before what is quoted is known.
_MAX_WHOLE = MAX_TEXT + MAX_QUOTED
_BLANK_LINES = re.compile(r"\n{4,}")
_TRAILING = re.compile(r"(?<![ \t])[ \t]+$", re.MULTILINE)
_MARKS = re.compile(r"(?:>+ ?)*")
_OF_REPORTS = {"message/disposition-notification"} | STATUSES | COPIES
_NO_FILE_NAME = re.compile(r"[/\\:]")
_HTML = "text/html"


class Said(NamedTuple):
    """What a message says."""

    text: str
    quoted: str
    is_cut: bool


class _Piece(NamedTuple):
    text: str
    is_cut: bool


def said_in(message: Part) -> Said:
    """Return the text of a message and what it quotes."""
    pieces = [piece for piece in _pieces(message) if piece.text.strip()]
    whole = "\n\n".join(piece.text.strip("\n") for piece in pieces)
    text, quoted = split(whole[:_MAX_WHOLE])
    if not text.strip():
        text, quoted = quoted, ""
    is_longer = len(whole) > _MAX_WHOLE or len(text) > MAX_TEXT or len(quoted) > MAX_QUOTED
    is_cut = is_longer or any(piece.is_cut for piece in pieces)
    return Said(text[:MAX_TEXT].rstrip(), quoted[:MAX_QUOTED].rstrip(), is_cut)


def attachments_of(message: Part) -> Iterator[Attachment]:
    """Yield what is attached, as many as people may want to see."""
    is_report = message.headers.word("Content-Type") == "multipart/report"
    attached = (part for part in message.walk() if part.is_attached)
    listed = (part for part in attached if not (is_report and part.content_type in _OF_REPORTS))
    files = (
        Attachment(
            name=_clean_name(name_of(part)),
            content_type=one_line(part.content_type, MAX_NAME),
            size=part.size,
        )
        for part in listed
        if part.file_name or not part.is_blank
    )
    yield from islice(files, MAX_ATTACHMENTS)


def _clean_name(name: str) -> str:
    """Return the name of a file without the folders of who sent it."""
    return one_line(_NO_FILE_NAME.split(name)[-1], MAX_NAME).strip(". ")


def _pieces(part: Part) -> Iterable[_Piece]:
    if part.content_type == "multipart/alternative":
        return _of_alternatives(part)
    if part.children:
        return (piece for child in part.children for piece in _pieces(child))
    return [] if part.is_attached else [_piece(part)]


def _of_alternatives(part: Part) -> Iterable[_Piece]:
    """Return the plain one of several forms of a text; else the first that says anything."""
    in_order = sorted(part.children, key=lambda child: child.content_type != "text/plain")
    for child in in_order:
        pieces = [piece for piece in _pieces(child) if piece.text.strip()]
        if pieces:
            return pieces
    return []


def _piece(part: Part) -> _Piece:
    words = part.parameters
    text = without_controls(decoded(part.decoded_bytes(), words.get("charset", "")))
    is_cut = part.is_cut
    if part.content_type == _HTML:
        text, is_shortened = plain_text(text)
        is_cut = is_cut or is_shortened
        text = without_controls(text)
    elif words.get("format", "").lower() == "flowed":
        text = _unflowed(text[:_MAX_WHOLE], deletes_space=words.get("delsp", "").lower() == "yes")
    text = _TRAILING.sub("", text[: _MAX_WHOLE + 1].replace("\xa0", " "))
    return _Piece(_BLANK_LINES.sub("\n\n\n", text), is_cut)


def _unflowed(text: str, *, deletes_space: bool) -> str:
    """Return a text of format "flowed" (RFC 3676) with its paragraphs in one line each."""
    lines: list[list[str]] = []
    flows = None
    for line in text.split("\n"):
        marks = _MARKS.match(line)
        depth, content = (marks[0].count(">"), line[marks.end() :]) if marks else (0, line)
        content = content.removeprefix(" ") if depth == 0 else content
        is_soft = content.endswith(" ") and content != "-- "
        kept = content[:-1] if is_soft and deletes_space else content
        if flows == depth and content != "-- ":
            lines[-1].append(kept)
        else:
            lines.append([f"{'>' * depth} " if depth else "", kept])
        flows = depth if is_soft else None
    return "\n".join("".join(pieces) for pieces in lines)
