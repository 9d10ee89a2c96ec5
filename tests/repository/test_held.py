"""Held messages, on every engine."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.dynamodb import calls
from crm.dynamodb.capacity import count_requests
from crm.dynamodb.cursor import InvalidCursorError
from crm.tables import HELD
from leads import keys, repository
from leads.attribution import NOWHERE, Attribution
from leads.held import store as held
from leads.held.models import HeldChangedError, HeldNotFoundError, Reason, State
from leads.models import EventType
from leads.repository import Intake, SubmissionReusedError
from tests.held.helpers import NETWORK, STRANGER, set_time
from tests.make import ANN, act, events, fields, only, totals


def hold(
    submission: str = "",
    address: str = STRANGER,
    attribution: Attribution = NOWHERE,
    **given: str,
) -> Intake:
    return held.hold(
        fields(**given),
        submission=submission or act(),
        source="api",
        address=address,
        attribution=attribution,
    )


def make(submission: str, **given: str) -> Intake:
    return repository.create(fields(**given), submission=submission, actor=ANN, source="api")


def listed(**asked: str) -> list[str]:
    return [message.text("name") for message in held.page(**asked).messages]  # type: ignore[arg-type] # a network, an hour


def store_at(item_id: str) -> dict[str, object]:
    item = calls.get(HELD, keys.held(item_id), consistent=True)
    assert item is not None
    return dict(item)


def test_a_held_message_is_no_lead_and_is_read_whole(store: str) -> None:
    intake = hold("k", company="Acme", message="Long")
    message = held.get(intake.lead_id)
    assert intake == (keys.lead_id_of("k"), False)
    assert (message.state, message.network, message.source) == (State.HELD, NETWORK, "api")
    assert (message.text("company"), message.text("message")) == ("Acme", "Long")
    assert message.hour == message.held_at[:13]
    assert message.received
    assert totals() == only()
    with pytest.raises(repository.LeadNotFoundError):
        repository.get(intake.lead_id)


def test_lists_tell_the_form_of_a_message(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "_LOOKED_AT", 1)
    for form in ("quote", "quote-2", "contact", ""):
        hold(attribution=Attribution(form=form))
    found = held.page().messages
    assert sorted(message.form for message in found) == ["contact", "contact", "quote", "quote-2"]
    assert {message.source for message in found} == {"api"}
    assert [held.has_any_of(form) for form in ("quote-2", "quote", "quot", "2")] == [
        True,
        True,
        False,
        False,
    ]


def test_of_many_that_are_held_one_is_found_at_a_known_cost(tables: None) -> None:
    hold(attribution=Attribution(form="quote"))
    for _ in range(30):
        hold()
    with count_requests() as usage:
        assert held.has_any_of("quote")
    assert (usage.requests, usage.rru <= 31 / 25 + 0.5) == (1, True)


def test_a_message_that_an_older_release_held_came_by_the_first_form(store: str) -> None:
    intake = hold()
    calls.update(HELD, keys.held(intake.lead_id), "REMOVE #attribution")
    assert held.page().messages[0].form == "contact"
    held.release(intake.lead_id, ANN)
    lead = repository.get(intake.lead_id, consistent=True)
    assert (lead.source, lead.attribution.form) == ("api", "contact")
    assert held.get(intake.lead_id).attribution == Attribution()


def test_the_address_itself_is_not_kept(store: str) -> None:
    intake = hold(address="2001:db8:1:2:3:4:5:6")
    item = store_at(intake.lead_id)
    assert item["network"] == "2001:db8:1:2::/64"
    assert "3:4:5:6" not in str(item)


@pytest.mark.parametrize("blind", [False, True])
def test_a_repeat_is_the_same_message(store: str, blind: bool) -> None:  # noqa: FBT001 -- a case
    first = hold("k")
    again = held.hold(fields(), submission="k", source="api", address="192.0.2.1", blind=blind)
    assert again == (first.lead_id, True)
    assert held.get(first.lead_id).network == NETWORK


def test_a_submission_with_other_contents(store: str) -> None:
    hold("k")
    with pytest.raises(SubmissionReusedError):
        hold("k", message="Other")


def test_lists_are_newest_first_by_network_and_by_hour(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = datetime(2026, 11, 29, 17, 59, tzinfo=UTC)
    for number, address in enumerate((STRANGER, "198.51.100.1", STRANGER, STRANGER)):
        set_time(monkeypatch, start + timedelta(minutes=number))
        hold(name=f"N{number}", address=address)
    assert listed() == ["N3", "N2", "N1", "N0"]
    assert listed(network=NETWORK) == ["N3", "N2", "N0"]
    assert listed(hour="2026-11-29T18") == ["N3", "N2", "N1"]
    assert listed(hour="2026-11-29T18", network=NETWORK) == ["N3", "N2"]
    assert listed(hour="2026-11-29T19") == []
    first = held.page(limit=3)
    rest = held.page(limit=3, cursor=first.cursor)
    assert [message.text("name") for message in rest.messages] == ["N0"]
    assert not rest.cursor
    with pytest.raises(InvalidCursorError):
        held.page(network=NETWORK, cursor=first.cursor)


def test_a_page_of_a_network_goes_on(store: str) -> None:
    names = {f"N{number}" for number in range(5)}
    for name in names:
        hold(name=name)
    found: list[str] = []
    cursor = ""
    while True:
        page = held.page(network=NETWORK, cursor=cursor, limit=2)
        found += [message.text("name") for message in page.messages]
        cursor = page.cursor
        if not cursor:
            break
    assert len(found) == 5
    assert set(found) == names


def test_what_was_discarded_is_no_part_of_what_a_network_holds(store: str) -> None:
    kept, *put_away = [hold(name=f"N{number}") for number in range(4)]
    for intake in put_away:
        held.discard(intake.lead_id, ANN)
    assert [one.lead_id for one in held.page(network=NETWORK, limit=1).messages] == [kept.lead_id]
    assert len(listed(network=NETWORK, state=State.DISCARDED)) == 3
    held.take_back(put_away[0].lead_id)
    assert len(listed(network=NETWORK)) == 2


def test_several_are_read_whole(store: str) -> None:
    one = held.hold(
        fields(message="One"), submission="1", source="api", address=STRANGER, reason=Reason.TOTAL
    )
    other = hold(message="Other")
    found = held.get_many([one.lead_id, other.lead_id, "nobody"])
    assert {key: message.text("message") for key, message in found.items()} == {
        one.lead_id: "One",
        other.lead_id: "Other",
    }
    assert (found[one.lead_id].reason, found[other.lead_id].reason) == ("total", "network")


def test_lists_hold_no_message(store: str) -> None:
    hold(message="Secret")
    (message,) = held.page().messages
    assert (message.text("email"), message.text("message")) == ("ada@example.com", "")


def test_a_released_message_is_a_lead_of_its_own_time(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_time(monkeypatch, datetime(2026, 11, 29, 17, 59, tzinfo=UTC))
    intake = hold(company="Acme", phone="1")
    monkeypatch.undo()
    assert held.release(intake.lead_id, ANN) == (intake.lead_id, False)
    lead = repository.get(intake.lead_id, consistent=True)
    assert lead.created_at == lead.stage_entered_at == "2026-11-29T17:59:00.000Z"
    assert lead.updated_at > lead.created_at
    assert (lead.company, lead.phone, lead.message, lead.source) == ("Acme", "1", "Hello", "api")
    (event,) = events(lead.lead_id)
    assert (event.type, event.actor, event.at) == (EventType.RELEASED, ANN, lead.updated_at)
    assert totals() == only(new=1)


def test_a_tombstone_has_nothing_of_anybody(store: str) -> None:
    intake = hold(name="Grace", email="grace@example.com", company="Navy")
    held.release(intake.lead_id, ANN)
    left = store_at(intake.lead_id)
    assert set(left) == {"PK", "state", "heldAt", "contents", "expiresAt"}
    assert listed() == listed(network=NETWORK) == []


def test_a_repeat_after_the_release_is_no_second_message(store: str) -> None:
    intake = hold("k")
    held.release(intake.lead_id, ANN)
    assert hold("k") == make("k") == (intake.lead_id, True)
    assert listed() == []
    assert totals() == only(new=1)


def test_it_is_released_once(store: str) -> None:
    intake = hold()
    held.release(intake.lead_id, ANN)
    with pytest.raises(HeldChangedError):
        held.release(intake.lead_id, ANN)
    with pytest.raises(HeldChangedError):
        held.discard(intake.lead_id, ANN)
    assert totals() == only(new=1)


def test_whoever_discards_during_a_release_wins(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = hold()
    seen = held.get(intake.lead_id)
    held.discard(intake.lead_id, ANN)
    monkeypatch.setattr(held, "get", lambda _: seen)
    with pytest.raises(HeldChangedError):
        held.release(intake.lead_id, ANN)
    assert totals() == only()


def test_a_message_whose_repeat_became_a_lead_ends_as_one(store: str) -> None:
    intake = hold("k")
    assert make("k") == (intake.lead_id, False)
    assert held.release(intake.lead_id, ANN) == (intake.lead_id, True)
    assert held.get(intake.lead_id).state is State.RELEASED
    assert totals() == only(new=1)


def test_a_key_that_made_another_lead_leaves_the_message_held(store: str) -> None:
    intake = hold("k")
    make("k", message="Other")
    with pytest.raises(SubmissionReusedError):
        held.release(intake.lead_id, ANN)
    assert held.get(intake.lead_id).state is State.HELD


def test_a_message_whose_lead_was_deleted_becomes_one_again(store: str) -> None:
    make("k", message="Hello")
    intake = hold("k")
    lead = repository.get(intake.lead_id, consistent=True)
    repository.delete(lead.lead_id, version=lead.version, actor=ANN, write_id=act())
    assert held.release(intake.lead_id, ANN) == (intake.lead_id, False)
    assert repository.get(intake.lead_id, consistent=True).message == "Hello"
    assert totals() == only(new=1)


@pytest.mark.parametrize("blind", [False, True])
def test_what_came_before_and_is_gone_hides_no_message(
    store: str,
    monkeypatch: pytest.MonkeyPatch,
    blind: bool,  # noqa: FBT001 -- a case
) -> None:
    intake = hold("k")
    held.discard(intake.lead_id, ANN)
    set_time(monkeypatch, datetime.now(UTC) + timedelta(days=30, seconds=1))
    again = held.hold(fields(), submission="k", source="api", address=STRANGER, blind=blind)
    assert again == (intake.lead_id, False)
    assert listed() == ["Ada"]


def test_what_is_discarded_can_be_taken_back_for_thirty_days(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = hold("k")
    held.discard(intake.lead_id, ANN)
    assert held.get(intake.lead_id).actor_name == "Ann"
    assert (listed(), listed(state=State.DISCARDED)) == ([], ["Ada"])
    assert hold("k").repeated
    held.take_back(intake.lead_id)
    with pytest.raises(HeldChangedError):
        held.take_back(intake.lead_id)
    assert (listed(), listed(state=State.DISCARDED)) == (["Ada"], [])
    assert held.get(intake.lead_id).expires_at == 0
    held.discard(intake.lead_id, ANN)
    set_time(monkeypatch, datetime.now(UTC) + timedelta(days=30, seconds=1))
    assert listed(state=State.DISCARDED) == []
    for late in (held.take_back, held.get):
        with pytest.raises(HeldNotFoundError):
            late(intake.lead_id)


def test_one_that_was_never_held(store: str) -> None:
    for missing in (held.get, held.take_back):
        with pytest.raises(HeldNotFoundError):
            missing("nobody")
    with pytest.raises(HeldNotFoundError):
        held.discard("nobody", ANN)


@pytest.mark.parametrize("length", [100, 3_000])
def test_holding_costs_its_size_and_four_units_at_most(tables: None, length: int) -> None:
    with count_requests() as usage:
        intake = hold(message="m" * length)
    size = sum(len(name) + len(str(value)) for name, value in store_at(intake.lead_id).items())
    assert (usage.requests, usage.rru) == (1, 0)
    assert usage.wru <= -(-size // 1024) + 4
