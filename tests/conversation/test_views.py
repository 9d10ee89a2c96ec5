"""Notes and calls on the pages: the checklist of each view, and what its answers say."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from crm.accounts.models import User
from leads import repository
from leads.entries import Entry, Said
from leads.models import Lead
from leads.repository import conversation
from tests.make import ANN, SOMEBODY, act, add
from tests.web.pages import HTMX, NASTY, hidden, said, signed_out_goes_to_sign_in, text

NOWHERE = "2026-01-01T00:00:00.000Z~" + "0" * 32


@pytest.fixture
def lead(tables: None) -> Lead:
    return add()


@pytest.fixture
def reader(client_for: Callable[[User], Client], viewer: User) -> Client:
    return client_for(viewer)


def notes(lead: Lead, name: str = "") -> str:
    return f"/leads/{lead.lead_id}/notes/{name}"


def entries(lead: Lead) -> list[Entry]:
    page = conversation.newest_entries(lead.lead_id, 100, consistent=True)
    return [Entry.from_item(item) for item in page.items]


def write(web: Client, lead: Lead, words: str = "Called back\n\nat noon", **more: str) -> str:
    """Store a note, and return the address of its forms."""
    web.post(notes(lead), {"text": words} | more)
    entry = entries(lead)[0]
    return notes(lead, f"{entry.at}~{entry.id}/")


def test_a_note_by_a_plain_form(web: Client, sales: User, lead: Lead) -> None:
    page = web.get(f"/leads/{lead.lead_id}/")
    response = web.post(notes(lead), {"text": NASTY, "entry": hidden(page, "entry")})
    (entry,) = entries(lead)
    assert response.status_code == 302
    assert response["Location"] == f"/leads/{lead.lead_id}/#entry-{entry.id}"
    assert said(response) == ["The note was saved."]
    assert (entry.text, entry.author.id) == (NASTY.strip(), sales.id)
    page = web.get(f"/leads/{lead.lead_id}/")
    assert "<script>alert" not in text(page)
    assert f'<div class="written">{NASTY}</div>' in unescape(text(page))


def test_a_call_by_htmx(web: Client, lead: Lead) -> None:
    posted = {"kind": "call", "outcome": "no_answer", "text": ""}
    response = web.post(notes(lead), posted, headers=HTMX)
    assert response.status_code == 200
    assert "Call: No answer" in response.text
    assert 'hx-swap-oob="afterbegin:#entries"' in response.text
    assert "leadbook:said" in response["HX-Trigger"]
    assert "<html" not in response.text
    assert repository.get(lead.lead_id, consistent=True).note == "Call: no answer"


def test_a_form_sent_twice_is_one_entry(web: Client, lead: Lead) -> None:
    page = web.get(f"/leads/{lead.lead_id}/")
    posted = {"text": "Once", "entry": hidden(page, "entry")}
    for _ in range(2):
        assert web.post(notes(lead), posted).status_code == 302
    assert web.post(notes(lead), {"text": "Once"}).status_code == 302
    assert web.post(notes(lead), {"text": "Once"}).status_code == 302
    assert len(entries(lead)) == 2
    assert web.post(notes(lead), posted | {"text": "Once more"}).status_code == 302
    assert len(entries(lead)) == 3


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_was_erased_since_is_not_said_to_be_saved_again(
    web: Client, lead: Lead, headers: dict[str, str]
) -> None:
    page = web.get(f"/leads/{lead.lead_id}/")
    posted = {"text": "Once", "entry": hidden(page, "entry")}
    web.post(notes(lead), posted)
    entry = entries(lead)[0]
    web.post(notes(lead, f"{entry.at}~{entry.id}/delete/"), {"version": entry.version})
    response = web.post(notes(lead), posted, headers=headers)
    told = response.headers.get("HX-Trigger") or " ".join(said(response))
    assert "That was deleted meanwhile, and is not saved again." in told
    assert len(entries(lead)) == 1


@pytest.mark.parametrize(
    ("posted", "error"),
    [
        ({}, "Write something first."),
        ({"text": " \u200b "}, "Something to see is needed."),
        ({"text": "a\x01b"}, "Control characters are not allowed."),
        ({"text": "a\x00b"}, "Null characters are not allowed."),
        ({"text": "x" * 10_001}, "At most 10,000 characters, please; this has 10,001."),
        ({"kind": "call", "text": "Hm"}, "Say what became of the call."),
        ({"kind": "call", "outcome": "ж", "text": "Hm"}, "ж is not one of the available choices."),
        ({"kind": "letter", "text": "Hm"}, "letter is not one of the available choices."),
    ],
)
def test_what_cannot_be_stored_is_told_beside_its_field(
    web: Client, lead: Lead, posted: dict[str, str], error: str
) -> None:
    for headers in ({}, HTMX):
        response = web.post(notes(lead), posted, headers=headers)
        assert response.status_code == 422
        assert error in unescape(response.text)
        assert posted.get("text", "").strip().replace("\x00", "") in unescape(response.text)
    assert entries(lead) == []


def test_a_lead_that_is_gone_takes_no_note_and_shows_what_was_typed(
    web: Client, lead: Lead
) -> None:
    repository.delete(lead.lead_id, version=1, actor=ANN, write_id=act())
    response = web.post(notes(lead), {"text": "Too late"})
    assert response.status_code == 404
    assert "Too late" in response.text
    assert web.post(notes(lead), {"text": "Too late"}, headers=HTMX).status_code == 404


def test_who_may_write(lead: Lead, reader: Client, web: Client) -> None:
    assert signed_out_goes_to_sign_in(notes(lead), method="post")
    assert reader.post(notes(lead), {"text": "No"}).status_code == 403
    assert web.get(notes(lead)).status_code == 405
    assert "composer" not in text(reader.get(f"/leads/{lead.lead_id}/"))
    assert entries(lead) == []


def test_an_edit(web: Client, lead: Lead) -> None:
    url = write(web, lead)
    page = web.get(f"{url}edit/")
    assert "Called back" in page.text
    posted = {"text": "Called back at one", "version": hidden(page, "version")}
    for _ in range(2):
        assert web.post(f"{url}edit/", posted).status_code == 302
    page = web.get(f"/leads/{lead.lead_id}/")
    assert "Called back at one" in page.text
    assert "<summary>edited</summary>" in page.text
    assert "at noon" in page.text
    part = web.get(f"{url}edit/", headers=HTMX)
    assert part.text.startswith('<li class="remark"')
    done = web.post(f"{url}edit/", {"text": "At two", "version": "2"}, headers=HTMX)
    assert "At two" in done.text
    assert web.post(f"{url}edit/", {"text": "", "version": "3"}).status_code == 422
    shown = web.get(url, headers=HTMX)
    assert "At two" in shown.text
    assert web.get(url)["Location"].startswith(f"/leads/{lead.lead_id}/#entry-")


def test_the_card_shows_the_last_note(web: Client, lead: Lead, sales: User) -> None:
    move = f"/leads/{lead.lead_id}/move/"
    older, newer = write(web, lead, "Older"), write(web, lead, "Newer\nline")

    def card() -> str:
        return text(web.post(move, {"status": "new", "version": "1"}, headers=HTMX))

    first = card()
    assert "<bdi>Newer</bdi>" in first
    assert web.post(f"{older}edit/", {"text": "Oldest", "version": "1"}).status_code == 302
    assert card() == first
    assert web.post(f"{newer}delete/", {"version": "1"}).status_code == 302
    second = card()
    assert "<bdi>Oldest</bdi>" in second
    stamps = [re.findall(r'data-note="(\w+)"', page) for page in (first, second)]
    assert stamps[0] != stamps[1]
    assert web.post(f"{older}delete/", {"version": "2"}).status_code == 302
    assert "data-note" not in card()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_edit_of_what_was_edited_shows_both(
    web: Client, lead: Lead, headers: dict[str, str]
) -> None:
    url = write(web, lead)
    web.post(f"{url}edit/", {"text": "First", "version": "1"})
    response = web.post(f"{url}edit/", {"text": "Second", "version": "1"}, headers=headers)
    assert response.status_code == 409
    assert '<div class="written">First</div>' in response.text
    assert re.search(r"<textarea[^>]*>\s*Second</textarea>", response.text)
    version = re.search(r'name="version" value="(\d+)"', response.text)
    assert version
    posted = {"text": "Second", "version": version[1]}
    assert web.post(f"{url}edit/", posted).status_code == 302
    stale = web.post(f"{url}delete/", {"version": "1"}, headers=headers)
    assert stale.status_code == 409
    assert "It was changed meanwhile, so it was not deleted." in stale.text


def test_a_deletion(web: Client, lead: Lead, sales: User) -> None:
    url = write(web, lead, "A secret")
    assert "A secret" in web.get(f"{url}delete/").text
    for _ in range(2):
        assert web.post(f"{url}delete/", {"version": "1"}).status_code == 302
    page = web.get(f"/leads/{lead.lead_id}/")
    assert "A secret" not in page.text
    assert "deleted a note that" in page.text
    assert web.get(f"{url}delete/").status_code == 404
    late = web.post(f"{url}edit/", {"text": "Typed", "version": "1"})
    assert late.status_code == 404
    assert "Typed" in late.text


def test_whose_entries_one_may_change(
    web: Client, reader: Client, client_for: Callable[[User], Client], admin: User, lead: Lead
) -> None:
    entry = conversation.add(lead.lead_id, Said(text="Mine"), entry_id="0" * 32, actor=ANN)
    url = notes(lead, f"{entry.at}~{entry.id}/")
    boss = client_for(admin)
    for what in ("edit/", "delete/"):
        assert signed_out_goes_to_sign_in(url + what)
        for browser in (web, reader):
            assert browser.get(url + what).status_code == 403
            assert browser.post(url + what, {"text": "x", "version": "1"}).status_code == 403
    assert boss.post(f"{url}edit/", {"text": "x", "version": "1"}).status_code == 403
    assert "notes/" not in re.sub(
        r'action="[^"]*notes/"', "", text(reader.get(f"/leads/{lead.lead_id}/"))
    )
    assert boss.post(f"{url}delete/", {"version": "1"}).status_code == 302
    assert entries(lead)[0].deleted_by


def test_entries_that_are_not_there(web: Client, lead: Lead) -> None:
    for name in (NOWHERE, "x", "~", "x" * 2000):
        for what in ("", "edit/", "delete/"):
            assert web.get(notes(lead, f"{name}/{what}")).status_code == 404
        assert web.post(notes(lead, f"{name}/edit/"), {"text": "x"}).status_code == 404
    assert web.post("/leads/never/notes/", {"text": "x"}).status_code == 404
    assert web.post(notes(lead, f"{NOWHERE}/")).status_code == 405


def test_a_call_says_when_to_follow_up(web: Client, lead: Lead) -> None:
    url = notes(lead)
    call = {"kind": "call", "outcome": "no_answer", "due": "2027-03-03", "was": ""}
    response = web.post(url, call, headers=HTMX)
    assert response["X-Act"]
    assert "leadbook:assigned" in response["HX-Trigger"]
    assert repository.get(lead.lead_id, consistent=True).follow_up_at == "2027-03-03"
    # A note asks for no follow-up, and one's own is set anew.
    web.post(url, {"text": "Hm", "due": "2027-04-04"})
    assert repository.get(lead.lead_id, consistent=True).follow_up_at == "2027-03-03"
    web.post(url, call | {"due": "2027-05-05"})
    assert repository.get(lead.lead_id, consistent=True).follow_up_at == "2027-05-05"
    own = {**HTMX, "HX-Current-URL": f"http://testserver/leads/{lead.lead_id}/"}
    assert web.post(url, call | {"due": "2027-06-06"}, headers=own)["HX-Refresh"] == "true"


def test_a_call_overwrites_no_follow_up_of_a_colleague(web: Client, lead: Lead) -> None:
    repository.follow_up(lead.lead_id, "2027-01-01", version=1, actor=SOMEBODY, write_id="w-theirs")
    call = {"kind": "call", "outcome": "reached", "due": "2027-03-03", "was": ""}
    page = text(web.post(notes(lead), call, follow=True))
    assert "The call was logged. The follow-up was not set" in page
    assert repository.get(lead.lead_id, consistent=True).follow_up_at == "2027-01-01"
    web.post(notes(lead), call | {"was": "2027-01-01"})
    assert repository.get(lead.lead_id, consistent=True).follow_up_at == "2027-03-03"


def test_an_unreadable_day_stores_no_call(web: Client, lead: Lead) -> None:
    call = {"kind": "call", "outcome": "reached", "due": "soon"}
    for headers in (HTMX, {}):
        response = web.post(notes(lead), call, headers=headers)
        assert response.status_code == 422
        assert "no day or time that can be read" in response.text
    assert repository.get(lead.lead_id, consistent=True).note == ""
