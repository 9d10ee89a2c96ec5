"""Which lead a message joins, and what follows."""

from datetime import UTC, datetime

import pytest
from django.core.mail import EmailMessage
from pytest_django import Settings

from crm.accounts.models import User
from crm.accounts.roles import Role
from crm.jobs.models import name_of
from crm.jobs.running import run_due
from crm.jobs.store import waiting
from crm.outbox import given_ids
from crm.outbox.models import State
from leads import keys, repository
from leads.entries import Entry, Kind
from leads.mails import Mail
from leads.models import ClosedAs, Lead, Status
from leads.receiving.receive import NoLeadError, Outcome, receive
from leads.reply_addresses import address_of, message_id_of
from leads.repository import conversation
from tests.crm.inbound import messages
from tests.crm.inbound.messages import message
from tests.make import ANN, act, add
from tests.plugins.mail_server import MailServer
from tests.repository.test_replies import answer, delivery_of, send, the_entry

pytestmark = pytest.mark.usefixtures("tables")

MX = "mx.example.com"
VERIFIED = f"Authentication-Results: {MX}; dmarc=pass header.from=visitor.example"


@pytest.fixture(autouse=True)
def _inbound(settings: Settings) -> None:
    settings.INBOUND_ADDRESS = "reply@in.example.com"
    settings.INBOUND_AUTHSERV_ID = MX
    settings.PUBLIC_URL = "https://crm.example.com"


@pytest.fixture
def owner() -> User:
    return User.objects.create_user(
        "jo@example.com", "a long password", name="Jo Field", role=Role.SALES
    )


@pytest.fixture
def lead(owner: User) -> Lead:
    return add(owner_id=owner.id, email=messages.VISITOR, name="Mira Toland")


def mails(lead: Lead) -> list[Entry]:
    page = conversation.newest_entries(lead.lead_id, 50, consistent=True)
    return [Entry.from_item(item) for item in page.items]


def the_mail(lead: Lead) -> Entry:
    (entry,) = mails(lead)
    return entry


def mail_of(lead: Lead) -> Mail:
    mail = the_mail(lead).mail
    assert mail
    return mail


def is_lit(lead: Lead) -> bool:
    return repository.get(lead.lead_id, consistent=True).has_written


def to(lead: Lead, headers: str = "", before: str = "") -> bytes:
    return message(f"To: {address_of(lead.lead_id)}\n{headers}", "Thursday.", before=before)


def test_a_signed_address_names_the_lead(lead: Lead) -> None:
    add(email=messages.VISITOR)
    outcome = receive(to(lead, "From: Tom <tom@elsewhere.example>"))
    assert outcome == Outcome("Stored a mail from tom@elsewhere.example.", lead.lead_id)
    entry = the_mail(lead)
    assert (entry.kind, entry.author.name, entry.text) == (Kind.MAIL, "Tom", "Thursday.")
    assert (mail_of(lead).sender, mail_of(lead).is_verified) == ("tom@elsewhere.example", True)
    assert is_lit(lead)


