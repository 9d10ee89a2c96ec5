"""What people pick by mistake: files that are no tables, refused by their names."""

import re

from django.utils.translation import gettext_lazy

from leads.imports.files.text import UnreadableFileError

_BEGINNING = 2000
# How a file begins that is no text.
_NO_TEXTS = (
    (
        re.compile(rb"\s*%PDF"),
        gettext_lazy("This is a PDF: export the leads as CSV and try again."),
    ),
    (
        re.compile(
            rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|II\*\0|MM\0\*|....ftyp(hei|mif1|avif)",
            re.DOTALL,
        ),
        gettext_lazy("This is a picture: choose a file of leads."),
    ),
    (
        re.compile(
            rb"\x1f\x8b|7z\xbc\xaf|Rar!|BZh\d1AY|\xfd7zXZ|\x28\xb5\x2f\xfd|.{257}ustar", re.DOTALL
        ),
        gettext_lazy("This file is compressed: unpack it and try again."),
    ),
    (
        re.compile(rb"SQLite format 3\0"),
        gettext_lazy("This is a database: export the leads as CSV and try again."),
    ),
)
_TAGS = (
    "a|b|body|br|center|div|font|form|h[1-6]|head|html|i|img|link|meta|ol|p|script|span|style|table"
    "|tbody|td|th|thead|title|tr|ul"
)
# How a text begins that is no table, whatever its file is called.
_NO_TABLES = (
    (
        re.compile(r"begin:vcard", re.IGNORECASE),
        gettext_lazy("This is a vCard, not a table: export the contacts as CSV and try again."),
    ),
    (
        re.compile(r"begin:vcalendar", re.IGNORECASE),
        gettext_lazy("This is a calendar, not a table: export the contacts as CSV and try again."),
    ),
    (
        re.compile(
            rf"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*+<(!doctype\s+html|{_TAGS})(?=[\s>/])",
            re.IGNORECASE | re.DOTALL,
        ),
        gettext_lazy("This is HTML, a web page: export the leads as CSV and try again."),
    ),
    (
        re.compile(r"<[?!]|<[a-z][\w:.-]*[\s>/]", re.IGNORECASE),
        gettext_lazy("This is XML, not a table: export the leads as CSV and try again."),
    ),
    (
        re.compile(
            r"(from|to|cc|date|subject|received|return-path|delivered-to|mime-version|message-id"
            r"|x-[\w-]+):[^\n]*\n([\w-]+:|[ \t])"
            r"|from [^\n,;]+ \d\d:\d\d:\d\d [^\n]*\n",
            re.IGNORECASE,
        ),
        gettext_lazy("This is an e-mail, not a table: export the contacts as CSV and try again."),
    ),
    (
        re.compile(
            r"(--\s*)*(--|/\*)[^\n]*(dump|sql)|(insert\s+into|create\s+table|pragma)\s",
            re.IGNORECASE,
        ),
        gettext_lazy("This is SQL, not a table: export the leads as CSV and try again."),
    ),
    (
        re.compile(r"\{\\rtf"),
        gettext_lazy("This is a text document (RTF): export the leads as CSV and try again."),
    ),
    (
        re.compile(r"(dn|version): ?\S[^\n]*\n[^\n]*(dn|objectclass|cn):", re.IGNORECASE),
        gettext_lazy("This is LDIF, not a table: export the contacts as CSV and try again."),
    ),
    (
        re.compile(r"\[\s*[\[{\"\]]"),
        gettext_lazy("This is a JSON list: write each object on a line of its own."),
    ),
    (
        # The first line is no object, or one around all the others.
        re.compile(r"\{\s*\n|\{[^\n]*[{\[,]\s*\n|\{\s*\"[^\"]*\"\s*:\s*\[\s*\{"),
        gettext_lazy("This is JSON, but not an object a line: write each on a line of its own."),
    ),
)


def refuse_known(start: bytes, sample: str) -> None:
    """Raise :class:`UnreadableFileError` for what people pick by mistake."""
    for signature, text in _NO_TEXTS:
        if signature.match(start):
            raise UnreadableFileError(str(text))
    beginning = sample[:_BEGINNING].lstrip("\ufeff \t\r\n")
    for pattern, text in _NO_TABLES:
        if pattern.match(beginning):
            raise UnreadableFileError(str(text))
