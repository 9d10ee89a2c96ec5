"""Answering a lead on the pages: the checklist of each view, and the mail that leaves."""

import re
from collections.abc import Callable
from email.message import EmailMessage
from html import unescape
from io import BytesIO, StringIO, TextIOWrapper
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMessage as DjangoMessage
from django.core.management import call_command
from django.test import Client

from crm.accounts.models import User
from crm.jobs.running import run_due
from crm.jobs.thread import Runner
from leads import keys, repository
from leads.entries import Entry, Said
from leads.models import ClosedAs, Lead, Status
from leads.receiving.receive import receive
from leads.repository import conversation, replies
from leads.web.follow_ups import due_text
from tests.crm.inbound.messages import UNKNOWN, VISITOR, bounce
from tests.crm.outbox.letters import give_ids, given_id
from tests.make import BOB, act
from tests.plugins.mail_server import MailServer
from tests.repository.test_replies import let_ten_seconds_pass, the_entry
from tests.web.pages import (
    HTMX,
    NASTY,
    add_foreign,
    add_lead,
    change_behind,
    current,
    hidden,
    said,
    signed_out_goes_to_sign_in,
    text,
)

pytestmark = pytest.mark.usefixtures("tables", "mail_server")
BODY = "Dear Ada,\n\nThursday suits us."
ELSEWHERE = "2026-01-01T00:00:00.000Z~" + "0" * 32


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


def path(lead: Lead) -> str:
    return f"/leads/{lead.lead_id}/reply/"


def fields(lead: Lead, **given: object) -> dict[str, object]:
    return {"body": BODY, "version": lead.version, **given}


def entry_of(lead: Lead) -> Entry:
    (item, *_) = conversation.newest_entries(lead.lead_id, 1, consistent=True).items
    return Entry.from_item(item)


def nothing_is_said(lead: Lead) -> bool:
    return not conversation.newest_entries(lead.lead_id, 1, consistent=True).items


def sent(server: MailServer, lead: Lead) -> EmailMessage:
    """Return the mail of the last answer, once its ten seconds are over.

    Beside it, and in no order, colleagues may be told what came in.
    """
    let_ten_seconds_pass(lead)
    run_due()
    return [mail for mail in server.taken if lead.email in mail["To"]][-1]


def test_an_answer_is_proposed_and_leaves_under_the_persons_name(
    web: Client, sales: User, mail_server: MailServer
) -> None:
    lead = add_lead()
    page = web.get(f"/leads/{lead.lead_id}/")
    assert 'value="Re: Desks"' in page.text
    response = web.post(path(lead), fields(lead, body=NASTY, token=hidden(page, "token")))
    assert (response.status_code, response["Location"]) == (302, f"/leads/{lead.lead_id}/")
    due = due_text(current(lead.lead_id).follow_up_at)
    told = f"The lead is in Contacted, to be followed up: {due}."
    assert said(response) == [f"The answer to “Ada Li” leaves in ten seconds. {told}"]
    after = current(lead.lead_id)
    assert (after.status, after.owner_id) == (Status.CONTACTED, sales.id)
    assert "waiting" in web.get(f"/leads/{lead.lead_id}/").text
    mail = sent(mail_server, lead)
    assert (mail["To"], mail["Subject"], mail["Reply-To"]) == (
        "ada@example.com",
        "Re: Desks",
        sales.email,
    )
    assert str(mail["From"]).startswith(f"{sales.name} <leadbook@")
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain
    assert html
    assert plain.get_content().strip() == NASTY.strip()
    assert "<script>" not in html.get_content()
    assert unescape(NASTY)[:8] not in html.get_content()
    page = web.get(f"/leads/{lead.lead_id}/")
    assert "<script>alert" not in text(page)
    assert ">sent<" in page.text.replace("\n", "").replace("  ", "")


def test_what_follows_is_as_it_was_chosen(web: Client, sales: User, admin: User) -> None:
    lead = add_lead()
    chosen = {"status": "qualified", "owner": admin.id, "due": "2031-03-03"}
    web.post(path(lead), fields(lead, to="Other@example.com", **chosen))
    after = current(lead.lead_id)
    assert (after.status, after.owner_id) == (Status.QUALIFIED, admin.id)
    assert (after.follow_up_at, after.follow_up_by) == ("2031-03-03", sales.id)
    mail = entry_of(lead).mail
    assert mail
    assert mail.to == "other@example.com"
    again = web.post(path(lead), fields(after, body="And none", due=""))
    assert current(lead.lead_id).follow_up_at == ""
    web.post(f"/changes/{again['X-Act']}/undo/")
    assert current(lead.lead_id).follow_up_at == "2031-03-03"


