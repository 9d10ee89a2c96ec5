"""Mail that came in: once, on the card, and what follows from it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from crm.dynamodb.calls import set_expression, update
from crm.dynamodb.capacity import count_requests
from crm.jobs.models import name_of
from crm.jobs.store import waiting
from crm.tables import LEADS
from leads import keys, repository
from leads.entries import CallOutcome, Entry, Kind, Said
from leads.mails import Attachment, Mail
from leads.models import Actor, ClosedAs, EventType, Lead, Status, timestamp
from leads.repository import conversation
from leads.repository.acts import act_of
from leads.repository.incoming import Arrival, Notice, Received, receive
from tests.dynamodb_local import UNITS
from tests.make import ANN, BOB, act, add, published, stored, write
from tests.repository.proxy import Fault, Proxy

ADA = Actor("", "Ada Lovelace")
NOTE = Said(text="They will call back.")
TOLD = Notice("ann@example.com", "Ada answered", "Hello")


def arrival(text: str = "Yes,\nThursday suits me.", author: Actor = ADA, **mail: object) -> Arrival:
    given = {"sender": "ada@example.com", "subject": "Re: Hi", **mail}
    return Arrival(act(), author, text, Mail.model_validate(given))


def entries(lead: Lead) -> list[Entry]:
    page = conversation.newest_entries(lead.lead_id, 50, consistent=True)
    return [Entry.from_item(item) for item in page.items]


def now(lead: Lead) -> Lead:
    return repository.get(lead.lead_id, consistent=True)


def told() -> list[str]:
    """Return the names of the notices that wait."""
    return [name_of(one.key) for one in waiting(datetime.now(UTC), 10)]


def test_a_mail_is_an_entry_and_the_line_of_the_card(store: str) -> None:
    lead, counts = add(owner_id=ANN.id), repository.counts(consistent=True)
    came = arrival(quoted="> When?", attachments=(Attachment(name="plan.pdf", size=9),))
    assert receive(lead.lead_id, came) == Received(lead, is_repeat=False)
    (entry,) = entries(lead)
    assert (entry.id, entry.kind, entry.author) == (came.entry_id, Kind.MAIL, ADA)
    assert (entry.text, entry.mail) == (came.text, came.mail)
    after = now(lead)
    assert (after.note, after.note_at, after.wrote_at) == (
        "Yes, Thursday suits me.",
        entry.at,
        entry.at,
    )
    assert after.has_written
    assert (after.version, after.updated_at) == (lead.version, lead.updated_at)
    assert repository.counts(consistent=True).pulse != counts.pulse


def test_the_same_mail_is_one_entry(store: str) -> None:
    lead, came = add(owner_id=ANN.id), arrival()
    take = partial(receive, lead.lead_id, came, lambda _: TOLD)
    assert [take().is_repeat for _ in range(3)] == [False, True, True]
    assert len(entries(lead)) == 1
    assert told() == [f"notice mail {lead.lead_id} {came.entry_id}"]


def test_the_same_mail_at_the_same_moment_is_one_entry(tables: None) -> None:
    lead, came = add(), arrival()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: receive(lead.lead_id, came), range(4)))
    assert sorted(one.is_repeat for one in found) == [False, True, True, True]
    assert len(entries(lead)) == 1


@pytest.mark.parametrize(
    "said", [NOTE, Said(kind=Kind.CALL, outcome=CallOutcome.REACHED, text="Talked")]
)
def test_a_card_is_lit_until_somebody_here_says_something(store: str, said: Said) -> None:
    lead = add()
    receive(lead.lead_id, arrival())
    entry = conversation.add(lead.lead_id, said, entry_id=act(), actor=BOB)
    assert not now(lead).has_written
    conversation.delete(lead.lead_id, entry.at, entry.id, version=1, actor=BOB, write_id=act())
    assert now(lead).has_written, "what was said was taken back"
    receive(lead.lead_id, arrival("And another thing."))
    assert now(lead).has_written
    assert now(lead).note == "And another thing."


def test_what_a_card_shows_of_a_mail_without_text(store: str) -> None:
    lead = add()
    receive(lead.lead_id, arrival(""))
    assert now(lead).note == "Re: Hi"
    receive(lead.lead_id, arrival("", subject=""))
    assert now(lead).note == "…"
    assert now(lead).has_written


SILENT: list[Callable[[], Arrival]] = [
    partial(arrival, automatic="automatic"),
    partial(arrival, is_verified=False),
    partial(arrival, author=BOB),
]


@pytest.mark.parametrize("make", SILENT)
def test_a_silent_mail_moves_nothing(store: str, make: Callable[[], Arrival]) -> None:
    lead = repository.close(
        add(owner_id=ANN.id).lead_id, ClosedAs.LOST, version=1, actor=ANN, write_id=act()
    )
    came = make()
    receive(lead.lead_id, came, lambda _: TOLD)
    assert [one.id for one in entries(lead)] == [came.entry_id]
    after = now(lead)
    assert (after.version, after.outcome, after.note) == (lead.version, ClosedAs.LOST, "")
    assert not after.has_written
    assert told() == []


@pytest.mark.parametrize("make", SILENT)
def test_a_silent_mail_is_no_line_and_still_a_conversation(
    store: str, make: Callable[[], Arrival]
) -> None:
    lead = add()
    receive(lead.lead_id, make())
    assert conversation.has_note(stored(lead.lead_id)), "it ends with the lead"
    said = conversation.add(lead.lead_id, NOTE, entry_id=act(), actor=BOB)
    receive(lead.lead_id, make())
    assert now(lead).note == NOTE.text
    conversation.delete(lead.lead_id, said.at, said.id, version=1, actor=BOB, write_id=act())
    assert now(lead).note == ""
    assert conversation.has_note(stored(lead.lead_id))


@pytest.mark.parametrize("stage", [Status.NEW, Status.QUALIFIED])
def test_a_lead_that_was_lost_comes_back_to_its_stage(store: str, stage: Status) -> None:
    lead = add(stage, owner_id=ANN.id)
    repository.close(lead.lead_id, ClosedAs.LOST, version=1, actor=ANN, write_id=act())
    came = arrival()
    received = receive(lead.lead_id, came, lambda _: TOLD)
    after = now(lead)
    assert received.lead.version == after.version == 3
    assert (after.status, after.outcome, after.owner_id) == (stage, None, ANN.id)
    assert after.has_written
    assert repository.counts(consistent=True).totals[stage] == 1
    event = repository.timeline(lead.lead_id).events[0]
    assert (event.type, event.actor) == (EventType.MOVED, ADA)
    assert len(told()) == 1
    assert receive(lead.lead_id, came).is_repeat
    repository.undo(act_of(after, str(after.write_id)), actor=ANN, write_id=act())
    assert now(lead).outcome is ClosedAs.LOST


def test_a_lead_whose_timeline_tells_no_stage_comes_back_as_contacted(store: str) -> None:
    lead = write(published("theirs", status="closed", outcome="lost"))
    receive(lead.lead_id, arrival())
    assert now(lead).status is Status.CONTACTED


@pytest.mark.parametrize("outcome", [ClosedAs.SPAM, ClosedAs.DUPLICATE])
def test_other_closed_leads_stay_closed(store: str, outcome: ClosedAs) -> None:
    lead = add()
    repository.close(lead.lead_id, outcome, version=1, actor=ANN, write_id=act())
    receive(lead.lead_id, arrival())
    assert (now(lead).outcome, now(lead).version) == (outcome, 2)


def test_a_lead_of_another_program_stays_its_own(store: str) -> None:
    lead = write(published("theirs"))
    receive("theirs", arrival())
    assert (now(lead).version, now(lead).has_written) == (0, True)


def test_a_lead_that_is_gone_takes_no_mail(store: str) -> None:
    lead = add()
    repository.delete(lead.lead_id, version=1, actor=ANN, write_id=act())
    with pytest.raises(repository.LeadNotFoundError):
        receive(lead.lead_id, arrival())
    assert entries(lead) == []


@pytest.mark.parametrize("ahead", [timedelta(minutes=1), timedelta(days=300)])
def test_a_clock_ahead_of_ours_hides_no_mail(store: str, ahead: timedelta) -> None:
    lead, at = add(), timestamp(datetime.now(UTC) + ahead)
    values = {"note": "Hi", "noteAt": at, "noteKey": keys.entry(lead.lead_id, at, "n")["SK"]}
    update(LEADS, keys.lead(lead.lead_id), set_expression(values), values=values)
    receive(lead.lead_id, arrival())
    assert now(lead).has_written
    (entry,) = entries(lead)
    assert (entry.at > at) == (ahead < timedelta(hours=1))


def test_who_closes_a_lead_at_the_same_moment_reopens_nothing(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = add()

    def closed_meanwhile(told: Lead) -> None:
        if not told.is_closed:
            repository.close(lead.lead_id, ClosedAs.LOST, version=1, actor=ANN, write_id=act())

    receive(lead.lead_id, arrival(), closed_meanwhile)
    assert now(lead).status is Status.NEW
    assert [one.kind for one in entries(lead)] == [Kind.MAIL]


@pytest.mark.slow
@pytest.mark.parametrize("is_lost", [False, True])
@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, Fault.LOST_ANSWER])
@pytest.mark.parametrize("forget_tokens", [False, True])
def test_a_mail_is_stored_once_whatever_the_network_does(
    proxy: Proxy,
    is_lost: bool,  # noqa: FBT001
    fault: Fault,
    forget_tokens: bool,  # noqa: FBT001
) -> None:
    lead, came = add(owner_id=ANN.id), arrival()
    if is_lost:
        repository.close(lead.lead_id, ClosedAs.LOST, version=1, actor=ANN, write_id=act())
    proxy.forget_tokens = forget_tokens
    proxy.faults.extend([fault, fault])
    receive(lead.lead_id, came, lambda _: TOLD)
    # The mail server did not hear of it either.
    assert receive(lead.lead_id, came, lambda _: TOLD).is_repeat
    assert [one.id for one in entries(lead)] == [came.entry_id]
    assert (now(lead).status, now(lead).has_written) == (Status.NEW, True)
    assert len(told()) == 1


@pytest.mark.parametrize("is_lost", [False, True])
def test_what_a_mail_costs(tables: None, is_lost: bool) -> None:  # noqa: FBT001
    lead = add(owner_id=ANN.id)
    if is_lost:
        repository.close(lead.lead_id, ClosedAs.LOST, version=1, actor=ANN, write_id=act())
    text = "".join(f"Line {number} of what I ask.\n" for number in range(110))
    notice = TOLD._replace(text=text[:500])
    for said in ("Yes.", text):
        with count_requests() as usage:
            receive(lead.lead_id, arrival(said, message_id="<1@example.com>"), lambda _: notice)
        assert usage.wru <= 20 * UNITS