@pytest.mark.parametrize("header", ["Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_wherever_the_address_stands(lead: Lead, header: str) -> None:
    raw = message(f"To: sales@example.com\n{header}: <{address_of(lead.lead_id).upper()}>", "Hi")
    assert receive(raw).lead_id == lead.lead_id


@pytest.mark.parametrize("header", ["In-Reply-To", "References"])
def test_what_it_answers_names_the_lead(lead: Lead, header: str) -> None:
    sent = message_id_of(lead.lead_id, act())
    outcome = receive(message(f"{header}: <x@y>\n {sent}\nFrom: tom@elsewhere.example", "Hi"))
    assert outcome.lead_id == lead.lead_id
    assert is_lit(lead)


def test_an_id_that_a_service_gave_our_mail_names_the_lead(lead: Lead) -> None:
    given = f"{'0' * 16}-{'a' * 30}"
    given_ids.remember(given, keys.entry(lead.lead_id, "t", "n"))
    raw = message(f"In-Reply-To: <{given}@email.amazonses.com>\nFrom: tom@elsewhere.example", "Hi")
    assert receive(raw).lead_id == lead.lead_id
    assert is_lit(lead)
    repository.delete(lead.lead_id, version=1, actor=ANN, write_id=act())
    with pytest.raises(NoLeadError):
        receive(raw)


def test_a_verified_sender_joins_their_newest_lead(lead: Lead) -> None:
    newest = add(email=messages.VISITOR)
    outcome = receive(message("", "Hi", before=VERIFIED))
    assert outcome.lead_id == newest.lead_id
    assert is_lit(newest)
    assert mail_of(newest).is_verified


def test_a_sender_who_is_not_verified_moves_nothing(lead: Lead) -> None:
    repository.close(lead.lead_id, ClosedAs.LOST, version=1, actor=ANN, write_id=act())
    assert receive(message("", "Hi")).lead_id == lead.lead_id
    assert not mail_of(lead).is_verified
    assert repository.get(lead.lead_id, consistent=True).outcome is ClosedAs.LOST
    assert not is_lit(lead)


def test_a_message_that_belongs_to_no_lead(lead: Lead) -> None:
    with pytest.raises(NoLeadError, match=r"^No lead fits this message from tom@x\.example\.$"):
        receive(message("From: tom@x.example", "Hi"))
    with pytest.raises(NoLeadError, match="from nobody"):
        receive(b"nonsense")


def test_a_lead_that_is_gone_leaves_the_sender(lead: Lead) -> None:
    other = add(email=messages.VISITOR)
    raw = to(other, before=VERIFIED)
    repository.delete(other.lead_id, version=1, actor=ANN, write_id=act())
    assert receive(raw).lead_id == lead.lead_id


@pytest.mark.parametrize("is_verified", [True, False])
def test_a_colleague_is_never_the_customer(lead: Lead, owner: User, is_verified: bool) -> None:  # noqa: FBT001
    before = VERIFIED.replace("visitor.example", "example.com") if is_verified else ""
    receive(to(lead, "From: Somebody <Jo@Example.com>", before))
    entry = the_mail(lead)
    assert (entry.author.id, entry.author.name) == (owner.id, "Jo Field")
    assert mail_of(lead).is_verified == is_verified
    assert not is_lit(lead)


def test_the_same_message_twice_is_one_entry(lead: Lead) -> None:
    receive(to(lead))
    outcome = receive(to(lead, "X-Later: yes"))
    assert outcome.what == f"Stored before: a mail from {messages.VISITOR}."
    assert outcome.lead_id == lead.lead_id
    assert len(mails(lead)) == 1


def test_messages_without_an_id_are_told_apart_by_what_they_say(lead: Lead) -> None:
    for text in ("One", "Two", "One"):
        receive(message(f"To: {address_of(lead.lead_id)}\nMessage-ID: none", text))
    assert sorted(entry.text for entry in mails(lead)) == ["One", "Two"]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (messages.exchange_out_of_office(), "automatic"),
        (messages.mailing_list(), "bulk"),
        (messages.bounce(), "bounce"),
    ],
)
def test_machines_are_filed_as_such_and_move_nothing(lead: Lead, raw: bytes, kind: str) -> None:
    head, _, body = raw.partition(b"\r\n\r\n")
    address = f"\r\nDelivered-To: {address_of(lead.lead_id)}".encode()
    receive(head + address + b"\r\n\r\n" + body)
    assert mail_of(lead).automatic == kind
    assert not is_lit(lead)
    assert not told()
    assert receive(raw).what.startswith("Left alone: ")


def test_a_bounce_finds_the_lead_of_the_answer_that_came_back(lead: Lead) -> None:
    sent = message_id_of(lead.lead_id, act())
    outcome = receive(messages.bounce().replace(b"<sent@example.com>", sent.encode()))
    assert outcome == Outcome("Stored a bounce from MAILER-DAEMON@mx.example.com.", lead.lead_id)


