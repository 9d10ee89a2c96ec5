"""Files that are no Unicode: what is sure is right, and what is unsure is offered."""

import tomllib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.imports.columns.known_words import known_words
from leads.imports.files.code_pages import CODE_PAGES, MOST_OFFERED, rank_code_pages
from leads.imports.files.detection import Detection, Overview, detect_encoding
from leads.imports.files.read import Clues, read_rows
from leads.imports.files.text import chosen_encoding
from leads.imports.reading import encodings
from leads.imports.run.chunks import read_chunk
from leads.imports.run.staging import ReadOptions, read_again, stage
from tests.make import ANN

HERE = Path(__file__).parent
LANGUAGES = tomllib.loads((HERE / "names.toml").read_text("utf-8"))
# As people sent them: a header, and the names that were broken.
FILES = tomllib.loads((HERE / "files_by_encoding.toml").read_text("utf-8"))


def page_of(language: str) -> str:
    return str(LANGUAGES[language]["page"])


def names_of(language: str) -> list[str]:
    return str(LANGUAGES[language]["names"]).split("\n")[:-1]


def detected(data: bytes, *languages: str) -> Detection:
    return detect_encoding(data, data, languages, known_words())


def lines_of(names: list[str], encoding: str) -> bytes:
    rows = [f"{name};p{number}@x.example" for number, name in enumerate(names)]
    return "\n".join(["name;email", *rows]).encode(encoding)


