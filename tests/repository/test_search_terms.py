"""What a lead is found by: its words, and the prefixes that they are filed under."""

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crm.dynamodb.calls import Delete, Put
from leads.models import Lead
from leads.repository.search_terms import (
    COMMON,
    MAX_TOKENS,
    MAX_WORD,
    MAX_WORDS_BYTES,
    beginning,
    bucket,
    fold,
    has_words,
    joined_words,
    lead_words,
    prefixes,
    words,
)
from leads.repository.tokens import token_items, token_writes

AT = "2026-11-21T09:30:00.000Z"
MAYA = Lead(
    lead_id="maya",
    name="Maya Lindqvist",
    email="maya@nordwind.example",
    company="Nordwind GmbH",
    subject="A quotation",
    created_at=AT,
    version=1,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Müller-Łódź", "muller-lodz"),
        ("Ærø Đorđe Þór Œuvre", "aero dorde thor oeuvre"),
        ("STRASSE Straße", "strasse strasse"),
        ("İstanbul ISPARTA \u0131lgaz", "istanbul isparta ilgaz"),
        ("ﬁnance \uff2d\uff41\uff59\uff41 K", "finance maya k"),
        ("Ὀδυσσεύς", "οδυσσευσ"),
        ("\u02bfAz\u012bz Sa\u02bf\u012bd Hawai\u02bbi", "aziz said hawaii"),
        ("O\u02bcBrien k\u02b0an \u0149", "obrien kan n"),
        ("Zell\u00adweger Jo\u200bhn \ufeffA\u2060nn \u202aBo\u202c", "zellweger john ann bo"),
        ("\u0645\u062d\u0645\u0640\u0640\u062f", "\u0645\u062d\u0645\u062f"),
        ("\u845b\U000e0100\u57ce", "\u845b\u57ce"),
        ("\u3164Mi\uffa0ra\u115f", "mira"),
        # Signs of Japanese and Thai that are letters.
        ("ラーメン 佐々木 เร็วๆ", "ラーメン 佐々木 เร็วๆ"),
    ],
)
def test_case_and_accents_are_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folded_text_stays_as_it_is(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@given(st.text())
def test_how_accents_are_encoded_makes_no_difference(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert words(composed) == words(decomposed)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Maya  LINDQVIST, maya", ["maya", "lindqvist"]),
        ("maya.l+crm@nordwind.co.uk", ["maya", "l", "crm", "nordwind", "co", "uk"]),
        ("under_score 3M x2", ["under", "score", "3m", "x2"]),
        ("मीना कुमारी", ["मीना", "कुमारी"]),
        ("王小明 (北京)", ["王小明", "北京"]),
        ("👩‍💻 \x00 … '\"%_*", []),
        ("", []),
        ("x" * 99, ["x" * MAX_WORD]),
    ],
)
def test_words_are_runs_of_letters_and_digits(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("O\u02bcBrien", "O'Brien | O\u2019Brien | O\u02bcBrien | OBrien | Brien | O Brien"),
        ("O'Brien", "O'Brien | O\u2019Brien | O\u02bcBrien | OBrien | Brien | O Brien"),
        ("O\u2019Brien", "O'Brien | O\u02bcBrien | OBrien"),
        ("\u02bfAz\u012bz", "Aziz | 'Aziz | \u02bfaziz"),
        ("Sa\u02bf\u012bd", "Said | Sa'id | Sa\u02bfid"),
        ("Said", "Said | Sa\u02bf\u012bd"),
        ("Hawai\u02bbi", "Hawaii | Hawai'i | Hawai\u02bbi"),
        ("Moritz Zell\u00adweger", "Zellweger | moritz zellw"),
        ("Moritz Zellweger", "Zell\u00adweger"),
        ("Jo\u200bhn", "John"),
        ("Ann\u200bBo", "AnnBo | Ann Bo"),
        ("\u0645\u062d\u0645\u0640\u0640\u062f", "\u0645\u062d\u0645\u062f"),
        ("\u0645\u062d\u0645\u062f", "\u0645\u062d\u0640\u0645\u062f"),
        ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u0639\u0644\u06cc \u0631\u0636\u0627"),
    ],
)
def test_a_word_is_found_however_its_joints_are_typed(text: str, typed: str) -> None:
    lead = Lead(lead_id="one", name=text, created_at=AT, version=1)
    filed = joined_words(lead_words(lead))
    for one in typed.split(" | "):
        assert has_words(lead, words(one)), one
        assert all(beginning(word) in filed for word in words(one)), one


