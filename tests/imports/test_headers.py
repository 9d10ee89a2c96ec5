"""The words of other programs: each is known as what its table says, and says where it is from."""

import pytest

from leads.fields import EMAIL
from leads.imports.columns.headers import Words, all_words, letters_and_digits, read_standing
from leads.imports.columns.mapping import suggest
from leads.imports.columns.targets import CREATED_AT, SEVERAL, targets
from leads.models import ClosedAs, Standing, Status

WORDS = [
    pytest.param(words, id=f"{words.program} {words.language}")
    for words in all_words()
    if not words.beside
]
LANGUAGES = [
    *("cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hu", "it", "ja", "ko", "nl", "no"),
    *("pl", "pt", "ru", "sv", "tr", "uk", "zh-Hans", "zh-Hant"),
]


def test_each_word_says_where_it_is_from_or_that_nobody_confirmed_it() -> None:
    for words in all_words():
        assert bool(words.source) is not words.unconfirmed, words.program
        assert set(words.columns) <= set(targets())


@pytest.mark.parametrize("program", ["Outlook", "Google Forms"])
def test_there_are_words_in_every_language(program: str) -> None:
    found = [words.language for words in all_words() if words.program == program]
    assert sorted(set(found)) == LANGUAGES


@pytest.mark.parametrize(
    ("program", "target"), [("Outlook", "email"), ("Google Forms", "created_at")]
)
def test_what_tells_these_files_is_confirmed_in_every_language(program: str, target: str) -> None:
    confirmed = (words for words in all_words() if words.program == program and words.source)
    assert sorted({words.language for words in confirmed if target in words.columns}) == LANGUAGES


@pytest.mark.parametrize("words", WORDS)
def test_every_word_is_known(words: Words) -> None:
    cells = {EMAIL.name: "mira@kestrel.example", CREATED_AT: "2026-03-02"}
    for target, names in words.columns.items():
        for name in names:
            # Elsewhere it may mean something else: then that counts.
            assert letters_and_digits(name) in targets()[target].headers, target
            assert suggest([name], [[cells.get(target, "x")]]).columns, name


@pytest.mark.parametrize("words", [words for words in all_words() if words.beside])
def test_words_of_one_program_alone_count_beside_its_own(words: Words) -> None:
    expected = {
        name: target
        for target, names in words.columns.items()
        for name in (names if target in SEVERAL else names[:1])
    }
    header = list(dict.fromkeys([*expected, words.beside]))
    found = suggest(header).columns
    assert {name: found[header.index(name)] for name in expected} == expected


def test_a_province_called_status_is_no_stage_beside_one() -> None:
    header = ["Status", "Stufe", "Verkäufer"]
    assert suggest(header).columns == {1: "status", 2: "owner"}
    assert suggest(header[:2]).columns == {0: "status"}


@pytest.mark.parametrize("words", [words for words in all_words() if words.program == "Outlook"])
def test_all_columns_of_outlook_are_known_together(words: Words) -> None:
    header = [name for names in words.columns.values() for name in names]
    expected = {
        header.index(name): target
        for target, names in words.columns.items()
        for name in (names if target in SEVERAL else names[:1])
    }
    addresses = words.columns[EMAIL.name]
    row = ["mira@kestrel.example" if name in addresses else "x" for name in header]
    found = suggest(header, [row]).columns
    assert {index: found.get(index) for index in expected} == expected


def test_what_nobody_confirmed_is_no_address_by_its_name_alone() -> None:
    assert not suggest(["Name", "Sähköposti"]).columns.get(1)
    assert suggest(["Name", "Sähköposti"], [["Mira", "yes"]]).columns == {0: "name"}
    filled = [["Mira", ""], ["Jon", "jon@oakfold.example"]]
    assert suggest(["Name", "Sähköposti"], filled).columns == {0: "name", 1: "email"}


def test_a_column_of_something_else_is_no_address_beside_one_of_addresses() -> None:
    header = ["Email", "Work Email", "Email 2"]
    rows = [["yes", "mira@kestrel.example", ""], ["no", "", ""]]
    assert suggest(header, rows).columns == {1: "email", 2: "email"}
    # Without another one it is what it says: people see it, and why its rows are rejected.
    assert suggest(["Email"], [["yes"]]).columns == {0: "email"}


def test_a_question_for_the_address_is_known_if_addresses_answer_it() -> None:
    header = ["Anything else?", "What is your email address, please?", "Wohin"]
    answers = ["no", "mira@kestrel.example", "boss@kestrel.example"]
    assert suggest(header, [answers]).columns == {1: "email"}
    assert suggest(header).columns == {}
    assert suggest(header, [["", "I have none", ""]]).columns == {}
    assert suggest([header[1], "And whose email besides?"], [answers[1:]]).columns == {}


