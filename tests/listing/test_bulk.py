"""Moving, assigning and deleting several leads at once."""

from collections.abc import Callable, Sequence

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.accounts.security_events import DATA_ACTS, Kind
from crm.accounts.security_record import Filter, read_page
from crm.dynamodb.errors import ThrottledError
from crm.dynamodb.transaction import Write, transact
from leads import repository
from leads.models import EventType, Lead, Status
from leads.repository import plans
from tests.make import SOMEBODY
from tests.web.pages import (
    NASTY,
    add_foreign,
    add_lead,
    change_behind,
    current,
    exists,
    said,
    signed_out_goes_to_sign_in,
    text,
)

URL = "/leads/bulk/"


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


def picked(*leads: Lead) -> list[str]:
    return [f"{lead.version}:{lead.lead_id}" for lead in leads]


def move(*leads: Lead, to: str = "qualified", **more: str) -> dict[str, object]:
    return {"action": "move", "status": to, "lead": picked(*leads), **more}


def test_moves_every_picked_lead(web: Client, sales: User) -> None:
    leads = [add_lead(f"P {number}") for number in range(20)]
    response = web.post(URL, move(*leads, next="/leads/?status=new"))
    assert response["Location"] == "/leads/?status=new"
    assert said(response) == ["20 leads were moved to Qualified."]
    assert {current(lead.lead_id).status for lead in leads} == {Status.QUALIFIED}
    assert repository.counts(consistent=True).totals[Status.QUALIFIED] == 20
    assert repository.timeline(leads[0].lead_id).events[0].actor.id == sales.id


def test_gives_every_picked_lead_to_somebody(web: Client, sales: User, admin: User) -> None:
    leads = [add_lead(f"P {number}") for number in range(3)]
    sent: dict[str, object] = {"action": "assign", "lead": picked(*leads)}
    response = web.post(URL, sent | {"owner": admin.id})
    assert said(response) == [f"3 leads belong to {admin.name} now."]
    assert {current(lead.lead_id).owner_id for lead in leads} == {admin.id}
    again = sent | {"lead": [f"2:{lead.lead_id}" for lead in leads]}
    assert (
        said(web.post(URL, again | {"owner": "me"}))[-1] == f"3 leads belong to {sales.name} now."
    )
    own_id = sent | {"lead": [f"3:{lead.lead_id}" for lead in leads], "owner": sales.id}
    assert said(web.post(URL, own_id))[-1] == "3 leads were there already."
    again = sent | {"lead": [f"3:{leads[0].lead_id}"]}
    assert said(web.post(URL, again | {"owner": "none"}))[-1] == "1 lead belongs to nobody now."
    assert repository.counts(consistent=True).of(sales.id)[Status.NEW] == 2


@pytest.mark.parametrize(
    ("owner", "why"),
    [
        ("", "Choose whom to assign them to: nothing was changed."),
        ("somebody", "There is no such person: nothing was changed."),
    ],
)
def test_gives_no_lead_to_nobody_knows_whom(web: Client, owner: str, why: str) -> None:
    lead = add_lead()
    sent = {"action": "assign", "lead": picked(lead), "owner": owner}
    assert said(web.post(URL, sent)) == [why]
    assert current(lead.lead_id).version == 1


def test_one_lead_is_not_many(web: Client) -> None:
    assert said(web.post(URL, move(add_lead()))) == ["1 lead was moved to Qualified."]


def test_what_is_there_already_is_told(web: Client) -> None:
    leads = [add_lead(), add_lead(status=Status.QUALIFIED)]
    assert said(web.post(URL, move(*leads))) == [
        "1 lead was moved to Qualified.",
        "1 lead was there already.",
    ]


def test_each_lead_that_is_left_alone_is_named(web: Client) -> None:
    fine, changed, gone = add_lead("Fine"), add_lead("Changed"), add_lead("Gone")
    change_behind(changed, name=NASTY)
    repository.delete(gone.lead_id, version=1, actor=SOMEBODY, write_id="gone-write-id")
    response = web.post(URL, move(fine, changed, gone))
    page = text(response)
    assert response.status_code == 409
    assert "1 lead was moved to Qualified." in page
    assert "1 skipped" in page
    assert "1 gone" in page
    assert f'href="/leads/{changed.lead_id}/"' in page
    assert "<script>alert" not in page
    assert gone.lead_id in page
    assert current(fine.lead_id).status == Status.QUALIFIED
    assert current(changed.lead_id).status == Status.NEW