def test_an_address_is_found_by_its_words_as_people_read_them() -> None:
    lead = Lead(lead_id="one", email="info@XN--bckerei-kestrel-0kb.example", version=1)
    for typed in ("bäckerei", "kestrel", "info backer"):
        assert has_words(lead, words(typed))
    assert lead_words(lead) == lead_words(lead.model_copy(update={"email": lead.readable_email}))


@pytest.mark.parametrize(
    ("word", "filed"),
    [
        ("a", [""]),
        ("li", ["", "li"]),
        ("maya", ["", "ma", "may"]),
        ("lindqvist", ["", "li", "lin", "lindq"]),
        ("gmail", [""]),
        ("王小明", ["", "王", "王小", "王小明"]),
    ],
)
def test_prefixes(word: str, filed: list[str]) -> None:
    assert list(prefixes(word)) == filed


WORDS = st.one_of(
    st.sampled_from(sorted(COMMON)),
    st.text(alphabet="abgmilno", min_size=1, max_size=8),
    st.text(min_size=1, max_size=6),
).flatmap(lambda text: st.sampled_from(words(text) or ["a"]))


@given(WORDS, st.integers(1, MAX_WORD))
def test_a_word_is_filed_where_each_beginning_of_it_is_looked_up(word: str, length: int) -> None:
    typed = words(word[:length])
    assume(typed)
    assert bucket(typed[0]) in prefixes(word)


def test_common_words_have_no_bucket_of_their_own() -> None:
    for word in COMMON:
        assert words(word) == [word]
        assert {bucket(word[:end]) for end in range(1, len(word) + 1)} == {""}


def test_a_lead_is_found_by_name_address_company_and_subject() -> None:
    found = ["maya", "lindqvist", "nordwind", "quotation", "example", "gmbh", "a"]
    assert lead_words(MAYA) == found
    for text in ("maya", "LIND", "nordw exa", "maya@nordwind.example", "q m n", "gmb"):
        assert has_words(MAYA, words(text)), text
    for text in ("aya", "lindqvista", "maya zoe", "9"):
        assert not has_words(MAYA, words(text)), text


TEXTS = st.text(max_size=200)


@given(TEXTS, TEXTS, TEXTS)
def test_tokens_stay_small_and_few(name: str, company: str, subject: str) -> None:
    lead = Lead(lead_id="x" * 36, name=name, company=company, subject=subject, created_at=AT)
    assert len("".join(f" {word}" for word in lead_words(lead)).encode()) <= MAX_WORDS_BYTES
    items = token_items(lead)
    assert len(items) <= MAX_TOKENS
    assert len({item["PK"] for item in items}) == len(items)
    filed = token_items(lead.model_copy(update={"email": "ada@example.com"}))
    assert len(filed) <= MAX_TOKENS + 1
    assert filed[-1]["PK"] == "ADDRESS#ada@example.com"


def test_many_words_are_cut_at_the_subjects_end() -> None:
    subject = " ".join(f"{chr(97 + n)}{n:04}" for n in range(26))
    lead = MAYA.model_copy(update={"subject": subject})
    found = lead_words(lead)
    assert found[:3] == ["maya", "lindqvist", "nordwind"]
    assert MAX_TOKENS - len(token_items(lead)) < len(prefixes("a0000"))
    assert "a0000" in found
    assert "z0025" not in found


def test_no_text_crowds_out_the_others() -> None:
    many = " ".join(f"{chr(97 + n)}{n:04}" for n in range(26))
    found = lead_words(MAYA.model_copy(update={"name": many, "subject": many}))
    assert found[:6] == ["a0000", "b0001", "c0002", "d0003", "maya", "nordwind"]
    common = " ".join(sorted(COMMON))
    assert lead_words(MAYA.model_copy(update={"subject": f"{common} desks"}))[3] == "desks"


