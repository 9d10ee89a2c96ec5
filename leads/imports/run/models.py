"""What an import is, as stored: the record of its run, and what became of its rows."""

from enum import StrEnum

from pydantic import JsonValue

from leads.imports.files.detection import Sight
from leads.models import Actor, FrozenModel


class UnknownImportError(Exception):
    """There is no import with this id."""


class ImportStateError(Exception):
    """The import is not in a state in which this can be done; the message says why."""


class BusyError(Exception):
    """Another process did this step at the same moment: nothing was done twice."""


class ImportState(StrEnum):
    """How far an import is; ``…ing`` states go on with every step."""

    STAGED = "staged"
    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"

    @property
    def is_working(self) -> bool:
        """Whether another step has something to do."""
        return self in {ImportState.CHECKING, ImportState.IMPORTING, ImportState.UNDOING}


class Duplicates(StrEnum):
    """What to do with a row whose e-mail a lead has already, in the table or above it."""

    SKIP = "skip"
    UPDATE = "update"
    CREATE = "create"


class Outcome(StrEnum):
    """What becomes of a row."""

    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    REJECTED = "rejected"


class RowResult(FrozenModel):
    """What became of one row, or what would (dry run).

    ``line`` is the line of the file that the row begins at. ``reason`` tells why it was
    skipped, rejected, or (after an undo) kept. ``facts`` are its stage and date, as they
    were understood. ``cells`` are the row's own, as read, where they are asked for.
    """

    line: int
    outcome: Outcome
    reason: str = ""
    lead_id: str = ""
    title: str = ""
    facts: list[str] = []
    warnings: list[str] = []
    cells: list[str] = []


class Tally(FrozenModel):
    """Rows by what became of them; ``reasons`` counts why rows were skipped or rejected.

    ``warnings`` counts rows that have any, ``notices`` what they say. ``samples`` are the
    first few rows of each outcome, for a dry run.
    """

    created: int = 0
    updated: int = 0
    skipped: int = 0
    rejected: int = 0
    warnings: int = 0
    reasons: dict[str, int] = {}
    notices: dict[str, int] = {}
    samples: list[RowResult] = []


class UndoTally(FrozenModel):
    """What an undo did: leads removed, leads given back what they were, leads left alone."""

    removed: int = 0
    restored: int = 0
    kept: int = 0


class Run(FrozenModel):
    """An import. Its id follows from the file: the same file again is the same import.

    ``encoding`` and ``header_line`` (0: none) are how its file was read; where the encoding is
    a guess, ``sights`` are what is likely, the best first, and unless it ``is_sure`` somebody
    has to choose. The file itself is kept in ``file_parts``, to be read otherwise; with
    ``delimiter``, if that was told; ``has_escaped_quotes`` says that somewhere in it backslashes
    stand before quotes. A workbook has the ``sheet`` that was read, all its ``sheets``, and
    ``unfilled`` formulas without a value. ``reading`` names the reading that the rows are of;
    those of others are left until the import is forgotten. ``rows`` is the number of rows, in
    ``chunks`` chunks; ``rows_checked`` the number that the dry run has seen, ``rows_done`` the
    number that is in the table now (an undo counts down).
    ``check`` is the result of the dry run with the present options, ``tally`` that of the
    import. ``attempt`` goes up when an import that was undone is made again, ``options`` with
    every choice of options. ``undo_by`` began the undo at ``undo_at``. Every write raises
    ``revision`` and names its ``writer``.
    """

    import_id: str
    file_name: str
    by: Actor
    staged_at: str
    state: ImportState
    format: str = ""
    encoding: str = ""
    is_sure: bool = True
    sights: list[Sight] = []
    delimiter: str = ""
    has_escaped_quotes: bool = False
    header_line: int = 1
    sheet: str = ""
    sheets: list[str] = []
    unfilled: int = 0
    reading: str = ""
    file_parts: int = 0
    header: list[str] = []
    rows: int = 0
    chunks: int = 0
    mapping: dict[str, JsonValue] | None = None
    duplicates: Duplicates = Duplicates.SKIP
    attempt: int = 1
    options: int = 0
    checked: int = 0
    rows_checked: int = 0
    done: int = 0
    rows_done: int = 0
    check: Tally = Tally()
    tally: Tally = Tally()
    undone: UndoTally = UndoTally()
    undo_from: int = 0
    undo_by: Actor | None = None
    undo_at: str = ""
    started_at: str = ""
    ended_at: str = ""
    revision: int = 0
    writer: str = ""

    @property
    def undone_by(self) -> Actor:
        """Who undoes it, as timelines tell."""
        return self.undo_by or self.by

    @property
    def progress(self) -> int:
        """How many rows the present work has behind it, of ``rows``."""
        if self.state in {ImportState.CHECKING, ImportState.CHECKED}:
            return self.rows_checked
        if self.state in {ImportState.UNDOING, ImportState.UNDONE}:
            return self.rows - self.rows_done
        return self.rows_done
