"""The board: four columns, the next cards of one, and moving a card."""

import re
from collections.abc import Callable
from html import unescape
from http import HTTPStatus

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import escape

from crm.accounts.models import User
from crm.dynamodb import calls, capacity
from crm.dynamodb.capacity import Usage
from crm.dynamodb.schema import LEADS
from leads import repository
from leads.models import Actor, EventType, Lead, LeadFields, Status
from leads.views.cards import dom_id

URL = "/board/"
HTMX = {"HX-Request": "true"}
SOMEBODY = Actor(id="somebody", name="Somebody Else")
ODD_ID = "a/b \"c\" <d> & 'e' ü"
ODD_NAME = "<script>alert('hi')</script> \"O'Neill\" & Söhne"


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Give the browser of somebody who works leads."""
    return client_for(sales)


@pytest.fixture
def usage(monkeypatch: pytest.MonkeyPatch) -> Usage:
    """Count what a test consumes, web requests included."""
    counted = Usage()
    monkeypatch.setattr(capacity, "record", counted.add)
    return counted


def add(number: int = 1, status: Status = Status.NEW, owner: User | None = None) -> Lead:
    fields = LeadFields(
        name=f"Person {number}", email=f"p{number}@example.com", company="Acme", subject="Desks"
    )
    made = repository.create(
        fields,
        submission=f"lead-{number}",
        actor=SOMEBODY,
        source="test",
        status=status,
        owner_id=owner.id if owner else None,
    )
    return repository.get(made.lead_id, consistent=True)


def add_foreign(lead_id: str = ODD_ID, name: str = ODD_NAME, status: str = "new") -> Lead:
    """Store what a program that only knows the published attributes leaves."""
    moment = "2026-01-02T03:04:05.678Z"
    item: calls.Item = {
        "leadId": lead_id,
        "name": name,
        "email": "f@example.com",
        "subject": "<b>bold</b>",
        "message": "Hello",
        "status": status,
        "createdAt": moment,
        "updatedAt": moment,
    }
    calls.put(LEADS, item)
    return repository.get(lead_id, consistent=True)


def move_url(text: str, lead: Lead) -> str:
    """Find the address that the card's form posts to."""
    card = text.split(f'id="{dom_id(lead.lead_id)}"')[1].split("</article>", maxsplit=1)[0]
    found = re.search(r'action="([^"]+)"', card)
    assert found
    return unescape(found[1])


def cards_in(text: str) -> list[str]:
    return re.findall(r'data-lead-id="([^"]*)"', text)


def totals_in(text: str) -> dict[str, int]:
    found = re.findall(r'data-status="(\w+)" data-total="(\d+)"', text)
    return {status: int(total) for status, total in found}


