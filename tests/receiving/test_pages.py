"""What people see of a mail that came in: in the lead's conversation, and on its card."""

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from crm.accounts.models import User
from leads.entries import Said
from leads.mails import Attachment, Mail
from leads.models import Actor, Lead
from leads.repository import conversation
from leads.repository.incoming import Arrival, receive
from tests.make import ANN, act, add
from tests.web.pages import HTMX, NASTY, text

MIRA = Actor("", "Mira Toland")
WORDS = "Thursday suits me."
MAIL = Mail(sender="mira@visitor.example", subject="Re: Hi")
PLAN = Attachment(name="plan.pdf", type="application/pdf", size=90_000)


@pytest.fixture
def lead(tables: None) -> Lead:
    return add()


def mail(lead: Lead, given: Mail = MAIL, words: str = WORDS, author: Actor = MIRA) -> str:
    arrival = Arrival(act(), author, words, given)
    receive(lead.lead_id, arrival)
    return arrival.entry_id


def lead_page(web: Client, lead: Lead) -> str:
    return text(web.get(f"/leads/{lead.lead_id}/"))


def test_who_wrote_what_with_what_it_quotes_folded(web: Client, lead: Lead) -> None:
    files = (PLAN, Attachment(name=""))
    mail(lead, MAIL.model_copy(update={"quoted": "> When?", "attachments": files}))
    for page in (lead_page(web, lead), text(web.get(f"/leads/{lead.lead_id}/", headers=HTMX))):
        assert "<strong><bdi>Re: Hi</bdi></strong>" in page
        assert '<bdi class="muted">mira@visitor.example</bdi>' in page
        assert '<div class="written">Thursday suits me.</div>' in page
        assert (
            '<details class="mail-quoted"><summary class="small">What it quotes</summary>' in page
        )
        assert "&gt; When?" in page
        assert "<bdi>plan.pdf</bdi> 87.9\xa0KB" in page
        assert "<bdi>without a name</bdi>" in page
        assert "sender not verified" not in page
        assert "It is longer" not in page


def test_nothing_of_a_stranger_is_markup(web: Client, lead: Lead) -> None:
    file = Attachment(name=NASTY)
    nasty = Mail(subject=NASTY, sender=NASTY, quoted=NASTY, attachments=(file,))
    mail(lead, nasty, NASTY, Actor("", NASTY))
    page = lead_page(web, lead)
    assert "<script>alert" not in page
    assert unescape(page).count(NASTY) >= 5


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"is_verified": False}, "sender not verified"),
        ({"automatic": "automatic"}, "automatic answer"),
        ({"automatic": "bounce"}, "could not be delivered"),
        ({"automatic": "bulk"}, "from a mailing list"),
        ({"is_cut": True}, "It is longer: the rest stands in the mailbox."),
    ],
)
def test_what_is_out_of_the_ordinary_is_said(
    web: Client, lead: Lead, given: dict[str, object], words: str
) -> None:
    mail(lead, MAIL.model_copy(update=given))
    assert words in lead_page(web, lead)


def test_a_card_says_that_the_visitor_wrote_until_somebody_answers(web: Client, lead: Lead) -> None:
    assert "wrote" not in text(web.get("/board/"))
    mail(lead)
    card = text(web.get("/board/"))
    assert '<p class="card-note wrote">' in card
    assert "The visitor wrote:" in card
    assert "<bdi>Thursday suits me.</bdi>" in card
    conversation.add(lead.lead_id, Said(text="Answered by hand"), entry_id=act(), actor=ANN)
    card = text(web.get("/board/"))
    assert "Last note:" in card
    assert "wrote" not in card


def test_an_open_board_gets_news_of_it(web: Client, lead: Lead) -> None:
    tag = web.get("/board/")["ETag"]
    mail(lead)
    assert web.get("/board/", headers={"If-None-Match": tag}).status_code == 200


def test_nobody_edits_a_mail_and_admins_delete_it(
    web: Client, client_for: Callable[[User], Client], admin: User, lead: Lead
) -> None:
    entry_id = mail(lead)
    (item,) = conversation.newest_entries(lead.lead_id, 5, consistent=True).items
    address = f"/leads/{lead.lead_id}/notes/{item['at']!s}~{entry_id}/"
    assert web.get(f"{address}edit/").status_code == 403
    assert web.get(f"{address}delete/").status_code == 403
    boss = client_for(admin)
    assert boss.post(f"{address}delete/", {"version": "1"}).status_code == 302
    page = lead_page(web, lead)
    assert "deleted a mail from Mira Toland" in page
    assert "Thursday suits me." not in page