@pytest.mark.parametrize("status", [Status.QUALIFIED, Status.CONVERTED])
def test_one_that_is_further_stays_there(web: Client, admin: User, status: Status) -> None:
    lead = add_lead(status=status, owner=admin)
    web.post(path(lead), fields(lead))
    after = current(lead.lead_id)
    assert (after.status, after.owner_id) == (status, admin.id)


def test_a_closed_one_stays_closed_unless_it_is_asked_for(web: Client) -> None:
    for asked, expected in (({}, Status.CLOSED), ({"status": "contacted"}, Status.CONTACTED)):
        lead = add_lead()
        closed = repository.close(lead.lead_id, ClosedAs.LOST, version=1, actor=BOB, write_id=act())
        assert web.post(path(lead), fields(closed, **asked)).status_code == 302
        assert current(lead.lead_id).status is expected


def test_in_the_panel(web: Client) -> None:
    lead = add_lead()
    headers = {**HTMX, "HX-Current-URL": f"http://testserver/board/?lead={lead.lead_id}"}
    response = web.post(path(lead), fields(lead, panel="1"), headers=headers)
    assert response.status_code == 200
    assert 'id="total-contacted" data-total="1"' in response.text
    assert 'id="reply"' in response.text
    for event in ("leadbook:moved", "leadbook:said"):
        assert event in response["HX-Trigger"]
    assert response["X-Act"]
    response = web.post(path(lead), fields(current(lead.lead_id), panel="1"), headers=headers)
    assert "leadbook:assigned" in response["HX-Trigger"]
    assert "leadbook:moved" not in response["HX-Trigger"]


def test_where_no_thread_sends_the_page_asks_for_it(
    web: Client, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = add_lead()
    headers = {**HTMX, "HX-Current-URL": f"http://testserver/board/?lead={lead.lead_id}"}
    response = web.post(path(lead), fields(lead, panel="1"), headers=headers)
    (asked,) = re.findall(r'hx-post="([^"]+/send/)" hx-trigger="load delay', response.text)
    assert web.post(asked, headers=HTMX).status_code == 204
    assert not mail_server.taken  # It is not time yet.
    let_ten_seconds_pass(lead)
    assert web.post(asked, headers=HTMX).status_code == 204
    assert len(mail_server.taken) == 1
    monkeypatch.setattr("crm.jobs.thread.is_running", lambda: True)
    now = current(lead.lead_id)
    response = web.post(path(now), fields(now, panel="1"), headers=headers)
    assert "load delay" not in response.text


def test_on_its_page_by_htmx(web: Client) -> None:
    lead = add_lead()
    response = web.post(path(lead), fields(lead), headers=HTMX)
    assert response["HX-Refresh"] == "true"
    assert "leadbook:said" in response["HX-Trigger"]


def test_a_form_sent_twice_is_one_answer(web: Client, mail_server: MailServer) -> None:
    lead = add_lead()
    posted = fields(lead, token=uuid4().hex)
    for _ in range(2):
        assert web.post(path(lead), posted).status_code == 302
    sent(mail_server, lead)
    assert len(mail_server.taken) == 1
    assert current(lead.lead_id).version == lead.version + 1


def test_a_stale_one_is_kept_and_shows_what_a_colleague_wrote(
    web: Client, mail_server: MailServer
) -> None:
    lead = add_lead()
    change_behind(lead, company="Other Ltd")
    note = Said(text="I called her already")
    conversation.add(lead.lead_id, note, entry_id=act(), actor=BOB)
    for headers in ({}, HTMX):
        response = web.post(path(lead), fields(lead), headers=headers)
        assert response.status_code == 409
        assert "Somebody Else changed" in response.text
        assert "I called her already" in response.text
        assert "Thursday suits us." in response.text
        assert "Send anyway" in response.text
    assert entry_of(lead).text == note.text
    assert web.post(path(lead), fields(lead, anyway="1")).status_code == 302
    assert entry_of(lead).text == BODY
    assert current(lead.lead_id).company == "Other Ltd"
    sent(mail_server, lead)
    assert len(mail_server.taken) == 1


def test_what_one_changed_oneself_is_no_conflict(web: Client, sales: User) -> None:
    lead = add_lead()
    web.post(f"/leads/{lead.lead_id}/assign/", {"owner": "me", "version": lead.version})
    assert web.post(path(lead), fields(lead)).status_code == 302
    assert current(lead.lead_id).version == lead.version + 2
    for version in (-1, 99, "x"):
        assert web.post(path(lead), fields(lead, version=version)).status_code == 409


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"body": ""}, "Write something first."),
        ({"body": " \n\u2800"}, "Something to see is needed."),
        ({"body": "a\x00b"}, "Null characters are not allowed."),
        ({"body": "a\x01b"}, "Control characters are not allowed."),
        ({"body": "x" * 10_001}, "at most 10000 characters"),
        ({"to": "nobody"}, "Enter an e-mail address"),
        ({"to": ""}, "This field is required."),
        ({"to": "a@example.com\r\nBcc: b@example.com"}, "Enter an e-mail address"),
        ({"to": "ünï@example.com"}, "Mail servers do not take this address."),
        ({"subject": "x" * 251}, "at most 250 characters"),
        ({"subject": "a\x02b"}, "Control characters are not allowed."),
        ({"status": "closed"}, "not one of the available choices"),
        ({"due": "some day"}, "This is no day or time that can be read."),
        ({"owner": "u-nobody"}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    web: Client, given: dict[str, str], told: str
) -> None:
    lead = add_lead()
    for headers in ({}, HTMX):
        response = web.post(path(lead), fields(lead, **given), headers=headers)
        assert response.status_code == 422
        assert told in unescape(response.text)
    assert nothing_is_said(lead)


