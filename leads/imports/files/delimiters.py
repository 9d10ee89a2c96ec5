"""What separates the cells of a CSV file."""

import csv
import re
from collections.abc import Iterable
from io import StringIO
from itertools import islice

from leads.imports.files.text import UnreadableFileError

CANDIDATES = ",;\t|"
# Where there is one column only, every comma is text. No encoding of files decodes to this.
ALONE = "\udfff"
NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_LOOKED_AT = 50
_TOLD = re.compile(r"sep=([^\r\n\"])(?:\r|\n)")


def chosen_delimiter(name: str) -> str:
    """Read a delimiter that somebody chose; raises :class:`UnreadableFileError`."""
    delimiter = NAMED.get(name.lower(), name)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UnreadableFileError(
            f"A delimiter is one character, such as ; or tab, not “{name[:20]}”."
        )
    return delimiter


def detected_delimiter(sample: str) -> str:
    """Find the one that cuts the first line, and the lines after it into as many cells.

    A first line such as ``sep=;``, as Excel takes it, tells.
    """
    if told := _TOLD.match(sample):
        return told[1]
    counts = {candidate: _counts(sample, candidate) for candidate in CANDIDATES}
    cutting = {one: widths for one, widths in counts.items() if widths and widths[0] > 1}
    if not cutting:
        return ALONE
    return max(cutting, key=lambda one: (_agreement(cutting[one]), cutting[one][0]))


def _agreement(widths: list[int]) -> float:
    return sum(width == widths[0] for width in widths) / len(widths)


def _counts(sample: str, delimiter: str) -> list[int]:
    """Count the cells of the first records; the last one may be cut off, unless it is alone."""
    lines: Iterable[str] = StringIO(sample, newline="")
    reader = csv.reader(lines, delimiter=delimiter)
    widths = []
    try:
        widths = [len(cells) for cells in islice(reader, _LOOKED_AT) if any(cells)]
    except csv.Error:
        return []
    return widths[:-1] if 1 < len(widths) < _LOOKED_AT else widths
