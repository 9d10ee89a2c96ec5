"""Reads one sheet of a workbook, in a process of its own: it wants a file, and maybe a sheet.

The reader allocates every cell between the first and the last one that is used, and aborts its
process if it cannot: this one may, with a limit of memory and of time.

It prints JSON, a value a line: first ``{"sheets": […], "sheet": …, "unfilled": …}`` or
``{"problem": …, "sheets": …}``, then each row that is not empty: its number, and a list of
texts. Nothing of Django is needed here.
"""

import json
import re
import resource
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import BadZipFile, ZipFile, is_zipfile

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

MEMORY = 512 * 1024 * 1024
SECONDS = 60
MAX_UNPACKED = 200 * 1024 * 1024
# Of one sheet, empty ones between them included: a million rows of twelve columns.
MAX_CELLS = 12_000_000
CHUNK = 1024 * 1024
# Where a sheet has leads, an address is in one of so many rows.
_LOOKED_AT = 1000
_HALF_A_SECOND = timedelta(microseconds=500_000)
# What else comes in such a file, by a name within it.
_OTHER_ARCHIVES = {
    "xl/workbook.bin": "binary",
    "word/document.xml": "document",
    "ppt/presentation.xml": "document",
    "Index/Document.iwa": "numbers",
    "index.xml": "numbers",
}
_OTHER_COMPOUNDS = {
    "EncryptedPackage": "password",
    "WordDocument": "document",
    "PowerPoint Document": "document",
    "__substg1.0_": "message",
}
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"

_CELL = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
# A program that writes formulas without calculating them leaves out what they give.
_UNFILLED = re.compile(rb"<c\b[^>]*>\s*<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")


class RefusedError(Exception):
    """The workbook cannot be read, for the problem named; it may have other ``sheets``."""

    def __init__(self, problem: str, sheets: list[str] | None = None) -> None:
        super().__init__(problem)
        self.sheets = sheets or []


def main(path: str, wanted: str = "") -> None:
    """Print the sheet that is called ``wanted``, or else the first that seems to have leads."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr] # a text file
    try:
        for line in _lines(path, wanted):
            sys.stdout.write(f"{json.dumps(line, ensure_ascii=False)}\n")
    except RefusedError as error:
        _refuse(str(error), error.sheets)
    except PasswordError:
        _refuse("password")
    except (CalamineError, BadZipFile, ET.ParseError, KeyError, MemoryError):
        _refuse(_other_compound(path) or "broken")


def _refuse(problem: str, sheets: list[str] | None = None) -> None:
    sys.stdout.write(json.dumps({"problem": problem, "sheets": sheets or []}))


def _lines(path: str, wanted: str) -> Iterator[object]:
    parts = _parts(path)
    with CalamineWorkbook.from_path(path) as workbook:
        names = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        ]
        filled = ""
        for name in _asked_for(names, wanted):
            unfilled = _look_at(path, parts[name]) if name in parts else 0
            sheet = workbook.get_sheet_by_name(name)
            if sheet.start is not None and (wanted or _holds_addresses(sheet)):
                yield {"sheets": names, "sheet": name, "unfilled": unfilled}
                yield from _rows(sheet)
                return
            filled = filled or ("" if sheet.start is None else name)
    if not filled:
        raise RefusedError("empty")
    yield from _lines(path, filled)


def _holds_addresses(sheet: CalamineSheet) -> bool:
    """Tell whether a sheet may have leads: before them there may be one that tells of them."""
    rows = islice(sheet.iter_rows(), _LOOKED_AT)
    return any("@" in value for row in rows for value in row if isinstance(value, str))


def _rows(sheet: CalamineSheet) -> Iterator[object]:
    for number, row in enumerate(sheet.iter_rows(), 1):
        if cells := _cells(row):
            yield number, cells


def _asked_for(names: list[str], wanted: str) -> list[str]:
    """Return the sheets that may be meant; raises :class:`RefusedError` if there is none."""
    if not wanted:
        return names
    numbered = {str(number): name for number, name in enumerate(names, 1)}
    if wanted not in names and wanted not in numbered:
        raise RefusedError("sheet", names)
    return [wanted if wanted in names else numbered[wanted]]


def _parts(path: str) -> dict[str, str]:
    """Return the files of an Excel workbook's sheets, by their names; none for other formats."""
    if not is_zipfile(path):
        return {}
    with ZipFile(path) as archive:
        if problem := _other_archive(archive):
            raise RefusedError(problem)
        if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
            raise RefusedError("unpacked")
        if "xl/workbook.xml" not in archive.namelist():
            return {}
        relations = _xml(archive, "xl/_rels/workbook.xml.rels")
        targets = {one.get("Id"): one.get("Target", "") for one in relations}
        workbook = _xml(archive, "xl/workbook.xml")
        sheets = {
            sheet.get("name", ""): targets.get(_relation(sheet), "")
            for sheet in workbook.iterfind(".//{*}sheet")
        }
        places = {name: _place(target) for name, target in sheets.items()}
        return {name: place for name, place in places.items() if place in archive.namelist()}


