"""How CSV files are written, and where their table begins and ends."""

from io import BytesIO

import pytest

from leads.imports.columns.known_words import known_words
from leads.imports.files.read import Clues, ReadOptions, Table, UnreadableFileError, read_rows
from leads.imports.files.table import table_of as records_as_table


def table_of(text: str, **told: str | int) -> Table:
    clues = Clues(known_words=known_words())
    return read_rows(BytesIO(text.encode()), ReadOptions(**told), clues)  # type: ignore[arg-type]


def cells_of(table: Table) -> list[list[str]]:
    rows = list(table.rows)
    assert not [row.problem for row in rows if row.problem]
    return [row.cells for row in rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("spaces", [" ", "   "])
def test_a_space_before_a_quote_is_none_of_the_cell(delimiter: str, spaces: str) -> None:
    rows = [
        ["name", "email", "company", "message"],
        ["Mira Toland", "mira@x.example", "Kestrel", "Hello"],
        ["Jon Abery", "jon@x.example", f"Oakfold{delimiter} Inc.", f"Hello{delimiter} you"],
    ]
    text = "\n".join(f"{delimiter}{spaces}".join(f'"{cell}"' for cell in row) for row in rows)
    table = table_of(text)
    assert [table.header, *cells_of(table)] == rows


def test_a_space_before_a_quote_within_a_cell_stays() -> None:
    table = table_of('name,email,note\nMira,m@x.example,"a, ""b"" c"\nJon,j@x.example," ""d"""\n')
    assert [row[2] for row in cells_of(table)] == ['a, "b" c', ' "d"']


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("wraps_all", [True, False])
def test_lines_in_quotes_as_a_whole_are_taken_apart(delimiter: str, *, wraps_all: bool) -> None:
    rows = [
        ["name", "email", "company"],
        ["Mira", "mira@x.example", "Kestrel"],
        ["Jon", "jon@x.example", f"Oakfold{delimiter} Inc.\nUlm"],
    ]
    lines = [delimiter.join(rows[0]), delimiter.join(rows[1])]
    lines.append(delimiter.join([*rows[2][:2], f'"{rows[2][2]}"']))
    text = "\n".join(
        '"{}"'.format(line.replace('"', '""')) if wraps_all or '"' in line else line
        for line in lines
    )
    table = table_of(text)
    assert [table.header, *cells_of(table)] == rows


def test_a_cell_with_a_comma_is_no_line_in_quotes() -> None:
    assert cells_of(table_of('"Li, Ada"\n"Ray, Bo"\n', header_line=0)) == [["Li, Ada"], ["Ray, Bo"]]
    table = table_of('"Li, Ada <a@x.example>"\n"Ray, Bo <b@x.example>"\n')
    assert cells_of(table)[0] == ["Li, Ada <a@x.example>"]


def test_single_quotes_are_quotes_where_all_names_stand_in_them() -> None:
    table = table_of("'name','email'\n'Li, Ada','a@x.example'\n'O''Brien','b@x.example'\n")
    assert table.header == ["name", "email"]
    assert cells_of(table) == [["Li, Ada", "a@x.example"], ["O'Brien", "b@x.example"]]
    assert cells_of(table_of("name,email\n'Ada',a@x.example\n")) == [["'Ada'", "a@x.example"]]


def test_quotes_are_escaped_with_backslashes() -> None:
    table = table_of(
        '"name","email","company","message"\n'
        '"Mira \\"Mimi\\" Toland","mira@x.example","Kestrel",'
        '"She said \\"call me, please\\" twice"\n'
        '"Jon Abery","jon@x.example","Oak\\\\fold","plain"\n'
        '"Lea Fenn","lea@x.example","Fenn","one \\"word\\" only"\n'
    )
    assert cells_of(table) == [
        [
            'Mira "Mimi" Toland',
            "mira@x.example",
            "Kestrel",
            'She said "call me, please" twice',
        ],
        ["Jon Abery", "jon@x.example", "Oak\\fold", "plain"],
        ["Lea Fenn", "lea@x.example", "Fenn", 'one "word" only'],
    ]


def test_a_backslash_at_the_end_of_a_cell_is_one() -> None:
    table = table_of('name,email\n"C:\\",m@x.example\n"a\\""b",j@x.example\n')
    assert [row[0] for row in cells_of(table)] == ["C:\\", 'a\\"b']


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"', "sep=;;;", "\ufeffsep=;", "sep=; "])
def test_a_line_tells_the_separator(line: str) -> None:
    table = table_of(f"{line}\r\nname;email\r\nAda, Bo;a@x.example\r\n")
    assert (table.delimiter, table.header, table.header_line) == (";", ["name", "email"], 2)
    assert cells_of(table) == [["Ada, Bo", "a@x.example"]]


def test_a_line_of_blanks_alone_is_no_header() -> None:
    blanks = " " * 60_000
    table = table_of(f"sep={blanks}x\nname,email\nAda,a@x.example\n")
    assert (table.header, cells_of(table)) == (["name", "email"], [["Ada", "a@x.example"]])
    with pytest.raises(UnreadableFileError, match="60,001 columns"):
        table_of(f"sep= \n{blanks}x\nname,email\nAda,a@x.example\n")


@pytest.mark.parametrize(
    ("above", "delimiter"),
    [
        ('Notes:\n"Some of the addresses, as said, are missing. See Settings, Privacy."\n\n', ","),
        ("Exported 02.03.2026;;\n;;\n", ";"),
        ("Leads of March, 2026\nby Ann\n", ";"),
        ("Report: leads\n\n", "\t"),
        ("Report\nTotal,2\n", ","),
    ],
)
def test_the_header_is_found_below_other_lines(above: str, delimiter: str) -> None:
    rows = [["Name", "E-Mail", "Firma"], ["Mira", "m@x.example", "K"], ["Jon", "j@x.example", "O"]]
    table = table_of(above + "\n".join(delimiter.join(row) for row in rows))
    assert [table.header, *cells_of(table)] == rows
    assert table.header_line == above.count("\n") + 1


def test_groups_of_columns_are_not_their_names() -> None:
    table = table_of("Person,,Company,\nName,Email,Name,City\nAda,a@x.example,Kestrel,Ulm\n")
    assert (table.header, table.header_line) == (["Name", "Email", "Name", "City"], 2)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "above",
    [
        "Leads as of 2 March; filtered: yes\n",
        "Company: Acme, Inc.\n\nLeads, all of them\n",
        "Report | March\n",
        "Title\tLeads\n",
    ],
)
@pytest.mark.parametrize(
    "names", [["Name", "E-Mail", "Bemerkung zur Sache"], ["Wer", "Wohin (Mail)", "Bemerkung"]]
)
def test_the_table_tells_its_delimiter_and_not_what_stands_above(
    delimiter: str, above: str, names: list[str]
) -> None:
    rows = [names, ["Mira", "m@x.example", "a; b, c"]]
    text = above + "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    table = table_of(text)
    assert [table.header, *cells_of(table)] == rows


