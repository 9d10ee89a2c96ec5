"""Files of leads become rows, whatever wrote them."""

import csv
import json
from contextlib import suppress
from io import BytesIO, StringIO

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from leads.imports.files import text as lines
from leads.imports.files.read import MAX_CELL, ReadOptions, Row, UnreadableFileError, read_rows

NAMES = ["Name", "E-mail", "Größe", "Note to self", "名前", "id"]
CELL = st.text(st.characters(codec="utf-8"), max_size=20) | st.text(
    "\",;\t|\r\n\x00' =é\ufeff", max_size=8
)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32"]


def rows_of(data: bytes, **options: str) -> list[Row]:
    delimiter, encoding = options.get("delimiter"), options.get("encoding")
    return list(read_rows(BytesIO(data), ReadOptions(delimiter, encoding)).rows)


def cells_of(data: bytes, **options: str) -> list[list[str]]:
    rows = rows_of(data, **options)
    assert not [row.problem for row in rows if row.problem]
    return [row.cells for row in rows]


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, len(NAMES)))
    return draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=8))


def written(table: list[list[str]], **options: object) -> str:
    text = StringIO(newline="")
    csv.writer(text, **options).writerows([NAMES[: len(table[0])], *table])  # type: ignore[arg-type]
    return text.getvalue()


def full(table: list[list[str]]) -> list[list[str]]:
    return [cells for cells in table if any(map(str.strip, cells))]


@example([["0\x1f"]], ",", "\n", csv.QUOTE_MINIMAL, "utf-8")
@given(
    tables(),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(ENCODINGS),
)
def test_what_python_writes_comes_back(
    table: list[list[str]], delimiter: str, ends: str, quoting: int, encoding: str
) -> None:
    text = written(table, delimiter=delimiter, lineterminator=ends, quoting=quoting)
    # Where bytes are zero, a text without a mark may as well be one in UTF-16.
    assume(encoding != "utf-8" or "\0" not in text)
    if not full(table):
        with pytest.raises(UnreadableFileError):
            rows_of(text.encode(encoding))
        return
    assert cells_of(text.encode(encoding)) == full(table)


@given(
    tables(), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "utf-7"]), st.sampled_from("^~:,")
)
def test_delimiter_and_encoding_can_be_told(
    table: list[list[str]], encoding: str, delimiter: str
) -> None:
    data = written(table, delimiter=delimiter).encode(encoding)
    if full(table):
        assert cells_of(data, encoding=encoding, delimiter=delimiter) == full(table)


@pytest.mark.slow
@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, CELL)), min_size=1))
def test_json_lines_come_back(objects: list[dict[str, str]]) -> None:
    data = "\n".join(json.dumps(one) for one in objects).encode()
    names = list(dict.fromkeys(name for one in objects for name in one))
    wanted = full([[one.get(name, "") for name in names] for one in objects])
    if not wanted:
        with pytest.raises(UnreadableFileError):
            rows_of(data)
        return
    assert read_rows(BytesIO(data)).header == names
    assert cells_of(data) == wanted


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "ascii", "utf-8", "utf-16", "utf-7", "cp1252", "shift_jis"]),
)
def test_no_bytes_end_in_anything_but_rows_or_one_kind_of_error(data: bytes, encoding: str) -> None:
    for start in (
        b"",
        b"name,email\n",
        b'{"name": "x"}\n',
        b'name;email\r\n"',
        b"n\x00a\x00",
    ):
        with suppress(UnreadableFileError):
            table = read_rows(BytesIO(start + data), ReadOptions(encoding=encoding or None))
            for row in table.rows:
                assert len(row.cells) == len(table.header)
                "".join([*row.cells, *table.header, row.problem]).encode()