class TestPage:
    def test_shows_each_lead_in_its_column_newest_first(self, web: Client, sales: User) -> None:
        leads = [
            add(n, status, sales) for n, status in enumerate([Status.NEW, Status.NEW, *Status])
        ]
        text = web.get(URL).text
        assert totals_in(text) == {"new": 3, "contacted": 1, "qualified": 1, "converted": 1}
        assert cards_in(text)[:3] == [leads[n].lead_id for n in (2, 1, 0)]
        assert "Person 3" in text
        assert "Acme" in text
        assert f"Owner: {sales.name}" in text

    def test_an_empty_board(self, web: Client) -> None:
        response = web.get(URL)
        assert response.status_code == HTTPStatus.OK
        assert set(totals_in(response.text).values()) == {0}
        assert "No qualified leads" in response.text

    @pytest.mark.usefixtures("tables")
    def test_needs_sign_in(self, client: Client) -> None:
        response = client.get(URL)
        assert response.status_code == HTTPStatus.FOUND
        assert response["Location"] == "/accounts/login/?next=/board/"

    @pytest.mark.usefixtures("tables")
    def test_a_refresh_of_one_who_is_signed_out_leads_to_the_sign_in(self, client: Client) -> None:
        response = client.get(URL, headers=HTMX | {"HX-Current-URL": "http://testserver/board/"})
        assert response.status_code == HTTPStatus.OK
        assert response["HX-Redirect"] == "/accounts/login/?next=/board/"
        assert not response.content

    def test_a_viewer_looks_and_cannot_move(
        self, client_for: Callable[[User], Client], viewer: User
    ) -> None:
        add()
        text = client_for(viewer).get(URL).text
        assert "Person 1" in text
        assert "Move to" not in text
        assert "/move/" not in text
        assert 'class="handle"' not in text
        assert "Add lead" not in text

    @pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
    def test_only_for_reading(self, web: Client, method: str) -> None:
        assert web.generic(method.upper(), URL).status_code == HTTPStatus.METHOD_NOT_ALLOWED

    def test_head_is_a_get_without_its_body(self, web: Client) -> None:
        response = web.head(URL)
        assert response.status_code == HTTPStatus.OK
        assert not response.content

    def test_the_partial_is_the_part_of_the_full_page(self, web: Client) -> None:
        for number in range(30):
            add(number, list(Status)[number % 4])
        add_foreign()
        full, partial = web.get(URL), web.get(URL, headers=HTMX)
        assert "<html" not in partial.text
        assert _columns(partial.text) == _columns(full.text)
        assert "HX-Request" in partial["Vary"]
        assert "HX-Request" in full["Vary"]

    @pytest.mark.parametrize(
        "show",
        [
            "",
            "30",
            "0,0,0,0",
            "a,b,c,d",
            "-1,0,0,0",
            "1,2,3",
            "1,2,3,4,5",
            "99999,1,1,1",
            "٣,٣,٣,٣",
        ],
    )
    def test_an_odd_number_of_cards_is_one_page(self, web: Client, show: str) -> None:
        for number in range(27):
            add(number)
        assert len(cards_in(web.get(URL, {"show": show}, headers=HTMX).text)) == 25

    def test_shows_as_many_cards_as_asked_for_up_to_a_hundred(self, web: Client) -> None:
        for number in range(103):
            add(number)
        assert len(cards_in(web.get(URL, {"show": "40,25,25,25"}).text)) == 40
        assert len(cards_in(web.get(URL, {"show": "9999,25,25,25"}).text)) == 100

    def test_what_other_programs_wrote_is_shown_as_text(self, web: Client) -> None:
        lead = add_foreign()
        text = web.get(URL).text
        assert "<script>alert" not in text
        assert "<b>bold" not in text
        assert escape(ODD_NAME) in text
        assert f'data-lead-id="{escape(lead.lead_id)}"' in text
        assert "are not in this total yet" in text
        # The address in the page leads to the lead, whatever its id.
        moved = web.post(move_url(text, lead), {"status": "qualified", "version": 0})
        assert moved.status_code == HTTPStatus.FOUND
        assert repository.get(ODD_ID).status is Status.QUALIFIED

    def test_costs_what_was_promised(self, web: Client, usage: Usage) -> None:
        for number in range(40):
            add(number, list(Status)[number % 4])
        web.get(URL)
        before = usage.rru, usage.wru
        web.get(URL)
        assert usage.rru - before[0] <= 6 + 1.5
        assert usage.wru == before[1]