def _other_archive(archive: ZipFile) -> str:
    """Return what an archive is, if it is no workbook."""
    names = set(archive.namelist())
    known = next((problem for name, problem in _OTHER_ARCHIVES.items() if name in names), "")
    if known or "xl/workbook.xml" in names:
        return known
    if "mimetype" not in names:
        return "archive"
    with archive.open("mimetype") as file:
        return "" if file.read(CHUNK).startswith(_SPREADSHEET) else "document"


def _other_compound(path: str) -> str:
    """Return what a file in the format of Excel 97 is, if it is no workbook that can be read."""
    data = Path(path).read_bytes()
    found = (
        problem for name, problem in _OTHER_COMPOUNDS.items() if name.encode("utf-16-le") in data
    )
    return next(found, "")


def _xml(archive: ZipFile, name: str) -> ET.Element:
    return ET.fromstring(archive.read(name))  # noqa: S314 -- memory and time have their limits


def _relation(sheet: ET.Element) -> str | None:
    return next((text for name, text in sheet.items() if name.endswith("}id")), None)


def _place(target: str) -> str:
    return target[1:] if target.startswith("/") else f"xl/{target}"


def _look_at(path: str, part: str) -> int:
    """Return how many formulas of a sheet have no value; raises :class:`RefusedError`.

    What the sheet says of its own extent may be wrong: its cells are looked at.
    """
    last_column = last_row = unfilled = 0
    for piece in _pieces(path, part):
        unfilled += sum(1 for _ in _UNFILLED.finditer(piece))
        cells = _CELL.findall(piece)
        last_column = max([last_column, *map(_column, {letters for letters, _ in cells})])
        last_row = max(last_row, int(cells[-1][1]) if cells else 0)
        if last_column * last_row > MAX_CELLS:
            raise RefusedError("extent")
    return unfilled


def _pieces(path: str, part: str) -> Iterator[bytes]:
    """Yield a file of the archive in pieces that end where a row ends."""
    rest = b""
    with ZipFile(path) as archive, archive.open(part) as file:
        while piece := file.read(CHUNK):
            rest, whole = _cut(rest + piece)
            yield whole
    yield rest


def _cut(text: bytes) -> tuple[bytes, bytes]:
    end = text.rfind(b"</row>")
    return (text[end:], text[:end]) if end > 0 else (text, b"")


def _column(letters: bytes) -> int:
    """Return the number of a column: 1 for A, 16,384 for XFD."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _cells(row: Iterable[object]) -> list[str]:
    """Write the values up to the last one that there is."""
    cells = list(map(_text, row))
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(value: object) -> str:
    """Write a value as a sheet shows it: no ``.0``, and no time where there is none."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(value, ".15g")
    if isinstance(value, datetime):
        value += _HALF_A_SECOND
        is_day = value.time() < time(second=1)
        return value.date().isoformat() if is_day else value.isoformat(" ", "seconds")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


if __name__ == "__main__":
    main(*sys.argv[1:])
