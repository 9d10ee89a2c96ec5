"""Letters on every engine: in order, at least once, and what fails holds nobody up for ever."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from time import sleep
from typing import cast
from uuid import uuid4

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from django.conf import LazySettings
from django.core.mail import EmailMessage

from crm.dynamodb.calls import delete, get, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.jobs import store as jobs
from crm.jobs.retrying import LEASE, MOST_TRIES
from crm.outbox import given_ids, notices
from crm.outbox import store as outbox
from crm.outbox.delivery import deliver
from crm.outbox.mailing import AT_ONCE, PATIENCE, can_reach, slot
from crm.outbox.models import State
from crm.tables import RECORDS
from tests.crm.jobs.conftest import job, job_at, make_due, now
from tests.crm.outbox.letters import (
    BOX,
    TASKS,
    deliver_due,
    give_ids,
    given_id,
    key_of,
    let_time_pass,
    put_letter,
    stored_letter,
)
from tests.plugins.mail_server import OK, MailServer, answer, hang_up

ADA, BEN = "ada@example.com", "ben@example.com"


@pytest.fixture(autouse=True)
def channel(settings: LazySettings) -> None:
    settings.OUTBOX_CHANNELS = {"test": "tests.crm.outbox.letters.write"}
    settings.TASKS_OF_ITEMS = TASKS


def subjects(server: MailServer) -> list[str]:
    return [str(mail["Subject"]) for mail in server.taken]


def test_letters_leave_in_order_and_once(store: str, mail_server: MailServer) -> None:
    for name in ("1", "2"):
        put_letter(name)
    deliver_due()
    deliver_due()
    assert subjects(mail_server) == ["1", "2"]
    delivery = stored_letter("1").delivery
    assert (delivery.state, delivery.tries, [one.what for one in delivery.log]) == (
        State.SENT,
        1,
        ["sent"],
    )


def test_one_that_waits_holds_up_its_receiver_alone(store: str, mail_server: MailServer) -> None:
    mail_server.refused = {ADA: "451 Come back later"}
    put_letter("1", ADA)
    put_letter("2", ADA)
    put_letter("3", BEN)
    deliver_due()
    assert subjects(mail_server) == ["3"]
    delivery = stored_letter("1").delivery
    assert (delivery.state, delivery.reason, delivery.is_doubtful) == (
        State.WAITING,
        "451 Come back later",
        False,
    )
    mail_server.refused = {}
    let_time_pass("1")
    deliver_due()
    assert subjects(mail_server) == ["3", "1", "2"]


def test_one_that_is_refused_is_marked_and_passed(store: str, mail_server: MailServer) -> None:
    mail_server.refused = {ADA: "550 No such user"}
    put_letter("1", ADA)
    put_letter("2", BEN)
    deliver_due()
    delivery = stored_letter("1").delivery
    assert (delivery.state, delivery.reason) == (State.FAILED, "550 No such user")
    assert subjects(mail_server) == ["2"]
    assert [job_at(key_of(name)) for name in ("1", "2")] == [None, None]


@pytest.mark.parametrize("address", ["ünï@example.com", "a..b@example.com", "a.@example.com"])
def test_an_address_that_no_server_takes_fails_at_once_and_is_no_doubt(
    store: str, mail_server: MailServer, address: str
) -> None:
    put_letter("1", address)
    deliver_due()
    delivery = stored_letter("1").delivery
    assert (delivery.state, delivery.is_doubtful) == (State.FAILED, False)
    assert "Invalid address" in delivery.reason
    assert not can_reach(address)
    assert not mail_server.taken


def test_a_server_that_looks_into_a_mail_has_more_time_than_a_connection(
    store: str,
    mail_server: MailServer,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def look_into(_server: SMTP, _envelope: Envelope) -> str:
        sleep(0.3)
        return OK

    monkeypatch.setitem(
        cast("dict[str, float]", settings.MAILERS["default"]["OPTIONS"]), "timeout", 0.2
    )
    mail_server.behaviour = [look_into]
    put_letter("1")
    deliver_due()
    assert stored_letter("1").delivery.state is State.SENT
    assert subjects(mail_server) == ["1"]
    assert LEASE.total_seconds() > 4 * PATIENCE


def test_a_lost_answer_is_told(store: str, mail_server: MailServer) -> None:
    mail_server.behaviour = [hang_up]
    put_letter("1")
    deliver_due()
    waiting = stored_letter("1").delivery
    let_time_pass("1")
    deliver_due()
    sent = stored_letter("1").delivery
    assert (waiting.state, waiting.is_doubtful) == (State.WAITING, True)
    assert (sent.state, sent.is_doubtful) == (State.SENT, True)


def test_one_whose_sender_died_is_sent_by_the_next_and_told(
    store: str, mail_server: MailServer
) -> None:
    put_letter("1")
    assert outbox.claim(stored_letter("1"), now())
    deliver_due()
    assert not mail_server.taken  # Whoever claimed it may still live.
    let_time_pass("1")
    deliver_due()
    assert subjects(mail_server) == ["1"]
    assert stored_letter("1").delivery.is_doubtful


def test_whoever_lost_a_claim_marks_nothing(store: str) -> None:
    put_letter("1")
    slow = outbox.claim(stored_letter("1"), now())
    quick = outbox.claim(stored_letter("1"), now() + LEASE + timedelta(seconds=1))
    assert slow
    assert quick
    outbox.mark_failed(slow, "Too late")
    assert stored_letter("1").delivery.state is State.SENDING
    outbox.mark_sent(quick)
    assert stored_letter("1").delivery.state is State.SENT


def test_a_letter_is_claimed_once(store: str) -> None:
    put_letter("1")
    seen = stored_letter("1")
    assert [bool(outbox.claim(seen, now())) for _ in range(2)] == [True, False]


def test_several_at_once_send_nothing_twice(tables: None, mail_server: MailServer) -> None:
    for number in range(4):
        put_letter(str(number))
    called = {"pk": BOX, "sk": key_of("0")["SK"]}
    with ThreadPoolExecutor(3) as people:
        for future in [people.submit(deliver.call, **called) for _ in range(3)]:
            future.result()
    deliver.call(**called)
    assert sorted(subjects(mail_server)) == ["0", "1", "2", "3"]


def test_what_belongs_to_something_deleted_is_held(store: str, mail_server: MailServer) -> None:
    put_letter("1", expiresAt=int(now().timestamp()) + 1000)
    put_letter("2", withheld="It has no address any more.")
    deliver_due()
    reasons = [stored_letter(name).delivery.reason for name in ("1", "2")]
    assert reasons == [
        "What it belongs to was deleted before it was sent.",
        "It has no address any more.",
    ]
    assert not mail_server.taken


def test_one_that_failed_is_sent_again_and_no_other(store: str, mail_server: MailServer) -> None:
    mail_server.refused = {ADA: "550 Full"}
    put_letter("1", ADA)
    put_letter("2", BEN)
    deliver_due()
    mail_server.refused = {}
    transact([outbox.resending(stored_letter("1").key, now())], uuid4().hex)
    with pytest.raises(TransactionRefusedError):
        transact([outbox.resending(stored_letter("2").key, now())], uuid4().hex)
    deliver_due()
    assert subjects(mail_server) == ["2", "1"]
    delivery = stored_letter("1").delivery
    assert [one.what for one in delivery.log] == ["550 Full", "sent"]
    assert not delivery.reason


def test_a_letter_is_a_job_for_as_long_as_it_is_open(store: str, mail_server: MailServer) -> None:
    mail_server.refused = {ADA: "550 No such user"}
    mail_server.behaviour = [answer("451 Later")]
    put_letter("1", ADA)
    put_letter("2", BEN)
    put_letter("3", BEN)
    put_letter("4", "cid@example.com", expiresAt=int(now().timestamp()) + 1000)
    put_letter("5", "dan@example.com", withheld="It has no address any more.")
    deliver_due()
    states = [stored_letter(name).delivery.state for name in "12345"]
    assert states == [State.FAILED, State.WAITING, State.WAITING, State.FAILED, State.FAILED]
    assert [bool(job_at(key_of(name))) for name in "12345"] == [False, True, True, False, False]
    let_time_pass("2")
    deliver_due()
    assert subjects(mail_server) == ["2", "3"]
    assert [job_at(key_of(name)) for name in "23"] == [None, None]


def test_whoever_dies_before_or_after_the_claim_of_a_letter_is_followed(
    store: str, mail_server: MailServer
) -> None:
    put_letter("1", ADA)
    put_letter("2", BEN)
    for name in ("1", "2"):
        assert jobs.claim(key_of(name), now())
    assert outbox.claim(stored_letter("2"), now())
    deliver_due()
    assert not mail_server.taken
    let_time_pass("1", "2")
    deliver_due()
    assert sorted(subjects(mail_server)) == ["1", "2"]
    assert [stored_letter(name).delivery.is_doubtful for name in ("1", "2")] == [False, True]


def test_whoever_dies_after_the_mark_leaves_nothing_to_do(
    store: str, mail_server: MailServer
) -> None:
    put_letter("1")
    claimed = jobs.claim(key_of("1"), now())
    assert claimed
    deliver.call(BOX, claimed.key["SK"])
    assert job_at(key_of("1")) is None
    deliver_due()
    assert subjects(mail_server) == ["1"]


def test_who_took_longer_than_the_lease_leaves_the_job_to_who_has_the_letter(
    store: str, mail_server: MailServer
) -> None:
    def take_over(_server: SMTP, _envelope: Envelope) -> str:
        let_time_pass("1")
        assert outbox.claim(stored_letter("1"), now())
        return OK

    mail_server.behaviour = [take_over]
    put_letter("1")
    deliver_due()
    assert stored_letter("1").delivery.state is State.SENDING
    let_time_pass("1")
    deliver_due()
    assert (stored_letter("1").delivery.state, job_at(key_of("1"))) == (State.SENT, None)
    assert stored_letter("1").delivery.is_doubtful


def test_one_that_is_removed_while_it_is_sent_does_not_come_back(
    store: str, mail_server: MailServer
) -> None:
    def remove(_server: SMTP, _envelope: Envelope) -> str:
        delete(RECORDS, key_of("1"))
        return OK

    mail_server.behaviour = [remove]
    put_letter("1")
    deliver_due()
    assert subjects(mail_server) == ["1"]
    assert get(RECORDS, key_of("1"), consistent=True) is None


def test_one_whose_mail_cannot_be_written_fails_as_a_job_and_leaves_once_it_can(
    store: str, mail_server: MailServer, settings: LazySettings
) -> None:
    known, settings.OUTBOX_CHANNELS = settings.OUTBOX_CHANNELS, {}
    put_letter("1")
    for _ in range(MOST_TRIES):
        deliver_due()
        let_time_pass("1")
    (stopped,) = jobs.failed().jobs
    assert (stopped.key, stopped.error) == (key_of("1"), "KeyError: 'test'")
    assert stored_letter("1").delivery.state is State.WAITING
    settings.OUTBOX_CHANNELS = known
    jobs.try_again(stopped.key)
    deliver_due()
    assert subjects(mail_server) == ["1"]
    assert not stored_letter("1").delivery.is_doubtful
    assert jobs.failed().jobs == []


def test_a_dead_server_is_tried_until_it_is_no_use(store: str, settings: LazySettings) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 1, "timeout": 5},
        }
    }
    put_letter("1")
    for _ in range(MOST_TRIES):
        deliver_due()
        assert stored_letter("1").delivery.is_open is bool(job_at(key_of("1")))
        if job_at(key_of("1")):
            let_time_pass("1")
    delivery = stored_letter("1").delivery
    assert (delivery.state, delivery.tries, len(delivery.log)) == (
        State.FAILED,
        MOST_TRIES,
        MOST_TRIES,
    )
    assert delivery.reason.startswith("ConnectionRefusedError")
    assert not delivery.is_doubtful


def test_a_letter_is_found_by_the_id_that_a_service_gave_it(
    store: str, mailoutbox: list[EmailMessage], settings: LazySettings
) -> None:
    give_ids(settings)
    for name in ("1", "2"):
        put_letter(name)
    deliver_due()
    first, second = map(given_id, mailoutbox)
    # Wherever the service is, and whatever became of its letters on the way.
    asked = ["x@y", f"{second.upper()}@eu-central-1.amazonses.com", f"{first}@mail.example.com"]
    assert given_ids.letters(asked) == [key_of("2"), key_of("1")]
    given_ids.remember(first, key_of("2"))
    assert given_ids.letters([first]) == [key_of("1")]
    assert given_ids.letters([str(uuid4()), "short@example.com", ""]) == []


def test_so_many_ids_of_a_message_are_looked_up(store: str) -> None:
    last = str(uuid4())
    given_ids.remember(last, {"PK": BOX, "SK": "1"})
    others = [f"{uuid4()}@mail.example.com" for _ in range(given_ids.MOST)]
    assert given_ids.letters([*others[1:], last])
    assert not given_ids.letters([*others, last])


def queue(*, to: str, subject: str, text: str, name: str) -> None:
    """Ask for a notice, as the transaction of a change does."""
    transact(notices.writes(to=to, subject=subject, text=text, name=name), uuid4().hex)


def test_a_notice_is_sent_once(store: str, mail_server: MailServer) -> None:
    for _ in range(2):
        queue(to=BEN, subject="A lead\nis yours", text="Ada", name="7")
    deliver_due()
    assert [(mail["To"], mail["Subject"]) for mail in mail_server.taken] == [
        (BEN, "A lead is yours")
    ]


def test_a_notice_that_is_refused_fails_for_good(store: str, mail_server: MailServer) -> None:
    mail_server.refused = {BEN: "550 No such user"}
    queue(to=BEN, subject="A lead", text="Ada", name="7")
    deliver_due()
    failed = job("notice 7")
    assert failed
    assert (failed.is_failed, failed.error) == (True, "550 No such user")


def test_a_notice_that_waits_is_tried_again(store: str, mail_server: MailServer) -> None:
    mail_server.behaviour = [answer("421 Busy")]
    queue(to=BEN, subject="A lead", text="Ada", name="7")
    deliver_due()
    make_due("notice 7")
    deliver_due()
    assert subjects(mail_server) == ["A lead"]


def test_without_a_way_to_send_there_are_no_notices(store: str, settings: LazySettings) -> None:
    settings.MAILERS = {}
    assert notices.writes(to=BEN, subject="A lead", text="Ada", name="7") == ()


def test_mails_leave_threads_for_other_work(store: str, mail_server: MailServer) -> None:
    put_letter("1")
    queue(to=BEN, subject="A lead", text="Ada", name="7")
    with ExitStack() as others:
        taken = [others.enter_context(slot()) for _ in range(AT_ONCE)]
        with slot() as one_more:
            assert (all(taken), one_more) == (True, False)
        deliver_due()
        assert not mail_server.taken
    make_due("notice 7")
    let_time_pass("1")
    deliver_due()
    assert sorted(subjects(mail_server)) == ["1", "A lead"]
