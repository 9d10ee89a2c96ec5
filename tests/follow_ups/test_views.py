"""Setting a follow-up: with htmx, by a plain form, refused; and what is due today."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, override

import pytest
from django.test import Client

from crm import remember
from crm.accounts.models import User
from crm.dynamodb.calls import Key, Page, Value, query
from crm.dynamodb.capacity import Usage
from crm.dynamodb.errors import InvalidRequestError, NotFoundError
from crm.dynamodb.schema import Index, Table
from crm.tables import TEAM_AGENDA_INDEX
from leads import repository
from leads.models import ClosedAs, EventType, Lead, Status
from tests import make
from tests.web.pages import HTMX, add_foreign, add_lead, change_behind, current, text

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


def day(ahead: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=ahead)).isoformat()


def post(
    web: Client, lead: Lead, *, part: bool = False, **given: object
) -> "_MonkeyPatchedWSGIResponse":
    sent = {"due": "tomorrow", "text": "Call", "version": lead.version, **given}
    headers = HTMX if part else {}
    return web.post(f"/leads/{lead.lead_id}/follow-up/", sent, headers=headers)


def dated(owner: User | None, due: str, name: str = "Ada Li", what: str = "Call") -> Lead:
    lead = add_lead(name, owner=owner)
    return repository.follow_up(
        lead.lead_id, due, what, version=lead.version, actor=make.SOMEBODY, write_id=make.act()
    )


def today_page(web: Client, query: str = "") -> str:
    return text(web.get(f"/today/{query}"))


def names(page: str) -> dict[str, list[str]]:
    """Return whom each part of the agenda names."""
    parts = re.findall(r'<tbody data-part="(\w+)">(.*?)</tbody>', page, re.DOTALL)
    return {
        part: re.findall(r"<th scope=\"row\"><a[^>]*><bdi>(.*?)</bdi>", rows)
        for part, rows in parts
    }


def test_htmx_is_told_with_its_undo(web: Client, sales: User) -> None:
    lead = add_lead()
    response = post(web, lead, part=True, text="Call  about the offer")
    assert response.status_code == 200
    assert f'data-lead-id="{lead.lead_id}"' in response.text
    assert "leadbook:assigned" in response["HX-Trigger"]
    assert response["X-Act"]
    after = current(lead.lead_id)
    assert (after.follow_up_at, after.follow_up_text, after.follow_up_by) == (
        day(1),
        "Call about the offer",
        sales.id,
    )


def test_a_card_shows_it_and_stops_ageing(web: Client) -> None:
    lead = add_lead()
    page = text(post(web, lead, part=True))
    assert 'data-limit="0"' in page
    assert re.search(r'<span class="due">.*?Tomorrow</time>', page, re.DOTALL)
    page = text(post(web, current(lead.lead_id), part=True, due=day(-1)))
    assert 'data-limit="0"' not in page
    assert re.search(r'<span class="due overdue">.*?Yesterday</time>', page, re.DOTALL)


def test_the_panel_shows_it_and_the_timeline_tells_it(web: Client) -> None:
    lead = add_lead()
    page = text(post(web, lead, part=True, panel="1", due="2026-12-03 14:00"))
    assert 'value="2026-12-03 14:00"' in page
    assert 'value="Call"' in page
    assert "set a follow-up: 3 Dec 2026, 14:00" in page
    page = text(post(web, current(lead.lead_id), part=True, panel="1", due=""))
    assert "has done the follow-up of 3 Dec 2026, 14:00" in page
    assert current(lead.lead_id).follow_up_at == ""


def test_a_plain_form_goes_back_with_a_message_that_undoes(web: Client) -> None:
    lead = add_lead()
    sent = {"due": "tomorrow", "version": 1, "next": "/today/?whose=all"}
    response = web.post(f"/leads/{lead.lead_id}/follow-up/", sent, follow=True)
    assert response.redirect_chain == [("/today/?whose=all", 302)]
    assert "Follow-up of “Ada Li”: Tomorrow." in response.text
    undo = re.search(r'action="(/changes/[^"]+/undo/)"', response.text)
    assert undo
    assert current(lead.lead_id).follow_up_at == day(1)
    web.post(undo[1])
    assert current(lead.lead_id).follow_up_at == ""


def test_putting_it_off_keeps_its_text(web: Client, sales: User) -> None:
    lead = dated(sales, day(0))
    web.post(f"/leads/{lead.lead_id}/follow-up/", {"due": "in 2 weeks", "version": 2})
    after = current(lead.lead_id)
    assert (after.follow_up_at, after.follow_up_text) == (day(14), "Call")


def test_a_second_click_is_the_first_one(web: Client) -> None:
    lead = add_lead()
    assert post(web, lead).status_code == post(web, lead).status_code == 302
    assert [event.type for event in make.events(lead.lead_id)].count(EventType.DATED) == 1


@pytest.mark.parametrize("part", [True, False])
def test_a_stale_version_keeps_what_was_typed(web: Client, *, part: bool) -> None:
    lead = add_lead()
    change_behind(lead, name="Grace")
    response = post(web, lead, part=part, panel="1", due="next thu", text="Ask <b>Söhne</b>")
    page = text(response)
    assert response.status_code == 409
    assert 'value="next thu"' in page
    assert 'value="Ask &lt;b&gt;Söhne&lt;/b&gt;"' in response.text
    assert 'name="version" value="2"' in page
    assert "Your follow-up was not set." in page
    assert current(lead.lead_id).follow_up_at == ""


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"due": "", "new": "1"}, "Say when: tomorrow, Thu,"),
        ({"due": "soon"}, "This is no day or time that can be read."),
        ({"due": "x" * 5000}, "This is no day or time that can be read."),
        ({"text": "x" * 201}, "has at most 200 characters."),
        ({"text": "a\x07b"}, "Control characters are not allowed."),
    ],
)
@pytest.mark.parametrize("part", [True, False])
def test_what_cannot_be_read_is_said_and_kept(
    web: Client, given: dict[str, str], says: str, *, part: bool
) -> None:
    lead = add_lead()
    response = post(web, lead, part=part, panel="1", **given)
    assert response.status_code == 422
    assert says in text(response)
    assert current(lead.lead_id) == lead


def test_setting_no_day_is_not_being_done(web: Client, sales: User) -> None:
    new = '<button class="button" name="new" value="1">'
    lead = dated(sales, day(1))
    assert f"{new}Put off</button>" in today_page(web)
    response = post(web, lead, part=True, row="", due=" ", new="1")
    assert response.status_code == 422
    assert "Say when: tomorrow, Thu," in text(response)
    assert f"{new}Set</button>" not in web.get(f"/leads/{lead.lead_id}/").text
    assert f"{new}Set</button>" in web.get(f"/leads/{add_lead('Bea').lead_id}/").text


def test_a_closed_lead_has_nothing_due(web: Client) -> None:
    lead = add_lead()
    closed = repository.close(
        lead.lead_id, ClosedAs.LOST, version=1, actor=make.SOMEBODY, write_id="w-close"
    )
    assert post(web, closed).status_code == 409
    assert 'id="follow-up-due"' not in web.get(f"/leads/{lead.lead_id}/").text


def test_another_programs_lead_can_be_followed_up(web: Client) -> None:
    assert post(web, add_foreign()).status_code == 302


def test_needs_sign_in_and_the_role(client_for: Callable[[User], Client], viewer: User) -> None:
    lead = add_lead()
    assert post(Client(), lead).status_code == 302
    assert post(client_for(viewer), lead).status_code == 403
    assert current(lead.lead_id) == lead
    for address in ("/today/", "/today/count/"):
        assert Client().get(address).status_code == 302
        assert client_for(viewer).get(address).status_code == 200
    assert "Done" not in client_for(viewer).get("/today/?whose=all").text


def test_answers_what_is_not_there_and_other_methods(web: Client) -> None:
    gone = {"due": "tomorrow", "version": 1}
    assert web.post("/leads/nobody/follow-up/", gone).status_code == 404
    assert web.post("/leads/nobody/follow-up/", {"due": "soon"}).status_code == 404
    assert web.get(f"/leads/{add_lead().lead_id}/follow-up/").status_code == 405
    assert web.post("/today/").status_code == 405
    assert web.get("/today/?cursor=x").status_code == 400


def test_costs_what_was_promised(web: Client, usage: Usage, sales: User) -> None:
    lead = add_lead()
    before = usage.wru
    post(web, lead)
    # The first one of an hour asks for the mail of the morning.
    assert usage.wru - before <= 18
    for number in range(51):
        dated(sales, day(number % 7), f"Person {number}")
    web.get("/today/")
    before = usage.rru
    page = today_page(web)
    assert usage.rru - before <= 4
    assert page.count("<tr data-lead-id") == 50


def test_the_parts_of_a_day(web: Client, sales: User, admin: User) -> None:
    for name, ahead in {"Over": -3, "Now": 0, "Next": 5, "Far": 12}.items():
        dated(sales, day(ahead), name)
    dated(admin, day(0), "Hers")
    dated(None, day(1), "Nobodys")
    page = today_page(web)
    assert names(page) == {"overdue": ["Over"], "today": ["Now"], "next": ["Next"]}
    page = today_page(web, "?whose=all")
    assert names(page) == {
        "overdue": ["Over"],
        "today": ["Now", "Hers"],
        "next": ["Nobodys", "Next"],
    } or names(page) == {"overdue": ["Over"], "today": ["Hers", "Now"], "next": ["Nobodys", "Next"]}
    assert "Unassigned" in page


def test_what_nobody_has_to_do_is_said(web: Client, sales: User) -> None:
    page = today_page(web)
    assert "Nothing of yours is due in the next seven days." in page
    assert "Nothing is due to anybody" in today_page(web, "?whose=all")
    dated(sales, day(3))
    page = today_page(web)
    assert "Nothing more is due today." in page


def test_pages_go_on(web: Client, sales: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository.agenda.page, "__kwdefaults__", {"limit": 2})
    for number in range(5):
        dated(sales, day(number), f"P{number}")
    page = today_page(web)
    seen = [name for part in names(page).values() for name in part]
    for _ in range(2):
        later = re.search(r'id="page-older" href="([^"]+)"', page)
        assert later
        page = today_page(web, later[1].removeprefix("/today/").replace("&amp;", "&"))
        seen += [name for part in names(page).values() for name in part]
    assert seen == [f"P{number}" for number in range(5)]
    assert 'id="page-older"' not in page
    assert 'id="page-newer"' in page


def test_a_line_leaves_the_agenda_when_it_is_done_or_put_off(web: Client, sales: User) -> None:
    lead = dated(sales, day(0))
    response = post(web, lead, part=True, row="", due="")
    assert response.status_code == 200
    assert "<tr" not in response.text
    assert 'hx-swap-oob="true"' in response.text
    assert '"gone": true' in response["HX-Trigger"]


@pytest.mark.parametrize(
    ("given", "status"), [({"due": "soon"}, 422), ({"due": "next thu", "version": 1}, 409)]
)
def test_a_line_keeps_what_was_typed(
    web: Client, sales: User, given: dict[str, object], status: int
) -> None:
    lead = dated(sales, day(0))
    response = post(web, lead, part=True, row="", **given)
    assert response.status_code == status
    assert f'value="{given["due"]}"' in response.text
    assert '<details class="user-menu put-off" open>' in response.text


def test_a_line_of_a_lead_that_somebody_closed_goes_and_says_why(web: Client, sales: User) -> None:
    lead = dated(sales, day(0))
    repository.close(
        lead.lead_id, ClosedAs.LOST, version=2, actor=make.SOMEBODY, write_id="w-close"
    )
    response = post(web, lead, part=True, row="", due="tomorrow")
    assert response.status_code == 409
    assert "<tr" not in response.text
    assert "leadbook:refused" in response["HX-Trigger"]


def test_the_navigation_counts_what_is_due_today(web: Client, sales: User, usage: Usage) -> None:
    dated(sales, day(-1), "Over")
    lead = dated(sales, day(0), "Now")
    dated(sales, day(1), "Next")
    web.get("/leads/")
    before = usage.rru
    page = text(web.get("/leads/"))
    counted = usage.rru - before
    assert re.search(r'<span class="count overdue">2<', page)
    remember.forget_all()
    # It is counted anew each minute alone.
    assert post(web, lead, part=True, row="", due="").status_code == 200
    assert '<span class="count overdue">1<' in web.get("/today/count/").text
    assert counted <= 6.5


def test_the_count_follows_a_change_without_asking_an_index_that_lags(
    web: Client, sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = dated(sales, day(0))
    assert '<span class="count">1<' in web.get("/today/count/").text

    def fail(*_args: object, **_options: object) -> None:
        raise AssertionError

    monkeypatch.setattr("leads.repository.agenda.page", fail)
    response = post(web, lead, part=True, row="", due="tomorrow")
    assert 'class="count' not in response.text
    # It is drawn anew on the page that it leads to.
    assert re.search(r'<a href="/today/"\s+aria-current="page">', response.text)
    assert "&amp;here=1" in response.text


@pytest.mark.parametrize(
    ("address", "posted"),
    [
        ("/leads/{id}/close/", {"outcome": "lost"}),
        ("/leads/{id}/assign/", {"owner": "{heir}"}),
        ("/leads/{id}/delete/", {}),
        ("/leads/bulk/", {"action": "close", "outcome": "lost", "lead": "2:{id}"}),
        ("/leads/bulk/", {"action": "assign", "owner": "{heir}", "lead": "2:{id}"}),
    ],
)
def test_the_count_follows_every_change_of_ones_own(
    web: Client, sales: User, admin: User, address: str, posted: dict[str, str]
) -> None:
    lead = dated(sales, day(0))
    assert '<span class="count">1<' in web.get("/today/count/").text
    values = {"id": lead.lead_id, "heir": admin.id}
    filled = {name: value.format(**values) for name, value in posted.items()}
    path = address.format(id=lead.lead_id)
    assert web.post(path, filled | {"version": "2"}).status_code == 302
    assert 'class="count' not in web.get("/today/count/").text


def test_tables_of_before_have_no_agenda(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_args: object, **_options: object) -> None:
        raise NotFoundError("no index")

    monkeypatch.setattr("leads.repository.agenda.query", missing)
    response = web.get("/today/")
    assert response.status_code == 200
    assert "create_tables --add-indexes" in response.text


@pytest.mark.parametrize("error", [NotFoundError, InvalidRequestError])
def test_tables_of_before_have_one_agenda_alone(
    web: Client, sales: User, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """While the index of everybody's is made, too, each has their own."""
    dated(sales, day(0), "Mine")

    def lacking(  # noqa: PLR0913 -- as query takes them
        table: Table,
        condition: str,
        values: dict[str, Value],
        *,
        index: Index,
        limit: int,
        start: Key | None,
    ) -> Page:
        if index is TEAM_AGENDA_INDEX:
            raise error("no index")
        return query(table, condition, values, index=index, limit=limit, start=start)

    monkeypatch.setattr("leads.repository.agenda.query", lacking)
    response = web.get("/today/?whose=all")
    assert response.status_code == 200
    assert "create_tables --add-indexes" in response.text
    # Whoever goes on to their own has what belongs to that.
    assert '<a href="/today/">Mine</a>' in response.text
    assert 'id="panel"' in response.text
    assert names(today_page(web))["today"] == ["Mine"]