def test_a_header_of_unknown_words_stands_below_more_lines_than_there_are_rows() -> None:
    table = table_of("Report\nby Ann\nof March\nWer,Wohin,Was\nMira,m@x.example,K\n")
    assert (table.header, table.header_line) == (["Wer", "Wohin", "Was"], 4)


def test_a_header_of_unknown_words_is_the_first_full_line() -> None:
    table = table_of("Wer;Wohin;Woher\nMira;m@x.example;K\nJon;j@x.example;O\n")
    assert (table.header, table.header_line) == (["Wer", "Wohin", "Woher"], 1)


def test_prose_with_commas_is_no_header() -> None:
    table = table_of(
        "Exported by Ann, on Monday\nWer,Wohin,Woher\nMira,m@x.example,K\nJon,j@x.example,O\n"
    )
    assert (table.header, table.header_line) == (["Wer", "Wohin", "Woher"], 2)


def test_a_header_that_is_narrower_than_its_rows_is_one() -> None:
    table = table_of("Wer,Wohin\nMira,m@x.example,K\nJon,j@x.example,O\n")
    assert table.header_line == 1
    assert all("3 cells" in row.problem for row in table.rows)


def test_a_header_is_not_looked_for_among_many_enormous_records() -> None:
    records = iter([(line, ["x" * 600_000, "y"], "") for line in range(1, 30)])
    with pytest.raises(UnreadableFileError, match="too long"):
        records_as_table(records)
    assert next(records)[0] == 3


def test_a_first_person_without_an_address_is_no_header() -> None:
    table = table_of("Nora Quill,,Q\nOtto Rask,o@x.example,R\nAda Li,a@x.example,L\n")
    assert (table.header_line, len(cells_of(table))) == (0, 3)


def test_without_a_header_all_lines_are_rows() -> None:
    table = table_of("Nora Quill,nora@x.example,Quill\nOtto Rask,otto@x.example,Rask\n")
    assert (table.header, table.header_line) == (["Name", "E-mail", "Column 3"], 0)
    assert len(cells_of(table)) == 2
    table = table_of("a@x.example\nb@x.example\n")
    assert (table.header, len(cells_of(table))) == (["E-mail"], 2)