def test_numbers_of_lines_count_every_kind_of_end() -> None:
    data = b'name,email\r\n\n"a\nb\r\nc",1\rd,2\n\n\n"e\rf",3'
    assert [(row.line, row.cells) for row in rows_of(data)] == [
        (3, ["a\nb\r\nc", "1"]),
        (6, ["d", "2"]),
        (9, ["e\rf", "3"]),
    ]


def test_a_last_row_without_an_end_and_short_rows_count() -> None:
    assert cells_of(b"a,b,c\n1\n1,2,3,,\n4,5") == [["1", "", ""], ["1", "2", "3"], ["4", "5", ""]]


def test_a_row_with_too_many_cells_is_at_fault_and_the_others_are_not() -> None:
    fine, broken, after = rows_of(b"a,b\n1,2\n1,2,3\n4,5\n")
    assert (fine.problem, after.problem) == ("", "")
    assert broken == Row(3, ["1", "2"], "It has 3 cells, but there are 2 columns.")


@pytest.mark.parametrize("cell", ["x" * 1_000_000, "x\n" * 500_000, "é" * (MAX_CELL + 1)])
def test_a_huge_cell_is_at_fault_and_the_others_are_not(cell: str) -> None:
    data = f'name,email\nfirst,1\n"{cell}",2\nlast,3\n'.encode()
    first, huge, last = rows_of(data)
    assert "characters" in huge.problem
    assert (huge.line, len(huge.cells[0])) == (3, 500)
    assert [first.cells, last.cells] == [["first", "1"], ["last", "3"]]
    assert last.line == 4 + cell.count("\n")
    objects = [json.dumps({"name": text}) for text in ("first", cell, "last")]
    assert [bool(row.problem) for row in rows_of("\n".join(objects).encode())] == [
        False,
        True,
        False,
    ]


def test_many_cells_that_are_too_much_together_are_at_fault() -> None:
    names = ",".join(f"c{number}" for number in range(20))
    row = ",".join(["x" * 9_000] * 20)
    assert "It holds 180,000 characters" in rows_of(f"{names}\n{row}\n".encode())[0].problem


@pytest.mark.parametrize("rest", [b"", b"more,2\n" * 2_000])
def test_a_quote_that_is_never_closed_costs_its_row_alone(
    rest: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_RECORD", 10_000)
    data = b'name,email\nfirst,1\n"second,2\nthird,3\nfourth,4\n' + rest
    table = read_rows(BytesIO(data))
    found = [next(table.rows) for _ in range(4)]
    assert [row.cells[0] for row in found] == ["first", '"second,2', "third", "fourth"]
    assert [row.line for row in found] == [2, 3, 4, 5]
    assert [bool(row.problem) for row in found] == [False, True, False, False]
    assert sum(1 for _ in table.rows) == len(rest) // 7


def test_quotes_that_break_every_row_are_no_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_RECORD", 1000)
    with pytest.raises(UnreadableFileError, match="too many quotes"):
        rows_of(b"name,email\n" + b'a"b,"\n' * 1000)


def test_a_line_without_end_takes_no_more_memory_than_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "MAX_RECORD", 200_000)
    huge, after = rows_of(b"name,email\n" + b"x" * 1_000_000 + b",2\nlast,3\n")
    assert huge.problem
    assert after.cells == ["last", "3"]


@pytest.mark.slow
def test_windows_1252_is_read_where_it_is_not_unicode() -> None:
    data = "name;email\nJörg „Müller“;1\n".encode("cp1252")
    assert cells_of(data) == [["Jörg „Müller“", "1"]]
    # Far beyond the sample, in a file that began as plain ASCII.
    late = b"name,email\n" + b"a,b\n" * 50_000 + "Zoë,€\n".encode("cp1252")
    assert rows_of(late)[-1].cells == ["Zoë", "€"]