def test_a_column_of_the_anonymous_is_no_reason_to_miss_the_address() -> None:
    header = ["Completion time", "Email", "Name", "Which email may we use?"]
    answers = ["3/2/2026 14:05:00", "anonymous", "", "mira@kestrel.example"]
    known = {0: "created_at", 1: "email", 2: "name"}
    assert suggest(header, [answers]).columns == known | {3: "email"}
    assert suggest(header, [["", "", "", "boss@kestrel.example"]]).columns == known
    assert suggest(header, [["", "mira@kestrel.example", "", answers[3]]]).columns == known


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("Votre prénom", "first_name"),
        ("Ihre Nachricht", "message"),
        ("Il tuo nome", "first_name"),
        ("Ваше имя", "first_name"),
        ("Seu telefone", "phone"),
        ("Din e-postadress", "email"),
        ("Vorname, Nachname", "name"),
        ("Прізвище та ім'я", "name"),
        ("Nom de famille", "last_name"),
        ("Mobile number", "phone"),
        ("IMIĘ", "first_name"),
        ("imie", "first_name"),
        ("SOYADI", "last_name"),
        ("Ім\N{MODIFIER LETTER APOSTROPHE}я", "first_name"),
        ("Ім\N{RIGHT SINGLE QUOTATION MARK}я", "first_name"),
        ("E-Mail-Adresse *", "email"),
        ('="Email"', "email"),
        ("email-952", "email"),
        ("Phone 3", "phone"),
        ("2. e-mail cím", "email"),
        ("Адрес 2 эл. почты", "email"),
        ("電子メール 3 アドレス", "email"),
    ],
)
def test_names_are_compared_by_their_letters(name: str, target: str) -> None:
    assert suggest([name]).columns == {0: target}


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("What's your name?", "name"),
        ("What is your phone number?", "phone"),
        ("Ihr Name", "name"),
        ("Ihre Nachricht", "message"),
        ("Votre nom complet", "name"),
        ("Tu teléfono", "phone"),
        ("Il tuo nome", "first_name"),
        ("Uw naam", "name"),
        ("Ваше имя", "first_name"),
        ("お電話番号", "phone"),
        ("ご氏名", "name"),
        ("貴社名", "company"),
        ("您的姓名", "name"),
    ],
)
def test_forms_ask_for_your_name(name: str, target: str) -> None:
    assert suggest([name], [["x"]]).columns == {0: target}


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("Електронна адреса", "email"),
        ("邮箱地址", "email"),
        ("메일 주소", "email"),
        ("Correio eletrónico", "email"),
        ("שם", "name"),
        ("联系人", "name"),
        ("Soyad", "last_name"),
        ("Nom de l\N{RIGHT SINGLE QUOTATION MARK}entreprise", "company"),
        ("勤務先", "company"),
        ("Raison sociale", "company"),
        ("핸드폰", "phone"),
        ("手机号", "phone"),
        ("Komentář", "message"),
        ("Содержание", ""),
    ],
)
def test_usual_words_of_lists_are_known(name: str, target: str) -> None:
    found = suggest([name], [["mira@kestrel.example" if target == "email" else "x"]]).columns
    assert found == ({0: target} if target else {})


def test_a_column_is_the_date_if_dates_stand_in_it() -> None:
    assert suggest(["Data"], [["42 GB"]]).columns == {}
    assert suggest(["Data"], [["02/03/2026"]]).columns == {0: "created_at"}
    header, rows = ["Created", "Date"], [["by Ann", "13/3/2026"], ["", '="14/3/2026"']]
    assert suggest(header, rows).columns == {1: "created_at"}
    # Without another one it is what it says: people see it, and why its rows are rejected.
    assert suggest(["Created"], [["by Ann"]]).columns == {0: "created_at"}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("In Process", Status.CONTACTED),
        ("Assigned", Status.NEW),
        ("Recycled", Status.NEW),
        ("Dead", ClosedAs.LOST),
        ("In Arbeit", Status.CONTACTED),
        ("В процессе", Status.CONTACTED),  # noqa: RUF001 - Cyrillic
        ("進行中", Status.CONTACTED),
        ("处理中", Status.CONTACTED),
        ("変換された", Status.CONVERTED),
        ("Konvertált", Status.CONVERTED),
        ("Proposition", Status.QUALIFIED),
        ("Gagné", Status.CONVERTED),
        ("Κερδισμένη", Status.CONVERTED),
        ("Etenee", Status.QUALIFIED),
        ("זכה", Status.CONVERTED),
        ("성공", Status.CONVERTED),
        ("자격 요건 확인", Status.QUALIFIED),
        ("Sukces", Status.CONVERTED),
        ("已评估", Status.QUALIFIED),
        ("Potential", Status.NEW),
        ("Vastuuhenkilö valittu", Status.NEW),
        ("Σε Εξέλιξη", Status.CONTACTED),
        ("Underveis", Status.CONTACTED),
        ("מומר", Status.CONVERTED),
        ("CREATED", Status.NEW),
        ("-None-", Status.NEW),
        ("Contact Made", Status.CONTACTED),
        ("Appointment Scheduled", Status.CONTACTED),
        ("В обработке", Status.CONTACTED),  # noqa: RUF001 - Cyrillic
        ("Proposal/Price Quote", Status.QUALIFIED),
        ("Negotiations Started", Status.QUALIFIED),
        ("Konvertiert", Status.CONVERTED),
        ("Verloren", ClosedAs.LOST),
        ("失注", ClosedAs.LOST),
        ("Дубликат", ClosedAs.DUPLICATE),
        ("Indésirable", ClosedAs.SPAM),
    ],
)
def test_stages_have_names_in_many_languages(text: str, status: Standing | None) -> None:
    assert read_standing(text) == status


def test_no_stage_has_a_name_of_another() -> None:
    meanings: dict[str, set[Standing]] = {}
    for words in all_words():
        for status, names in words.stages.items():
            for name in names:
                meanings.setdefault(letters_and_digits(name), set()).add(status)
    assert [name for name, means in meanings.items() if len(means) > 1] == []


@pytest.mark.parametrize("name", ["Closed Reason", "Reason Closed", "Loss Reason", "reason"])
def test_a_reason_for_closing_is_known_by_its_usual_names(name: str) -> None:
    assert suggest(["Email", name]).columns == {0: "email", 1: "reason"}
