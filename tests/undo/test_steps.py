"""Acts in steps at ``/changes/``: their page goes on with them, and takes them back."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb.errors import ConflictError
from leads import repository
from leads.entries import Said
from leads.models import Actor, EventType, Status
from leads.repository import conversation, steps
from leads.repository.filters import Filter
from leads.repository.large_act import Chosen, LargeAct, State, Task, load
from tests.maintenance.helpers import run
from tests.make import SOMEBODY, act, add, finished, only, recount, totals
from tests.web.pages import (
    HTMX,
    add_lead,
    change_behind,
    current,
    said,
    signed_out_goes_to_sign_in,
    text,
)

pytestmark = pytest.mark.usefixtures("few_at_once")

MANY = 5
NEW = Chosen(wanted=Filter(status=Status.NEW), query="status=new")


def begun(number: int = MANY, who: Actor = SOMEBODY) -> LargeAct:
    for index in range(number):
        add_lead(f"P {index}")
    task = Task(kind=EventType.MOVED, status=Status.CONTACTED)
    return steps.begin(task, NEW, expected=number, actor=who, write_id=act())


def address(large: LargeAct, what: str = "") -> str:
    return f"/changes/{quote(large.id, safe=':~')}/{what}"


def test_its_page_tells_how_far_it_is_and_goes_on(web: Client) -> None:
    large = steps.step(begun().id)
    page = text(web.get(address(large)))
    assert "3 of 5 leads" in page
    assert '<progress max="5" value="3"' in page
    assert f'hx-post="{address(large, "step/")}"' in page
    part = text(web.post(address(large, "step/"), headers=HTMX))
    assert "5 leads were moved to Contacted." in part
    assert "hx-post" not in part
    assert "<html" not in part
    assert totals() == recount() == only(contacted=MANY)


def test_without_scripts_a_click_goes_on(web: Client) -> None:
    large = begun()
    response = web.post(address(large, "step/"))
    assert response["Location"] == address(large)
    assert load(large.id).state is State.DONE


def test_the_list_of_changes_has_one_line_of_it(web: Client) -> None:
    large = steps.step(begun().id)
    page = text(web.get("/changes/"))
    assert page.count("<tr id=") == 1
    assert "goes on" in page
    assert "Stop and undo" in page
    finished(large)
    page = text(web.get("/changes/"))
    assert "5 leads were moved to Contacted." in page
    assert "goes on" not in page


def test_its_page_lists_the_leads_a_few_at_a_time(web: Client) -> None:
    large = finished(begun(14))
    page = text(web.get(address(large)))
    assert page.count("/leads/") >= 12
    assert "?step=5" in page
    rest = text(web.get(f"{address(large)}?step=5"))
    assert rest.count('<li><a href="/leads/') == 2
    assert 'rel="next"' not in rest


@pytest.mark.parametrize("step", ["0", "-1", "x", "\u0661", "9" * 99])
def test_an_odd_step_is_the_first(web: Client, step: str) -> None:
    large = finished(begun())
    assert "P 0" in text(web.get(address(large), {"step": step}))


def test_an_undo_goes_on_on_its_page(web: Client, no_time: None) -> None:
    large = finished(begun())
    response = web.post(address(large, "undo/"))
    undo = load(response["X-Act"])
    assert response["Location"] == address(undo)
    assert "0 of 5 leads" in text(web.get(address(undo)))
    finished(undo)
    assert totals() == recount() == only(new=MANY)


def test_a_script_is_sent_to_that_page(web: Client, no_time: None) -> None:
    large = finished(begun())
    response = web.post(address(large, "undo/"), headers=HTMX)
    assert response["HX-Redirect"] == address(load(response["X-Act"]))


def test_a_short_undo_answers_the_line_and_tells_scripts(web: Client, sales: User) -> None:
    large = finished(begun())
    response = web.post(address(large, "undo/"), headers=HTMX)
    assert f"Undone by {sales.name}" in text(response)
    assert "5 leads are as they were before." in response["HX-Trigger"]


def test_what_others_changed_stays_and_is_listed(web: Client) -> None:
    large = finished(begun())
    lead = repository.listing(Filter(status=Status.CONTACTED)).leads[0]
    repository.move(lead.lead_id, Status.QUALIFIED, version=2, actor=SOMEBODY, write_id=act())
    response = web.post(address(large, "undo/"))
    page = text(web.get(response["Location"]))
    assert "4 leads are as they were before." in page
    assert f"{SOMEBODY.name} changed" in page
    assert current(lead.lead_id).status is Status.QUALIFIED


def test_what_others_changed_while_it_went_on_is_listed(web: Client) -> None:
    large = begun()
    lead = repository.listing(Filter(status=Status.NEW)).leads[0]
    change_behind(lead, company="Theirs")
    finished(large)
    page = text(web.get(address(large)))
    assert "4 leads were moved" in page
    assert "changed or deleted the lead since" in page


def test_one_that_goes_on_is_stopped_by_its_undo(web: Client) -> None:
    large = steps.step(begun().id)
    response = web.post(address(large, "undo/"))
    assert said(response) == ["3 leads are as they were before."]
    assert load(large.id).state is State.STOPPED
    assert "Then it was stopped." in text(web.get(address(large)))
    assert totals() == recount() == only(new=MANY)


def test_a_second_undo_says_by_whom(
    web: Client, client_for: Callable[[User], Client], admin: User, sales: User
) -> None:
    large = finished(begun())
    web.post(address(large, "undo/"))
    other = client_for(admin)
    plain = other.post(address(large, "undo/"))
    script = other.post(address(large, "undo/"), headers=HTMX)
    assert (plain.status_code, script.status_code) == (409, 409)
    assert f"This was undone already, by {sales.name}." in text(plain)
    assert sales.name in script["HX-Trigger"]


def test_where_others_keep_at_an_act_its_undo_is_refused_and_its_page_asks_again(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = begun()

    def refused(*_given: object, **_more: object) -> LargeAct:
        raise ConflictError

    monkeypatch.setattr(steps, "begin_undo", refused)
    for headers in ({}, HTMX):
        response = web.post(address(large, "undo/"), headers=headers)
        assert response.status_code == 409
    assert "It could not be undone just now." in response["HX-Trigger"]
    monkeypatch.setattr(steps, "step", refused)
    part = web.post(address(large, "step/"), headers=HTMX)
    assert "0 of 5 leads" in text(part)
    assert "hx-post" in text(part)


def test_the_command_goes_on_with_what_nobody_has_open(web: Client) -> None:
    first = begun()
    assert "5 leads were moved to Contacted." in run("run_acts")
    undo = steps.begin_undo(first.id, actor=SOMEBODY, write_id=act())
    assert isinstance(undo, LargeAct)
    steps.step(undo.id)
    assert "5 leads are as they were before." in run("run_acts", "--max-wru", "40000")
    assert run("run_acts") == "No act is waiting to go on.\n"
    assert totals() == recount() == only(new=MANY)


def test_the_command_ends_long_conversations_with_their_leads(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "ENDED_AT_ONCE", 1)
    lead = add()
    for said_text in ("They called.", "They called again."):
        conversation.add(lead.lead_id, Said(text=said_text), entry_id=act(), actor=SOMEBODY)
    task = Task(kind=EventType.DELETED)
    steps.begin(task, NEW, expected=1, actor=SOMEBODY, write_id=act())
    assert "1 lead was deleted." in run("run_acts")
    entries = conversation.newest_entries(lead.lead_id, 5, consistent=True).items
    assert ["expiresAt" in entry for entry in entries] == [True, True]
    assert totals() == recount() == only()


@pytest.mark.parametrize("name", ["x", "2026-01-01T00:00:00.000Z-none"])
def test_what_is_no_act_is_not_found(web: Client, name: str) -> None:
    assert web.post(f"/changes/{name}/step/").status_code == 404


def test_an_act_without_steps_has_none(web: Client) -> None:
    lead = add_lead()
    sent = {"status": "contacted", "version": 1}
    moved = web.post(f"/leads/{lead.lead_id}/move/", sent)["X-Act"]
    assert web.post(f"/changes/{moved}/step/").status_code == 404


def test_needs_sign_in_the_role_and_the_method(
    client_for: Callable[[User], Client], viewer: User, web: Client
) -> None:
    large = begun()
    assert signed_out_goes_to_sign_in(address(large, "step/"), method="post")
    assert client_for(viewer).post(address(large, "step/")).status_code == 403
    assert "Continue" not in text(client_for(viewer).get(address(large)))
    assert web.get(address(large, "step/")).status_code == 405
    assert totals() == only(new=MANY)


def test_the_page_of_an_act_that_forgot_its_words_links_to_no_list(web: Client) -> None:
    add()
    task = Task(kind=EventType.MOVED, status=Status.CONTACTED)
    chosen = Chosen(text="zebra", query="q=zebra")
    large = steps.begin(task, chosen, actor=SOMEBODY, write_id=act())
    assert "?q=zebra" in web.get(address(large)).text
    assert not steps.step(steps.step(large.id).id).is_working
    page = web.get(address(large)).text
    assert "the list that was chosen" not in page
    assert "zebra" not in page
