"""What commands say: how far they are, and in one line why they do not."""

from collections.abc import Callable
from io import StringIO
from typing import override

import pytest
from django.core.management.base import CommandError, OutputWrapper

from crm import cli
from crm.cli import Progress, one_line_refusals, refusal, whole_number
from crm.dynamodb.errors import NotFoundError, ThrottledError


class Terminal(StringIO):
    """A stream that claims to be one."""

    @override
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds, in a list of one."""
    now = [0.0]
    monkeypatch.setattr(cli, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (NotFoundError("x"), 2, "The tables are missing: run create_tables first."),
        (ThrottledError("too\nmuch"), 2, "DynamoDB failed, look first: too much"),
        (KeyboardInterrupt(), 130, "\nStopped. Look first."),
    ],
)
def test_what_goes_wrong_is_one_line(error: BaseException, status: int, line: str) -> None:
    with pytest.raises(CommandError) as caught, one_line_refusals("look first"):
        raise error
    assert (caught.value.returncode, str(caught.value)) == (status, line)


def test_a_fault_of_ours_is_no_refusal() -> None:
    with pytest.raises(ZeroDivisionError), one_line_refusals():
        raise ZeroDivisionError


def test_a_refusal_is_one_line() -> None:
    assert (str(refusal("a\n  b")), refusal("a").returncode) == ("a b", 2)


@pytest.mark.parametrize("value", ["7", 7, "007"])
def test_a_whole_number(value: object) -> None:
    assert whole_number("--n", value, most=10) == 7


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("11", "not '11'"),
        ("-1", "not '-1'"),
        ("\u0661", "not '\u0661'"),
        ("x" * 99, f"not {'x' * 40!r}"),
        ("", "and is missing"),
        (None, "and is missing"),
    ],
)
def test_what_is_no_number_that_is_taken(value: object, said: str) -> None:
    with pytest.raises(CommandError) as caught:
        whole_number("--n", value, least=1, most=10)
    assert str(caught.value) == f"--n must be a whole number from 1 to 10, {said}."
    assert caught.value.returncode == 2


type Make = Callable[[StringIO], Progress]


def shown(make: Make, out: StringIO, clock: list[float], *numbers: int) -> str:
    progress = make(out)
    for number in numbers:
        clock[0] += 1
        progress.show(number)
    progress.clear()
    return out.getvalue()


def test_a_terminal_gets_a_bar_that_is_cleared(clock: list[float]) -> None:
    def make(out: StringIO) -> Progress:
        return Progress(OutputWrapper(out), "leads", 30, before=10)

    first, second, end = shown(make, Terminal(), clock, 20, 30).split("\r")[1:]
    assert first == f"{'█' * 20}{'·' * 10} 20 of 30 leads, 10/s, 1 s left "
    assert second == f"{'█' * 30} 30 of 30 leads, 10/s, 0 s left "
    assert end == "\x1b[K"


def test_an_estimate_may_be_exceeded(clock: list[float]) -> None:
    def make(out: StringIO) -> Progress:
        return Progress(OutputWrapper(out), "items", 2, is_estimate=True)

    assert "█ 4 of about 4 items, 4/s " in shown(make, Terminal(), clock, 4)
    assert "· 0 of about 0 items" in shown(
        lambda out: Progress(OutputWrapper(out), "items", 0, is_estimate=True),
        Terminal(),
        clock,
        0,
    )


def test_without_a_total_there_is_no_bar(clock: list[float]) -> None:
    def make(out: StringIO) -> Progress:
        return Progress(OutputWrapper(out), "leads")

    assert shown(make, Terminal(), clock, 5000).startswith("\r5,000 leads, 5,000/s ")


def test_elsewhere_a_line_comes_every_few_seconds(clock: list[float]) -> None:
    def make(out: StringIO) -> Progress:
        return Progress(OutputWrapper(out), "rows", 20)

    assert shown(make, StringIO(), clock, *range(1, 13)) == "5 of 20 rows\n10 of 20 rows\n"


def test_a_bar_moves_ten_times_a_second_and_at_the_end(clock: list[float]) -> None:
    out = Terminal()
    progress = Progress(OutputWrapper(out), "rows", 20)
    for number in range(1, 21):
        clock[0] += 0.02
        progress.show(number)
    assert 3 <= out.getvalue().count("\r") <= 5
    assert "20 of 20 rows" in out.getvalue()
