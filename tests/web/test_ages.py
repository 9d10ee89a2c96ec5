"""When a card says that it is late."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from leads.models import Status, timestamp
from leads.repository.desk_settings import DEFAULT_LIMITS
from leads.web.ages import tone
from tests import make

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("waited", "expected"),
    [(0, ""), (4, ""), (4.1, "warning"), (8, "warning"), (8.1, "danger")],
)
def test_past_the_limit_and_past_twice_of_it(waited: float, expected: str) -> None:
    assert tone(waited * HOUR, DEFAULT_LIMITS[Status.NEW]) == expected


def test_a_stage_without_a_limit_is_never_late() -> None:
    assert tone(10_000 * HOUR, DEFAULT_LIMITS[Status.CONVERTED]) == ""


def test_the_board_tells_late_cards_and_counts_them(web: Client) -> None:
    for number, hours in enumerate((1, 5, 9)):
        came = timestamp(datetime.now(UTC) - hours * HOUR)
        make.write(make.published(f"lead-{number}", status="new", createdAt=came))
    text = web.get("/board/").text
    assert [text.count(f'data-tone="{one}"') for one in ("", "warning", "danger")] == [1, 1, 1]
    assert text.count("data-words\n>Late<") == text.count("data-words\n>Very late<") == 1
    assert 'title="Of the leads shown here: received more than 4 h ago"' in text
    assert ">2 late<" in text
