"""Answers: a mail and what follows from it, as one act that is taken back whole until it leaves."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import call_command

from crm.dynamodb.calls import get, update
from crm.jobs import store as jobs
from crm.jobs.models import Job
from crm.jobs.running import run_due
from crm.outbox.delivery import deliver
from crm.outbox.models import Delivery, State
from crm.tables import RECORDS
from crm.timestamps import stored
from leads import keys, repository
from leads.entries import Entry, Kind, Said
from leads.mails import Mail
from leads.models import Lead, Status
from leads.repository import conversation, replies
from leads.repository.acts import act_of, find
from leads.repository.errors import (
    EntryNotFoundError,
    LeadNotFoundError,
    StaleEntryError,
    StaleLeadError,
)
from leads.repository.replies import Reply
from leads.repository.undo import Undone
from tests.crm.jobs.conftest import job_at
from tests.make import ANN, BOB, act, add
from tests.plugins.mail_server import MailServer
from tests.plugins.mail_server import answer as mail_answer

TEXT = "Dear Ada,\n\nThursday suits us well.\n"
TAKEN = {"status": "contacted", "owner_id": ANN.id}


@pytest.fixture(autouse=True)
def channel(settings: LazySettings) -> None:
    settings.OUTBOX_CHANNELS = {"reply": "tests.crm.outbox.letters.write"}


def asked(text: str = TEXT, **fields: str) -> Reply:
    mail = Mail(to="ada@example.com", subject="Re: Hi", message_id="<1@example.com>")
    return Reply(mail, text, fields or TAKEN)


def answer(lead: Lead, write_id: str = "", **given: str) -> Lead:
    return replies.reply(
        lead.lead_id,
        asked(**given),
        version=lead.version,
        actor=ANN,
        write_id=write_id or act(),
    )


def the_entry(lead: Lead) -> Entry:
    """Return the last answer; what came in may be a millisecond ahead of our clock."""
    page = conversation.newest_entries(lead.lead_id, 9, consistent=True)
    return next(one for one in map(Entry.from_item, page.items) if one.delivery)


def delivery_of(lead: Lead) -> Delivery:
    delivery = the_entry(lead).delivery
    assert delivery
    return delivery


def let_ten_seconds_pass(lead: Lead) -> None:
    """Let the moment of a reply, and of the job that sends it, have come."""
    entry = the_entry(lead)
    at = {"at": stored(datetime.now(UTC) - timedelta(seconds=1))}
    key = keys.entry(lead.lead_id, entry.at, entry.id)
    update(RECORDS, key, "SET #outAt = :at, #dueAt = :at", values=at)


def send(lead: Lead) -> None:
    let_ten_seconds_pass(lead)
    run_due()


def undo(lead: Lead, write_id: str = "", of: str = "") -> Undone:
    done = act_of(lead, str(lead.write_id))
    return repository.undo(of or done, actor=ANN, write_id=write_id or act())


def test_an_answer_moves_and_takes_and_leaves_after_a_while(
    store: str, mail_server: MailServer
) -> None:
    lead = add()
    after = answer(lead)
    assert (after.status, after.owner_id) == (Status.CONTACTED, ANN.id)
    stored_lead = repository.get(lead.lead_id, consistent=True)
    assert (stored_lead.version, stored_lead.note) == (lead.version + 1, "Dear Ada,")
    entry = the_entry(lead)
    assert (entry.kind, entry.text, entry.mail) == (Kind.REPLY, TEXT, asked().mail)
    run_due()
    assert not mail_server.taken
    send(lead)
    assert len(mail_server.taken) == 1
    assert delivery_of(lead).state is State.SENT
    assert repository.counts(consistent=True).totals[Status.CONTACTED] == 1


def test_the_command_that_does_what_is_due_sends_answers(
    tables: None, mail_server: MailServer
) -> None:
    after, out = answer(add()), StringIO()
    let_ten_seconds_pass(after)
    call_command("run_due", stdout=out)
    assert out.getvalue().strip() == "1 done."
    assert len(mail_server.taken) == 1


def test_a_repeat_is_the_same_answer(store: str, mail_server: MailServer) -> None:
    lead, write_id = add(), act()
    first = answer(lead, write_id)
    assert answer(lead, write_id).version == first.version
    send(lead)
    assert len(mail_server.taken) == 1
    assert repository.get(lead.lead_id, consistent=True).version == first.version


def test_a_stale_answer_stores_nothing(store: str) -> None:
    lead = add()
    repository.move(lead.lead_id, Status.QUALIFIED, version=1, actor=BOB, write_id=act())
    with pytest.raises(StaleLeadError):
        answer(lead)
    assert not conversation.newest_entries(lead.lead_id, 1, consistent=True).items
    with pytest.raises(LeadNotFoundError):
        replies.reply("nobody", asked(), version=1, actor=ANN, write_id=act())


def test_of_two_who_answer_at_once_one_wins(tables: None) -> None:
    lead = add()
    with ThreadPoolExecutor(2) as people:
        asking = [people.submit(partial(answer, lead)) for _ in range(2)]
        errors = [future.exception() for future in asking]
    assert [type(error) for error in errors].count(StaleLeadError) == 1
    assert len(conversation.newest_entries(lead.lead_id, 9, consistent=True).items) == 1


def test_undone_before_it_leaves_it_is_as_if_nothing_was_sent(
    store: str, mail_server: MailServer
) -> None:
    lead = add()
    said = Said(text="Called at noon")
    conversation.add(lead.lead_id, said, entry_id=act(), actor=BOB)
    after = answer(repository.get(lead.lead_id, consistent=True))
    done = undo(after)
    assert (done.is_done, done.mail, done.kept) == (True, State.WITHDRAWN, [])
    back = repository.get(lead.lead_id, consistent=True)
    assert (back.status, back.owner_id, back.note) == (Status.NEW, None, "Called at noon")
    send(lead)
    assert not mail_server.taken
    entry = the_entry(lead)
    assert (entry.is_gone, entry.text) == (True, TEXT)
    assert find(act_of(after, str(after.write_id))).undone


def test_undone_after_it_left_the_rest_comes_back(store: str, mail_server: MailServer) -> None:
    lead = add()
    after = answer(lead)
    send(lead)
    done = undo(after)
    assert (done.is_done, done.mail) == (True, State.SENT)
    back = repository.get(lead.lead_id, consistent=True)
    assert (back.status, back.owner_id, back.note) == (Status.NEW, None, "Dear Ada,")
    assert len(mail_server.taken) == 1


def test_the_first_answer_counts_unless_it_was_taken_back(
    store: str, mail_server: MailServer
) -> None:
    lead, sent = add(), add()
    answered = answer(lead)
    assert answered.answered_at == answered.updated_at
    repository.undo(act_of(answered, str(answered.write_id)), actor=ANN, write_id=act())
    assert not repository.get(lead.lead_id, consistent=True).answered_at
    first = answer(sent)
    send(sent)
    second = answer(first, status="qualified")
    assert second.answered_at == first.answered_at
    for one in (second, first):
        repository.undo(act_of(one, str(one.write_id)), actor=ANN, write_id=act())
    # What is out of the house stays said.
    assert repository.get(sent.lead_id, consistent=True).answered_at == first.answered_at


def test_one_that_changed_nothing_else_is_taken_back_once(
    store: str, mail_server: MailServer
) -> None:
    lead = add(Status.CONTACTED, ANN.id)
    after, name = answer(lead), act()
    assert [undo(after, name).is_done for _ in range(2)] == [True, True]
    assert not undo(after).is_done
    send(lead)
    assert not mail_server.taken


def test_whatever_others_changed_since_stays_and_the_mail_is_taken_back(store: str) -> None:
    after = answer(add())
    repository.move(
        after.lead_id, Status.QUALIFIED, version=after.version, actor=BOB, write_id=act()
    )
    done = undo(after)
    assert (done.mail, [one.field for one in done.kept]) == (State.WITHDRAWN, ["status"])
    lead = repository.get(after.lead_id, consistent=True)
    assert (lead.status, lead.owner_id) == (Status.QUALIFIED, None)


def test_an_undo_and_the_sender_never_both_win(tables: None, mail_server: MailServer) -> None:
    for _ in range(8):
        after = answer(add())
        let_ten_seconds_pass(after)
        before = len(mail_server.taken)
        with ThreadPoolExecutor(2) as people:
            sending, undoing = people.submit(run_due), people.submit(partial(undo, after))
            sending.result()
        is_sent = len(mail_server.taken) > before
        assert (undoing.result().mail is State.WITHDRAWN) is not is_sent


def test_a_deleted_lead_holds_its_mail_and_one_that_came_back_may_send_it(
    store: str, mail_server: MailServer
) -> None:
    after = answer(add())
    act_id = repository.delete(after.lead_id, version=after.version, actor=BOB, write_id=act())
    send(after)
    assert not mail_server.taken
    repository.undo(act_id, actor=BOB, write_id=act())
    delivery = delivery_of(after)
    assert (delivery.state, delivery.reason) == (
        State.FAILED,
        "What it belongs to was deleted before it was sent.",
    )
    entry = the_entry(after)
    assert replies.send_again(after.lead_id, entry.at, entry.id)
    run_due()
    assert len(mail_server.taken) == 1
    assert not replies.send_again(after.lead_id, entry.at, entry.id)
    with pytest.raises(EntryNotFoundError):
        replies.send_again(after.lead_id, entry.at, "0" * 32)


def job_of(lead: Lead) -> Job | None:
    entry = the_entry(lead)
    return job_at(keys.entry(lead.lead_id, entry.at, entry.id))


def test_an_answer_has_its_job_until_it_is_sent_or_taken_back(
    store: str, mail_server: MailServer
) -> None:
    sent, taken_back = answer(add()), answer(add())
    assert [bool(job_of(one)) for one in (sent, taken_back)] == [True, True]
    send(sent)
    undo(taken_back)
    assert [job_of(one) for one in (sent, taken_back)] == [None, None]
    assert run_due().next_due == ""
    assert len(mail_server.taken) == 1


def test_an_answer_that_is_claimed_for_its_turn_can_still_be_taken_back(
    store: str, mail_server: MailServer
) -> None:
    after = answer(add())
    let_ten_seconds_pass(after)
    entry = the_entry(after)
    claimed = jobs.claim(keys.entry(after.lead_id, entry.at, entry.id), datetime.now(UTC))
    assert claimed
    assert undo(after).mail is State.WITHDRAWN
    deliver.call(*claimed.key.values())
    jobs.put_off(claimed, datetime.now(UTC))
    jobs.fail(claimed, "too late")
    jobs.end(claimed)
    assert job_of(after) is None
    assert not mail_server.taken


def test_one_that_is_to_leave_is_neither_edited_nor_erased(
    store: str, mail_server: MailServer
) -> None:
    after = answer(add())
    entry = the_entry(after)
    erase = partial(conversation.delete, after.lead_id, entry.at, entry.id, version=1, actor=ANN)
    with pytest.raises(StaleEntryError):
        erase(write_id=act())
    send(after)
    assert len(mail_server.taken) == 1
    assert erase(write_id=act()).deleted_by == ANN


def test_one_that_was_erased_is_not_sent_again(store: str, mail_server: MailServer) -> None:
    mail_server.refused = {"ada@example.com": "550 No such user"}
    after = answer(add())
    send(after)
    entry = the_entry(after)
    conversation.delete(after.lead_id, entry.at, entry.id, version=1, actor=ANN, write_id=act())
    assert not replies.send_again(after.lead_id, entry.at, entry.id)
    assert job_of(after) is None


def test_an_erased_conversation_leaves_no_job(store: str, mail_server: MailServer) -> None:
    after = answer(add())
    let_ten_seconds_pass(after)
    entry = the_entry(after)
    key = keys.entry(after.lead_id, entry.at, entry.id)
    claimed = jobs.claim(key, datetime.now(UTC))
    assert claimed
    conversation.erase(after.lead_id)
    assert deliver.call(*claimed.key.values()) is None
    jobs.end(claimed)
    assert get(RECORDS, key, consistent=True) is None
    assert run_due().outcomes == {}


def test_an_answer_leaves_after_the_one_before(store: str, mail_server: MailServer) -> None:
    mail_server.behaviour = [mail_answer("451 Later")]
    first = answer(add())
    send(first)
    answer(first, text="And a second one", status="contacted")
    send(first)
    assert not mail_server.taken
    assert delivery_of(first).state is State.WAITING


def test_earlier_mails_are_those_that_were_sent(store: str, mail_server: MailServer) -> None:
    first = answer(add())
    send(first)
    second = answer(first, text="And another", status="contacted")
    undo(second)
    third = answer(repository.get(first.lead_id, consistent=True), text="3", status="contacted")
    entry = the_entry(third)
    sort_key = keys.entry(third.lead_id, entry.at, entry.id)["SK"]
    assert [one.text for one in replies.earlier_mails(third.lead_id, sort_key)] == [TEXT]