class TestRefresh:
    def test_an_unchanged_board_is_not_sent_again(self, web: Client, usage: Usage) -> None:
        add()
        tag = web.get(URL, headers=HTMX)["ETag"]
        before = usage.rru
        again = web.get(URL, headers=HTMX | {"If-None-Match": tag})
        assert again.status_code == HTTPStatus.NOT_MODIFIED
        assert not again.content
        assert again["ETag"] == tag
        assert usage.rru - before <= 0.5 + 1.5

    @pytest.mark.parametrize("change", ["move", "edit", "add", "delete"])
    def test_any_change_is_sent(self, web: Client, change: str) -> None:
        lead = add()
        tag = web.get(URL, headers=HTMX)["ETag"]
        act = {"version": lead.version, "actor": SOMEBODY, "write_id": "another-act"}
        if change == "move":
            repository.move(lead.lead_id, Status.CONTACTED, **act)  # type: ignore[arg-type]
        elif change == "edit":
            repository.edit(lead.lead_id, {"subject": "Chairs"}, **act)  # type: ignore[arg-type]
        elif change == "delete":
            repository.delete(lead.lead_id, **act)  # type: ignore[arg-type]
        else:
            add(2)
        response = web.get(URL, headers=HTMX | {"If-None-Match": tag})
        assert response.status_code == HTTPStatus.OK
        assert response["ETag"] != tag

    def test_a_full_page_is_sent_anew_when_its_token_changes(self, web: Client) -> None:
        """It holds a CSRF token and messages: an old one would refuse the next move."""
        web.get(URL)
        tag = web.get(URL)["ETag"]
        again = web.get(URL, headers={"If-None-Match": tag})
        assert again.status_code == HTTPStatus.NOT_MODIFIED
        assert "no-cache" in again["Cache-Control"]
        assert "private" in again["Cache-Control"]
        web.cookies[settings.CSRF_COOKIE_NAME] = "x" * 32
        assert web.get(URL, headers={"If-None-Match": tag}).status_code == HTTPStatus.OK

    def test_another_role_gets_its_own_board(
        self, web: Client, client_for: Callable[[User], Client], viewer: User
    ) -> None:
        tag = web.get(URL, headers=HTMX)["ETag"]
        other = client_for(viewer).get(URL, headers=HTMX | {"If-None-Match": tag})
        assert other.status_code == HTTPStatus.OK


class TestColumn:
    def test_every_card_comes_once(self, web: Client) -> None:
        leads = [add(number) for number in range(60)]
        text = web.get(URL).text
        seen, pages = cards_in(text), 0
        while more := re.search(r'class="more" href="([^"]+)"', text):
            text = web.get(unescape(more[1]), headers=HTMX).text
            assert "<html" not in text
            seen += cards_in(text)
            pages += 1
        assert seen == [lead.lead_id for lead in reversed(leads)]
        assert pages == 2

    def test_without_htmx_it_is_a_page_of_that_column(self, web: Client) -> None:
        for number in range(27):
            add(number)
        add(99, Status.QUALIFIED)
        more = re.search(r'class="more" href="([^"]+)"', web.get(URL).text)
        assert more
        full = web.get(unescape(more[1]))
        partial = web.get(unescape(more[1]), headers=HTMX)
        assert "<html" in full.text
        assert totals_in(full.text) == {"new": 27}
        assert cards_in(full.text) == cards_in(partial.text)
        assert len(cards_in(full.text)) == 2
        assert "HX-Request" in full["Vary"]
        # Its cards move by plain forms: the other columns are not there to take them.
        assert "hx-post" not in full.text
        assert "hx-post" in partial.text

    @pytest.mark.parametrize("status", ["NEW", "lost", "new ", "0", "%00", "ne%2Fw"])
    def test_an_unknown_column(self, web: Client, status: str) -> None:
        response = web.get(f"/board/column/{status}/")
        assert response.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}

    @pytest.mark.parametrize("damage", ["cut", "flipped", "other column", "nonsense", "long"])
    def test_a_tampered_position_is_refused_with_a_way_back(self, web: Client, damage: str) -> None:
        for number in range(27):
            add(number)
        found = re.search(r"cursor=([^\"]+)", web.get(URL).text)
        assert found
        cursor = found[1]
        flipped = cursor[:5] + ("a" if cursor[5] != "a" else "b") + cursor[6:]
        damaged = {
            "cut": cursor[:-3],
            "flipped": flipped,
            "other column": cursor,
            "nonsense": "ünsinn\n%s",
            "long": "x" * 9000,
        }[damage]
        status = "contacted" if damage == "other column" else "new"
        address = f"/board/column/{status}/"
        response = web.get(address, {"cursor": damaged})
        assert response.status_code == HTTPStatus.BAD_REQUEST
        assert f'href="{address}"' in response.text
        partial = web.get(address, {"cursor": damaged}, headers=HTMX)
        assert partial.status_code == HTTPStatus.BAD_REQUEST
        assert "<html" not in partial.text

    @pytest.mark.usefixtures("tables")
    def test_needs_sign_in(self, client: Client) -> None:
        response = client.get("/board/column/new/")
        assert response.status_code == HTTPStatus.FOUND

    def test_only_for_reading(self, web: Client) -> None:
        response = web.post("/board/column/new/")
        assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED


