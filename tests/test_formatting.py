"""The compact age beside leads."""

from datetime import UTC, datetime, timedelta

import pytest

from leads.formatting import age
from leads.formatting import ago as phrase


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=-90), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(seconds=61), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=23), "23 h"),
        (timedelta(days=1, seconds=1), "1 d"),
        (timedelta(days=29), "29 d"),
        (timedelta(days=61), "2 mo"),
        (timedelta(days=800), "2 y"),
    ],
)
def test_largest_unit_wins(ago: timedelta, text: str) -> None:
    assert age(datetime.now(UTC) - ago) == text


def test_nothing_is_empty() -> None:
    assert age(None) == ""


@pytest.mark.parametrize(
    ("span", "text"),
    [(timedelta(seconds=5), "just now"), (timedelta(minutes=2, seconds=5), "2 min ago")],
)
def test_a_phrase_of_an_age_reads_as_one(span: timedelta, text: str) -> None:
    assert phrase(datetime.now(UTC) - span) == text
    assert phrase(None) == ""