def test_a_subject_is_one_line(web: Client, mail_server: MailServer) -> None:
    lead = add_lead()
    web.post(path(lead), fields(lead, subject="Yes\r\nBcc: b@example.com"))
    mail = sent(mail_server, lead)
    assert (mail["Subject"], mail["Bcc"]) == ("Yes Bcc: b@example.com", None)


def test_without_an_address_or_a_mail_server_it_is_off_and_says_why(
    web: Client, settings: LazySettings
) -> None:
    lead = add_foreign(email="by phone")
    for asked in (web.get(path(lead)), web.post(path(lead), fields(lead))):
        assert "no e-mail address that a mail could go to" in asked.text
        assert "<textarea" not in asked.text
    assert "no e-mail address that" in web.get(f"/leads/{lead.lead_id}/").text
    lead = add_lead()
    settings.MAILERS = {}
    assert web.post(path(lead), fields(lead)).status_code == 422
    assert "no mail server yet" in web.get(path(lead)).text
    assert nothing_is_said(lead)


def test_only_who_may(client_for: Callable[[User], Client], viewer: User, web: Client) -> None:
    lead = add_lead()
    assert signed_out_goes_to_sign_in(path(lead))
    reader = client_for(viewer)
    for address in (path(lead), f"/leads/{lead.lead_id}/notes/{ELSEWHERE}/send/"):
        assert reader.post(address, fields(lead)).status_code == 403
    assert 'id="reply"' not in reader.get(f"/leads/{lead.lead_id}/").text
    assert web.put(path(lead)).status_code == 405
    assert web.get(f"/leads/{lead.lead_id}/notes/{ELSEWHERE}/send/").status_code == 405
    assert nothing_is_said(lead)


def test_who_is_not_there_is_not_answered(web: Client) -> None:
    for lead_id in ("nobody", "x" * 1025):
        assert web.post(f"/leads/{lead_id}/reply/", {"body": BODY}).status_code == 404
        assert web.get(f"/leads/{lead_id}/reply/").status_code == 404


def test_one_that_was_taken_back_is_written_anew(web: Client) -> None:
    lead = add_lead()
    response = web.post(path(lead), fields(lead, to="other@example.com"))
    undone = web.post(f"/changes/{response['X-Act']}/undo/", {"next": f"/leads/{lead.lead_id}/"})
    assert said(undone)[-1] == (
        "The answer was taken back and is not sent. Its text is in the conversation."
    )
    page = web.get(f"/leads/{lead.lead_id}/").text
    entry = entry_of(lead)
    assert "taken back, not sent" in page
    assert f"{path(lead)}?again={entry.at}~{entry.id}" in page
    again = web.get(f"{path(lead)}?again={entry.at}~{entry.id}").text
    assert "Thursday suits us." in again
    assert 'value="other@example.com"' in again
    assert web.get(f"{path(lead)}?again=nothing").status_code == 404