@pytest.mark.parametrize("encoding", FILES)
def test_what_people_sent_is_read_right(encoding: str) -> None:
    data = FILES[encoding].encode(encoding)
    found = detected(data)
    assert (found.encoding, found.is_sure) == (encoding, True)
    assert found.sights[0].text.split(" · ")[0] in FILES[encoding]
    table = read_rows(BytesIO(data), clues=Clues(found, known_words()))
    cells = [row.cells for row in table.rows]
    assert [table.header, *cells] == [
        line.split(table.delimiter) for line in FILES[encoding].splitlines()
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_is_read_in_its_own_page(language: str) -> None:
    encoding = page_of(language)
    data = lines_of(names_of(language), encoding)
    assert data.decode(detected(data).encoding) == data.decode(encoding)
    assert detected(data).is_sure


@given(st.sampled_from(sorted(LANGUAGES)), st.data())
def test_what_is_sure_is_right_and_what_is_unsure_is_offered(
    language: str, data: st.DataObject
) -> None:
    encoding = page_of(language)
    names = data.draw(st.lists(st.sampled_from(names_of(language)), min_size=5, unique=True))
    lines = lines_of(names, encoding)
    found = detected(lines)
    wanted = lines.decode(encoding)
    if found.is_sure:
        assert lines.decode(found.encoding) == wanted
    else:
        assert wanted in [lines.decode(sight.encoding, "replace") for sight in found.sights]
        assert len(found.sights) <= MOST_OFFERED


OLD = [
    *(
        (page, language)
        for page in ("mac_roman", "cp850", "cp437")
        for language in ("de", "fr", "es", "sv")
    ),
    *((page, language) for page in ("iso8859_2", "cp852") for language in ("pl", "cs")),
    ("koi8_r", "ru"),
    ("cp866", "bg"),
    ("mac_cyrillic", "ru"),
    ("iso8859_5", "ru"),
    *((page, language) for page in ("mac_latin2",) for language in ("pl", "cs", "hu")),
    *((page, "el") for page in ("cp737", "mac_greek")),
    *((page, "tr") for page in ("cp857", "mac_turkish")),
    ("cp775", "lv"),
    ("cp862", "he"),
    ("euc_jp", "ja"),
]


@pytest.mark.parametrize(("encoding", "language"), OLD)
def test_what_computers_wrote_before_is_offered_and_never_chosen(
    encoding: str, language: str
) -> None:
    names = [name for name in names_of(language) if _is_in(name, encoding)]
    lines = lines_of(names[:6], encoding)
    found = detected(lines)
    assert not found.is_sure
    assert found.encoding not in {encoding for encoding, _ in OLD}
    texts = [lines.decode(sight.encoding, "replace") for sight in found.sights]
    assert lines.decode(encoding) in texts


def _is_in(name: str, encoding: str) -> bool:
    return name.encode(encoding, "ignore").decode(encoding) == name


# The lead bytes of what is in daily use, as the standard of each language has it.
LONG = {
    "cp932": (0x88, 0x96),
    "cp949": (0xB0, 0xC8),
    "gb18030": (0xB0, 0xD7),
    "cp950": (0xA4, 0xC6),
}


@pytest.mark.parametrize("encoding", LONG)
@pytest.mark.parametrize("step", [7, 50])
def test_a_long_file_with_hundreds_of_characters_is_read_right(encoding: str, step: int) -> None:
    first, last = LONG[encoding]
    pairs = [bytes((lead, trail)) for lead in range(first, last + 1) for trail in range(0xA1, 0xFC)]
    text = "".join(pair.decode(encoding, "ignore") for pair in pairs[::step])
    lines = lines_of([text[at : at + 3] for at in range(0, len(text), 3)], encoding)
    assert detected(lines).encoding == encoding


def test_words_of_two_scripts_in_a_long_file_are_no_other_code_page() -> None:
    names = [name.replace(" ", "tech ") for name in names_of("ru") * 40]
    found = detected(lines_of(names, "cp1251"))
    assert (found.encoding, found.is_sure) == ("cp1251", True)


@pytest.mark.parametrize(
    "names",
    [
        ["Jürgen Größe", "Zoë O\u2019Neill", "Café \u201cZoë\u201d"],
        ["André Müller", "Renée Köhler", "François Großmann"],
        ["Jörg Müller", "Bärbel Groß", "Ann Lee"],
    ],
)
def test_usual_western_files_need_no_question(names: list[str]) -> None:
    found = detected(lines_of(names, "cp1252"))
    assert (found.encoding, found.is_sure) == ("cp1252", True)


def test_pages_that_show_the_same_text_are_one() -> None:
    ranking = rank_code_pages("Jörg Müller\nBärbel Größe".encode("cp1252"))
    assert ranking.encodings[0] == "cp1252"
    assert not {"cp1250", "cp1254", "cp1257"}.intersection(ranking.encodings)


def test_a_header_that_only_one_page_knows_makes_sure() -> None:
    lines = "Ağ;E-mail\nCan Doğan;cd@x.example".encode("cp1254")
    assert not rank_code_pages(lines).is_sure
    ranking = rank_code_pages(lines, known_words=frozenset({"ağ"}))
    assert (ranking.encodings[0], ranking.is_sure) == ("cp1254", True)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("Imię", "cp1250"), ("Příjmení", "cp1250"), ("Имя", "cp1251"), ("氏名", "cp932")],
)
def test_header_words_of_other_programs_make_sure(name: str, encoding: str) -> None:
    found = detected(f"{name},Email\nAnn Lee,a@x.example\n".encode(encoding))
    assert (found.encoding, found.is_sure) == (encoding, True)
    assert found.sights[0].text == name


def test_the_language_of_the_browser_comes_before_western_european() -> None:
    lines = "Can Doğan;cd@x.example".encode("cp1254")
    assert detected(lines).encoding == "cp1252"
    assert detected(lines, "tr", "en").encoding == "cp1254"
    assert not detected(lines, "tr", "en").is_sure


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_second_bytes_that_look_like_ascii_cut_and_escape_nothing(delimiter: str) -> None:
    # In Shift JIS these end with the bytes of a backslash and of a vertical bar.
    rows = [
        ["氏名", "メール", "会社"],
        ["ソ表能", "a@x.example", "ポ ポート"],
        ["噂", "b@x.example", "予"],
    ]
    data = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows).encode("cp932")
    table = read_rows(BytesIO(data))
    assert [table.header, *(row.cells for row in table.rows)] == rows


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_needs_no_ascii_at_its_beginning(encoding: str) -> None:
    assert detected("氏名,メール\n高橋 翔太,shota@aozora.example\n".encode(encoding)) == Detection(
        encoding
    )


