"""Leads as a file: CSV or JSON lines, page after page, so that memory stays the same.

Both have the columns of :func:`columns`, and come back by import, but where they came from.
``docs/exporting.md`` says what a reader meets in them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from enum import StrEnum
from functools import partial

import orjson

from crm.dynamodb.parallel import submit
from leads.attribution import ATTRIBUTES, MARK_NAMES, MARKS
from leads.csv_escaping import BROKEN, BYTE_ORDER_MARK, csv_text
from leads.fields import SPELLED_OUT, Field
from leads.models import Lead
from leads.repository import Filter, get_many, listing, search

# As many leads as one batch read gives whole.
PAGE = 100
OTHER_VALUES = "customOther"
"""The column of values whose slug is no custom field here: a JSON object, if there are any."""


class Format(StrEnum):
    """What an export of leads can be; the value is the end of the file's name, too."""

    CSV = "csv"
    JSONL = "jsonl"

    @property
    def content_type(self) -> str:
        """The media type."""
        if self is Format.CSV:
            return "text/csv; charset=utf-8; header=present"
        return "application/jsonl; charset=utf-8"


def columns(custom: Sequence[Field] = ()) -> tuple[str, ...]:
    """Return the names of the columns, as in DynamoDB; those of ``custom`` fields come last."""
    texts = (field.attribute for field in SPELLED_OUT if field.exported)
    known = ("status", "createdAt", "updatedAt", "owner", "source")
    marks = (f"{MARKS}.{name}" for name in MARK_NAMES)
    own = ("leadId", *texts, *known, "outcome", "reason", "closedAt", *ATTRIBUTES.values(), *marks)
    return (*own, *(field.name for field in custom), OTHER_VALUES)


def pages(wanted: Filter, text: str = "") -> Iterator[list[Lead]]:
    """Yield the whole leads of a list, or of a search for ``text``, newest first.

    A page of up to 100 costs what the list costs and a batch read, which runs while the
    page before it is written. Leads that leave the filter meanwhile are left out.
    """
    if text:
        yield from _found_pages(wanted, text)
        return
    reading: Future[list[Lead]] | None = None
    cursor = ""
    while True:
        page = listing(wanted, cursor, PAGE)
        # Rows of an index have no message.
        whole = submit(partial(get_many, [lead.lead_id for lead in page.leads]))
        if reading:
            yield _matching_leads(reading.result(), wanted)
        reading, cursor = whole, page.cursor
        if not cursor:
            yield _matching_leads(reading.result(), wanted)
            return


def chunks(
    kind: Format,
    leads: Iterator[list[Lead]],
    owners: Mapping[str, str],
    custom: Sequence[Field] = (),
) -> Iterator[bytes]:
    """Yield the file: a chunk for each page of ``leads``; ``owners`` are e-mails by id.

    ``custom`` are the custom fields, the retired ones among them.

    An error after the first chunk leaves a last line that says so, since a connection that
    merely ends can look like a file that is complete; then it is raised.
    """
    names = columns(custom)
    first = next(leads, [])
    rows = (_row(lead, owners, custom) for lead in first)
    yield _file_beginning(kind, names) + _lines(kind, names, rows)
    try:
        for page in leads:
            if page:
                yield _lines(kind, names, (_row(lead, owners, custom) for lead in page))
    except Exception:
        yield _failure_line(kind)
        raise


def _found_pages(wanted: Filter, text: str) -> Iterator[list[Lead]]:
    cursor = ""
    while True:
        page = search(text, wanted, cursor=cursor, size=PAGE)
        yield _matching_leads(page.leads, wanted)
        cursor = page.cursor
        if not cursor:
            return


def _matching_leads(leads: Iterable[Lead], wanted: Filter) -> list[Lead]:
    return [lead for lead in leads if wanted.is_match(lead)]


def _row(lead: Lead, owners: Mapping[str, str], custom: Sequence[Field]) -> tuple[str, ...]:
    return (
        lead.lead_id,
        *(lead.text(field.name) for field in SPELLED_OUT if field.exported),
        lead.status.value,
        lead.created_at,
        lead.updated_at,
        owners.get(lead.owner_id, lead.owner_id) if lead.owner_id else "",
        lead.source or "",
        lead.outcome or "",
        lead.reason if lead.is_closed else "",
        (lead.stage_entered_at or "") if lead.is_closed else "",
        *(getattr(lead.attribution, name) for name in ATTRIBUTES),
        *(str(lead.attribution.marks.get(name, "")) for name in MARK_NAMES),
        *(lead.text(field.name) for field in custom),
        _other_values(lead, custom),
    )


def _other_values(lead: Lead, custom: Sequence[Field]) -> str:
    known = {field.slug for field in custom}
    others = {slug: text for slug, text in sorted(lead.custom.items()) if slug not in known}
    return orjson.dumps(others).decode() if others else ""


def _file_beginning(kind: Format, names: Sequence[str]) -> bytes:
    return BYTE_ORDER_MARK.encode() + _csv([names]) if kind is Format.CSV else b""


def _failure_line(kind: Format) -> bytes:
    if kind is Format.CSV:
        return _csv([[BROKEN]])
    return orjson.dumps({"error": BROKEN}, option=orjson.OPT_APPEND_NEWLINE)


def _lines(kind: Format, names: Sequence[str], rows: Iterable[tuple[str, ...]]) -> bytes:
    return _csv(rows) if kind is Format.CSV else _jsonl(names, rows)


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    return csv_text(rows).encode()


def _jsonl(names: Sequence[str], rows: Iterable[tuple[str, ...]]) -> bytes:
    # Every line has every column: readers may take the first one for all.
    return b"".join(
        orjson.dumps(dict(zip(names, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE)
        for row in rows
    )
