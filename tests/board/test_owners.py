"""Whose leads the board shows, and who moves an unowned lead takes it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from http import HTTPStatus

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb import calls
from crm.dynamodb.capacity import Usage
from crm.dynamodb.index_creation import add_indexes
from crm.tables import LEADS, OWNER_INDEX, RECORDS
from leads import keys, repository
from leads.models import ClosedAs, Status, timestamp
from tests import make
from tests.board.leads import HTMX, URL, add, add_foreign, cards_in, totals_in, waiting_in
from tests.make import ANN, BOB, act

UNKNOWN = "\N{EN DASH}"


def behind(owner: str) -> dict[str, str]:
    return HTMX | {"HX-Current-URL": f"http://testserver/board/?owner={owner}"}


def test_shows_the_leads_and_totals_of_whom_is_asked_for(
    web: Client, sales: User, admin: User
) -> None:
    mine, theirs, nobodys = add(1, owner=sales), add(2, owner=admin), add(3, Status.QUALIFIED)
    for owner, lead, total in [
        ("me", mine, {"new": 1, "qualified": 0}),
        (sales.id, mine, {"new": 1, "qualified": 0}),
        (admin.id, theirs, {"new": 1, "qualified": 0}),
        ("none", nobodys, {"new": 0, "qualified": 1}),
    ]:
        text = web.get(URL, {"owner": owner}).text
        assert cards_in(text) == [lead.lead_id]
        assert total.items() <= totals_in(text).items()
    text = web.get(URL).text
    assert len(cards_in(text)) == 3
    assert '<a href="/board/" aria-current="true">Everybody</a>' in text
    assert f'<option value="{admin.id}">{admin.name}</option>' in text


@pytest.mark.parametrize("owner", ["somebody", "%00", "x" * 2000, "Me", "<b>x</b>"])
@pytest.mark.parametrize("page", ["/board/", "/board/column/new/"])
def test_an_unknown_person_is_told(web: Client, page: str, owner: str) -> None:
    response = web.get(page, {"owner": owner})
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "There is no such person" in response.text
    assert "<b>x" not in response.text


def test_an_inactive_owner_can_be_shown(web: Client, viewer: User) -> None:
    lead = add(owner=viewer)
    viewer.is_active = False
    viewer.save()
    text = web.get(URL, {"owner": viewer.id}).text
    assert cards_in(text) == [lead.lead_id]
    assert f"{viewer.name} (inactive)" in text


def test_the_next_cards_of_a_column_are_of_the_same_person(web: Client, sales: User) -> None:
    mine = [add(number, owner=sales).lead_id for number in range(27)]
    add(99)
    text = web.get(URL, {"owner": "me"}).text
    (more,) = re.findall(r'class="more" href="([^"]*)"', text)
    rest = web.get(unescape(more), headers=HTMX).text
    assert cards_in(text) + cards_in(rest) == mine[::-1]
    plain = web.get(unescape(more)).text
    assert cards_in(plain) == mine[:2][::-1]
    assert 'href="/board/?owner=me"' in plain
    # A cursor belongs to the leads of one person.
    other = web.get(unescape(more).replace("owner=me", "owner=none"))
    assert other.status_code == HTTPStatus.BAD_REQUEST


def test_unassigned_shows_leads_of_other_programs(web: Client, sales: User) -> None:
    add(1, owner=sales)
    lead = add_foreign("theirs")
    now = timestamp(datetime.now(UTC))
    newer = make.write(make.published("newer", status="new", createdAt=now))
    text = web.get(URL, {"owner": "none"}).text
    assert cards_in(text) == [newer.lead_id, lead.lead_id]
    assert totals_in(text)["new"] == 0
    assert "+2 not counted yet" in waiting_in(text)[0]


def test_a_board_has_a_tag_for_each_owner(web: Client, sales: User, usage: Usage) -> None:
    add(1, owner=sales)
    tags = {}
    for owner in ("", "me", "none"):
        tags[owner] = web.get(URL, {"owner": owner}, headers=HTMX)["X-Board-Tag"]
    assert len(set(tags.values())) == 3
    for owner, tag in tags.items():
        before = usage.rru
        poll = web.get(URL, {"owner": owner}, headers=HTMX | {"X-Board-Tag": tag})
        assert poll.status_code == HTTPStatus.NO_CONTENT
        assert usage.rru - before <= 2.5
    poll = web.get(URL, {"owner": "me"}, headers=HTMX | {"X-Board-Tag": tags[""]})
    assert poll.status_code == HTTPStatus.OK


def test_a_poll_of_nobodys_board_tells_of_other_programs_leads(web: Client) -> None:
    tag = web.get(URL, {"owner": "none"}, headers=HTMX)["X-Board-Tag"]
    lead = add_foreign()
    page = web.get(URL, {"owner": "none"}, headers={"If-None-Match": f'"{tag}-0"'})
    assert page.status_code == HTTPStatus.OK
    assert cards_in(page.text)
    assert lead.version == 0


def test_a_filtered_board_costs_little_more(web: Client, sales: User, usage: Usage) -> None:
    for number in range(40):
        add(number, list(Status)[number % 4], sales if number % 2 else None)
    costs = {}
    for owner in ("", "me", "none"):
        web.get(URL, {"owner": owner})
        before = usage.rru
        web.get(URL, {"owner": owner})
        costs[owner] = usage.rru - before
    assert max(costs.values()) <= costs[""] + 1.5
    assert max(costs.values()) <= 10


def unfile() -> None:
    """Leave a counter and an index as releases before 12 did."""
    add_indexes([replace(LEADS, indexes=(OWNER_INDEX,))], lambda _line: None)
    calls.put(RECORDS, {**keys.counter("00"), "rev": 5, "new": 1})


def test_until_a_recount_totals_of_an_owner_are_not_known(web: Client, sales: User) -> None:
    lead = add(1, owner=sales)
    unfile()
    response = web.get(URL, {"owner": "me"})
    assert cards_in(response.text) == [lead.lead_id]
    assert "Not yet filed by owner: your administrator can run recount." in response.text
    assert totals_in(response.text) == {}
    assert response.text.count(f"<span data-number>{UNKNOWN}</span>") == 4
    assert "Not yet filed" not in web.get(URL).text
    sent = {"status": "contacted", "version": 1}
    moved = web.post(f"/leads/{lead.lead_id}/move/", sent, headers=behind("me"))
    assert moved.status_code == HTTPStatus.OK
    assert moved.text.count(f"<span data-number>{UNKNOWN}</span>") == 4
    assert web.get("/leads/", {"owner": "me"}).status_code == HTTPStatus.OK


def test_what_a_release_of_before_wrote_again_is_read_without_its_index(
    web: Client, sales: User
) -> None:
    lead, closed = add(1, owner=sales), add(2, owner=sales)
    add(3)
    repository.close(closed.lead_id, ClosedAs.LOST, version=1, actor=ANN, write_id=act())
    calls.put(RECORDS, {**keys.counter("00"), "rev": 5, "new": 1})
    response = web.get(URL, {"owner": "me"})
    assert cards_in(response.text) == [lead.lead_id]
    assert "Not yet filed by owner: your administrator can run recount." in response.text
    column = web.get(f"{URL}column/new/", {"owner": "me"}, headers=HTMX)
    assert cards_in(column.text) == [lead.lead_id]
    listed = web.get("/leads/", {"owner": "me"})
    assert listed.status_code == HTTPStatus.OK
    assert lead.lead_id in listed.text
    assert closed.lead_id in web.get("/leads/", {"owner": "me", "status": "closed"}).text


def test_whoever_moves_an_unowned_lead_out_of_new_takes_it(web: Client, sales: User) -> None:
    lead = add()
    sent = {"status": "contacted", "version": 1}
    response = web.post(f"/leads/{lead.lead_id}/move/", sent, headers=HTMX)
    assert f"Owner: {sales.name}" in response.text
    assert ", and yours." in response["HX-Trigger"]
    assert repository.get(lead.lead_id, consistent=True).owner_id == sales.id
    again = web.post(
        f"/leads/{lead.lead_id}/move/", {"status": "qualified", "version": 2}, headers=HTMX
    )
    assert ", and yours." not in again["HX-Trigger"]
    text = " ".join(web.get(f"/leads/{lead.lead_id}/").text.split())
    assert "moved it from New to Contacted" in text
    assert text.count("took it") == 1


def test_a_person_may_switch_that_off(web: Client, sales: User) -> None:
    sales.take_by_moving = False
    sales.save()
    lead = add()
    web.post(f"/leads/{lead.lead_id}/move/", {"status": "contacted", "version": 1})
    assert repository.get(lead.lead_id, consistent=True).owner_id is None


def test_neither_bulk_nor_a_later_move_takes(web: Client) -> None:
    picked, later = add(1), add(2, Status.CONTACTED)
    sent = {"action": "move", "status": "contacted", "lead": f"1:{picked.lead_id}"}
    web.post("/leads/bulk/", sent)
    web.post(f"/leads/{later.lead_id}/move/", {"status": "qualified", "version": 1})
    owners = {repository.get(lead.lead_id).owner_id for lead in (picked, later)}
    assert owners == {None}


def test_a_change_answers_with_the_totals_of_the_board_shown(
    web: Client, sales: User, admin: User
) -> None:
    lead, _ = add(1, owner=sales), add(2, owner=admin)
    sent = {"status": "contacted", "version": 1}
    moved = web.post(f"/leads/{lead.lead_id}/move/", sent, headers=behind("me"))
    totals = dict(re.findall(r'id="total-(\w+)" data-total="(\d+)"', moved.text))
    assert (totals["new"], totals["contacted"]) == ("0", "1")
    given = web.post(
        f"/leads/{lead.lead_id}/assign/",
        {"owner": admin.id, "version": 2},
        headers=behind("me"),
    )
    # It is no card of this board any more.
    assert cards_in(given.text) == []
    totals = dict(re.findall(r'id="total-(\w+)" data-total="(\d+)"', given.text))
    assert totals["contacted"] == "0"


def test_without_script_a_move_keeps_the_owner(web: Client, sales: User) -> None:
    lead = add(owner=sales)
    sent = {"status": "contacted", "version": 1}
    came = {"Referer": "http://testserver/board/?owner=me"}
    response = web.post(f"/leads/{lead.lead_id}/move/", sent, headers=came)
    assert response["Location"].startswith("/board/?owner=me#")


def test_a_taking_move_costs_what_was_promised(web: Client, usage: Usage) -> None:
    lead = add()
    before = usage.wru
    sent = {"status": "contacted", "version": 1}
    web.post(f"/leads/{lead.lead_id}/move/", sent, headers=HTMX)
    assert usage.wru - before <= 14


def test_whoever_loses_a_race_is_told(web: Client, client_for: Callable[[User], Client]) -> None:
    lead = add()
    repository.assign(lead.lead_id, BOB.id, version=1, actor=BOB, write_id=act())
    sent = {"status": "contacted", "version": 1}
    response = web.post(f"/leads/{lead.lead_id}/move/", sent, headers=HTMX)
    assert response.status_code == HTTPStatus.CONFLICT
    assert "leadbook:refused" in response["HX-Trigger"]
    assert "Bob took" in response["HX-Trigger"]
