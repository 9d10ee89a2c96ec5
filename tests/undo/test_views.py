"""What was done in the last thirty days, and taking it back by a form and with htmx."""

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb.capacity import Usage
from leads import repository
from leads.models import ClosedAs, Lead, Status
from tests.make import SOMEBODY, only, recount, totals
from tests.web.pages import (
    HTMX,
    NASTY,
    Answer,
    add_lead,
    change_behind,
    current,
    exists,
    said,
    signed_out_goes_to_sign_in,
    text,
)

URL = "/changes/"
BULK = "/leads/bulk/"
NO_ACT = "2026-01-01T00:00:00.000Z-none"


def undo_url(act: str) -> str:
    return f"{URL}{quote(act, safe=':~')}/undo/"


def moved(web: Client, lead: Lead, to: str = "contacted") -> str:
    """Move a lead as it is now, and return the act."""
    sent = {"status": to, "version": current(lead.lead_id).version}
    return web.post(f"/leads/{lead.lead_id}/move/", sent)["X-Act"]


def bulk(action: str, *leads: Lead) -> dict[str, object]:
    picked = [f"{lead.version}:{lead.lead_id}" for lead in leads]
    return {"action": action, "status": "qualified", "confirmed": "1", "lead": picked}


def told(response: Answer, event: str) -> dict[str, str]:
    """Return what a script is told of an undo."""
    found: dict[str, str] = json.loads(response.get("HX-Trigger", ""))[event]
    return found


def test_an_empty_page_says_once_that_one_can_look_further_back(web: Client) -> None:
    moved(web, add_lead())
    page = text(web.get(f"{URL}?kind=deleted"))
    assert "Nothing of that kind so far." in page
    assert page.lower().count("look further back") == 1


def test_every_change_names_its_act(web: Client, sales: User) -> None:
    lead, other = add_lead(), add_lead()
    htmx = web.post(
        f"/leads/{lead.lead_id}/move/", {"status": "contacted", "version": 1}, headers=HTMX
    )
    edit = web.post(f"/leads/{lead.lead_id}/edit/", edit_of(lead, name="Zoe"))
    delete = web.post(f"/leads/{lead.lead_id}/delete/", {"version": 3})
    many = web.post(BULK, bulk("move", other))
    acts = [htmx["X-Act"], edit["X-Act"], delete["X-Act"], many["X-Act"]]
    assert len(set(acts)) == 4
    page = text(web.get(URL))
    assert re.findall(r'<tr id="act-([^"]+)"', page) == acts[::-1]
    assert sales.name in page
    # What changed nothing is no act.
    same = web.post(f"/leads/{other.lead_id}/move/", {"status": "qualified", "version": 2})
    assert "X-Act" not in same


def edit_of(lead: Lead, **changed: str) -> dict[str, object]:
    now = current(lead.lead_id)
    texts = {name: now.text(name) for name in ("name", "email", "company", "subject", "message")}
    return {**texts, "version": now.version, **changed}


def test_an_undo_goes_back_with_a_message_that_has_an_undo(web: Client) -> None:
    lead = add_lead(NASTY)
    act = moved(web, lead)
    response = web.post(undo_url(act), {"next": "/leads/?status=new"})
    assert response["Location"] == "/leads/?status=new"
    page = web.get("/leads/")
    assert f'data-act="{response["X-Act"]}"' in text(page)
    assert "is as it was before." in text(page)
    assert "<script>alert" not in text(page)
    assert current(lead.lead_id).status is Status.NEW
    assert totals() == recount() == only(new=1)
    # A redo is an undo of the undo.
    web.post(undo_url(response["X-Act"]))
    assert current(lead.lead_id).status is Status.CONTACTED