def test_a_form_whose_answer_was_taken_back_is_not_said_to_be_sent(
    web: Client, mail_server: MailServer
) -> None:
    lead, token = add_lead(), uuid4().hex
    first = web.post(path(lead), fields(lead, token=token))
    web.post(f"/changes/{first['X-Act']}/undo/")
    again = web.post(path(lead), fields(lead, token=token))
    assert again.status_code == 422
    assert "This answer was taken back." in again.text
    assert BODY in text(again)
    anew = {name: hidden(again, name) for name in ("token", "version")}
    assert anew["token"] != token
    assert web.post(path(lead), fields(lead, **anew)).status_code == 302
    assert sent(mail_server, lead)["Subject"] == "Re: Desks"
    assert len(mail_server.taken) == 1


def test_undone_after_it_left_it_says_so(web: Client, mail_server: MailServer) -> None:
    lead = add_lead()
    response = web.post(path(lead), fields(lead))
    sent(mail_server, lead)
    undone = web.post(f"/changes/{response['X-Act']}/undo/", {"next": "/board/"})
    assert said(undone)[-1] == (
        "What followed from the answer was taken back. The mail itself is out."
    )
    assert current(lead.lead_id).status is Status.NEW


def test_whoever_deletes_a_lead_is_told_that_its_answer_is_held(web: Client) -> None:
    lead = add_lead()
    address = f"/leads/{lead.lead_id}/delete/"
    assert "has not left yet" not in web.get(address).text
    web.post(path(lead), fields(lead))
    assert "has not left yet" in web.get(address).text
    response = web.post(address, {"version": current(lead.lead_id).version})
    assert said(response)[-1] == (
        "The lead “Ada Li” was deleted. The answer to it is held, and not sent."
    )
    web.post(f"/changes/{response['X-Act']}/undo/")
    let_ten_seconds_pass(lead)
    run_due()
    assert "sent" in web.get(f"/leads/{lead.lead_id}/").text


def test_one_that_failed_says_why_and_is_sent_again(web: Client, mail_server: MailServer) -> None:
    mail_server.refused = {"ada@example.com": "550 No such user"}
    lead = add_lead()
    web.post(path(lead), fields(lead))
    let_ten_seconds_pass(lead)
    run_due()
    entry = entry_of(lead)
    address = f"/leads/{lead.lead_id}/notes/{entry.at}~{entry.id}/send/"
    page = web.get(f"/leads/{lead.lead_id}/").text
    assert "550 No such user" in page
    assert f'action="{address}"' in page
    mail_server.refused = {}
    response = web.post(address, headers=HTMX)
    assert response.status_code == 200
    assert "It is being sent again." in response["HX-Trigger"]
    run_due()
    assert len(mail_server.taken) == 1
    assert said(web.post(address)) == ["It is on its way, or was sent."]
    assert web.post(f"/leads/{lead.lead_id}/notes/{ELSEWHERE}/send/").status_code == 404
    assert web.post(f"/leads/{lead.lead_id}/notes/x/send/").status_code == 404


def test_one_that_is_sent_cannot_be_edited_and_is_erased_like_a_note(
    web: Client, mail_server: MailServer
) -> None:
    lead = add_lead()
    web.post(path(lead), fields(lead))
    entry = entry_of(lead)
    address = f"/leads/{lead.lead_id}/notes/{entry.at}~{entry.id}"
    assert f"{address}/delete/" not in web.get(f"/leads/{lead.lead_id}/").text
    assert web.get(f"{address}/edit/").status_code == 403
    sent(mail_server, lead)
    assert web.post(f"{address}/delete/", {"version": entry.version}).status_code == 302
    erased = entry_of(lead)
    assert (erased.text, erased.mail) == ("", None)
    assert "deleted an answer" in web.get(f"/leads/{lead.lead_id}/").text