def test_htmx_gets_the_list_alone(web: Client, sales: User) -> None:
    dated(sales, day(0))
    part = web.get("/today/", headers=HTMX).text
    assert part.lstrip().startswith('<div id="changelist"')


def test_changes_list_it_with_its_text_and_undo_it(web: Client, sales: User) -> None:
    lead = add_lead()
    post(web, lead, text="About the offer")
    page = text(web.get("/changes/"))
    assert "Follow-up" in page
    assert "About the offer" in page
    assert "followUp" not in page


def test_the_panel_over_the_agenda_renews_the_line(web: Client, sales: User) -> None:
    lead = dated(sales, day(0))
    headers = {**HTMX, "HX-Current-URL": "http://testserver/today/?whose=all&lead=x"}
    news = web.get(f"/leads/{lead.lead_id}/news/", headers=headers).text
    assert '<td class="agenda-owner">' in news
    assert "/today/?lead=" in web.get(f"/leads/{lead.lead_id}/panel/", headers=headers).text or True


@pytest.mark.parametrize("status", [Status.CONTACTED])
def test_late_leads_of_a_column_are_not_those_that_are_planned(
    web: Client, sales: User, status: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.web.cards.limits", lambda: {status: timedelta(microseconds=1)})
    add_lead("Waits", status=status)
    planned = add_lead("Planned", status=status)
    assert "2 late" in web.get("/board/").text
    post(web, planned)
    assert "1 late" in web.get("/board/").text


def test_what_comes_due_is_said_once_while_the_page_is_open(web: Client, sales: User) -> None:
    now = datetime.now(UTC)
    before, after = now - timedelta(minutes=1), now + timedelta(minutes=1)
    dated(sales, now.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "Zoe", "Ring up")
    said = web.get("/today/count/", {"since": before.isoformat()})
    assert "Due now: \\u201cZoe\\u201d. Ring up" in said["HX-Trigger"]
    asked = re.search(r"count/\?since=([^\"&]+)", said.text)
    assert asked
    for since in (asked[1], after.isoformat(), "", "x"):
        assert "HX-Trigger" not in web.get("/today/count/", {"since": since})
    dated(sales, (now - timedelta(seconds=30)).isoformat(timespec="milliseconds"), "Ida")
    remember.forget_all()
    said = web.get("/today/count/", {"since": before.isoformat()})
    assert "2 follow-ups are due now." in said["HX-Trigger"]


def test_an_open_board_is_told_what_came_due(
    web: Client, sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    due = (now + timedelta(minutes=5)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    dated(sales, due)
    tag = web.get("/board/", headers=HTMX)["X-Board-Tag"]
    assert web.get("/board/", headers=HTMX | {"X-Board-Tag": tag}).status_code == 204

    class Later(datetime):
        @classmethod
        @override
        def now(cls, tz: tzinfo | None = None) -> "Later":
            return cls.fromisoformat((now + timedelta(minutes=6)).isoformat())

    for module in ("due_count", "follow_ups", "cards"):
        monkeypatch.setattr(f"leads.web.{module}.datetime", Later)
    answer = web.get("/board/", headers=HTMX | {"X-Board-Tag": tag})
    assert answer.status_code == 200
    assert 'class="due overdue"' in answer.text