def test_with_htmx_answers_the_line_and_tells_scripts(web: Client, sales: User) -> None:
    lead = add_lead()
    act = moved(web, lead)
    response = web.post(undo_url(act), headers=HTMX)
    assert response.status_code == HTTPStatus.OK
    assert "<html" not in response.text
    assert f'data-act="{act}" data-undone' in response.text
    assert f"Undone by {sales.name}" in response.text
    assert told(response, "leadbook:undone") == {
        "text": "“Ada Li” is as it was before.",
        "act": act,
        "lead": lead.lead_id,
    }


def test_the_page_of_a_lead_shows_what_was_given_back(web: Client) -> None:
    lead = add_lead()
    act = web.post(f"/leads/{lead.lead_id}/edit/", edit_of(lead, name="Zoe"))["X-Act"]
    page = f"http://testserver/leads/{lead.lead_id}/"
    response = web.post(undo_url(act), headers=HTMX | {"HX-Current-URL": page})
    assert response["HX-Refresh"] == "true"
    assert response["X-Act"].endswith("~")
    assert said(web.get(page))[-1] == "“Ada Li” is as it was before."


def test_a_deleted_lead_is_back_from_the_list(web: Client) -> None:
    lead = add_lead()
    page = web.post(f"/leads/{lead.lead_id}/delete/", {"version": 1}, follow=True)
    assert "was deleted." in page.text
    act = page.text.split('data-act="')[1].split('"')[0]
    back = web.post(undo_url(act))
    assert current(lead.lead_id).version == 3
    web.post(undo_url(back["X-Act"]))
    fates = re.findall("Deleted again|Brought back", text(web.get(URL)))
    assert fates == ["Deleted again", "Brought back"]


@pytest.mark.parametrize("action", ["move", "delete"])
def test_what_was_done_to_many_is_undone_at_once(web: Client, action: str) -> None:
    leads = [add_lead(f"P {number}") for number in range(27)]
    stale = change_behind(leads[0], name="Theirs")
    done = web.post(BULK, bulk(action, *leads))
    assert done.status_code == HTTPStatus.CONFLICT
    act = done["X-Act"]
    assert f'data-act="{act}"' in done.text
    page = text(web.get(URL))
    assert page.count(f'id="act-{act}"') == 1
    assert "26 leads" in page
    assert re.search(r'aria-label="Undo: \w+, 26 leads"', page)
    assert "P 26" in text(web.get(f"{URL}{act}/"))
    theirs = current(leads[5].lead_id) if action == "move" else None
    if theirs:
        moved(web, theirs, "converted")
    response = web.post(undo_url(act), headers=HTMX)
    assert response.status_code == HTTPStatus.OK
    back = [current(lead.lead_id).status for lead in leads[6:]]
    assert back == [Status.NEW] * 21
    assert current(stale.lead_id) == stale
    assert totals() == recount() == (only(new=26, converted=1) if theirs else only(new=27))


def test_what_others_changed_is_kept_and_listed(web: Client) -> None:
    lead = add_lead()
    act = web.post(f"/leads/{lead.lead_id}/edit/", edit_of(lead, name="Zoe", company="Navy"))
    change_behind(lead, company="Theirs")
    response = web.post(undo_url(act["X-Act"]))
    assert response.status_code == HTTPStatus.OK
    assert "“Ada Li” is as it was before, but for what others have changed since." in response.text
    assert "Somebody Else changed company since (" in response.text
    now = current(lead.lead_id)
    assert (now.name, now.company) == ("Ada Li", "Theirs")


def test_where_nothing_can_go_back_it_is_a_conflict(web: Client, sales: User) -> None:
    lead = add_lead(owner=sales)
    act = moved(web, lead)
    repository.move(
        lead.lead_id, Status.QUALIFIED, version=2, actor=SOMEBODY, write_id="somebodys-write"
    )
    plain, htmx = web.post(undo_url(act)), web.post(undo_url(act), headers=HTMX)
    assert plain.status_code == htmx.status_code == HTTPStatus.CONFLICT
    assert "Somebody Else changed stage since (" in plain.text
    said_to_script = told(htmx, "leadbook:kept")["text"]
    assert said_to_script.startswith("Nothing was undone: Somebody Else has changed it since.")
    assert "X-Act" not in plain
    assert current(lead.lead_id).version == 3


