"""Workbooks of Excel and LibreOffice, sheet by sheet, read by a process that may fail."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.imports.files.header import Record
from leads.imports.files.text import UnreadableFileError

_ZIP, _OLE = (b"PK\x03\x04", b"PK\x05\x06"), b"\xd0\xcf\x11\xe0"
_CHUNK = 1024 * 1024
_PROBLEMS = {
    "archive": gettext_lazy("This is a ZIP archive: unpack it and try again."),
    "binary": gettext_lazy("This is a binary workbook (.xlsb): save it as .xlsx and try again."),
    "broken": gettext_lazy("This workbook cannot be read: save it as CSV and try again."),
    "document": gettext_lazy(
        "This is a document or a presentation: export the leads as CSV and try again."
    ),
    "empty": gettext_lazy("No sheet of the workbook has cells."),
    "extent": gettext_lazy(
        "The sheet reaches far beyond its table, and almost all of it is empty: delete the rows"
        " and columns after the table, or save it as CSV."
    ),
    "message": gettext_lazy(
        "This is an e-mail, not a table: export the contacts as CSV and try again."
    ),
    "numbers": gettext_lazy(
        "This is a document of Numbers or Pages: export it as CSV or to Excel and try again."
    ),
    "password": gettext_lazy("The workbook has a password: save it without one and try again."),
    "unpacked": gettext_lazy(
        "Unpacked, the workbook has more than 200 MB: save the sheet as CSV and try again."
    ),
}


@dataclass(frozen=True)
class Sheet:
    """The sheet that is read, the names of all that can be seen, and its records.

    ``unfilled`` formulas have no value: whoever wrote them never calculated them.
    """

    name: str
    names: list[str]
    unfilled: int
    records: Iterator[Record]


def is_workbook(start: bytes) -> bool:
    """Tell by its first bytes whether a file may be a workbook."""
    return start.startswith((*_ZIP, _OLE))


def read_sheet(start: bytes, stream: BinaryIO, wanted: str = "") -> Sheet:
    """Read the sheet that is called ``wanted``, or has this number; else the first with addresses.

    If none has any, it is the first with cells. ``start`` was read from the stream already. Hidden
    sheets are none. Raises :class:`UnreadableFileError`, from ``records`` too.
    """
    values = _values(start, stream, wanted)
    head = cast("dict[str, object]", next(values, {"problem": "died"}))
    if "problem" in head:
        # Now, and not when whoever looks at the error is done with it.
        values.close()
        raise UnreadableFileError(_problem_text(head, wanted))
    rows = cast("Iterator[tuple[int, list[str]]]", values)
    return Sheet(
        str(head["sheet"]),
        cast("list[str]", head["sheets"]),
        cast("int", head["unfilled"]),
        ((line, cells, "") for line, cells in rows),
    )


def _values(start: bytes, stream: BinaryIO, wanted: str) -> Generator[object]:
    # By its name the reader knows a workbook of Excel 97 even if that has a password.
    suffix = ".xls" if start.startswith(_OLE) else ".workbook"
    with NamedTemporaryFile(prefix="leadbook-", suffix=suffix) as file:
        file.write(start)
        while piece := stream.read(_CHUNK):
            file.write(piece)
        file.flush()
        with start_reader(file.name, wanted) as child:
            try:
                yield from map(json.loads, cast("IO[str]", child.stdout))
            except GeneratorExit:
                child.kill()
                raise
        if child.returncode:
            # Below 0 it was killed, or aborted, by one of its limits.
            problem = _died() if child.returncode < 0 else str(_PROBLEMS["broken"])
            raise UnreadableFileError(problem)


def start_reader(path: str, wanted: str) -> subprocess.Popen[str]:
    """Start the reader: it knows no secret, and no more than what it needs to find Python."""
    program = [sys.executable, "-P", "-m", "leads.imports.files.workbook_child", path, wanted]
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return subprocess.Popen(
        program,
        env=kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )


def _problem_text(head: dict[str, object], wanted: str) -> str:
    problem = str(head["problem"])
    if problem == "sheet":
        names = ", ".join(f"“{name}”" for name in cast("list[str]", head["sheets"]))
        text = _("The workbook has no sheet “%(sheet)s”; it has %(names)s.")
        return text % {"sheet": wanted[:60], "names": names[:400]}
    return str(_PROBLEMS[problem]) if problem in _PROBLEMS else _died()


def _died() -> str:
    return _("The workbook takes too much memory or time to read: save it as CSV and try again.")