def test_a_stray_byte_does_not_spoil_a_file_in_unicode() -> None:
    data = "name,email\nJörg Müller,1\n".encode() + b"Zo\xeb,2\n" + "Großmann,3\n".encode()
    assert [row.cells[0] for row in rows_of(data)] == ["Jörg Müller", "Zoë", "Großmann"]
    assert cells_of("name,email\n\ufffd,1\n".encode()) == [["\ufffd", "1"]]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_byte_order_mark(encoding: str) -> None:
    assert cells_of("name\temail\nZoë\t1\n".encode(encoding)) == [["Zoë", "1"]]


def test_bytes_that_are_not_in_the_chosen_encoding_cost_their_row_alone() -> None:
    data = b"name,email\nfine,1\nZo\xeb,2\nfine,3\n"
    rows = rows_of(data, encoding="utf-8")
    assert [row.cells[0] for row in rows] == ["fine", "Zo\ufffd", "fine"]
    assert "encoding" in rows[1].problem


@pytest.mark.parametrize(
    ("data", "delimiter"),
    [
        (b"name,email;note\na,b;c\nd,e;f;g\n", ","),
        (b"name;first, last;email\na;b;c\nd;e;f\n", ";"),
        (b"sep=|\nname|email,x\n1|2\n", "|"),
        (b"a\tb\n1\t2,3,4\n", "\t"),
        (b"email\na@b.c\n", ""),
    ],
)
def test_the_delimiter_is_found(data: bytes, delimiter: str) -> None:
    table = read_rows(BytesIO(data))
    assert table.delimiter == delimiter
    assert not [row for row in table.rows if row.problem]


def test_json_values_become_text() -> None:
    data = b'{"a": 1, "b": null, "c": true, "d": ["x", {"y": 1.5}]}\n{"a": "\\ud800", "z": 1}\n'
    table = read_rows(BytesIO(data))
    assert table.format == "jsonl"
    assert table.header == ["a", "b", "c", "d", "z"]
    assert [row.cells for row in table.rows] == [
        ["1", "", "true", '["x", {"y": 1.5}]', ""],
        ["\ufffd", "", "", "", "1"],
    ]


def test_lines_that_are_no_objects_are_at_fault() -> None:
    deep = "[" * 100_000
    data = f'{{"a": "1"}}\n[1]\nnonsense\n{{"a": {deep}\n\n{{"b": "2"}}'.encode()
    found = [(row.line, bool(row.problem)) for row in rows_of(data)]
    assert found == [(1, False), (2, True), (3, True), (4, True), (6, False)]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b" \r\n\n", "empty"),
        (b"\xef\xbb\xbf", "no text|empty|not a text"),
        (b"name,email\n", "no rows"),
        (b"name,email\n,,\n", "no rows"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "workbook"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "picture"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", "not a text file"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b'[{"a": 1}]', "JSON list"),
        (b",".join([b"x"] * 501) + b"\n1\n", "501 columns"),
        (b"x" * 70_000 + b"\n1\n", "too long"),
    ],
)
def test_what_is_no_file_of_leads_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(UnreadableFileError, match=told):
        rows_of(data)


@pytest.mark.parametrize(
    "options",
    [
        {"delimiter": "ab"},
        {"delimiter": '"'},
        {"delimiter": "\n"},
        {"encoding": "klingon"},
        {"encoding": "base64"},
        {"encoding": "unicode_escape"},
        {"encoding": "a\0b"},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(UnreadableFileError, match=r"delimiter|encoding"):
        rows_of(b"a,b\n1,2\n", **options)


class Endless:
    """A file that never ends, and counts what was read of it."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int) -> bytes:
        assert 0 < size <= 1 << 20
        self.given += size
        return (b"name,email\n" + b"Ada,ada@example.com\n" * (size // 20 + 1))[:size]


def test_no_more_is_read_than_was_asked_for() -> None:
    stream = Endless()
    table = read_rows(stream)  # type: ignore[arg-type]
    assert stream.given <= 64 * 1024
    for _ in range(100_000):
        next(table.rows)
    assert stream.given < 100_000 * 20 * 1.2 + 200_000