def test_the_header_can_be_told() -> None:
    text = "Name,Email\nAda,a@x.example\nWho,Where\nBo,b@x.example\n"
    assert table_of(text).header_line == 1
    table = table_of(text, header_line=3)
    assert (table.header, cells_of(table)) == (["Who", "Where"], [["Bo", "b@x.example"]])
    table = table_of(text, header_line=0)
    assert len(cells_of(table)) == 4
    with pytest.raises(UnreadableFileError, match="Line 9 of the file"):
        table_of(text, header_line=9)


def test_lines_below_the_table_are_said_to_be_none_of_its_rows() -> None:
    text = "name,email\nAda,a@x.example\nBo\nCy,c@x.example\n\nTotal: 3 leads\nExported by Ann\n"
    rows = list(table_of(text).rows)
    assert [row.line for row in rows if "below the table" in row.problem] == [6, 7]
    assert [row.cells[0] for row in rows if not row.problem] == ["Ada", "Bo", "Cy"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("BEGIN:VCARD\nVERSION:3.0\nN:Toland;Mira;;;\nEND:VCARD\n", "vCard"),
        ("\ufeff\r\nbegin:vcard\r\nversion:4.0\r\n", "vCard"),
        ("BEGIN:VCALENDAR\nVERSION:2.0\n", "calendar"),
        ("<?xml version='1.0'?>\n<leads><lead/></leads>", "XML"),
        ("<?xml version='1.0'?>\n<?mso-application progid='Excel.Sheet'?>\n<Workbook/>", "XML"),
        ("<leads>\n<lead name='Ada'/>\n</leads>", "XML"),
        ("<table border=1><tr><td>Name</td></tr></table>", "HTML"),
        ("<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC 'x'>\n<html/>", "HTML"),
        ("<!-- made by x -->\n<HTML xmlns:o='urn:x'><head>", "HTML"),
        ("<!---->" * 200 + "<leads/>", "XML"),
        ("<tr><td>Name</td></tr>", "HTML"),
        ("<p>Leads</p>", "HTML"),
        ("<meta charset=utf-8>\n<style>td{}</style><table>", "HTML"),
        ("From: Ann <ann@x.example>\nTo: bo@x.example\n\nHello", "e-mail"),
        ("MIME-Version: 1.0\nContent-Type: multipart/related\n\n<html>", "e-mail"),
        ("-- MySQL dump 10.13\nINSERT INTO leads VALUES (1);\n", "SQL"),
        ("--\n-- PostgreSQL database dump\n--\n", "SQL"),
        ("PRAGMA foreign_keys=OFF;\n", "SQL"),
        ("From ann@x.example Mon Mar  2 14:05:00 2026\nSubject: Hello\n", "e-mail"),
        ('[{"name": "Ada"}]', "JSON list"),
        ('[\n  ["name", "email"],\n  ["Ada", "a@x.example"]\n]', "JSON list"),
        ('["a@x.example", "b@x.example"]', "JSON list"),
        ('{\n  "name": "Ada",\n  "email": "a@x.example"\n}\n', "not an object a line"),
        ('{"leads": [\n  {"email": "a@x.example"}\n]}', "not an object a line"),
        ('{"leads": [{"email": "a@x.example"}, {"email": "b@x.example"}]}', "not an object a line"),
        ("CREATE TABLE leads (id int);\n", "SQL"),
        ("{\\rtf1\\ansi Ada}", "RTF"),
        ("dn: cn=Ada,ou=people\ncn: Ada\nmail: a@x.example\n", "LDIF"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_is_no_table_is_refused_by_its_name(text: str, told: str, encoding: str) -> None:
    with pytest.raises(UnreadableFileError, match=told):
        read_rows(BytesIO(text.encode(encoding)))


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"\r\n%PDF-1.4\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xff\xd8\xff\xe0", "picture"),
        (b"GIF89a\x01\0", "picture"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "picture"),
        (b"II*\0\x08\0\0\0", "picture"),
        (b"\0\0\0\x18ftypheic\0", "picture"),
        (b"\x1f\x8b\x08\0", "compressed"),
        (b"7z\xbc\xaf'\x1c", "compressed"),
        (b"Rar!\x1a\x07", "compressed"),
        (b"BZh91AY&SY", "compressed"),
        (b"\xfd7zXZ\0", "compressed"),
        (b"leads.csv" + bytes(248) + b"ustar\0", "compressed"),
        (b"SQLite format 3\0", "database"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\xff\xfe", "is empty"),
        (b" \r\n", "is empty"),
    ],
)
def test_what_is_no_text_is_refused_by_its_name(start: bytes, told: str) -> None:
    with pytest.raises(UnreadableFileError, match=told):
        read_rows(BytesIO(start))


def test_addresses_in_angle_brackets_are_no_html() -> None:
    table = table_of("<a@x.example>\n<b.li@x.example>\n")
    assert cells_of(table) == [["<a@x.example>"], ["<b.li@x.example>"]]
