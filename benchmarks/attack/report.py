"""What the attack prints: a row for each route, and what is wrong."""

from collections.abc import Sequence

from benchmarks.attack.fuzz import Row


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text: inputs, answers by code, 5xx, slowest, reflected markup."""
    lines = [f"{'route':58} {'inputs':>6}  {'5xx':>4} {'ms':>6} {'reflected':>9}  answers"]
    for row in sorted(rows, key=lambda row: row.route):
        answers = " ".join(f"{code}:{number}" for code, number in sorted(row.answers.items()))
        numbers = f"{row.inputs:6}  {row.server_errors:4} {row.slowest:6.0f}"
        lines.append(f"{row.route[:58]:58} {numbers} {len(row.reflected):9}  {answers}")
    total = sum(row.inputs for row in rows)
    errors = sum(row.server_errors for row in rows)
    slowest = max((row.slowest for row in rows), default=0.0)
    reflected = sum(len(row.reflected) for row in rows)
    lines.append(f"{'all':58} {total:6}  {errors:4} {slowest:6.0f} {reflected:9}")
    return "\n".join(lines)


def failures(rows: Sequence[Row]) -> list[str]:
    """Return what must not be: errors of the server, no answer, markup that came through."""
    errors = [text for row in rows for text in row.errors]
    return errors + [f"reflected: {text}" for row in rows for text in row.reflected]