class TestMove:
    def test_with_htmx_answers_the_card_and_the_totals(self, web: Client, sales: User) -> None:
        lead = add()
        response = web.post(
            f"/leads/{lead.lead_id}/move/", {"status": "contacted", "version": 1}, headers=HTMX
        )
        assert response.status_code == HTTPStatus.OK
        assert "<html" not in response.text
        assert cards_in(response.text) == [lead.lead_id]
        assert 'data-status="contacted" data-version="2"' in response.text
        assert re.findall(r'id="total-(\w+)" data-total="(\d+)"', response.text) == [
            ("new", "0"),
            ("contacted", "1"),
            ("qualified", "0"),
            ("converted", "0"),
        ]
        assert "leadbook:moved" in response["HX-Trigger"]
        event = repository.timeline(lead.lead_id).events[0]
        assert (event.type, event.actor.id) == (EventType.MOVED, sales.id)

    def test_the_card_it_answers_is_the_card_of_a_reload(self, web: Client) -> None:
        lead = add()
        moved = web.post(
            f"/leads/{lead.lead_id}/move/", {"status": "contacted", "version": 1}, headers=HTMX
        )
        assert _cards(moved.text) == _cards(web.get(URL, headers=HTMX).text)

    def test_without_htmx_goes_back_to_the_board(self, web: Client) -> None:
        lead = add()
        response = web.post(
            f"/leads/{lead.lead_id}/move/", {"status": "contacted", "version": 1}, follow=True
        )
        assert response.redirect_chain == [(f"/board/#{dom_id(lead.lead_id)}", HTTPStatus.FOUND)]
        assert "“Person 1” is now in Contacted." in response.text

    @pytest.mark.parametrize(
        ("address", "goes_there"),
        [
            ("/leads/?status=new", True),
            ("https://evil.example/", False),
            ("//evil.example/", False),
            ("/\\evil.example", False),
            ("javascript:alert(1)", False),
            ("http:///evil.example", False),
            ("", False),
        ],
    )
    def test_goes_to_an_address_of_this_site_only(
        self,
        web: Client,
        address: str,
        goes_there: bool,  # noqa: FBT001 - a table of cases
    ) -> None:
        lead = add()
        sent = {"status": "contacted", "version": 1, "next": address}
        response = web.post(f"/leads/{lead.lead_id}/move/", sent)
        wanted = address if goes_there else f"/board/#{dom_id(lead.lead_id)}"
        assert response["Location"] == wanted

    def test_a_stale_version_is_refused_with_the_card_as_it_is(self, web: Client) -> None:
        lead = add()
        repository.move(lead.lead_id, Status.QUALIFIED, version=1, actor=SOMEBODY, write_id="first")
        sent = {"status": "contacted", "version": 1}
        partial = web.post(f"/leads/{lead.lead_id}/move/", sent, headers=HTMX)
        assert partial.status_code == HTTPStatus.CONFLICT
        assert 'data-status="qualified" data-version="2"' in partial.text
        assert "leadbook:refused" in partial["HX-Trigger"]
        full = web.post(f"/leads/{lead.lead_id}/move/", sent)
        assert full.status_code == HTTPStatus.CONFLICT
        assert "“Person 1” was changed by someone else and is in Qualified now." in full.text
        assert "Your move was not made." in full.text
        assert "hx-post" not in full.text
        assert repository.get(lead.lead_id).version == 2

    @pytest.mark.parametrize("version", ["", "-1", "1.0", "one", "99", "9" * 30, "²"])
    def test_a_bad_version_changes_nothing(self, web: Client, version: str) -> None:
        lead = add()
        sent = {"status": "contacted", "version": version}
        response = web.post(f"/leads/{lead.lead_id}/move/", sent)
        assert response.status_code == HTTPStatus.CONFLICT
        assert repository.get(lead.lead_id).status is Status.NEW

    @pytest.mark.parametrize("status", ["", "lost", "NEW", "<b>x</b>", "x" * 500])
    def test_a_bad_status_is_refused(self, web: Client, status: str) -> None:
        lead = add()
        response = web.post(f"/leads/{lead.lead_id}/move/", {"status": status, "version": 1})
        assert response.status_code == HTTPStatus.BAD_REQUEST
        assert "<b>x" not in response.text
        assert 'href="/board/"' in response.text
        assert repository.get(lead.lead_id).version == 1

    @pytest.mark.parametrize(
        "token", ["", "short", "x" * 65, "spaces in it", "<b>", "ünsinn-token"]
    )
    def test_a_bad_token_counts_as_none(self, web: Client, token: str) -> None:
        lead = add()
        sent = {"status": "contacted", "version": 1, "token": token}
        for _ in range(2):
            response = web.post(f"/leads/{lead.lead_id}/move/", sent, headers=HTMX)
            assert response.status_code == HTTPStatus.OK
        assert repository.get(lead.lead_id).version == 2

    def test_the_same_click_twice_is_one_move(self, web: Client) -> None:
        lead = add()
        sent = {"status": "contacted", "version": 1, "token": "the-same-click"}
        answers = [web.post(f"/leads/{lead.lead_id}/move/", sent, headers=HTMX) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {HTTPStatus.OK}
        assert repository.get(lead.lead_id).version == 2
        assert len(repository.timeline(lead.lead_id).events) == 2
        assert repository.counts().totals[Status.CONTACTED] == 1

    def test_to_where_it_is_changes_nothing(self, web: Client) -> None:
        lead = add()
        response = web.post(f"/leads/{lead.lead_id}/move/", {"status": "new", "version": 1})
        assert response.status_code == HTTPStatus.FOUND
        assert repository.get(lead.lead_id).version == 1

    @pytest.mark.parametrize("lead_id", ["gone", "~Z29uZQ", "~!", "~%C3%BC", "x" * 3000, "%00"])
    def test_a_lead_that_is_not_there(self, web: Client, lead_id: str) -> None:
        response = web.post(f"/leads/{lead_id}/move/", {"status": "new", "version": 1})
        assert response.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}

    def test_a_viewer_may_not(self, client_for: Callable[[User], Client], viewer: User) -> None:
        lead = add()
        sent = {"status": "contacted", "version": 1}
        response = client_for(viewer).post(f"/leads/{lead.lead_id}/move/", sent)
        assert response.status_code == HTTPStatus.FORBIDDEN
        assert repository.get(lead.lead_id).version == 1

    @pytest.mark.usefixtures("tables")
    def test_needs_sign_in(self, client: Client) -> None:
        lead = add()
        response = client.post(f"/leads/{lead.lead_id}/move/", {"status": "new", "version": 1})
        assert response.status_code == HTTPStatus.FOUND
        assert response["Location"].startswith("/accounts/login/")

    def test_needs_the_token_of_the_page(self, sales: User) -> None:
        lead = add()
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(sales)
        response = strict.post(f"/leads/{lead.lead_id}/move/", {"status": "new", "version": 1})
        assert response.status_code == HTTPStatus.FORBIDDEN

    def test_only_by_post(self, web: Client) -> None:
        lead = add()
        response = web.get(f"/leads/{lead.lead_id}/move/")
        assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        assert response["Allow"] == "POST"

    def test_costs_what_was_promised(self, web: Client, usage: Usage) -> None:
        lead = add()
        before = usage.wru
        web.post(f"/leads/{lead.lead_id}/move/", {"status": "contacted", "version": 1})
        assert usage.wru - before <= 9


def _plain(text: str) -> str:
    """Leave out what differs from one rendering to the next: masked CSRF tokens and cursors."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    return re.sub(r"cursor=[\w:.-]+", "", text)


def _columns(text: str) -> str:
    """Give the columns of a page or partial."""
    found = re.search(r'<div class="board" id="columns".*</section>\s*</div>', text, re.DOTALL)
    assert found
    return _plain(found[0])


def _cards(text: str) -> list[str]:
    """Give the cards of a page or partial."""
    return re.findall(r"<article.*?</article>", _plain(text), re.DOTALL)
