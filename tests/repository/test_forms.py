"""The company's forms: which there are, which versions are taken, what reading them costs."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import override

import pytest

from crm import remember
from crm.dynamodb import calls
from crm.dynamodb.capacity import count_requests
from crm.dynamodb.errors import ConflictError, UnavailableError
from crm.dynamodb.items import Item, Key
from crm.dynamodb.schema import Table
from crm.tables import RECORDS
from leads import keys
from leads.definitions import BUILT_IN, Brand, Definition
from leads.intake.meant import meant
from leads.models import timestamp
from leads.repository import form_index, known_forms, looks
from leads.repository import forms as store
from leads.repository.form_index import Index
from leads.repository.forms import (
    MOST,
    FirstFormError,
    FormNotFoundError,
    SlugTakenError,
    StaleFormError,
    TooManyFormsError,
)
from tests.dynamodb_local import UNITS
from tests.forms.making import added, changed, definition

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def _knows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_forms, "_definitions", {})


def silent(*_: object, **__: object) -> Item | None:
    raise UnavailableError("nobody there")


def answer_by(monkeypatch: pytest.MonkeyPatch, get: Callable[..., Item | None]) -> None:
    """Let the list and the versions be read by ``get``."""
    for module in (form_index, calls):
        monkeypatch.setattr(module, "get", get)


def test_without_any_there_is_the_built_in_one() -> None:
    assert store.index() == Index()
    assert store.index().first.slug == BUILT_IN.slug
    assert store.definition("contact", BUILT_IN.version) == BUILT_IN


def test_one_is_added_after_the_first_and_read_as_it_was_written() -> None:
    wanted = added(title="Über uns", origins=("https://example.com",), consent="I agree.")
    index = store.index()
    assert [one.slug for one in index.forms] == ["contact", "quote"]
    assert looks.read().title("quote") == "Über uns"
    assert looks.read().title("contact") == "contact"
    assert store.definition("quote", wanted.version).changed() == wanted
    words = calls.get(RECORDS, keys.form_consent(wanted.consent_version))
    assert words
    assert words["words"] == "I agree."


def test_adding_it_twice_is_one_and_another_of_its_slug_is_refused() -> None:
    added()
    rev = store.index().rev
    added()
    assert store.index().rev == rev
    with pytest.raises(SlugTakenError):
        added(title="Other")


def test_there_are_so_many_at_most() -> None:
    for number in range(MOST - 1):
        added(f"form-{number}")
    with pytest.raises(TooManyFormsError):
        added("one-too-many")
    assert len(store.index().forms) == MOST


def test_a_version_is_taken_for_thirty_days_after_it_was_replaced() -> None:
    first = added()
    second = changed(first, title="Second")
    (listed,) = store.index().forms[1:]
    now = datetime.now(UTC)
    assert listed.version == second.version
    assert listed.takes(second.version, now + timedelta(days=400))
    assert listed.takes(first.version, now + timedelta(days=29, hours=23))
    assert not listed.takes(first.version, now + timedelta(days=30, minutes=1))
    assert not listed.takes("0" * 12, now)


def test_going_back_to_what_it_said_is_the_same_version() -> None:
    first = added()
    second = changed(first, title="Second")
    changed(second, title="")
    (listed,) = store.index().forms[1:]
    assert listed.version == first.version
    assert [*listed.replaced] == [second.version]


def test_a_version_that_somebody_replaced_is_not_replaced_again() -> None:
    first = added()
    second = changed(first, title="Second")
    with pytest.raises(StaleFormError) as stale:
        changed(first, title="Third")
    assert stale.value.now
    assert stale.value.now.changed() == second
    # The same change once more is a second click.
    changed(first, title="Second")
    assert store.index().forms[1].version == second.version


def test_of_many_who_change_it_at_once_one_wins() -> None:
    first = added()

    def change(number: int) -> bool:
        try:
            changed(first, title=f"Title {number}")
        except StaleFormError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(change, range(4))) == 1


def test_the_first_one_is_changed_and_the_built_in_version_goes_on_being_taken() -> None:
    after = changed(BUILT_IN, title="Ask us")
    index = store.index()
    assert index.first.version == after.version
    assert index.first.takes(BUILT_IN.version, datetime.now(UTC))
    with pytest.raises(FirstFormError):
        store.delete("contact")


def test_off_and_on() -> None:
    added()
    store.switch("quote", is_on=False)
    listed = store.index().forms[1]
    assert not listed.is_on
    assert listed.is_in_grace(datetime.now(UTC) + timedelta(hours=23))
    assert not listed.is_in_grace(datetime.now(UTC) + timedelta(hours=25))
    changed(definition(), title="Still off")
    assert not store.index().forms[1].is_on
    store.switch("quote", is_on=True)
    assert store.index().forms[1].is_on
    before = store.index()
    store.switch("nothing", is_on=True)
    assert store.index() == before


def test_what_was_deleted_is_known_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    added()
    store.delete("quote")
    store.delete("quote")
    index = store.index()
    assert [one.slug for one in index.forms] == ["contact"]
    gone = index.find("quote")
    assert gone
    assert gone.deleted_at
    with pytest.raises(SlugTakenError):
        added(title="Anew")
    with pytest.raises(StaleFormError):
        changed(definition(), title="Anew")
    monkeypatch.setattr(form_index, "GRACE", timedelta(0))
    added(title="Anew")
    assert store.index().deleted == ()


def test_visitors_cost_two_requests_of_half_a_unit_once() -> None:
    wanted = added(intro="x" * 900, contact="y" * 900, thanks="z" * 900)
    remember.forget_all()
    with count_requests() as usage:
        _visit(wanted.version)
        _visit(wanted.version)
        assert form_index.known_index().find("unknown") is None
    assert (usage.requests, usage.rru) == (2, 1 * UNITS)


def test_a_list_that_is_full_costs_half_a_unit_whatever_its_forms_have_been() -> None:
    slugs = [f"{number:x>40}" for number in range(MOST - 1)]
    first = [added(slug, title="ü" * 120) for slug in slugs]
    for slug in slugs:
        store.switch(slug, is_on=False)
    for number in range(3):
        store.rewrite(lambda form, n=number: form.changed(intro=f"{n}"), beside=[])  # type: ignore[misc] # of its own
    assert len(store.index().forms[1].replaced) == 3
    remember.forget_all()
    with count_requests() as usage:
        index = form_index.known_index()
    assert index.has_older
    assert (usage.requests, usage.rru) == (1, UNITS / 2)
    (listed,) = (one for one in index.forms if one.slug == slugs[-1])
    with count_requests() as usage:
        assert not known_forms.is_taken(index, listed, "0" * 12)
        assert not known_forms.is_taken(index, listed, "1" * 12)
        assert known_forms.is_taken(index, listed, listed.version)
        assert known_forms.is_taken(index, listed, first[-1].version)
    assert usage.requests == 1


def test_what_is_taken_no_more_is_in_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_index, "MAX_BYTES", 0)
    first = added()
    second = changed(first, title="Second")
    assert [*store.index().forms[1].replaced] == [first.version]
    assert store.index().has_older
    monkeypatch.setattr(form_index, "TAKEN_FOR", timedelta(0))
    changed(second, title="Third")
    assert store.index().forms[1].replaced == {}
    assert not store.index().has_older
    assert form_index.read_older().get("quote") == {}


def test_many_at_once_ask_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = added()
    remember.forget_all()
    asked: list[object] = []
    read = calls.get

    def get(table: Table, key: Key, *, consistent: bool = False) -> Item | None:
        asked.append(key)
        return read(table, key, consistent=consistent)

    answer_by(monkeypatch, get)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _visit(wanted.version), range(40)))
    assert len(asked) == 2


def test_who_asks_while_a_version_is_read_gets_what_that_gets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = added()
    other = changed(wanted, title="Newer")
    has_begun, may_fail = Event(), Event()

    class Awaited(Future[Definition]):
        @override
        def result(self, timeout: float | None = None) -> Definition:
            may_fail.set()
            return super().result(timeout)

    def fail(_slug: str, _version: str) -> Definition:
        has_begun.set()
        assert may_fail.wait(10)
        raise UnavailableError("nobody there")

    def ask() -> None:
        with pytest.raises(UnavailableError):
            known_forms.known_definition("quote", wanted.version)

    with ThreadPoolExecutor(1) as pool, monkeypatch.context() as patch:
        patch.setattr(known_forms, "Future", Awaited)
        patch.setattr(known_forms, "definition", fail)
        first = pool.submit(ask)
        assert has_begun.wait(10)
        # Nobody waits for what somebody else asks for.
        patch.setattr(known_forms, "definition", store.definition)
        assert known_forms.known_definition("quote", other.version).title == "Newer"
        assert not may_fail.is_set()
        ask()
        first.result()
    assert known_forms.known_definition("quote", wanted.version).slug == "quote"


def test_a_list_that_was_read_before_a_change_is_not_remembered_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remember.forget_all()
    read = calls.get

    def get(table: Table, key: Key, *, consistent: bool = False) -> Item | None:
        before = read(table, key, consistent=consistent)
        monkeypatch.setattr(form_index, "get", read)
        added()
        return before

    monkeypatch.setattr(form_index, "get", get)
    assert form_index.known_index().find("quote") is None
    assert form_index.known_index().find("quote")


def test_while_nobody_answers_what_was_known_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    first = added()
    _visit(first.version)
    form_index.forget()  # as half a minute later
    answer_by(monkeypatch, silent)
    listed = form_index.known_index().find("quote")
    assert listed
    assert known_forms.newest_known(listed).changed() == first


def test_a_newer_version_that_cannot_be_read_is_the_last_one_that_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = added()
    _visit(first.version)
    changed(first, title="Newer")
    listed = form_index.known_index().find("quote")
    assert listed
    answer_by(monkeypatch, silent)
    assert known_forms.newest_known(listed).changed() == first
    built_in = form_index.known_index().first
    assert known_forms.newest_known(built_in) == BUILT_IN
    monkeypatch.setattr(known_forms, "_definitions", {})
    with pytest.raises(UnavailableError):
        known_forms.newest_known(listed)


def test_without_an_answer_ever_there_is_the_built_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    remember.forget_all()
    answer_by(monkeypatch, silent)
    assert form_index.known_index() == Index(is_assumed=True)
    with pytest.raises(UnavailableError):
        meant("quote")
    # It may be a version that another process has written.
    with pytest.raises(UnavailableError):
        meant("", "0" * 12)
    assert meant("", BUILT_IN.version).newest == BUILT_IN


def test_what_was_assumed_is_asked_for_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    added()
    remember.forget_all()
    with monkeypatch.context() as patch:
        answer_by(patch, silent)
        assert form_index.known_index().is_assumed
    assert form_index.known_index().is_assumed
    monkeypatch.setattr(form_index, "ASSUMED_FOR", 0)
    assert form_index.known_index().find("quote")


@pytest.mark.parametrize(
    ("off", "deleted", "is_taken"),
    [
        ("", "", True),
        (23, "", True),
        (25, "", False),
        ("", 23, True),
        ("", 25, False),
        (25, 1, False),
    ],
)
def test_what_was_open_is_taken_for_a_day_from_when_it_first_ended(
    off: int | str,
    deleted: int | str,
    is_taken: bool,  # noqa: FBT001 -- a case
) -> None:
    now = datetime.now(UTC)
    ended = [
        timestamp(now - timedelta(hours=one)) if isinstance(one, int) else ""
        for one in (off, deleted)
    ]
    listed = form_index.Listed("quote", "1", off_since=ended[0], deleted_at=ended[1])
    assert listed.is_in_grace(now) is is_taken


def test_a_version_that_is_not_there() -> None:
    with pytest.raises(FormNotFoundError):
        store.definition("quote", "0" * 12)


def test_what_a_later_release_added_is_read_over() -> None:
    wanted = definition(title="x" * 100)
    key = keys.form_definition("quote", wanted.version)
    calls.put(RECORDS, {**key, **wanted.attributes, "hologram": "yes"})
    read = store.definition("quote", wanted.version)
    assert read.attributes == wanted.attributes


def test_a_version_keeps_its_name_whatever_is_left_out_of_it() -> None:
    wanted = added(title="Ask us")
    key = keys.form_definition("quote", wanted.version)
    calls.update(RECORDS, key, "SET #title = :title", values={"title": "Ask"})
    read = store.definition("quote", wanted.version)
    assert (read.title, read.version) == ("Ask", wanted.version)
    assert changed(read, title="Tell us").version != wanted.version


def _visit(version: str) -> None:
    assert form_index.known_index().find("quote")
    assert known_forms.known_definition("quote", version).slug == "quote"


def test_words_that_somebody_agreed_to_are_never_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.definitions.consent_hash", lambda _words: "0" * 12)
    first = added(consent="I agree.")
    changed(first, title="Newer")
    with pytest.raises(ConflictError):
        added("other", consent="I agree to everything.")
    words = calls.get(RECORDS, keys.form_consent("0" * 12))
    assert words
    assert words["words"] == "I agree."
    assert store.index().find("other") is None


def test_what_a_form_has_stays_however_much_others_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "MOST", 4)
    quiet = added("quiet", title="Quiet", brand=Brand(accent="#0a7d4b", logo="0" * 32))
    busy = added("busy", title="Busy")
    for number in range(6):
        own = Brand(accent=f"#ad241{number}", logo=f"{number}" * 32)
        busy = changed(busy, brand=own)
        found = looks.read()
        assert not found.is_too_much
        assert found.title("quiet") == "Quiet"
        assert quiet.brand.logo in found.logos
        assert {quiet.brand.sheet, busy.brand.sheet} <= found.accents.keys()
        assert busy.brand.logo in found.logos