def test_mails_of_a_lead_belong_together(web: Client, mail_server: MailServer) -> None:
    lead = add_lead()
    web.post(path(lead), fields(lead))
    first = sent(mail_server, lead)
    web.post(path(lead), fields(current(lead.lead_id), body="And one more thing"))
    second = sent(mail_server, lead)
    # A relay may replace a mail's id: answers repeat what it refers to.
    assert first["References"] == first["Message-ID"]
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == first["Message-ID"]
    # Programs that thread mails read no encoded words there.
    assert f"In-Reply-To: {first['Message-ID']}\r\n".encode() in mail_server.raw[-1]
    referred = f"References: {first['Message-ID']}\r\n {second['Message-ID']}\r\n"
    assert referred.encode() in mail_server.raw[-1]
    assert second["Message-ID"] != first["Message-ID"]
    entry = entry_of(lead)
    sort_key = keys.entry(lead.lead_id, entry.at, entry.id)["SK"]
    assert len(replies.earlier_mails(lead.lead_id, sort_key)) == 1


def test_an_id_that_a_mail_server_may_refuse_is_not_referred_to(
    web: Client, mail_server: MailServer
) -> None:
    lead = add_lead()
    web.post(path(lead), fields(lead))
    first = sent(mail_server, lead)["Message-ID"]
    receive(f"From: x@y\nMessage-ID: <a\0b@y>\nIn-Reply-To: {first}\n\nHi".encode())
    web.post(path(lead), fields(current(lead.lead_id), body="And one more thing"))
    second = sent(mail_server, lead)
    assert second["In-Reply-To"] == first
    assert second["References"].split() == [first, second["Message-ID"]]


def test_an_answer_that_came_back_says_why_and_is_sent_again(
    web: Client, mail_server: MailServer
) -> None:
    lead = add_lead()
    web.post(path(lead), fields(lead))
    mail = sent(mail_server, lead)
    before, to = current(lead.lead_id), str(mail["To"])
    assert "/send/" not in web.get(f"/leads/{lead.lead_id}/").text
    status = f"Final-Recipient: rfc822; {to}\nAction: failed\nDiagnostic-Code: smtp; 550 <b>No</b>"
    # A relay gave it another id.
    headers = f"To: {to}\nMessage-ID: <other@relay.example>\nReferences: {mail['References']}"
    receive(bounce(status, headers))
    page = web.get(f"/leads/{lead.lead_id}/")
    assert "came back" in page.text
    assert 'data-delivery="returned" data-level="warning"' in page.text
    assert "550 &lt;b&gt;No&lt;/b&gt;" in page.text
    after = current(lead.lead_id)
    assert (after.version, after.has_written) == (before.version, False)
    entry = the_entry(lead)
    response = web.post(f"/leads/{lead.lead_id}/notes/{entry.at}~{entry.id}/send/")
    assert said(response) == ["It is being sent again."]
    run_due()
    assert len(mail_server.taken) == 2
    assert "came back" not in web.get(f"/leads/{lead.lead_id}/").text.partition("mail-log")[0]


def test_undo_says_of_a_mail_that_it_had_come_back(web: Client, mail_server: MailServer) -> None:
    lead = add_lead()
    response = web.post(path(lead), fields(lead), headers=HTMX)
    mail = sent(mail_server, lead)
    receive(
        bounce(UNKNOWN.replace(VISITOR, "ada@example.com"), f"Message-ID: {mail['Message-ID']}")
    )
    undone = web.post(f"/changes/{response['X-Act']}/undo/", {"next": "/board/"})
    assert said(undone)[-1] == "The mail had come back. What followed from it was taken back."


def test_an_answer_to_a_mail_that_a_service_gave_an_id_joins_its_lead(
    web: Client,
    mailoutbox: list[DjangoMessage],
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give_ids(settings)
    lead = add_lead()
    web.post(path(lead), fields(lead))
    let_ten_seconds_pass(lead)
    Runner().do_due()
    answered = f"<{given_id(mailoutbox[0])}@eu-central-1.amazonses.com>"
    raw = f"From: tom@elsewhere.example\nMessage-ID: <1@x>\nIn-Reply-To: {answered}\n\nThursday."
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(raw.encode())))
    call_command("receive_mail", stdout=StringIO())
    entry = entry_of(lead)
    assert (entry.text, entry.mail and entry.mail.is_verified) == ("Thursday.", True)
    assert current(lead.lead_id).has_written


def test_a_draft_is_shown_again_and_not_sent(web: Client) -> None:
    lead = add_lead()
    response = web.post(path(lead), fields(lead, **{"draft-shown": "1"}))
    assert response.status_code == 200
    assert "Thursday suits us." in response.text
    assert nothing_is_said(lead)
