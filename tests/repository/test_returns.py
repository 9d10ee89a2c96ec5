"""Answers that came back: marked once, and only those that were sent to that very receiver."""

import pytest
from django.conf import LazySettings

from crm.dynamodb.capacity import count_requests
from crm.outbox.models import State
from leads import repository
from leads.mails import Mail
from leads.models import Actor, Lead, Status
from leads.repository import conversation, replies
from leads.repository.incoming import Arrival, receive
from leads.repository.returns import Returned
from tests.dynamodb_local import UNITS
from tests.make import act, add
from tests.plugins.mail_server import MailServer
from tests.repository.test_replies import answer, delivery_of, send, the_entry

WHY = "550 5.1.1 User unknown"
ADA = "ada@example.com"


@pytest.fixture(autouse=True)
def channel(settings: LazySettings) -> None:
    settings.OUTBOX_CHANNELS = {"reply": "tests.crm.outbox.letters.write"}


def report(*entry_ids: str, to: str = ADA, why: str = WHY) -> Arrival:
    mail = Mail(sender="mailer-daemon@mx.example.com", automatic="bounce", is_verified=False)
    returned = Returned(entry_ids, {to: why})
    return Arrival(act(), Actor("", "MAILER-DAEMON"), "User unknown", mail, returned)


def sent_answer(mail_server: MailServer, **fields: str) -> Lead:
    lead = answer(add(), **fields)
    send(lead)
    assert delivery_of(lead).state is State.SENT
    return lead


def test_an_answer_that_came_back_says_so_and_why(store: str, mail_server: MailServer) -> None:
    lead = sent_answer(mail_server)
    pulse = repository.counts(consistent=True).pulse
    receive(lead.lead_id, report(act(), the_entry(lead).id))
    delivery = delivery_of(lead)
    assert (delivery.state, delivery.reason) == (State.RETURNED, WHY)
    assert [one.what for one in delivery.log] == ["sent", WHY]
    after = repository.get(lead.lead_id, consistent=True)
    assert (after.version, after.status, after.has_written) == (
        lead.version,
        Status.CONTACTED,
        False,
    )
    assert repository.counts(consistent=True).pulse != pulse, "polls notice"


def test_it_can_be_sent_again_and_come_back_again(store: str, mail_server: MailServer) -> None:
    lead = sent_answer(mail_server)
    entry, first = the_entry(lead), report(the_entry(lead).id)
    receive(lead.lead_id, first)
    assert replies.send_again(lead.lead_id, entry.at, entry.id)
    send(lead)
    assert receive(lead.lead_id, first).is_repeat
    delivery = delivery_of(lead)
    assert (delivery.state, delivery.reason) == (State.SENT, "")
    assert len(mail_server.taken) == 2
    receive(lead.lead_id, report(entry.id, why=""))
    delivery = delivery_of(lead)
    assert (delivery.state, delivery.reason) == (State.RETURNED, "")
    assert [one.what for one in delivery.log] == ["sent", WHY, "sent", "came back"]


@pytest.mark.parametrize("what", ["receiver", "entry", "none"])
def test_a_report_of_another_mail_marks_nothing(
    store: str, mail_server: MailServer, what: str
) -> None:
    lead = sent_answer(mail_server)
    named = {"entry": [act()], "none": []}.get(what, [the_entry(lead).id])
    receive(lead.lead_id, report(*named, to="eve@example.com" if what == "receiver" else ADA))
    assert delivery_of(lead).state is State.SENT
    assert len(conversation.newest_entries(lead.lead_id, 9, consistent=True).items) == 2


def test_what_has_not_left_cannot_come_back(store: str) -> None:
    lead = answer(add())
    receive(lead.lead_id, report(the_entry(lead).id))
    assert delivery_of(lead).state is State.WAITING
    replies.withdraw(lead.lead_id, f"{the_entry(lead).at}#{the_entry(lead).id}")
    receive(lead.lead_id, report(the_entry(lead).id))
    assert delivery_of(lead).state is State.WITHDRAWN


def test_no_later_mail_refers_to_one_that_came_back(store: str, mail_server: MailServer) -> None:
    lead = sent_answer(mail_server)
    entry = the_entry(lead)
    receive(lead.lead_id, report(entry.id))
    assert entry.id not in [one.id for one in replies.earlier_mails(lead.lead_id, "9")]


def test_what_a_report_costs(store: str, mail_server: MailServer) -> None:
    text = "".join(f"Line {number} of what we answer.\n" for number in range(100))
    lead = sent_answer(mail_server, text=text)
    with count_requests() as usage:
        receive(lead.lead_id, report(the_entry(lead).id))
    assert delivery_of(lead).state is State.RETURNED
    assert usage.wru <= 16 * UNITS