def test_a_fault_with_some_leads_does_not_hide_what_became_of_the_others(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = [add_lead(f"P {number}") for number in range(plans.LEADS_AT_ONCE + 1)]

    def failing(writes: Sequence[Write], token: str) -> None:
        if any(leads[-1].lead_id in str(write) for write in writes):
            raise ThrottledError("too much")
        transact(writes, token)

    monkeypatch.setattr("leads.repository.bulk.transact", failing)
    response = web.post(URL, move(*leads))
    assert response.status_code == 409
    assert f"{plans.LEADS_AT_ONCE} leads were moved" in text(response)
    assert "1 not certain" in text(response)
    assert leads[-1].lead_id in text(response)


def test_a_double_click_moves_once(web: Client) -> None:
    leads = [add_lead(), add_lead()]
    for _ in range(2):
        response = web.post(URL, move(*leads))
        assert said(response)[-1] == "2 leads were moved to Qualified."
    for lead in leads:
        assert current(lead.lead_id).version == 2


def test_one_token_for_all_leads_still_moves_each(web: Client) -> None:
    leads = [add_lead(f"P {number}") for number in range(16)]
    assert web.post(URL, move(*leads, token="token-of-a-click")).status_code == 302
    assert {current(lead.lead_id).status for lead in leads} == {Status.QUALIFIED}


def test_a_repeat_after_somebody_moved_on_is_no_success(web: Client) -> None:
    lead = add_lead()
    web.post(URL, move(lead))
    repository.move(
        lead.lead_id, Status.CONVERTED, version=2, actor=SOMEBODY, write_id="other-write-id"
    )
    assert web.post(URL, move(lead)).status_code == 409


def test_deleting_asks_first_and_deletes_what_was_shown(web: Client) -> None:
    kept, first, second = add_lead("Kept"), add_lead("First"), add_lead(NASTY)
    change_behind(second, company="Other")
    response = web.post(URL, {"action": "delete", "lead": picked(first, second)})
    page = text(response)
    assert response.status_code == 200
    assert "First" in page
    assert "<script>alert" not in page
    assert "Kept" not in page
    assert f'value="2:{second.lead_id}"' in page
    assert page.count("changed since you selected it") == 1
    assert 'For thirty days <a href="/changes/">Changes</a> can bring them back.' in page
    assert exists(first)

    shown = picked(current(first.lead_id), current(second.lead_id))
    done = web.post(URL, {"action": "delete", "confirmed": "1", "lead": shown})
    assert said(done) == ["2 leads were deleted."]
    assert [exists(lead) for lead in (kept, first, second)] == [True, False, False]
    again = web.post(URL, {"action": "delete", "confirmed": "1", "lead": shown})
    assert again.status_code == 302
    assert repository.timeline(first.lead_id).events[0].type == EventType.DELETED
    assert len(repository.timeline(first.lead_id).events) == 2


def test_a_lead_changed_while_asking_is_not_deleted(web: Client) -> None:
    fine, changed = add_lead("Fine"), add_lead("Changed")
    change_behind(changed, name="Theirs")
    response = web.post(URL, {"action": "delete", "confirmed": "1", "lead": picked(fine, changed)})
    assert response.status_code == 409
    assert "1 lead was deleted." in text(response)
    assert "Theirs" in text(response)
    assert [exists(fine), exists(changed)] == [False, True]


def test_deleting_what_is_all_gone_says_so(web: Client) -> None:
    response = web.post(URL, {"action": "delete", "lead": ["1:gone"]})
    assert response.status_code == 302
    assert "deleted meanwhile" in said(response)[0]


def test_leads_of_other_programs_take_part(web: Client) -> None:
    leads = [add_foreign("a/b: \"c\" <d> & 'e' ü"), add_foreign("line\nbreak"), add_lead()]
    response = web.post(URL, move(*leads))
    assert said(response) == ["3 leads were moved to Qualified."]
    assert current(leads[0].lead_id).version == 1


@pytest.mark.parametrize(
    ("lead", "told"),
    [
        ([], "Select leads first"),
        (["x"], "could not be read"),
        ([":id"], "could not be read"),
        (["1:"], "could not be read"),
        (["-1:id"], "could not be read"),
        (["99999999999:id"], "could not be read"),
        (["٣:id"], "could not be read"),
        ([NASTY], "could not be read"),
        (["1:" + "x" * 1025], "could not be read"),
        ([f"1:{number}" for number in range(101)], "at most 100"),
    ],
)
def test_a_selection_that_makes_no_sense_changes_nothing(
    web: Client, lead: list[str], told: str
) -> None:
    there = add_lead()
    response = web.post(URL, {"action": "move", "status": "new", "lead": lead + picked(there)[:0]})
    assert response.status_code == 302
    [message] = said(response)
    assert told in message
    assert current(there.lead_id) == there


@pytest.mark.parametrize("posted", [{"action": "move"}, {"action": "nonsense"}, {}])
def test_an_action_that_makes_no_sense_changes_nothing(web: Client, posted: dict[str, str]) -> None:
    lead = add_lead()
    response = web.post(URL, {**posted, "lead": picked(lead)})
    assert response.status_code == 302
    assert said(response)
    assert current(lead.lead_id) == lead


def test_null_bytes_do_no_harm(web: Client) -> None:
    response = web.post(URL, {"action": "move", "status": "new", "lead": ["1:a\x00b"]})
    assert response.status_code == 409
    assert "1 gone" in text(response)


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "javascript:x", "x", "board", "0", " "]
)
def test_only_our_own_pages_are_gone_back_to(web: Client, address: str) -> None:
    assert web.post(URL, move(add_lead(), next=address))["Location"] == "/leads/"


def test_needs_sign_in_and_the_role(client_for: Callable[[User], Client], viewer: User) -> None:
    lead = add_lead()
    assert signed_out_goes_to_sign_in(URL, method="post")
    assert client_for(viewer).post(URL, move(lead)).status_code == 403
    assert current(lead.lead_id) == lead


def test_other_methods_are_refused(web: Client) -> None:
    assert web.get(URL).status_code == 405


def test_the_security_log_tells_who_deleted_how_many(web: Client, sales: User) -> None:
    asked = {"action": "delete", "lead": picked(add_lead(), add_lead())}
    web.post(URL, asked)
    web.post(URL, move(add_lead()))
    assert not read_page(Filter(DATA_ACTS)).events
    web.post(URL, {**asked, "confirmed": "1"})
    [event] = read_page(Filter(DATA_ACTS)).events
    assert (event.kind, event.who) == (Kind.DELETED, sales.id)
    assert event.details == {"number": 2}
