"""One lead: its page, adding, editing and deleting it."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from crm.accounts import directory
from crm.accounts.models import User
from crm.dynamodb.capacity import count_requests
from crm.dynamodb.cursor import encode
from leads import repository
from leads.addresses import mail_link
from leads.attribution import Attribution
from leads.fields import NAME
from leads.models import EventType, Lead, Status
from leads.repository import Filter, consents
from leads.repository.reads import TIMELINE_SIZE
from tests.forms.making import added
from tests.make import SOMEBODY, add_from, add_released, published, write
from tests.web.pages import (
    HTMX,
    NASTY,
    add_foreign,
    add_lead,
    change_behind,
    current,
    exists,
    hidden,
    said,
    signed_out_goes_to_sign_in,
    text,
)

GONE = "/leads/no-such-lead/"
BAD_IDS = ["no-such-lead", "~broken", "~", "%F0%9F%A6%8A", "x" * 3000, "%3Cscript%3E", ".."]


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


@pytest.fixture
def reader(client_for: Callable[[User], Client], viewer: User) -> Client:
    """Return the browser of somebody who may only look."""
    return client_for(viewer)


def url(lead: Lead, what: str = "") -> str:
    return f"/leads/{lead.lead_id}/{what}"


def form_of(web: Client, lead: Lead) -> dict[str, str]:
    """Return what a browser would send of the edit form as it is now."""
    page = web.get(url(lead, "edit/"))
    fields = ("name", "email", "phone", "company", "subject", "message", "owner_id")
    shown = {name: str(getattr(lead, name) or "") for name in fields}
    return {**shown, "version": hidden(page, "version"), "seen": hidden(page, "seen")}


def events(lead: Lead) -> list[EventType]:
    return [event.type for event in repository.timeline(lead.lead_id).events]


# --- The page ---------------------------------------------------------------------------


def test_the_page_shows_everything(web: Client, sales: User) -> None:
    directory.forget()
    lead = change_behind(add_lead(owner=sales), phone="+44 (20) 79-46")
    page = text(web.get(url(lead)))
    assert 'href="mailto:ada@example.com?subject=Re%3A%20Desks"' in page
    assert 'href="tel:+44207946"' in page
    assert '<div class="written">Hello\n\nthere</div>' in page
    for shown in ("Acme", "Desks", "Sales Person", "contact-form", "Somebody Else", "New"):
        assert shown in page
    assert f'name="version" value="{lead.version}"' in page
    assert f'name="next" value="{url(lead)}"' in page


def test_the_page_needs_sign_in() -> None:
    assert signed_out_goes_to_sign_in(GONE)


def test_viewers_read_without_actions(reader: Client) -> None:
    page = text(reader.get(url(add_lead())))
    assert "edit/" not in page
    assert "delete/" not in page
    assert "move/" not in page


@pytest.mark.parametrize("lead_id", BAD_IDS)
def test_a_lead_that_is_not_there_is_not_found(web: Client, lead_id: str) -> None:
    for what in ("", "edit/", "delete/"):
        assert web.get(f"/leads/{lead_id}/{what}").status_code == 404
    assert web.post(f"/leads/{lead_id}/delete/", {"version": "1"}).status_code == 404


def test_the_page_is_only_read(web: Client) -> None:
    assert web.post(url(add_lead())).status_code == 405


def test_what_people_wrote_is_never_markup(web: Client) -> None:
    lead = change_behind(add_lead(NASTY, message=NASTY), subject=NASTY, company=NASTY)
    for what in ("", "edit/", "delete/"):
        page = text(web.get(url(lead, what)))
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_the_timeline_tells_who_released_it(web: Client) -> None:
    page = text(web.get(url(add_released())))
    assert "<strong>Ann</strong> released the message that was held" in page
    assert "added the lead" not in page


def test_the_timeline_tells_who_did_what(web: Client, sales: User) -> None:
    directory.forget()
    lead = add_lead()
    repository.move(
        lead.lead_id, Status.QUALIFIED, version=1, actor=SOMEBODY, write_id="move-write-id"
    )
    change_behind(lead, owner_id=sales.id, subject="Tables", message="long " * 100)
    page = text(web.get(url(lead)))
    assert "moved it from New to Qualified" in page
    assert "<strong>Somebody Else</strong> changed subject, message, owner" in page
    assert "<ins><bdi>Sales Person</bdi></ins>" in page
    assert "<del>" not in page
    assert page.index("changed") < page.index("moved it") < page.index("added the lead")


def test_changes_of_one_event_stand_in_the_order_of_the_form(web: Client) -> None:
    lead = add_lead()
    change_behind(lead, subject="Tables", name="Zed", company="Zed Ltd", email="zed@example.com")
    page = text(web.get(url(lead)))
    assert "changed name, e-mail, company, subject" in page


@pytest.mark.slow
def test_older_events_are_a_page_on(web: Client) -> None:
    lead = add_lead()
    for number in range(60):
        change_behind(lead, subject=f"Subject {number}")
    first = text(web.get(url(lead)))
    found = re.search(r'id="page-older" href="([^"]*)"', first)
    assert found
    assert "added the lead" not in first
    older = web.get(found[1])
    assert "added the lead" in text(older)
    assert f'id="page-newest" href="{url(lead)}"' in text(older)
    part = web.get(found[1], headers=HTMX)
    assert text(part).strip() in text(older)
    assert text(part).strip().startswith('<div id="timeline"')
    assert "HX-Request" in part["Vary"]
    assert web.get(found[1].replace(lead.lead_id, add_lead().lead_id)).status_code == 400


@pytest.mark.parametrize("cursor", ["x", NASTY, "x" * 9000, ""])
def test_a_bad_timeline_cursor_is_refused(web: Client, cursor: str) -> None:
    add_foreign()
    bad = cursor or encode({"SK": "of another kind"}, "timeline:theirs")
    assert web.get("/leads/theirs/", {"events": bad}).status_code == 400


@pytest.mark.parametrize(
    ("email", "link"),
    [
        ("ada+x@example.com", "mailto:ada%2Bx@example.com"),
        ("ö@bücher.de", "mailto:%C3%B6@b%C3%BCcher.de"),
        ("a@b?bcc=c@d.e", ""),
        ("javascript:alert(1)", ""),
        ("a b@c.d", ""),
        ("a@b,c@d", ""),
        ("", ""),
    ],
)
def test_only_sane_addresses_become_links(email: str, link: str) -> None:
    assert mail_link(email) == link


def test_a_lead_of_another_program_is_shown(web: Client) -> None:
    add_foreign(name="", email="", subject="", message="", createdAt="", updatedAt="", status="?")
    for what in ("", "edit/", "delete/"):
        assert web.get(f"/leads/theirs/{what}").status_code == 200


# --- Adding -----------------------------------------------------------------------------

NEW = {"name": " Bo  Li ", "email": "BO@Example.com", "message": "a\r\nb", "status": "contacted"}


def everything() -> list[Lead]:
    return repository.listing(Filter()).leads


def test_adding_stores_a_lead_and_shows_it(web: Client, sales: User) -> None:
    directory.forget()
    submission = hidden(web.get("/leads/add/"), "submission")
    response = web.post(
        "/leads/add/", {**NEW, "owner_id": sales.id, "submission": submission, "_save": "1"}
    )
    [lead] = everything()
    assert response["Location"] == url(lead)
    lead = current(lead.lead_id)
    assert (lead.name, lead.email, lead.message) == ("Bo Li", "bo@example.com", "a\nb")
    assert (lead.status, lead.owner_id, lead.source) == (Status.CONTACTED, sales.id, "staff")
    assert said(response) == ["The lead “Bo Li” was added."]
    [event] = repository.timeline(lead.lead_id).events
    assert event.actor.name == "Sales Person"


@pytest.mark.parametrize(
    ("button", "place"), [("_continue", "edit/"), ("_save", ""), ("_addanother", None)]
)
def test_each_button_leads_on(web: Client, button: str, place: str | None) -> None:
    response = web.post("/leads/add/", {**NEW, button: "1"})
    [lead] = everything()
    assert response["Location"] == ("/leads/add/" if place is None else url(lead, place))


def test_a_double_click_adds_one_lead(web: Client) -> None:
    sent = {**NEW, "submission": hidden(web.get("/leads/add/"), "submission")}
    first, second = web.post("/leads/add/", sent), web.post("/leads/add/", sent)
    assert first["Location"] == second["Location"]
    assert len(everything()) == 1
    assert web.post("/leads/add/", {**sent, "name": "Another"}).status_code == 302
    assert len(everything()) == 2


def test_the_same_without_a_form_id_is_never_swallowed(web: Client) -> None:
    for submission in ("", "x", NASTY):
        assert web.post("/leads/add/", {**NEW, "submission": submission}).status_code == 302
    assert len(everything()) == 3


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "", "This field is required."),
        ("name", " ", "This field is required."),
        ("name", "x" * 201, "At most 200 characters"),
        ("name", "a\x00b", "Null characters"),
        ("name", "a\x07b", "Control characters"),
        ("email", "nonsense", "Enter an e-mail address"),
        ("email", "<script>alert(1)</script>", "Enter an e-mail address"),
        ("message", "x" * 10_001, "At most 10,000 characters"),
        ("owner_id", "nobody", "Select a valid choice"),
        ("status", "nonsense", "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_told_and_the_rest_kept(
    web: Client, field: str, value: str, told: str
) -> None:
    response = web.post("/leads/add/", {**NEW, "company": "Kettle", field: value})
    assert response.status_code == 422
    assert told in text(response)
    assert 'value="Kettle"' in text(response)
    assert "<script>alert" not in text(response)
    assert everything() == []


def test_an_address_is_stored_in_its_normal_form(web: Client) -> None:
    web.post("/leads/add/", {**NEW, "email": "\u200bMira <Info@xn--bckerei-kestrel-0kb.example.>"})
    [lead] = everything()
    assert lead.email == "info@bäckerei-kestrel.example"


def test_addresses_are_shown_in_letters(web: Client) -> None:
    add_foreign(email="info@xn--bckerei-kestrel-0kb.example", name="")
    assert "info@bäckerei-kestrel.example" in text(web.get("/leads/theirs/"))
    assert "xn--" not in text(web.get("/leads/theirs/"))
    # The form shows what is stored: who changes another field leaves it as it is.
    assert "info@xn--bckerei-kestrel-0kb.example" in text(web.get("/leads/theirs/edit/"))


def test_a_message_at_the_limit_may_have_line_breaks(web: Client) -> None:
    message = "x\r\n" * 4_999 + "xy"
    assert web.post("/leads/add/", {**NEW, "message": message}).status_code == 302


def test_adding_needs_sign_in_and_the_role(reader: Client) -> None:
    assert signed_out_goes_to_sign_in("/leads/add/")
    assert reader.get("/leads/add/").status_code == 403
    assert reader.post("/leads/add/", NEW).status_code == 403
    assert everything() == []


@pytest.mark.parametrize("what", ["add/", "x/edit/", "x/delete/"])
def test_other_methods_are_refused(web: Client, what: str) -> None:
    assert web.put(f"/leads/{what}").status_code == 405


# --- Editing ----------------------------------------------------------------------------


def test_only_what_changed_is_written(web: Client) -> None:
    lead = add_lead()
    response = web.post(url(lead, "edit/"), {**form_of(web, lead), "company": "", "name": "Eve"})
    assert response["Location"] == url(lead)
    assert said(response) == ["The lead “Eve” was changed."]
    event = repository.timeline(lead.lead_id).events[0]
    assert set(event.changes) == {"name", "company"}
    now = current(lead.lead_id)
    assert (now.name, now.company, now.message, now.version) == ("Eve", "", lead.message, 2)


def test_saving_and_going_on(web: Client) -> None:
    lead = add_lead()
    sent = {**form_of(web, lead), "name": "Eve", "_continue": "1"}
    assert web.post(url(lead, "edit/"), sent)["Location"] == url(lead, "edit/")


def test_nothing_changed_writes_nothing(web: Client) -> None:
    lead = add_lead()
    sent = form_of(web, lead)
    response = web.post(url(lead, "edit/"), {**sent, "message": "Hello\r\n\r\nthere"})
    assert response.status_code == 302
    assert said(response) == ["Nothing was changed in the lead “Ada Li”."]
    assert current(lead.lead_id) == lead


def test_a_double_click_edits_once(web: Client) -> None:
    lead = add_lead()
    sent = {**form_of(web, lead), "name": "Eve"}
    for _ in range(2):
        assert web.post(url(lead, "edit/"), sent).status_code == 302
    assert current(lead.lead_id).version == 2
    assert events(lead) == [EventType.EDITED, EventType.CREATED]


def test_an_edit_that_was_taken_back_is_not_said_to_be_done_again(web: Client) -> None:
    lead = add_lead()
    sent = {**form_of(web, lead), "name": "Eve"}
    act = web.post(url(lead, "edit/"), sent)["X-Act"]
    web.post(f"/changes/{act}/undo/")
    response = web.post(url(lead, "edit/"), sent)
    assert response.status_code == 409
    assert 'value="Eve"' in text(response)
    assert current(lead.lead_id).name == "Ada Li"
    assert web.post(url(lead, "edit/"), form_of(web, lead) | {"name": "Eve"}).status_code == 302
    assert current(lead.lead_id).name == "Eve"


def test_an_edit_sent_twice_is_done_though_others_went_on(web: Client) -> None:
    lead = add_lead()
    sent = {**form_of(web, lead), "name": "Eve"}
    for _ in range(2):
        assert web.post(url(lead, "edit/"), sent).status_code == 302
        change_behind(current(lead.lead_id), company="Theirs")
    assert current(lead.lead_id).name == "Eve"


def test_an_overtaken_edit_loses_nothing_and_can_be_saved_again(web: Client) -> None:
    lead = add_lead()
    sent = {**form_of(web, lead), "name": "Typed <b>", "company": "Mine"}
    change_behind(lead, name="Theirs <i>", subject="Their subject")
    response = web.post(url(lead, "edit/"), sent)
    page = text(response)
    assert response.status_code == 409
    assert current(lead.lead_id).name == "Theirs <i>"
    assert 'value="Typed &lt;b&gt;"' in page
    assert 'value="Mine"' in page
    assert "Theirs &lt;i&gt;" in page
    assert 'value="Their subject"' in page
    assert re.findall(r'data-now="(\w+)"', page) == ["name", "company"]

    again = {
        **sent,
        "subject": "Their subject",
        "version": hidden(response, "version"),
        "seen": hidden(response, "seen"),
    }
    assert web.post(url(lead, "edit/"), again).status_code == 302
    now = current(lead.lead_id)
    assert (now.name, now.company, now.subject) == ("Typed <b>", "Mine", "Their subject")


@pytest.mark.parametrize("version", ["", "x", "-1", "0", "99999999999999999999", "1\x00", NASTY])
def test_a_nonsensical_version_is_stale(web: Client, version: str) -> None:
    lead = add_lead()
    sent = {**form_of(web, lead), "name": "Eve", "version": version}
    assert web.post(url(lead, "edit/"), sent).status_code in {409, 422}
    assert web.post(url(lead, "delete/"), {"version": version}).status_code == 409
    assert current(lead.lead_id) == lead


@pytest.mark.parametrize("seen", ["", "x", "a.b.c.d.e.f.g", "." * 9000, NASTY])
def test_altered_digests_do_no_harm(web: Client, seen: str) -> None:
    lead = add_lead()
    sent = {**form_of(web, lead), "name": "Eve", "seen": seen}
    assert web.post(url(lead, "edit/"), sent).status_code == 302
    now = current(lead.lead_id)
    assert (now.name, now.email, now.message) == ("Eve", lead.email, lead.message)


def test_fields_that_are_not_sent_stay(web: Client) -> None:
    lead = add_lead()
    sent = {"name": "Eve", "email": lead.email, "version": "1"}
    assert web.post(url(lead, "edit/"), sent).status_code == 302
    now = current(lead.lead_id)
    assert (now.name, now.company, now.message) == ("Eve", "Acme", lead.message)


def test_what_another_program_wrote_too_long_blocks_nothing(web: Client) -> None:
    lead = add_foreign(name="x" * (NAME.limit + 1), email="No Address", message="y" * 20_000)
    sent = form_of(web, lead)
    assert web.post(url(lead, "edit/"), {**sent, "company": "Acme"}).status_code == 302
    now = current("theirs")
    assert (now.company, now.name, now.email) == ("Acme", lead.name, "No Address")
    too_long = {**form_of(web, now), "name": "z" * (NAME.limit + 1)}
    assert web.post(url(lead, "edit/"), too_long).status_code == 422


def test_a_bad_edit_is_told_and_the_rest_kept(web: Client) -> None:
    lead = add_lead()
    sent = {**form_of(web, lead), "email": "nonsense", "company": "Kettle"}
    response = web.post(url(lead, "edit/"), sent)
    assert response.status_code == 422
    assert "Enter an e-mail address" in text(response)
    assert 'value="Kettle"' in text(response)
    assert current(lead.lead_id) == lead


def test_an_owner_who_left_can_stay_owner(web: Client) -> None:
    lead = change_behind(add_lead(), owner_id="left")
    sent = {**form_of(web, lead), "name": "Eve"}
    assert web.post(url(lead, "edit/"), sent).status_code == 302
    assert current(lead.lead_id).owner_id == "left"


def test_editing_needs_sign_in_and_the_role(reader: Client) -> None:
    lead = add_lead()
    assert signed_out_goes_to_sign_in(url(lead, "edit/"), method="post")
    assert reader.get(url(lead, "edit/")).status_code == 403
    assert reader.post(url(lead, "edit/"), {"name": "Eve", "version": "1"}).status_code == 403
    assert current(lead.lead_id) == lead


# --- Deleting ---------------------------------------------------------------------------


def test_deleting_asks_first(web: Client) -> None:
    lead = add_lead()
    page = web.get(url(lead, "delete/"))
    assert "Ada Li" in text(page)
    assert 'For thirty days <a href="/changes/">Changes</a> can bring it' in text(page)
    assert re.search(r"<dt>Owner</dt>\s*<dd>\s*Unassigned", text(page))
    assert exists(lead)
    response = web.post(url(lead, "delete/"), {"version": hidden(page, "version")})
    assert response["Location"] == "/leads/"
    assert said(response) == ["The lead “Ada Li” was deleted."]
    assert not exists(lead)
    assert events(lead)[0] == EventType.DELETED


def test_a_lead_of_a_form_goes_from_where_it_is_filed_and_comes_back(web: Client) -> None:
    lead = add_from(Attribution(form="contact"))
    act = web.post(url(lead, "delete/"), {"version": "1"})["X-Act"]
    assert not repository.listing(Filter(form="contact")).leads
    web.post(f"/changes/{act}/undo/")
    assert len(repository.listing(Filter(form="contact")).leads) == 1
    assert "brought the deleted lead back" in text(web.get(url(lead)))


def test_deleting_twice_is_deleting_once(web: Client) -> None:
    lead = add_lead()
    for _ in range(2):
        assert web.post(url(lead, "delete/"), {"version": "1"}).status_code == 302
    assert events(lead) == [EventType.DELETED, EventType.CREATED]
    assert web.post(url(lead, "delete/"), {"version": "2"}).status_code == 404


def test_a_lead_that_came_back_is_not_said_to_be_deleted_again(web: Client) -> None:
    lead = add_lead()
    act = web.post(url(lead, "delete/"), {"version": "1"})["X-Act"]
    assert web.post(f"/changes/{act}/undo/")["Location"] == "/changes/"
    response = web.post(url(lead, "delete/"), {"version": "1"})
    assert response.status_code == 409
    assert "so it was not deleted" in text(response)
    assert exists(lead)
    assert "X-Act" not in response
    web.post(url(lead, "delete/"), {"version": hidden(response, "version")})
    assert not exists(lead)


def test_an_overtaken_delete_shows_the_lead_as_it_is(web: Client) -> None:
    lead = add_lead()
    change_behind(lead, name="Theirs")
    response = web.post(url(lead, "delete/"), {"version": "1"})
    assert response.status_code == 409
    assert "Theirs" in text(response)
    assert exists(lead)
    web.post(url(lead, "delete/"), {"version": hidden(response, "version")})
    assert not exists(lead)


def test_deleting_needs_sign_in_and_the_role(reader: Client) -> None:
    lead = add_lead()
    assert signed_out_goes_to_sign_in(url(lead, "delete/"), method="post")
    assert reader.get(url(lead, "delete/")).status_code == 403
    assert reader.post(url(lead, "delete/"), {"version": "1"}).status_code == 403
    assert exists(lead)


def test_every_form_leads_back_to_where_one_came_from(web: Client) -> None:
    lead = add_lead()
    own, came = f"/leads/{lead.lead_id}/", "%2Fboard%2F%3Fowner%3Dnone"
    page = web.get(f"{own}?from={came}").text
    for kind in ("edit", "delete", "notes"):
        assert f'"{own}{kind}/?from={came}"' in page
    edit = web.get(f"{own}edit/?from={came}").text
    assert f'"{own}delete/?from={came}"' in edit
    noted = web.post(f"{own}notes/?from={came}", {"kind": "note", "text": "Call back"})
    place = noted["Location"]
    assert re.fullmatch(rf"{own}\?from={came}#entry-.*", place)
    (change,) = re.findall(rf'href="({own}notes/[^"]*/edit/\?from=[^"]*)"', web.get(place).text)
    asked = web.get(change)
    assert 'href="/board/?owner=none#' in asked.text
    sent = {"kind": "note", "text": "Call", "version": hidden(asked, "version")}
    changed = web.post(change, sent)
    assert changed["Location"] == place


def test_who_adds_a_lead_comes_back_to_the_filters(web: Client) -> None:
    came = {"Referer": "http://testserver/leads/?status=new"}
    page = web.get("/leads/add/", headers=came).text
    (action,) = re.findall(r'action="(/leads/add/[^"]*)"', page)
    assert action == "/leads/add/?from=%2Fleads%2F%3Fstatus%3Dnew"


def test_older_events_keep_where_one_came_from(web: Client) -> None:
    lead = add_lead()
    for number in range(TIMELINE_SIZE + 2):
        change_behind(lead, subject=f"Subject {number}")
    own, came = f"/leads/{lead.lead_id}/", "%2Fleads%2F%3Fstatus%3Dnew"
    page = web.get(f"{own}?from={came}").text
    (older,) = re.findall(rf'href="({own}\?[^"]*events=[^"]*)"', page)
    assert f"from={came}" in older
    assert f'href="{own}?from={came}"' in web.get(unescape(older)).text


def test_what_is_pasted_is_cut_by_no_browser(web: Client) -> None:
    """Who pastes too much is told, and has all of it there still."""
    lead = add_lead()
    for page in (url(lead), url(lead, "edit/"), "/leads/add/"):
        areas = re.findall(r"<textarea[^>]*>", web.get(page).text)
        assert areas
        assert not [area for area in areas if "maxlength" in area]
    refused = web.post(f"/leads/{lead.lead_id}/notes/", {"text": "x" * 10_001})
    assert refused.status_code == 422
    assert "x" * 10_001 in refused.text


def told(page: str) -> list[tuple[str, str]]:
    """Return what a page tells quietly."""
    return re.findall(r'<dt>([^<]+)</dt>\s*<dd class="muted"><bdi>(.*?)</bdi>', page)


def test_a_lead_tells_quietly_where_it_came_from(web: Client) -> None:
    came = {"utm_source": "ads", "page": "https://www.shop.example/<b>", "referrer": ""}
    lead = add_from(Attribution(form="shop", **came, marks={"seconds": 4}))
    assert told(text(web.get(url(lead)))) == [
        ("Form", "shop"),
        ("Page", "https://www.shop.example/&lt;b&gt;"),
        ("Campaign source", "ads"),
        ("Filled in", "within 4 seconds"),
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "within 1 second"),
        (59, "within 59 seconds"),
        (60, "within 1 min"),
        (3_900, "within 1 h 5 min"),
        (86_400, "a day or more after it was opened"),
        (10**30, "a day or more after it was opened"),
        (-(10**30), "within 1 second"),
    ],
)
def test_how_long_a_form_took(web: Client, seconds: int, shown: str) -> None:
    lead = add_from(Attribution(form="contact", marks={"seconds": seconds}))
    assert told(text(web.get(url(lead)))) == [("Filled in", shown)]


def test_what_nobody_sees_and_somebody_filled_in(web: Client) -> None:
    lead = add_from(Attribution(form="contact", marks={"honeypot": 1}))
    shown = "A field that people cannot see was filled in."
    assert told(text(web.get(url(lead)))) == [("Hidden field", shown)]


def test_staff_read_what_somebody_agreed_to(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consents, "_known", {})
    version = added("agreed", consent="Please <b>call</b> me.").consent_version
    came = Attribution(
        form="agreed", consent_version=version, consent_at="2026-11-30T09:00:00.000Z"
    )
    page = text(web.get(url(add_from(came))))
    shown = re.findall(r'<summary>(30 Nov[^<]+)</summary><div class="written">(.*?)</div>', page)
    assert shown == [("30 Nov 2026, 09:00", "Please &lt;b&gt;call&lt;/b&gt; me.")]


def test_the_words_of_a_consent_are_read_once(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consents, "_known", {})
    version = added("agreed", consent="Call me.").consent_version
    with count_requests() as first:
        assert consents.words(version) == "Call me."
    with count_requests() as second:
        assert consents.words(version) == "Call me."
    assert (first.rru, second.requests) == (0.5, 0)


@pytest.mark.parametrize("version", ["", "0123456789ab", "x" * 2_000])
def test_a_consent_of_which_nobody_has_the_words(web: Client, version: str) -> None:
    lead = write(published("theirs", consentVersion=version, consentAt="soon"))
    assert told(text(web.get(url(lead)))) == [("Consent", "at an unknown time")]


def test_a_lead_of_the_first_form_says_no_more_than_before(web: Client) -> None:
    lead = add_from(Attribution(form="contact"))
    assert '<dd class="muted">' not in text(web.get(url(lead)))
