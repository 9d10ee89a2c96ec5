"""What somebody asks of an import on the command line, and how they are refused."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

from crm import zones
from crm.cli import one_line_refusals, refusal, whole_number
from leads.imports.columns.headers import letters_and_digits
from leads.imports.columns.mapping import Mapping
from leads.imports.columns.saved_mappings import suggested_mapping
from leads.imports.columns.targets import targets
from leads.imports.files.read import UnreadableFileError
from leads.imports.reading import MOST_LINES
from leads.imports.run.models import (
    BusyError,
    Duplicates,
    ImportStateError,
    Run,
    UnknownImportError,
)
from leads.imports.run.staging import sample
from leads.repository import registry

SAMPLE_ROWS = 80
SHOWN_COLUMNS = 20


class OptionError(Exception):
    """An option that cannot be; the text says what can."""


def duplicates_of(text: str | None) -> Duplicates:
    """Read ``--duplicates``; without it, rows of known leads are skipped."""
    try:
        return Duplicates(text or Duplicates.SKIP)
    except ValueError as error:
        raise OptionError(f"--duplicates must be one of {', '.join(Duplicates)}.") from error


def header_line_of(text: str | None) -> int | None:
    """Read ``--header-line``; without it, the header is found."""
    return None if text is None else whole_number("--header-line", text, least=0, most=MOST_LINES)


def zone_of(name: str) -> ZoneInfo:
    """Read ``--timezone``."""
    zone = zones.find(name)
    if zone is None:
        raise OptionError(f"There is no zone {name[:60]!r}: --timezone takes one as Europe/Berlin.")
    return zone


def mapping_of(run: Run, pairs: Sequence[str], *, day_first: bool | None) -> Mapping:
    """Return the mapping remembered or guessed for a file, as ``HEADER=FIELD`` pairs change it."""
    mapping = suggested_mapping(run.header, sample(run.import_id, SAMPLE_ROWS), run.format)
    told = dict(_pair(run.header, pair) for pair in pairs)
    # What is told takes the place of what was guessed, for the column and for its field.
    others = {at: one for at, one in mapping.columns.items() if one not in told.values()}
    columns = {at: one for at, one in (others | told).items() if one}
    changes: dict[str, object] = {"columns": dict(sorted(columns.items()))}
    if day_first is not None:
        changes["day_first"] = day_first
    mapping = mapping.model_copy(update=changes)
    if problems := mapping.problems(registry.current().living):
        text = " ".join(dict.fromkeys(problems.values()))
        raise OptionError(f'{text} Say it with --map "HEADER=email". {_columns(run.header)}')
    return mapping


@contextmanager
def open_seekable(path: Path) -> Iterator[BinaryIO]:
    """Open a file that can be read twice; a pipe is copied first.

    Raises ``UnreadableFileError`` that says why it cannot be opened.
    """
    try:
        file = path.open("rb")
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UnreadableFileError(f"Cannot read {path}: {reason}.") from error
    with file:
        if file.seekable():
            yield file
            return
        with TemporaryFile() as copy:
            copyfileobj(file, copy)
            yield cast("BinaryIO", copy)


def check_writable(path: Path, source: Path) -> None:
    """Refuse now what would come out after an hour of work."""
    if path.exists() and source.exists() and path.samefile(source):
        raise OptionError("--errors is the file to import: name another one.")
    path.touch()


@contextmanager
def one_line_import_refusals() -> Iterator[None]:
    """Turn what can go wrong inside into one line and exit status 2, or 130."""
    try:
        with one_line_refusals():
            yield
    except (OptionError, UnreadableFileError, ImportStateError) as error:
        raise refusal(str(error)) from error
    except UnknownImportError as error:
        raise refusal(f"There is no import {str(error)[:40]!r}.") from error
    except BusyError as error:
        message = "Another process works on this import: wait until it has ended."
        raise refusal(message) from error
    except OSError as error:
        raise refusal(f"Cannot write {error.filename}: {error.strerror}.") from error


def _pair(header: Sequence[str], pair: str) -> tuple[int, str]:
    # A header may hold a "=", a field never does.
    name, equals, field = pair.rpartition("=")
    if not equals:
        raise OptionError(f'--map takes HEADER=FIELD, such as "Mail=email", not {pair[:60]!r}.')
    names = [letters_and_digits(one) for one in header]
    if letters_and_digits(name) not in names:
        raise OptionError(f"There is no column {name[:60]!r}. {_columns(header)}")
    field = field.strip().lower().replace("-", "_")
    known = targets(registry.current().living)
    if field and field not in known:
        raise OptionError(f"There is no field {field[:60]!r}: there are {', '.join(known)}.")
    return names.index(letters_and_digits(name)), field


def _columns(header: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in header[:SHOWN_COLUMNS])
    return f"The file has {shown}{' …' if len(header) > SHOWN_COLUMNS else ''}."
