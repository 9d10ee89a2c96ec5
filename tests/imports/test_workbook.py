"""Workbooks are read as their sheets show them, or refused by a line, whatever they hold."""

from datetime import date
from io import BytesIO

import pytest

from leads.imports.files import workbook, workbook_child
from leads.imports.files.text import UnreadableFileError
from leads.imports.files.workbook import Sheet, is_workbook, read_sheet
from tests.imports.workbooks import ods, row, xls, xlsx, zipped

HEAD = row(1, "Name", "E-mail", "Phone", "Since")
FAR = row(1, "a") + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


def _compound(name: str) -> bytes:
    """Return a file in the format of Excel 97 that holds something else."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + name.encode("utf-16-le") + bytes(99)


def _sheet(contents: bytes, wanted: str = "") -> Sheet:
    assert is_workbook(contents)
    return read_sheet(contents[:100], BytesIO(contents[100:]), wanted)


def _cells(contents: bytes, wanted: str = "") -> list[list[str]]:
    return [cells for _, cells, _ in _sheet(contents, wanted).records]


def _refusal(contents: bytes, wanted: str = "") -> str:
    with pytest.raises(UnreadableFileError) as refused:
        list(_sheet(contents, wanted).records)
    return str(refused.value)


def test_values_are_written_as_a_sheet_shows_them() -> None:
    rows = (
        row(2, "Maya", "maya@x.example", "<c><v>491701234567</v></c>", '<c s="1"><v>46083</v></c>')
        + row(3, "<c><v>1.5</v></c>", '<c t="b"><v>1</v></c>', "", '<c s="2"><v>46083.5</v></c>')
        + row(4, "<c><v>0.1</v></c>", "<c><v>-3</v></c>", "<c><v>1E+21</v></c>", "Zoë 🦊")
    )
    assert _cells(xlsx({"Leads": HEAD + rows})) == [
        ["Name", "E-mail", "Phone", "Since"],
        ["Maya", "maya@x.example", "491701234567", "2026-03-02"],
        ["1.5", "TRUE", "", "2026-03-02 12:00:00"],
        ["0.1", "-3", "1000000000000000000000", "Zoë 🦊"],
    ]


def test_rows_keep_their_numbers() -> None:
    sheet = _sheet(xlsx({"Leads": row(3, "Name") + row(6, "Maya")}))
    assert [line for line, cells, _ in sheet.records if any(cells)] == [3, 6]


def test_the_first_sheet_with_cells_is_read_and_hidden_ones_are_none() -> None:
    contents = xlsx({"Secret": row(1, "s"), "Empty": "", "Leads": HEAD}, hidden=("Secret",))
    sheet = _sheet(contents)
    assert (sheet.name, sheet.names) == ("Leads", ["Empty", "Leads"])
    assert _cells(contents, "2") == _cells(contents, "Leads")
    assert _refusal(contents, "Secret") == (
        "The workbook has no sheet “Secret”; it has “Empty”, “Leads”."
    )


def test_a_sheet_with_addresses_comes_before_what_tells_of_it() -> None:
    leads = HEAD + row(2, "Maya", "maya@x.example")
    cover = row(1, "Leads of March")
    sheet = _sheet(xlsx({"Cover": cover, "Empty": "", "Leads": leads, "Other": leads}))
    assert (sheet.name, sheet.names) == ("Leads", ["Cover", "Empty", "Leads", "Other"])
    assert _sheet(xlsx({"Empty": "", "Cover": cover, "Head": HEAD})).name == "Cover"


def test_a_workbook_of_excel_97_with_a_password_is_said_to_have_one() -> None:
    assert _refusal(xls([["Name"]], has_password=True)).startswith("The workbook has a password")


def test_times_are_rounded_to_seconds_and_durations_are_hours() -> None:
    contents = xlsx(
        {"A": row(1, '<c s="2"><v>46083.5868054</v></c>', '<c s="3"><v>1.0868</v></c>')}
    )
    assert _cells(contents) == [["2026-03-02 14:05:00", "26:05:00"]]
    almost = xlsx({"A": row(1, '<c s="2"><v>46083.9999999</v></c>')})
    assert _cells(almost) == [["2026-03-03"]]


def test_formulas_without_a_value_are_empty_and_counted() -> None:
    cells = (
        '<c t="str"><f>A1</f><v>Name</v></c>',
        "<c><f>A1&amp;B1</f></c>",
        "<c><f>1</f><v/></c>",
    )
    sheet = _sheet(xlsx({"Leads": HEAD + row(2, *cells)}))
    assert sheet.unfilled == 2
    assert list(sheet.records)[1] == (2, ["Name"], "")


def test_a_sheet_of_libreoffice() -> None:
    text = '<table:table-cell office:value-type="string"><text:p>Maya</text:p></table:table-cell>'
    date = (
        '<table:table-cell office:value-type="date" office:date-value="2026-03-02">'
        "<text:p>2.3.26</text:p></table:table-cell>"
    )
    rows = f"<table:table-row>{text}{date}</table:table-row>"
    assert _cells(ods(rows)) == [["Maya", "2026-03-02"]]


def test_a_sheet_of_excel_97() -> None:
    rows: list[list[object]] = [
        ["Name", "Phone", "Since"],
        ["Zoë", 491701234567.0, date(2026, 3, 2)],
    ]
    assert _cells(xls(rows)) == [["Name", "Phone", "Since"], ["Zoë", "491701234567", "2026-03-02"]]


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (xlsx({"A": FAR}), "The sheet reaches far beyond its table"),
        (xlsx({"A": ""}), "No sheet of the workbook has cells."),
        (xlsx({"A": HEAD})[:60], "This workbook cannot be read"),
        (xlsx({"A": "<row><c></row>"}), "This workbook cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "This workbook cannot be read"),
        (zipped({"xl/workbook.xml": "<workbook/>"}), "This workbook cannot be read"),
        (zipped({"leads.csv": "name,email"}), "This is a ZIP archive"),
        (zipped({}), "This is a ZIP archive"),
        (zipped({"xl/workbook.bin": "x"}), "This is a binary workbook (.xlsb)"),
        (zipped({"word/document.xml": "<w/>"}), "This is a document or a presentation"),
        (zipped({"mimetype": "application/epub+zip"}), "This is a document or a presentation"),
        (zipped({"Index/Document.iwa": "x"}), "This is a document of Numbers"),
        (_compound("EncryptedPackage"), "The workbook has a password"),
        (_compound("WordDocument"), "This is a document or a presentation"),
        (_compound("__substg1.0_0037001F"), "This is an e-mail"),
    ],
)
def test_what_cannot_be_read_is_refused_by_a_line(contents: bytes, said: str) -> None:
    assert _refusal(contents).startswith(said)


def test_what_unpacks_to_too_much_is_refused_before_it_is_read() -> None:
    spaces = " " * (workbook_child.MAX_UNPACKED + 1)
    assert "more than 200 MB" in _refusal(zipped({"xl/workbook.xml": spaces}))


def test_a_reader_that_dies_is_a_refusal() -> None:
    # Each repeat is a cell for the reader; the archive holds one.
    wide = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell'
        ' table:number-columns-repeated="1000" office:value-type="float" office:value="1"/>'
        "</table:table-row>"
    )
    assert _refusal(ods(wide)).startswith(("The workbook takes too much", "This workbook cannot"))


def test_a_reader_that_nobody_needs_any_more_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    children = []

    def start(path: str, wanted: str) -> object:
        children.append(begin(path, wanted))
        return children[-1]

    begin = workbook.start_reader
    monkeypatch.setattr(workbook, "start_reader", start)
    sheet = _sheet(xlsx({"A": "".join(row(number, "x" * 300) for number in range(1, 5000))}))
    next(sheet.records)
    del sheet
    assert [child.returncode for child in children] == [-9]
