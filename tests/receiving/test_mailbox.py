"""The demo's mailbox: what was sent, and an answer that goes the whole way in."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import Resolver404, resolve

from crm.accounts.models import User
from crm.jobs.running import run_due
from leads.entries import Entry, Kind
from leads.models import Status
from leads.repository import conversation
from tests.make import act
from tests.repository.test_replies import let_ten_seconds_pass
from tests.web.pages import add_lead, current, said, signed_out_goes_to_sign_in, text

MAILBOX = "/demo/mail/"


@pytest.fixture(autouse=True)
def folder(settings: LazySettings, tmp_path: Path, tables: None) -> Path:
    """Keep mails in a folder, as the demo does."""
    settings.ROOT_URLCONF = "tests.receiving.demo_urls"
    settings.DEMO_MAILBOX = tmp_path / "mail"
    options = {"folder": settings.DEMO_MAILBOX}
    backend = "crm.mail.MailboxBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options}}
    settings.INBOUND_ADDRESS = "reply@in.example.com"
    settings.INBOUND_AUTHSERV_ID = "in.example.com"
    return tmp_path / "mail"


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


def test_an_answer_of_the_visitor_goes_the_whole_way_in(web: Client, folder: Path) -> None:
    lead = add_lead()
    posted = {"body": "Dear <b>Ada</b>", "version": lead.version, "token": act()}
    web.post(f"/leads/{lead.lead_id}/reply/", posted)
    let_ten_seconds_pass(lead)
    run_due()
    page = web.get(MAILBOX)
    assert "Re: Desks" in page.text
    assert "ada@example.com" in page.text
    assert "Dear &lt;b&gt;Ada&lt;/b&gt;" in page.text
    (file,) = folder.iterdir()
    address = f"{MAILBOX}{file.name}/answer/"
    assert f'action="{address}"' in page.text
    response = web.post(address, {"text": "Thursday, please.\x00"})
    assert response["Location"] == f"/leads/{lead.lead_id}/"
    newest = conversation.newest_entries(lead.lead_id, 1, consistent=True).items[0]
    entry = Entry.from_item(newest)
    assert (entry.kind, entry.text) == (Kind.MAIL, "Thursday, please.")
    assert entry.mail
    assert entry.mail.subject == "Re: Desks"
    assert entry.mail.is_verified
    assert "Dear" in entry.mail.quoted
    assert current(lead.lead_id).status is Status.CONTACTED
    assert "Thursday, please." in text(web.get(f"/leads/{lead.lead_id}/"))


def test_an_empty_one_is_none_and_others_cannot_be_answered(web: Client, folder: Path) -> None:
    assert "None yet" in web.get(MAILBOX).text
    EmailMessage("News", "Look: https://example.com/", to=["ben@example.com"]).send()
    page = web.get(MAILBOX).text
    assert 'href="https://example.com/"' in page
    assert "Answer as the visitor" not in page
    (file,) = folder.iterdir()
    for name in (file.name, "1796000000000000000.eml", "x", "..%2f..%2fsecret"):
        assert web.post(f"{MAILBOX}{name}/answer/", {"text": "Hi"}).status_code == 404
    EmailMessage("Hi", "", to=["ada@example.com"], reply_to=["reply@in.example.com"]).send()
    (name,) = {one.name for one in folder.iterdir()} - {file.name}
    response = web.post(f"{MAILBOX}{name}/answer/", {"text": " "})
    assert said(response) == ["Write something first."]
    response = web.post(f"{MAILBOX}{name}/answer/", {"text": "Hi"})
    assert said(response)[-1] == "The lead is no longer there."


def test_only_who_may(web: Client, client_for: Callable[[User], Client], viewer: User) -> None:
    assert signed_out_goes_to_sign_in(MAILBOX)
    reader = client_for(viewer)
    assert reader.get(MAILBOX).status_code == 200
    assert reader.post(f"{MAILBOX}x/answer/", {"text": "Hi"}).status_code == 403
    assert web.post(MAILBOX).status_code == 405
    assert web.get(f"{MAILBOX}x/answer/").status_code == 405


def test_there_is_none_but_in_the_demo() -> None:
    with pytest.raises(Resolver404):
        resolve(MAILBOX, urlconf="crm.urls")