def test_a_token_is_at_the_time_of_its_lead_in_each_bucket() -> None:
    items = token_items(MAYA)
    assert {item["SK"] for item in items} == {f"{AT}#maya"}
    *of_words, of_address = items
    assert {item["words"] for item in of_words} == {
        " maya lindqvist nordwind quotation example gmbh a"
    }
    assert [item["PK"] for item in items][:4] == ["SEARCH#", "SEARCH#ma", "SEARCH#may", "SEARCH#li"]
    assert of_address == {"PK": "ADDRESS#maya@nordwind.example", "SK": f"{AT}#maya"}


@pytest.mark.parametrize(
    ("email", "filed"),
    [
        ("maya@nordwind.example", ["ADDRESS#maya@nordwind.example"]),
        ("maya@bäckerei-kestrel.example", ["ADDRESS#maya@bäckerei-kestrel.example"]),
        # Spelled otherwise: under the empty address as well.
        ("Maya@Nordwind.Example ", ["ADDRESS#maya@nordwind.example", "ADDRESS#"]),
        (
            "maya@xn--bckerei-kestrel-0kb.example",
            ["ADDRESS#maya@bäckerei-kestrel.example", "ADDRESS#"],
        ),
        ("Maya Lindqvist <maya@nordwind.example>", ["ADDRESS#maya@nordwind.example", "ADDRESS#"]),
        ("call me", []),
        ("a@b.example, c@d.example", []),
        ("m" * 255 + "@nordwind.example", []),
        ("", []),
    ],
)
def test_a_lead_is_filed_under_the_normal_form_of_its_address(email: str, filed: list[str]) -> None:
    items = token_items(MAYA.model_copy(update={"email": email}))
    assert [key for item in items if (key := str(item["PK"])).startswith("ADDRESS#")] == filed


@pytest.mark.parametrize(
    ("phone", "filed"),
    [
        ("+44 20 7946 0001", ["PHONE#9460001"]),
        ("020 7946 0001 / 020 7946 0002 / 020 7946 0003", ["PHONE#9460001", "PHONE#9460002"]),
        ("0044 20 79460001, (020) 7946-0001", ["PHONE#9460001"]),
        ("555-012", []),
        ("", []),
    ],
)
def test_a_lead_is_filed_under_the_last_digits_of_its_numbers(phone: str, filed: list[str]) -> None:
    items = token_items(MAYA.model_copy(update={"phone": phone}))
    assert [key for item in items if (key := str(item["PK"])).startswith("PHONE#")] == filed
    assert items[: len(items) - len(filed)] == token_items(MAYA.model_copy(update={"phone": ""}))


def test_another_number_leaves_the_words_where_they_are() -> None:
    before = MAYA.model_copy(update={"phone": "+44 20 7946 0001"})
    after = MAYA.model_copy(update={"phone": "+44 20 7946 0002"})
    keys_written = [
        write.item["PK"] if isinstance(write, Put) else write.key["PK"]
        for write in token_writes(before, after)
    ]
    assert keys_written == ["PHONE#9460002", "PHONE#9460001"]
    spelled = MAYA.model_copy(update={"phone": "0044 (0)20 79460001"})
    assert token_writes(before, spelled) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "", "email": "", "company": None, "subject": "!"},
        {"lead_id": "ü" * 501},
    ],
)
def test_what_cannot_be_filed_has_no_tokens(changes: dict[str, str | None]) -> None:
    lead = MAYA.model_copy(update=changes)
    assert token_items(lead) == []
    assert token_writes(None, lead) == []
    assert token_writes(lead, None) == []


def test_only_what_differs_is_written() -> None:
    assert token_writes(MAYA, MAYA.model_copy(update={"message": "News", "version": 2})) == []
    assert len(token_writes(None, MAYA)) == len(token_items(MAYA))
    assert token_writes(None, None) == []
    renamed = MAYA.model_copy(update={"name": "Zoe Lindqvist", "email": "zoe@nordwind.example"})
    writes = token_writes(MAYA, renamed)
    # "maya" leaves its two buckets, the lead its address; all others get the words as they now are.
    assert len(writes) == len(token_items(renamed)) + 3
    # Another subject leaves the address where it is.
    asked = token_writes(MAYA, MAYA.model_copy(update={"subject": "Desks"}))
    put = [str(write.item["PK"]) for write in asked if isinstance(write, Put)]
    deleted = [write.key["PK"] for write in asked if isinstance(write, Delete)]
    assert put
    assert deleted
    assert not any(key.startswith("ADDRESS#") for key in [*put, *deleted])