def test_a_second_undo_says_by_whom(
    web: Client, client_for: Callable[[User], Client], sales: User, admin: User
) -> None:
    act = moved(web, add_lead())
    first, again = web.post(undo_url(act)), web.post(undo_url(act))
    assert first["X-Act"] == again["X-Act"]
    assert said(again)[-1] == f"This was undone already, by {sales.name}."
    other = client_for(admin).post(undo_url(act))
    assert other.status_code == HTTPStatus.CONFLICT
    assert f"This was undone already, by {sales.name}." in text(other)


def test_is_filtered_by_person_and_kind(
    web: Client, client_for: Callable[[User], Client], sales: User, admin: User
) -> None:
    mine = moved(web, add_lead())
    theirs = moved(client_for(admin), add_lead())
    edited = web.post(f"/leads/{(lead := add_lead()).lead_id}/edit/", edit_of(lead, name="Z"))
    shown = text(web.get(URL, {"person": sales.id, "kind": "moved"}))
    assert re.findall(r'<tr id="act-([^"]+)"', shown) == [mine]
    assert len({mine, theirs, edited["X-Act"]}) == 3
    assert web.get(URL, {"kind": "nonsense"}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert web.get(URL, {"person": NASTY}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_every_kind_has_a_name_and_is_a_filter(web: Client) -> None:
    lead = add_lead()
    repository.assign(lead.lead_id, "u-ada", version=1, actor=SOMEBODY, write_id="a")
    repository.close(lead.lead_id, ClosedAs.SPAM, version=2, actor=SOMEBODY, write_id="c")
    for kind, name in [("assigned", "Assigned"), ("closed", "Closed")]:
        page = text(web.get(URL, {"kind": kind}))
        assert re.findall(r'<th scope="row"><a [^>]*>([^<]*)<', page) == [name]


def test_tells_what_was_before_and_after(web: Client) -> None:
    lead = add_lead(message="Hello\n\nthere")
    act = web.post(f"/leads/{lead.lead_id}/edit/", edit_of(lead, message="New\nwords"))["X-Act"]
    page = text(web.get(f"{URL}{act}/"))
    assert "Hello\n\nthere" in page
    assert "New\nwords" in page


def test_costs_at_most_four_units(web: Client, usage: Usage) -> None:
    for _ in range(20):
        moved(web, add_lead())
    web.get(URL)
    usage.rru = 0
    web.get(URL)
    assert usage.rru <= 4


@pytest.mark.parametrize("act", [NO_ACT, "x", NASTY.replace("/", ""), "x" * 500])
def test_what_is_no_act_is_not_found(web: Client, act: str) -> None:
    assert web.get(f"{URL}{quote(act)}/").status_code == HTTPStatus.NOT_FOUND
    assert web.post(undo_url(act)).status_code == HTTPStatus.NOT_FOUND


def test_needs_sign_in_and_to_undo_the_role(
    web: Client, client_for: Callable[[User], Client], viewer: User
) -> None:
    lead = add_lead()
    act = moved(web, lead)
    for path in (URL, f"{URL}{act}/"):
        assert signed_out_goes_to_sign_in(path)
    assert signed_out_goes_to_sign_in(undo_url(act), method="post")
    looking = client_for(viewer)
    assert act in looking.get(URL).text
    assert undo_url(act) not in looking.get(URL).text
    assert looking.post(undo_url(act)).status_code == HTTPStatus.FORBIDDEN
    assert current(lead.lead_id).version == 2
    assert exists(lead)


def test_other_methods_are_refused(web: Client) -> None:
    assert web.post(URL).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert web.get(undo_url(NO_ACT)).status_code == HTTPStatus.METHOD_NOT_ALLOWED
