"""Bytes to text, whatever a message says they are."""

import codecs
import re

# What browsers and mail programs take them for: the declared ones are parts of these.
_WIDER = {
    "ascii": "utf-8",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso2022_jp": "iso2022_jp_ext",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
}
# Python has its own encodings, some of which take time that grows with the square of a text.
_NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
_KOREAN = re.compile(r"ks_?c_?5601.*", re.IGNORECASE)
# Cc except for tab and line feed, what only directs the order of letters, and lone surrogates.
_UNSEEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def decoded(data: bytes, charset: str = "") -> str:
    """Return bytes as text: as declared, else as UTF-8, else as Windows-1252.

    A character that was cut off at the end is left out.
    """
    for name in (_codec_name(charset), "utf-8", "cp1252"):
        text = _strictly(data, name) if name else None
        if text is not None:
            return text
    return data.decode(_codec_name(charset) or "cp1252", errors="replace")


def without_controls(text: str) -> str:
    """Return a text with plain line breaks, and without what nobody sees."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, limit: int) -> str:
    """Return a text as one line of at most so many characters."""
    line = " ".join(without_controls(text[: 20 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _codec_name(charset: str) -> str:
    charset = charset.strip().strip("'\"")
    if _KOREAN.fullmatch(charset):
        return "cp949"
    try:
        found = codecs.lookup(charset)
    except (LookupError, ValueError):
        return ""
    # bytes.decode() takes what makes texts of bytes alone, such as no "hex".
    if found.name in _NO_CHARSETS or not getattr(found, "_is_text_encoding", True):
        return ""
    return _WIDER.get(found.name, found.name)


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(name)().decode(data)
    except (LookupError, ValueError):
        return None
