"""Releasing and discarding all messages of a network or of an hour."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb.errors import ThrottledError
from crm.dynamodb.pace import MOST_UNITS, Bucket
from leads import repository
from leads.held import bulk, clock, store
from leads.held.models import HeldPage, State
from leads.models import Actor
from leads.repository import Intake
from tests.held.messages import NETWORK, OTHER_NETWORK, current, hold
from tests.make import SOMEBODY, fields, only, totals
from tests.web.pages import HTMX, NASTY, Answer, said, signed_out_goes_to_sign_in, text

URL = "/held/all/"
OF_NETWORK = {"network": NETWORK, "action": "release"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait."""
    monkeypatch.setattr(bulk, "_pace", Bucket(MOST_UNITS))


@pytest.fixture
def few_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a request do two messages."""
    monkeypatch.setitem(bulk.EACH_REQUEST, "release", 2)


def form(response: Answer) -> dict[str, str]:
    """Return what the form of a page sends."""
    page = response.content.decode()
    found = re.search(r'<form method="post" action="/held/all/".*?</form>', page, re.DOTALL)
    assert found, page
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', found[0]))


def state(response: Answer) -> str:
    found = re.search(r'id="held-all"[^>]* data-state="(\w+)"', response.content.decode())
    assert found
    return found[1]


def go_on(web: Client, asked: dict[str, str]) -> list[Answer]:
    """Press the button until nothing is left to do; return what each press showed."""
    answers: list[Answer] = [web.post(URL, asked)]
    while state(answers[-1]) != "done":
        assert len(answers) < 50
        answers.append(web.post(URL, form(answers[-1])))
    return answers


def states(held: list[str]) -> set[State]:
    return {current(lead_id).state for lead_id in held}


def test_says_how_many_and_asks(web: Client) -> None:
    held = [hold() for _ in range(3)]
    hold(network=OTHER_NETWORK)
    response = web.post(URL, OF_NETWORK)
    assert response.status_code == 200
    assert state(response) == "asking"
    assert "<dt>Messages</dt><dd>3</dd>" in text(response)
    assert "Each becomes a lead" in text(response)
    assert states(held) == {State.HELD}


def test_releases_all_of_a_network(web: Client) -> None:
    held = [hold() for _ in range(3)]
    other = hold(network=OTHER_NETWORK)
    (answer,) = go_on(web, form(web.post(URL, OF_NETWORK)))
    assert "3 messages are leads now." in text(answer)
    assert states(held) == {State.RELEASED}
    assert current(other).state is State.HELD
    assert totals() == only(new=3)


def test_discards_all_of_an_hour(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 29, 17, 59, tzinfo=UTC))
    early = hold()
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 29, 18, 1, tzinfo=UTC))
    late = [hold(), hold(network=OTHER_NETWORK)]
    asked = web.post(URL, {"hour": "2026-11-29T18", "action": "discard"})
    assert "29 Nov 2026, 18:00 to 19:00" in text(asked)
    (answer,) = go_on(web, form(asked))
    assert "2 messages were discarded." in text(answer)
    assert states(late) == {State.DISCARDED}
    assert current(early).state is State.HELD
    assert totals() == only()


@pytest.mark.usefixtures("few_a_request")
def test_each_request_does_some_and_says_how_far_it_is(web: Client) -> None:
    held = [hold() for _ in range(5)]
    answers = go_on(web, form(web.post(URL, OF_NETWORK)))
    told = ["2 messages are leads now.", "4 messages are leads now.", "5 messages are leads now."]
    assert [said in text(answer) for said, answer in zip(told, answers, strict=True)] == [True] * 3
    assert '<progress max="5" value="2"' in text(answers[0])
    assert states(held) == {State.RELEASED}
    assert totals() == only(new=5)


@pytest.mark.usefixtures("few_a_request")
def test_where_it_was_interrupted_the_rest_is_still_held(web: Client) -> None:
    held = [hold() for _ in range(5)]
    asked = form(web.post(URL, OF_NETWORK))
    first = form(web.post(URL, asked))
    assert sorted(current(one).state for one in held) == [State.HELD] * 3 + [State.RELEASED] * 2
    # Whoever sends a request again does what is left after it, and nothing twice.
    web.post(URL, first)
    web.post(URL, first)
    assert states(held) == {State.RELEASED}
    assert totals() == only(new=5)


@pytest.mark.usefixtures("few_a_request")
def test_whoever_begins_anew_does_the_rest(web: Client) -> None:
    held = [hold() for _ in range(5)]
    web.post(URL, form(web.post(URL, OF_NETWORK)))
    asked = web.post(URL, OF_NETWORK)
    assert "<dt>Messages</dt><dd>3</dd>" in text(asked)
    assert "3 messages are leads now." in text(go_on(web, form(asked))[-1])
    assert states(held) == {State.RELEASED}
    assert totals() == only(new=5)


def test_what_comes_in_after_the_question_is_left_alone(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 29, 17, 58, tzinfo=UTC))
    seen = hold()
    asked = form(web.post(URL, OF_NETWORK))
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 29, 17, 59, tzinfo=UTC))
    later = hold()
    go_on(web, asked)
    assert (current(seen).state, current(later).state) == (State.RELEASED, State.HELD)


def test_others_may_be_quicker(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = hold("Mine"), hold("Theirs")
    asked = form(web.post(URL, OF_NETWORK))
    really = store.page

    def page(**given: object) -> HeldPage:
        found = really(**given)  # type: ignore[arg-type] # passed on
        if current(theirs).state is State.HELD:
            store.release(theirs, SOMEBODY)
        return found

    monkeypatch.setattr(store, "page", page)
    (answer,) = go_on(web, asked)
    assert "1 message is a lead now." in text(answer)
    assert "Somebody else was quicker with 1 message." in text(answer)
    assert states([mine, theirs]) == {State.RELEASED}
    assert totals() == only(new=2)


def test_one_that_cannot_become_a_lead_stays_and_is_told(web: Client) -> None:
    held = hold(submission="k")
    repository.create(fields(message="Other"), submission="k", actor=SOMEBODY, source="api")
    (answer,) = go_on(web, form(web.post(URL, OF_NETWORK)))
    assert "1 stays held" in text(answer)
    assert current(held).state is State.HELD


@pytest.mark.usefixtures("few_a_request")
def test_a_fault_with_one_stops_no_other_and_is_tried_again(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [hold() for _ in range(5)]
    asked = form(web.post(URL, OF_NETWORK))
    really = store.release

    def failing(lead_id: str, actor: Actor) -> Intake:
        if lead_id == held[2]:
            raise ThrottledError("too much")
        return really(lead_id, actor)

    with monkeypatch.context() as patch:
        patch.setattr(store, "release", failing)
        first = web.post(URL, asked)
        second = web.post(URL, form(first))
    assert "1 message could not be changed just now and is still held" in text(second)
    assert "3 messages are leads now." in text(second)
    assert form(second)["cursor"] == form(first)["cursor"]
    go_on(web, form(second))
    assert states(held) == {State.RELEASED}
    assert totals() == only(new=5)


def test_one_that_stays_is_counted_once_whatever_fails_beside_it(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold()
    hold(submission="k")
    repository.create(fields(message="Other"), submission="k", actor=SOMEBODY, source="api")
    asked = form(web.post(URL, OF_NETWORK))
    really = store.release

    def failing(lead_id: str, actor: Actor) -> Intake:
        if lead_id == held:
            raise ThrottledError("too much")
        return really(lead_id, actor)

    with monkeypatch.context() as patch:
        patch.setattr(store, "release", failing)
        first = web.post(URL, asked)
    assert "1 stays held" not in text(first)
    assert "1 stays held" in text(go_on(web, form(first))[-1])


def test_people_at_work_keep_most_of_the_table(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(bulk, "_pace", Bucket(1, clock=lambda: 0, wait=waited.append))
    for _ in range(bulk.AT_ONCE + 1):
        hold()
    (answer,) = go_on(web, form(web.post(URL, OF_NETWORK)))
    assert len(waited) == 2
    # All that was written but the unit of the first second.
    assert f" {waited[-1] + 1:g} WRU" in answer.get("Server-Timing", "")


@pytest.mark.usefixtures("few_a_request")
def test_htmx_gets_how_far_it_is(web: Client) -> None:
    for _ in range(3):
        hold()
    asked = form(web.post(URL, OF_NETWORK))
    first = web.post(URL, asked, headers=HTMX)
    assert text(first).lstrip().startswith('<div id="held-all"')
    last = web.post(URL, form(first), headers=HTMX)
    assert state(last) == "done"
    assert 'hx-swap-oob="innerHTML">3 messages are leads now.' in text(last)


def test_nothing_left_is_said(web: Client) -> None:
    response = web.post(URL, OF_NETWORK)
    assert response["Location"] == "/held/"
    assert said(response) == ["None of these messages is held any more."]


@pytest.mark.parametrize(
    ("posted", "told"),
    [
        ({}, "This field is required."),
        ({"action": "release"}, "Choose a network or an hour first: nothing was changed."),
        ({"action": "keep", "network": NETWORK}, "Select a valid choice."),
        ({"action": "release", "network": NASTY}, "There is no such network."),
        ({"action": "release", "hour": "now"}, "There is no such hour."),
        ({**OF_NETWORK, "done": "many"}, "Enter a whole number."),
        ({**OF_NETWORK, "done": "-1"}, "greater than or equal to 0"),
        ({**OF_NETWORK, "cursor": "x" * 5000}, "at most 4096"),
    ],
    ids=str,
)
def test_what_makes_no_sense_changes_nothing(
    web: Client, posted: dict[str, str], told: str
) -> None:
    held = hold()
    response = web.post(URL, {**posted, "confirmed": "1"})
    assert response.status_code == 302
    assert told in said(response)[0]
    assert current(held).state is State.HELD


def test_a_cursor_of_another_list_is_refused(web: Client) -> None:
    held = [hold(), hold()]
    cursor = store.page(limit=1).cursor
    for odd in ("altered", cursor):
        asked = {**OF_NETWORK, "confirmed": "1", "cursor": odd, "until": "9"}
        assert web.post(URL, asked).status_code == 400
    assert states(held) == {State.HELD}


def test_without_the_time_of_the_question_nothing_is_done(web: Client) -> None:
    held = hold()
    assert "0 messages" in text(web.post(URL, {**OF_NETWORK, "confirmed": "1"}))
    assert current(held).state is State.HELD


def test_needs_sign_in_the_role_and_the_token(
    client_for: Callable[[User], Client], viewer: User, sales: User
) -> None:
    held = hold()
    posted = {**OF_NETWORK, "confirmed": "1", "until": "9"}
    assert signed_out_goes_to_sign_in(URL, method="post")
    assert client_for(viewer).post(URL, posted).status_code == 403
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(sales)
    assert browser.post(URL, posted).status_code == 403
    assert current(held).state is State.HELD


def test_other_methods_are_refused(web: Client) -> None:
    assert web.get(URL).status_code == 405