def test_a_chinese_name_that_looks_like_utf_8_is_asked_for() -> None:
    lines = "name,email\n吴帆,p0@x.example\n".encode("gb18030")
    found = detected(lines)
    assert not found.is_sure
    assert {"gb18030", "utf-8"} <= {sight.encoding for sight in found.sights}


def test_thai_is_offered() -> None:
    found = detected(lines_of(["สมนึก ธรรมสถิต", "วัลยา ถนอมกุล", "ดารุนี เยาวธนโชค"], "cp874"))
    assert not found.is_sure
    assert "สมนึก ธรรมสถิต" in {name for sight in found.sights for name in sight.text.split(" · ")}


def test_a_wrong_byte_does_not_rule_a_page_out() -> None:
    data = lines_of(names_of("ja") * 5, "cp932")
    assert detected(data + b"\n\x81;x@x.example").encoding == "cp932"


def overview_of(data: bytes, size: int) -> Overview:
    overview = Overview()
    for start in range(0, len(data), size):
        overview.add(data[start : start + size])
    overview.end()
    return overview


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_lines_beyond_ascii_are_collected_from_pieces(size: int) -> None:
    data = b"name\r\nZo\xeb\r\n\r\nplain\rJ\xf6rg\nlast \xe9"
    assert overview_of(data, size).lines == b"Zo\xeb\nJ\xf6rg\nlast \xe9"


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("data", "is_escaped"),
    [
        (rb'"a \"b\" c","d"', True),
        (rb'"C:\","d"', False),
        (rb'"a\""b"', False),
        (rb'"C:\"', False),
    ],
)
def test_escaped_quotes_are_noticed_in_pieces(data: bytes, size: int, *, is_escaped: bool) -> None:
    assert overview_of(data, size).has_escaped_quotes is is_escaped


def test_no_more_lines_are_kept_than_are_needed() -> None:
    overview = Overview()
    for _ in range(100):
        overview.add(b"\xe9" * 100_000)
        overview.add(b"\xe9\n" * 100_000)
    assert len(overview.lines) <= 32 * 1024


@pytest.mark.usefixtures("tables")
def test_quotes_escaped_far_down_are_read_right() -> None:
    lines = b"name,email\n" + b"".join(b"Ann,a%d@x.example\n" % number for number in range(5_000))
    run = stage("late.csv", BytesIO(lines + rb'"one \"word\" only",z@x.example'), ANN)
    *_, last = read_chunk(run, run.chunks - 1)
    assert last.row.cells == ['one "word" only', "z@x.example"]
    run = read_again(run, header_line=0)
    *_, last = read_chunk(run, run.chunks - 1)
    assert last.row.cells == ['one "word" only', "z@x.example"]


@pytest.mark.usefixtures("tables")
def test_names_far_down_tell_the_encoding_of_a_file_that_begins_in_ascii() -> None:
    lines = b"name;email\n" + b"".join(b"Ann;a%d@x.example\n" % number for number in range(5_000))
    data = lines + lines_of(names_of("pl"), "cp1250")
    run = stage("late.csv", BytesIO(data), ANN)
    assert (run.encoding, run.is_sure) == ("cp1250", True)
    assert "Łukasz Wiśniewski" in run.sights[0].text
    assert stage("late.csv", BytesIO(data), ANN, ReadOptions(encoding="cp1252")).sights == []


def test_pages_are_named_once() -> None:
    assert len({page.encoding for page in CODE_PAGES}) == len(CODE_PAGES)
    assert len({str(page.label) for page in CODE_PAGES}) == len(CODE_PAGES)


def test_what_can_be_chosen_can_be_read() -> None:
    for encoding, _label in encodings():
        assert chosen_encoding(encoding)
        data = "name,email\nAda,a@x.example\n".encode(encoding)
        table = read_rows(BytesIO(data), ReadOptions(encoding=encoding))
        assert (table.header, len(list(table.rows))) == (["name", "email"], 1)
