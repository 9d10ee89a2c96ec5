"""What the benchmark prints about its samples."""

from dataclasses import replace
from email.message import Message
from pathlib import Path
from typing import override

import pytest

from benchmarks.browser import Answer, Browser
from benchmarks.floor import Cost
from benchmarks.load import Load
from benchmarks.profile import PARTS, REST, Profile
from benchmarks.report import report
from benchmarks.run import Result
from benchmarks.sampling import BenchError, Page, Samples, percentile
from benchmarks.seeding import Rates


def _answer(status: int = 200) -> Answer:
    return Answer(status, board_tag="", body=b"", is_compressed=False, cost=Cost(7, 6.0))


def _page(answer: Answer) -> Page:
    return Page("board", 200, ask=lambda: answer, plan=list, rru=7.5)


def _samples(leads: int, *, time: float, rru: float = 6.0, floor_requests: int = 7) -> Samples:
    cost, floor_cost = Cost(7, rru), Cost(floor_requests, 6.0)
    return Samples(_page(_answer()), leads, [time], [10.0], [cost], [floor_cost])


def _report(*samples: Samples, markdown: bool = False) -> str:
    result = Result(list(samples), Rates(1000, 1100), 0.7, 0.8, 80_000_000)
    return report(result, markdown=markdown)


class Stranger(Browser):
    """Gets answers that tell no cost, each with the next id."""

    asked = 0

    @override
    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, Message, bytes]:
        self.asked += 1
        received = Message()
        received["X-Request-ID"] = f"id-{self.asked}"
        return 200, received, b""


def test_what_an_answer_to_a_stranger_cost_stands_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text(
        "it starts\n"
        '{"request_id": "id-1", "message": "another line of this request"}\n'
        '{"request_id": "id-1", "requests": 1, "rru": 0.5, "wru": 12.0}\n'
        '{"request_id": "id-2", "requests": 2, "rru": 0, "wru": 3}\n'
    )
    stranger = Stranger(80, log)
    answers = [stranger.get("/contact/") for _ in range(3)]
    assert [answer.cost for answer in answers] == [Cost(1, 0.5, 12.0), Cost(2, 0, 3), Cost()]


@pytest.mark.parametrize(("percent", "expected"), [(50, 2), (99, 4), (1, 1)])
def test_percentile_is_one_of_the_values(percent: float, expected: float) -> None:
    assert percentile([4, 1, 3, 2], percent) == expected


def test_an_unexpected_answer_ends_the_run_instead_of_being_timed() -> None:
    samples = Samples(_page(_answer(status=503)), 1000)
    with pytest.raises(BenchError, match="board answered 503 instead of 200"):
        samples.visit()


def test_ratio_growth_and_aims_are_told() -> None:
    text = _report(_samples(1000, time=14.0), _samples(10_000, time=14.7))
    assert "1.40" in text
    assert "+5 %" in text
    assert "MISSED" not in text
    assert "OVER" not in text


def test_missed_aims_and_budgets_are_marked() -> None:
    text = _report(_samples(1000, time=18.0), _samples(10_000, time=25.0, rru=8.0))
    assert text.count("MISSED") == 2
    assert "8 (7.5) OVER" in text


def test_a_floor_with_other_requests_than_its_page_is_marked() -> None:
    assert "7≠" in _report(_samples(1000, time=18.0, floor_requests=6))


def test_pages_may_be_measured_without_the_board() -> None:
    samples = _samples(1000, time=14.0)
    samples.page = replace(samples.page, name="today")
    text = _report(samples)
    assert "today" in text
    assert "board" not in text


def test_markdown_is_a_table_of_the_same_cells() -> None:
    lines = _report(_samples(1000, time=18.0), markdown=True).splitlines()
    assert len({line.count("|") for line in lines[:3]}) == 1


def test_throughput_and_profiles_stand_below_the_table() -> None:
    result = Result([_samples(1000, time=14.0)], Rates(1000, 1100), 0.7, 0.8, 80_000_000)
    result.loads.append(Load("board", served=100.0, bare=150.0, clients=0.2))
    result.profiles.append(Profile("board", 12.0, dict.fromkeys([*PARTS, REST], 1.5)))
    text = report(result, markdown=True)
    assert "| board | 100 | 150 | 1.50 | 20 % |" in text
    assert "| board | 1.5 | 1.5 |" in text
    assert "| 12.0 | 14.0 |" in text


def test_aims_that_are_not_of_time_are_judged() -> None:
    result = Result([_samples(1000, time=14.0)], Rates(1000, 1100), 0.7, 1.8, 130_000_000)
    assert report(result, markdown=False).count("MISSED") == 2
