"""Search finds what reading every lead would find, newest first, at the same cost at any size."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count

import pytest
from django.conf import LazySettings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.dynamodb import calls
from crm.dynamodb.capacity import count_requests
from crm.dynamodb.items import Key
from crm.dynamodb.scan import scan
from crm.tables import LEADS, RECORDS
from leads import keys, repository
from leads.attribution import Attribution
from leads.maintenance.token_sums import IS_TOKEN, TOKEN_PREFIXES
from leads.models import STAGES, Lead, LeadFields, Status, timestamp
from leads.repository import Filter, SearchPage
from leads.repository.addresses import newest_of_each
from leads.repository.cursors import search_start
from leads.repository.filters import EVERYTHING
from leads.repository.reads import PAGE_SIZE
from leads.repository.search import MAX_QUERIES
from leads.repository.search_terms import MAX_TOKENS, lead_words, words
from leads.repository.tokens import token_items
from tests.make import ANN, act, add, add_from, fields, lead_item_of, published, stored, write

DAYS = count()
NUMBERS = count()
START = datetime(2026, 1, 1, tzinfo=UTC)
type Narrow = Callable[[int], None]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Narrow:
    """Return what lets a Query look at that few leads only."""
    module = import_module("leads.repository.search")
    return lambda limit: monkeypatch.setattr(module, "READ_LIMIT", limit)


def pages(text: str, wanted: Filter = EVERYTHING, size: int = PAGE_SIZE) -> list[SearchPage]:
    """Read all pages of a search, and check what holds for each."""
    read = [repository.search(text, wanted, size=size)]
    while cursor := read[-1].cursor:
        page = repository.search(text, wanted, cursor=cursor, size=size)
        (before, was_first), (after, is_first) = (
            search_start(one, text, wanted) for one in (cursor, page.cursor)
        )
        # The leads of an address come first, and then the others from the newest on.
        assert not after or (is_first, after) < (was_first, before or "")
        read.append(page)
    return read


def found(text: str, wanted: Filter = EVERYTHING, size: int = PAGE_SIZE) -> list[str]:
    """Return the ids of all leads on all pages, in order."""
    return [lead.lead_id for page in pages(text, wanted, size) for lead in page.leads]


def oracle(leads: Sequence[Lead], text: str) -> list[str]:
    """Return the ids of the leads that a look at each of them finds, newest first."""
    wanted = words(text)
    fitting = [
        lead
        for lead in leads
        if wanted and all(any(word.startswith(one) for word in lead_words(lead)) for one in wanted)
    ]
    fitting.sort(key=lambda lead: (lead.created_at, lead.lead_id), reverse=True)
    return [lead.lead_id for lead in fitting]


def put(people: Sequence[LeadFields], times: Sequence[datetime]) -> list[Lead]:
    """Store leads with their tokens, as imports do."""
    items = [
        lead_item_of(
            f"{next(NUMBERS):036}",
            person,
            source="test",
            status=STAGES[number % 4],
            owner_id=f"u{number % 3}",
            at=timestamp(time),
        )
        for number, (person, time) in enumerate(zip(people, times, strict=True))
    ]
    leads = [Lead.from_item(item) for item in items]
    calls.batch_put(RECORDS, [token for lead in leads for token in token_items(lead)])
    calls.batch_put(LEADS, items)
    return leads


def stored_tokens() -> list[tuple[str, str, str]]:
    items = scan(RECORDS, where=IS_TOKEN, values=TOKEN_PREFIXES)
    return sorted((str(item["PK"]), str(item["SK"]), str(item.get("words"))) for item in items)


def tokens_of(lead_ids: Sequence[str]) -> list[tuple[str, str, str]]:
    items = [item for lead in repository.get_many(lead_ids) for item in token_items(lead)]
    return sorted((str(item["PK"]), str(item["SK"]), str(item.get("words"))) for item in items)


GIVEN = ["Maya", "Mara", "Marek", "Łukasz", "Åsa", "Li", "Q", "José", "Σοφία", "王小明", "मीना"]
FAMILY = ["Lindqvist", "Lindgren", "Müller", "O'Neil", "Das", "Thé", "Ng", "北京"]
FIRMS = ["Nordwind GmbH", "Nordlicht AG", "the Gmail Company", "A1 3M", "SAP"]
DOMAINS = ["gmail.com", "nordwind.example", "mail.the-firm.co.uk"]
TYPED = st.lists(
    st.sampled_from([*GIVEN, *FAMILY, *FIRMS, *DOMAINS, "hi the quotation", "LINDQVIST"]).flatmap(
        lambda text: st.integers(1, len(text)).map(lambda end: text[:end])
    ),
    min_size=1,
    max_size=3,
).map(" ".join)
PEOPLE = st.builds(
    LeadFields.model_construct,
    name=st.builds("{} {}".format, st.sampled_from(GIVEN), st.sampled_from(FAMILY)),
    email=st.builds("{}@{}".format, st.sampled_from("abm"), st.sampled_from(DOMAINS)),
    company=st.sampled_from(["", *FIRMS]),
    phone=st.just(""),
    subject=st.sampled_from(["", "Hi", "The quotation", "Hi from A to Z"]),
    message=st.just(""),
)
# Few different times: leads of the very same moment are the rule.
HOURS = st.integers(0, 4)
EXAMPLES = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
@EXAMPLES
@given(
    people=st.lists(st.tuples(PEOPLE, HOURS), min_size=1, max_size=20),
    typed=st.lists(TYPED, min_size=1, max_size=4),
    size=st.integers(1, 7),
    limit=st.integers(2, 9),
    hours=st.tuples(HOURS, HOURS),
)
def test_it_finds_what_reading_every_lead_finds(  # noqa: PLR0913, PLR0917 -- what varies
    tables: None,
    narrow: Narrow,
    people: list[tuple[LeadFields, int]],
    typed: list[str],
    size: int,
    limit: int,
    hours: tuple[int, int],
) -> None:
    # Each example has a day of its own, in tables that hold those of all before.
    day = START + timedelta(days=next(DAYS))
    leads = put([one for one, _ in people], [day + timedelta(hours=hour) for _, hour in people])
    since, until = (timestamp(day + timedelta(hours=hour)) for hour in hours)
    some = [lead for lead in leads if since <= lead.created_at <= until]
    first, last = timestamp(day), timestamp(day + timedelta(hours=4))

    narrow(limit)
    for text in typed:
        assert found(text, Filter(since=first, until=last), size) == oracle(leads, text), text
        assert found(text, Filter(since=since, until=until), size) == oracle(some, text), text


@pytest.mark.slow
def test_every_lead_of_all_is_found_once_newest_first(tables: None, narrow: Narrow) -> None:
    people = [fields(name=f"Maya N{number % 7}", email="m@gmail.com") for number in range(150)]
    leads = put(people, [START + timedelta(hours=number // 40) for number in range(150)])
    for limit in (10, 500):
        narrow(limit)
        for text in ("m", "ma", "maya", "maya n3", "gmail", "gma", "@gmail.com n", "n6 n6", "xyz"):
            assert found(text) == oracle(leads, text), text


def test_pages_are_full_while_there_are_enough(store: str) -> None:
    put([fields(name="Maya")] * 60, [START + timedelta(minutes=n) for n in range(60)])
    read = pages("may")
    assert [len(page.leads) for page in read] == [25, 25, 10]
    assert {page.searched_until for page in read} == {None}
    put([fields(name="Maya")] * 15, [START] * 15)
    assert [len(page.leads) for page in pages("maya hi")] == [25, 25, 25]


def test_a_page_says_how_far_it_looked(store: str, narrow: Narrow) -> None:
    times = [START + timedelta(minutes=number) for number in range(50)]
    people = [fields(name="Zoe" if number == 20 else "Marc") for number in range(50)]
    put(people, times)
    narrow(10)
    read = pages("z ada@example")
    # Answers of nothing but a key to go on from are the usual ones here.
    assert [len(page.leads) for page in read[:5]] == [0, 0, 1, 0, 0]
    assert len(found("z ada@example")) == 1
    assert read[0].searched_until == timestamp(times[40])
    assert read[-1].searched_until is None


def test_the_rarest_word_decides_how_far_back_a_page_looks(store: str, narrow: Narrow) -> None:
    times = [START + timedelta(minutes=number) for number in range(50)]
    leads = put([fields(name="Maya Zoe"), *[fields(name="Maya")] * 49], times)
    narrow(5)
    for text in ("maya zoe", "zoe maya m", "ada zo maya"):
        page = repository.search(text)
        assert [lead.lead_id for lead in page.leads] == [leads[0].lead_id]
        assert page.searched_until is None


def test_leads_that_come_in_meanwhile_shift_nothing(store: str) -> None:
    leads = put([fields(name="Maya")] * 30, [START + timedelta(minutes=n) for n in range(30)])
    first = repository.search("maya", size=10)
    added = add(name="Maya", subject="Newer")
    second = repository.search("maya", cursor=first.cursor, size=10)
    shown = [lead.lead_id for lead in first.leads + second.leads]
    assert shown == oracle(leads, "maya")[:20]
    assert found("maya")[0] == added.lead_id


def test_changes_are_found_at_once_and_nothing_old_stays(store: str) -> None:
    lead = add(name="Maya Lindqvist", email="maya@gmail.com")
    other = add(name="Łukasz", company="Nordwind GmbH")
    lead_id = lead.lead_id
    assert found("maya") == found("LINDQ gmail") == found("y m") + found("maya") == [lead_id]
    moved = repository.move(lead_id, Status.CONVERTED, version=1, actor=ANN, write_id=act())
    assert repository.search("maya").leads == [moved]
    changes = {"name": "Zoë Lind", "company": "Nordwind", "owner_id": "u1"}
    edited = repository.edit(lead_id, changes, version=2, actor=ANN, write_id=act())
    assert repository.search("zoe").leads == [edited]
    assert found("lindqvist") == []
    assert found("nordw") == [other.lead_id, lead_id]
    assert stored_tokens() == tokens_of([lead_id, other.lead_id])
    repository.delete(lead_id, version=3, actor=ANN, write_id=act())
    assert found("zoe") == []
    assert found("nordw") == [other.lead_id]
    assert stored_tokens() == tokens_of([other.lead_id])


TEXTS = st.sampled_from([*GIVEN, *FIRMS, "Hi " + "very long words everywhere " * 7, "!"])


@pytest.mark.slow
@EXAMPLES
@given(
    edits=st.lists(
        st.tuples(st.sampled_from(["name", "company", "subject", "message"]), TEXTS), max_size=4
    )
)
def test_tokens_are_those_of_the_lead_after_any_edits(
    tables: None, edits: list[tuple[str, str]]
) -> None:
    before = stored_tokens()
    lead = add()
    for field, text in edits:
        lead = repository.edit(
            lead.lead_id, {field: text}, version=lead.version, actor=ANN, write_id=act()
        )
    assert stored_tokens() == sorted(before + tokens_of([lead.lead_id]))


def test_a_refused_change_leaves_the_tokens(store: str) -> None:
    lead = add(name="Maya")
    with pytest.raises(repository.StaleLeadError):
        repository.edit(lead.lead_id, {"name": "Zoe"}, version=7, actor=ANN, write_id=act())
    repository.create(fields(), submission="once", actor=ANN, source="test")
    before = stored_tokens()
    with pytest.raises(repository.SubmissionReusedError):
        repository.create(fields(name="Zoe"), submission="once", actor=ANN, source="test")
    assert stored_tokens() == before


def test_a_lead_with_very_many_words_is_stored_edited_and_deleted(store: str) -> None:
    texts = [" ".join(f"{chr(97 + n)}{shift}{n:03}" for n in range(26)) for shift in "xyz"]
    lead = add(name=texts[0], company=texts[1], subject=texts[2])
    assert MAX_TOKENS - 3 < len(stored_tokens()) <= MAX_TOKENS
    assert found("ada ax000") == [lead.lead_id]
    changes = {"name": texts[1], "email": "zoe@nordwind.example", "company": texts[0]}
    repository.edit(lead.lead_id, changes, version=1, actor=ANN, write_id=act())
    assert MAX_TOKENS - 3 < len(stored_tokens()) <= MAX_TOKENS
    repository.delete(lead.lead_id, version=2, actor=ANN, write_id=act())
    assert stored_tokens() == []


# Leads of other programs.


def test_another_programs_lead_is_found_from_its_first_change_on(store: str) -> None:
    lead = write(published("f1", name="Grace Hopper"))
    assert found("grace hopper") == []
    repository.move("f1", Status.NEW, version=lead.version, actor=ANN, write_id=act())
    assert found("grace hopper") == ["f1"]
    write(published("f2", name="Jean"))
    repository.edit("f2", {"name": "Jeanette"}, version=0, actor=ANN, write_id=act())
    assert found("jeanette compilers") == ["f2"]
    write(published("f3", name="Kay"))
    repository.delete("f3", version=0, actor=ANN, write_id=act())
    assert stored_tokens() == tokens_of(["f1", "f2"])


def test_a_whole_address_finds_the_leads_of_all_programs(store: str, narrow: Narrow) -> None:
    # The e-mail index may hold equal times in any order.
    narrow(100)
    times = [timestamp(START + timedelta(minutes=number // 3)) for number in range(40)]
    for number, time in enumerate(times):
        write(published(f"f{number:02}", createdAt=time))
    own = put(
        [fields(name="Grace", email="grace@example.com")] * 20,
        [START + timedelta(minutes=number) for number in range(20)],
    )
    also = add(name="Bo", email="bo@example.com", subject="For grace@example.com")
    foreign = repository.by_email("grace@example.com", limit=99)
    of_address = oracle([*{lead.lead_id: lead for lead in [*foreign, *own]}.values()], "grace")
    expected = [*of_address, also.lead_id]
    assert len(expected) == 61

    for text in ("grace@example.com", "  Grace@Example.COM "):
        assert found(text, size=7) == expected
    assert found("grace@example.co", size=7) == oracle([also, *own], "grace")
    bounded = repository.search("grace@example.com", Filter(since=times[3], until=times[5]))
    assert {lead.lead_id for lead in bounded.leads} == {"f03", "f04", "f05", own[1].lead_id}


@pytest.mark.parametrize("lead_id", ["ü" * 505, "with # and / and \u2028", "x" * 1024])
def test_odd_ids_do_no_harm(store: str, lead_id: str) -> None:
    write(published(lead_id, createdAt="yesterday # noon"))
    repository.edit(lead_id, {"subject": "Cobol"}, version=0, actor=ANN, write_id=act())
    fits_a_key = len(lead_id) < 500
    assert found("cobol") == ([lead_id] if fits_a_key else [])
    assert found("grace@example.com") == [lead_id]


# Filters and odd texts.


@pytest.mark.slow
def test_filters(store: str, narrow: Narrow) -> None:
    times = [START + timedelta(hours=number) for number in range(40)]
    leads = put([fields(name=f"Maya {number % 2}") for number in range(40)], times)
    wanted = Filter(Status.CONTACTED, "u1", since=timestamp(times[4]), until=timestamp(times[30]))
    for limit in (3, 500):
        narrow(limit)
        for text in ("maya", "may", "m", "mayas", "maya 1"):
            fitting = oracle(leads, text)
            assert found(text, wanted, 2) == [
                lead.lead_id
                for lead in repository.get_many(fitting)
                if lead.status == Status.CONTACTED
                and lead.owner_id == "u1"
                and timestamp(times[4]) <= lead.created_at <= timestamp(times[30])
            ], text


def test_an_empty_range_of_time_finds_nothing_unasked(store: str) -> None:
    add()
    with count_requests() as usage:
        page = repository.search("ada", Filter(since="2026-02", until="2026-01"))
    assert (page, usage.requests) == (SearchPage([], "", None), 0)


@pytest.mark.parametrize("text", ["", "  ", "\x00\x00", "!?%_*'\"", "…", "👩\u200d💻", "@", "#"])
def test_a_text_without_words_finds_nothing_unasked(store: str, text: str) -> None:
    add()
    with count_requests() as usage:
        assert repository.search(text) == SearchPage([], "", None)
    assert usage.requests == 0


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("ada" * 3_333, False),
        ("ada " * 2_500, True),
        ("ada\x00", True),
        ("a\x00d", False),
        (" ".join(f"{n:x}" for n in range(5_000)), False),
        ("ﷺ" * 10_000, False),
        ("ada@", True),
        ("ada@example", True),
        ("ada@example.com" * 900, False),
        ("ada\ud800@example.com", True),
    ],
)
def test_odd_texts(store: str, text: str, is_found: bool) -> None:  # noqa: FBT001 - a case
    lead = add()
    assert found(text) == ([lead.lead_id] if is_found else [])


@EXAMPLES
@given(text=st.text(max_size=60))
def test_any_text_is_answered(tables: None, text: str) -> None:
    repository.search(text)


def test_tokens_that_lie_show_nothing(store: str) -> None:
    lead = add(name="Maya", email="m@example.com")
    gone = Lead(lead_id="gone", name="Maya", created_at="2027", version=1)
    false = lead.model_copy(update={"name": "Mayara", "email": "mayara@example.com"})
    calls.batch_put(RECORDS, token_items(gone))
    calls.batch_put(
        RECORDS, [item for item in token_items(false) if item["PK"] == keys.search_bucket("mayar")]
    )
    assert found("mayara") == []
    read = pages("maya", size=1)
    assert [[one.lead_id for one in page.leads] for page in read] == [[], [lead.lead_id]]


def test_a_time_that_others_rewrite_repeats_no_page(store: str) -> None:
    leads = put([fields(name="Maya")] * 24, [START + timedelta(minutes=n) for n in range(24)])
    for lead in leads[8:16]:
        calls.put(LEADS, stored(lead.lead_id) | {"createdAt": "2999-01-01T00:00:00.000Z"})

    ours = [lead for lead in [*leads[:8], *leads[16:]] if lead.status is Status.NEW]
    assert found("may", Filter(Status.NEW, until="2998"), 1) == oracle(ours, "may")


def test_very_many_leads_of_one_address_and_moment_are_found(store: str, narrow: Narrow) -> None:
    for number in range(7):
        write(published(f"theirs-{number}"))
    write(published("newer", createdAt="2999-01-01T00:00:00.000Z"))
    write(published("older", createdAt="2001-01-01T00:00:00.000Z"))
    expected = ["newer", *(f"theirs-{number}" for number in reversed(range(7))), "older"]
    narrow(2)
    assert found("grace@example.com") == expected
    read = pages("grace@example.com", size=3)
    assert [one.lead_id for page in read for one in page.leads] == expected


def test_the_leads_of_an_address_come_first(store: str) -> None:
    for number in range(3):
        add(name="Mira", email="mira@x.example.com", subject=f"{number}")
    hers = [
        add(email="mira@x.example"),
        write(published("theirs", email="mira@x.example", createdAt="2019-01-01T00:00:00.000Z")),
        write(published("typed", email="Mira@X.Example", createdAt="2019-01-01T00:00:00.000Z")),
    ]
    for number in range(3):
        add(name="Mira", email=f"mira@x.example{number}")
    ids = [lead.lead_id for lead in hers]
    for size in (1, 2, 3, 25):
        all_found = found("mira@x.example", size=size)
        # Nobody has adopted the last one: its own spelling alone finds it.
        assert all_found[:2] == ids[:2]
        assert len(all_found) == len(set(all_found)) == 8
        assert found("Mira@X.Example", size=size)[:3] == [ids[0], "typed", "theirs"]
    repository.move("typed", Status.NEW, version=0, actor=ANN, write_id=act())
    for text in ("mira@x.example", "Mira <MIRA@x.example.>", "mailto:mira@x.example"):
        assert found(text)[:3] == [ids[0], "typed", "theirs"]
        assert set(found(text, Filter(Status.NEW))) <= {*found(text)} - {"theirs"}


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        (
            "+44 20 7946 0001",
            [
                *(
                    "+44 20 7946 0001",
                    "0044 (0)20 7946-0001",
                    "tel:+44-20-7946-0001",
                    "02079460001",
                ),
                *("020 7946 0001", "(020) 7946 0001", "+44 20 7946 0001 ext. 12", "20 7946 0001"),
                *("\u202a+44\xa020\u20117946\u20110001\u202c", "\uff0b\uff14\uff14 20 7946 0001"),
            ],
        ),
        ("(415) 555-0100 x12", ["+1 415 555 0100", "415.555.0100", "1-415-555-0100", "555-0100"]),
        ("030 1234567 / 0171 7654321", ["+49 30 1234567", "+49 171 7654321", "01717654321"]),
        ("Mobil: 0171 7654321", ["+49 (0)171 7654321", "0171 7654321"]),
        ("p:+14155550100", ["+14155550100;ext=12", "p:+14155550100"]),
        ("٠٣٠ ١٢٣٤٥٦٧", ["030 1234567"]),
    ],
)
def test_a_whole_number_finds_its_leads_however_it_is_written(
    store: str, stored: str, typed: list[str]
) -> None:
    lead = add(phone=stored)
    add(phone="+49 40 8888 0001", subject="+44 20 7946 0002")
    for text in typed:
        assert found(text) == [lead.lead_id], text
    repository.edit(lead.lead_id, {"phone": "none"}, version=1, actor=ANN, write_id=act())
    assert [text for text in typed if found(text)] == []


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("+44 20 7946 0001", ["+49 20 7946 0001", "030 7946 0001", "020 7946 000", "7946 001"]),
        ("+44 20 7946 0001", ["call 020 7946 0001", "020 7946 0001, 020 7946 0002"]),
    ],
)
def test_no_other_number_finds_a_lead(store: str, stored: str, typed: list[str]) -> None:
    add(phone=stored)
    assert [text for text in typed if found(text)] == []


def test_what_is_dialled_first_within_a_country_is_known_where_that_is_set(
    store: str, settings: LazySettings
) -> None:
    lead = add(phone="8 (495) 123-45-67")
    assert found("+7 495 1234567") == []
    settings.PHONE_REGION = "RU"
    assert found("+7 495 1234567") == [lead.lead_id]


def test_what_is_dialled_first_within_the_country_of_a_form_is_known(
    store: str, settings: LazySettings
) -> None:
    settings.PHONE_REGION = "GB"
    lead = add_from(Attribution(form="shop", phone_region="RU"), phone="8 (495) 123-45-67")
    add(phone="8 (495) 123-45-67")
    assert found("+7 495 1234567") == [lead.lead_id]


def test_the_leads_of_a_number_come_first(store: str) -> None:
    named = [add(subject=f"Call 2079460001, {number}") for number in range(3)]
    hers = [add(phone=phone) for phone in ("020 7946 0001", "+44 20 7946 0001", "2079460001")]
    expected = [one.lead_id for part in (hers, named) for one in reversed(part)]
    for size in (1, 2, 3, 4, 25):
        assert found("2079460001", size=size) == expected
    assert found("2079460001", Filter(Status.NEW), size=2) == expected
    assert found("2079460001", Filter(Status.CONVERTED)) == []


def test_another_address_in_an_item_shows_nothing(store: str) -> None:
    lead = write(published("theirs", email="Greta@Vest.Example"))
    repository.move("theirs", Status.NEW, version=0, actor=ANN, write_id=act())
    calls.put(LEADS, calls.get(LEADS, keys.lead("theirs")) | {"email": "other@x.example"})  # type: ignore[operator]
    assert found("greta@vest.example") == []
    assert repository.by_email("greta@vest.example") == []
    assert [one.lead_id for one in repository.by_email("other@x.example")] == [lead.lead_id]


@pytest.mark.parametrize(
    ("stored", "other"),
    [
        ("Greta@Vest.Example", "greta@vest.example"),
        ("greta.two@vest.example ", "greta.two@vest.example"),
        ("info@xn--bckerei-kestrel-0kb.example", "INFO@bäckerei-kestrel.example"),
        ("Greta <greta@vest.example>", "greta@vest.example"),
    ],
)
def test_spellings_of_other_programs(store: str, stored: str, other: str) -> None:
    write(published("theirs", email=stored))
    assert [lead.lead_id for lead in repository.by_email(stored)] == ["theirs"]
    assert found(stored) == ["theirs"]
    assert found(other) == []
    repository.move("theirs", Status.NEW, version=0, actor=ANN, write_id=act())
    for text in (stored, other):
        (lead,) = repository.by_email(text)
        assert lead.email == stored
        assert found(text) == ["theirs"]
        assert [one.lead_id for one in repository.listing(Filter(email=text)).leads] == ["theirs"]
    repository.delete("theirs", version=1, actor=ANN, write_id=act())
    assert repository.by_email(other) == []
    assert stored_tokens() == []


def test_an_import_asks_what_is_filed_only_if_an_address_is_spelled_otherwise(store: str) -> None:
    asked = {f"ada{number}@example.com": {f"ada{number}@example.com"} for number in range(3)}
    lead = add(email="ada0@example.com")
    with count_requests() as usage:
        assert newest_of_each(asked) == {"ada0@example.com": lead.lead_id}
    assert usage.requests == len(asked) + 1
    write(published("theirs", email="Ada1@Example.com"))
    assert newest_of_each(asked) == {"ada0@example.com": lead.lead_id}
    repository.move("theirs", Status.NEW, version=0, actor=ANN, write_id=act())
    found_now = {"ada0@example.com": lead.lead_id, "ada1@example.com": "theirs"}
    with count_requests() as usage:
        assert newest_of_each(asked) == found_now
    assert usage.requests == 2 * len(asked) + 2
    repository.delete("theirs", version=1, actor=ANN, write_id=act())
    with count_requests() as usage:
        assert newest_of_each(asked) == {"ada0@example.com": lead.lead_id}
    assert usage.requests == len(asked) + 1


def test_a_page_goes_on_after_a_position_that_no_sort_key_could_hold(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("leads.repository.addresses")
    asked: list[Key] = []

    def noted(*args: object, start: Key | None = None, **more: object) -> object:
        asked.extend([start] if start else [])
        return query(*args, start=start, **more)

    query = module.query
    ids = [f"{number}{'é' * 511}" for number in range(4)]
    for lead_id in ids:
        write(published(lead_id))
    cursor = repository.search("grace@example.com", size=2).cursor
    monkeypatch.setattr(module, "query", noted)
    page = repository.search("grace@example.com", size=2, cursor=cursor)
    assert [lead.lead_id for lead in page.leads] == [ids[1], ids[0]]
    # Amazon DynamoDB refuses a longer one, the engines here take it.
    assert asked
    assert all(len(key["SK"].encode()) <= 1024 for key in asked)


# What it costs.


def test_requests(store: str) -> None:
    add(name="Maya Lindqvist", email="maya@gmail.com")
    for text, requests in [
        ("maya", 2),
        ("maya lindqvist", 3),
        ("zoe", 1),
        # The empty bucket holds what the others do: it is not asked.
        ("maya gmail c", 2),
        ("gmail c the", 1),
        ("maya may lindqvist lindq", 3),
        # The leads of an address are two Queries more, three if it is spelled otherwise.
        ("maya@gmail.com", 4),
        ("Maya@gmail.com", 5),
        # And those of a number one, beside the buckets of its words.
        ("2079460001", 2),
        (" ".join(f"{number:05}" for number in range(50)), MAX_QUERIES),
    ]:
        with count_requests() as usage:
            repository.search(text)
        assert (usage.requests, usage.wru) == (requests, 0), text
        with count_requests() as usage:
            repository.search(text, Filter(Status.NEW, "nobody"))
        assert usage.requests == requests, text


@pytest.mark.slow
def test_it_costs_the_same_with_ten_times_the_leads(tables: None, narrow: Narrow) -> None:
    # Less than what a bucket here holds from the start.
    narrow(250)
    newest = START + timedelta(days=99)
    names = ["Maya Lindqvist", "Marc Lind", "Zoe Maybach"]
    put(
        [fields(name=names[number % 3]) for number in range(1_000)],
        [newest - timedelta(minutes=number) for number in range(1_000)],
    )
    typed = ["maya", "ma", "m", "maya l", "lindqvist", "maya lindqvist", "ada@example.com", "zz"]
    before = [costs(text) for text in typed]
    assert max(before) <= 30
    buckets = {keys.search_bucket(prefix) for prefix in ("", "ma", "may", "lindq", "ada")}
    older = [
        Lead(lead_id=f"{number}", name=names[number % 3], email="ada@example.com", version=1)
        for number in range(9_000)
    ]
    at = [timestamp(START + timedelta(minutes=number)) for number in range(9_000)]
    calls.batch_put(
        RECORDS,
        (
            item
            for lead, time in zip(older, at, strict=True)
            for item in token_items(lead.model_copy(update={"created_at": time}))
            if item["PK"] in buckets
        ),
    )
    assert [costs(text) for text in typed] == before


def costs(text: str) -> float:
    """Return the read units of a first page."""
    with count_requests() as usage:
        repository.search(text)
    return usage.rru