@pytest.mark.parametrize("named", ["Message-ID", "In-Reply-To"])
def test_a_forged_bounce_marks_no_answer(
    lead: Lead, mail_server: MailServer, settings: Settings, named: str
) -> None:
    settings.OUTBOX_CHANNELS = {"reply": "tests.crm.outbox.letters.write"}
    send(answer(lead))
    entry_id = the_entry(lead).id
    to = "ada@example.com"
    ours = message_id_of(lead.lead_id, entry_id)
    other = message_id_of(lead.lead_id, act())
    made_up = ours.replace(entry_id, act())
    for number, (name, whom) in enumerate([(ours, "eve@x"), (other, to), (made_up, to)]):
        copy, more = f"To: {whom}\nMessage-ID: <x>", f"Message-ID: <{number}@x>\n"
        if named == "Message-ID":
            copy = f"To: {whom}\nMessage-ID: {name}"
        else:
            more += f"In-Reply-To: {name}\n"
        to_lead = f"{more}Delivered-To: {address_of(lead.lead_id)}"
        receive(messages.bounce(f"Final-Recipient: rfc822; {whom}\nAction: failed", copy, to_lead))
        assert delivery_of(lead).state is State.SENT
    genuine = f"In-Reply-To: {ours}\nMessage-ID: <9@x>"
    receive(messages.bounce(f"Final-Recipient: rfc822; {to}\nAction: failed", "To: x", genuine))
    assert delivery_of(lead).state is State.RETURNED


def test_what_machines_say_is_told_in_short(lead: Lead) -> None:
    receive(message(f"To: {address_of(lead.lead_id)}\nAuto-Submitted: auto-replied", "x" * 5_000))
    assert len(the_mail(lead).text) == 1_000


@pytest.mark.parametrize("header", ["From: Jo <leadbook@localhost>", "Message-ID: {sent}"])
def test_what_we_sent_ourselves_is_left_alone(lead: Lead, header: str) -> None:
    sent = message_id_of(lead.lead_id, act())
    outcome = receive(to(lead, header.format(sent=sent)))
    assert outcome == Outcome("Left alone: one of ours came back.")
    assert not mails(lead)


def told() -> list[str]:
    return [name_of(one.key) for one in waiting(datetime.now(UTC), 10)]


def test_the_owner_is_told(lead: Lead, mailoutbox: list[EmailMessage], settings: Settings) -> None:
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    receive(to(lead))
    run_due()
    (mail,) = mailoutbox
    assert mail.to == ["jo@example.com"]
    assert mail.subject == "Mira Toland answered: Re: Your question"
    assert mail.body == f"Thursday.\n\nhttps://crm.example.com/leads/{lead.lead_id}/"


def test_nobody_is_told_of_spam_or_without_an_owner(lead: Lead, owner: User) -> None:
    repository.close(lead.lead_id, ClosedAs.SPAM, version=1, actor=ANN, write_id=act())
    receive(to(lead))
    receive(to(add()))
    owner.is_active = False
    owner.save()
    receive(to(add(owner_id=owner.id)))
    assert told() == []


def test_a_lead_that_was_lost_comes_back(lead: Lead) -> None:
    repository.move(lead.lead_id, Status.QUALIFIED, version=1, actor=ANN, write_id=act())
    repository.close(lead.lead_id, ClosedAs.LOST, version=2, actor=ANN, write_id=act())
    receive(to(lead))
    after = repository.get(lead.lead_id, consistent=True)
    assert (after.status, after.has_written) == (Status.QUALIFIED, True)


def test_every_message_is_stored(lead: Lead) -> None:
    for name, raw in messages.by_names().items():
        head, _, body = raw.partition(b"\r\n\r\n")
        own = f"\r\nDelivered-To: {address_of(lead.lead_id)}".encode()
        head = head.replace(b"<one@", f"<{name}@".encode())
        receive(head + own + b"\r\n\r\n" + body)
    assert len(mails(lead)) == len(messages.by_names())
