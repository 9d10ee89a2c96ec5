"""Rows come back from the table as they were read from the file."""

from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.dynamodb.calls import delete
from crm.dynamodb.items import plain_item, wire
from crm.dynamodb.size import MAX_ITEM_BYTES, check_size
from crm.tables import RECORDS
from leads import keys
from leads.imports.files.read import Row, UnreadableFileError, read_rows
from leads.imports.run.chunks import (
    CHUNK_BYTES,
    ROWS,
    NumberedRow,
    pack_chunks,
    read_chunk,
    rows_item,
    unpack_rows,
)
from leads.imports.run.models import BusyError, ImportStateError
from leads.imports.run.staging import (
    MAX_FILE_NAME,
    ReadOptions,
    load,
    read_again,
    sample,
    stage,
)
from tests.imports.files import csv_of
from tests.make import ANN

# What a reader gives: any text but controls and broken halves of characters.
CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=30)
READ = st.builds(
    Row, st.integers(1, 10**9), st.lists(CELLS, max_size=4), st.sampled_from(["", "?"])
)


@given(st.lists(READ, max_size=200))
def test_chunks_hold_all_rows_in_order(rows: list[Row]) -> None:
    found: list[NumberedRow] = []
    for number, chunk in enumerate(pack_chunks(rows)):
        assert 1 <= len(chunk) <= ROWS
        item = rows_item("i", number, chunk)
        check_size(item)
        found += unpack_rows(plain_item(wire(item)))
    assert found == [NumberedRow(number, row) for number, row in enumerate(rows)]


@pytest.mark.parametrize("letter", ["a", "漢", "🦉"])
def test_long_rows_get_chunks_of_their_own(letter: str) -> None:
    long = [letter * 20_000] * 5
    rows = [Row(n, long) for n in range(10)]
    chunks = list(pack_chunks(rows))
    for number, chunk in enumerate(chunks):
        check_size(rows_item("i", number, chunk))
    found = [one.row for chunk in chunks for one in chunk]
    assert [row.line for row in found] == list(range(10))
    is_too_long = len(letter.encode()) * 100_000 > CHUNK_BYTES
    assert all(bool(row.problem) == is_too_long for row in found)
    assert CHUNK_BYTES < MAX_ITEM_BYTES


@pytest.mark.usefixtures("tables")
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=120))
def test_a_file_comes_back_from_the_table(rows: list[list[str]]) -> None:
    full = [[f"e{n}@x.example", *cells] for n, cells in enumerate(rows)]
    run = stage("a.csv", csv_of(full, ["email", "a", "b", "c"]), ANN)
    read = [one for index in range(run.chunks) for one in read_chunk(run, index)]
    assert [one.row.cells for one in read] == full
    assert (run.rows, run.header) == (len(full), ["email", "a", "b", "c"])
    assert sample(run.import_id, 2) == full[:2]


@pytest.mark.usefixtures("tables")
def test_the_same_bytes_are_the_same_import() -> None:
    rows = [["ada@x.example", "A"]]
    first = stage("/some/where/a.csv", csv_of(rows, ["email", "name"]), ANN)
    assert first.file_name == "a.csv"
    assert stage("b.csv", csv_of(rows, ["email", "name"]), ANN) == first == load(first.import_id)
    assert stage("a.csv", csv_of(rows, ["email", "name"]), ANN, ReadOptions(delimiter=";")) != first
    other = stage("é" * 500, csv_of([*rows, *rows], ["email", "name"]), ANN)
    assert other.import_id != first.import_id
    assert len(other.file_name) == MAX_FILE_NAME


@pytest.mark.usefixtures("tables")
def test_what_cannot_be_read_otherwise_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.imports.run.files.PART_BYTES", 1000)
    run = stage("a.csv", csv_of([["ada@x.example", "Ada"]] * 9_000, ["email", "name"]), ANN)
    delete(RECORDS, keys.import_file(run.import_id, run.file_parts - 1))
    with pytest.raises(ImportStateError, match="not kept any more"):
        read_again(run, header_line=0)
    assert load(run.import_id) == run
    assert sample(run.import_id, 1) == [["ada@x.example", "Ada"]]


@pytest.mark.usefixtures("tables")
def test_a_second_reading_that_is_cut_off_leaves_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = stage("a.csv", csv_of([["ada@x.example", "Ada"]], ["email", "name"]), ANN)
    with monkeypatch.context() as patch:
        patch.setattr("leads.imports.run.staging.save", Mock(side_effect=TimeoutError))
        with pytest.raises(TimeoutError):
            read_again(run, header_line=0)
    assert load(run.import_id) == run
    assert sample(run.import_id, 9) == [["ada@x.example", "Ada"]]
    assert read_again(run, header_line=0).rows == 2
    assert sample(run.import_id, 9) == [["email", "name"], ["ada@x.example", "Ada"]]


@pytest.mark.usefixtures("tables")
def test_of_two_who_read_a_file_otherwise_at_once_one_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = stage("a.csv", csv_of([["ada@x.example", "Ada"]], ["email", "name"]), ANN)
    table = read_rows

    def overtaken(*args: object, **more: object) -> object:
        monkeypatch.setattr("leads.imports.run.staging.read_rows", table)
        read_again(run, header_line=0)
        return table(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("leads.imports.run.staging.read_rows", overtaken)
    with pytest.raises(BusyError):
        read_again(run, header_line=1)
    assert load(run.import_id).header_line == 0
    assert sample(run.import_id, 9) == [["email", "name"], ["ada@x.example", "Ada"]]


@pytest.mark.usefixtures("tables")
def test_a_file_without_rows_is_refused() -> None:
    with pytest.raises(UnreadableFileError, match="no rows"):
        stage("a.csv", csv_of([], ["email"]), ANN)
    with pytest.raises(UnreadableFileError):
        stage("a.csv", csv_of([], []), ANN)
