"""Texts in CSV files that a spreadsheet would run as formulas, and back."""

import re

# What spreadsheets begin a formula with, also in full width, and the white space that some of
# them skip. One "'" more than there is, so that taking one off gives back what was there.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001 -- these very forms


def shield(cell: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unshield(cell: str) -> str:
    """Give the text that was shielded."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
