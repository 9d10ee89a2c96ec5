"""The page of what admins set, and the way back to the defaults."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from crm.accounts import security_record
from crm.accounts.models import User
from crm.accounts.security_events import Kind
from leads.attribution import Attribution
from leads.repository import desk_settings
from tests.make import add_from
from tests.web.pages import said, signed_out_goes_to_sign_in

URL = "/settings/"
RESET = "/settings/reset/"
type Browsers = Callable[[User], Client]


@pytest.fixture
def desk(client_for: Browsers, admin: User) -> Client:
    """Return the browser of an admin."""
    return client_for(admin)


def shown(page: str) -> dict[str, str]:
    """Return what a browser sends of the form as a page shows it."""
    form = page.rsplit('class="form"', maxsplit=1)[-1]
    inputs = re.findall(r'<input type="(?:hidden|number)" name="(\w+)"(?: value="([^"]*)")?', form)
    areas = re.findall(r'<textarea name="(\w+)"[^>]*>\n([^<]*)</textarea>', form)
    selects = re.findall(r'<select name="(\w+)".*?<option value="(\w+)" selected', form, re.DOTALL)
    return {name: unescape(text) for name, text in [*inputs, *areas, *selects]}


def save(web: Client, **changes: str) -> int:
    return web.post(URL, shown(web.get(URL).text) | changes).status_code


def test_it_shows_the_defaults(desk: Client) -> None:
    form = shown(desk.get(URL).text)
    assert form["reasons_lost"] == "No budget\nNo answer\nWent elsewhere\nNot a fit"
    assert (form["reasons_spam"], form["reasons_duplicate"]) == ("", "")
    limits = [
        (form[f"limit_{stage}_number"], form[f"limit_{stage}_unit"])
        for stage in ("new", "contacted", "qualified")
    ]
    assert limits == [("4", "hours"), ("3", "days"), ("7", "days")]


def test_it_stores_what_is_set_and_tells_the_security_log(desk: Client, admin: User) -> None:
    changes = {
        "reasons_spam": "  Ads \r\n\r\n Too   many links \r\nAds",
        "limit_new_number": "36",
        "limit_contacted_number": "",
        "limit_qualified_number": "2",
        "limit_qualified_unit": "days",
    }
    form = shown(desk.get(URL).text)
    response = desk.post(URL, form | changes)
    assert response["Location"] == URL
    assert said(response) == ["The settings were changed."]
    now = desk_settings.current()
    assert now.reasons["spam"] == ("Ads", "Too many links")
    assert now.reasons["lost"][0] == "No budget"
    assert now.limits["new"] == timedelta(hours=36)
    assert now.limits["contacted"] is None
    assert now.limits["qualified"] == timedelta(days=2)
    assert shown(desk.get(URL).text)["limit_new_number"] == "36"
    wanted = security_record.Filter((Kind.SETTINGS_CHANGED,), "")
    assert [one.who for one in security_record.read_page(wanted, "").events] == [admin.id]


def test_saving_what_is_there_changes_nothing(desk: Client) -> None:
    response = desk.post(URL, shown(desk.get(URL).text))
    assert said(response) == ["Nothing was changed in the settings."]
    assert desk_settings.read().version == 0


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ({"reasons_lost": "\n".join(map(str, range(21)))}, "At most 20 reasons, please"),
        ({"reasons_spam": "x" * 81}, "At most 80 characters a line, please; one has 81."),
        ({"reasons_spam": "\0"}, "Null characters are not allowed."),
        ({"reasons_spam": "Ads\n\u200b"}, "Something to see is needed."),
        ({"reasons_spam": "Ads\n\u3164"}, "Something to see is needed."),
        ({"reasons_spam": "a\x07b"}, "Control characters are not allowed."),
        ({"limit_new_number": "0"}, "greater than or equal to 1"),
        ({"limit_new_number": "1000"}, "less than or equal to 999"),
        ({"limit_new_number": "1.5"}, "Enter a whole number."),
        ({"limit_new_number": "x" * 5000}, "Enter a whole number."),
        ({"limit_new_unit": "years"}, "Select a valid choice."),
        ({"limit_new_unit": ""}, "complete value"),
        ({"version": "x"}, "Enter a whole number."),
        ({"version": ""}, "This field is required."),
    ],
)
def test_bad_input_says_what_is_wrong(desk: Client, bad: dict[str, str], text: str) -> None:
    response = desk.post(URL, shown(desk.get(URL).text) | bad)
    assert response.status_code == 422
    assert "One thing needs your attention." in response.text
    assert text in response.text
    assert desk_settings.read().version == 0


def test_of_two_admins_the_second_sees_both_values(desk: Client) -> None:
    mine = shown(desk.get(URL).text) | {"reasons_lost": "Mine", "limit_new_number": "5"}
    assert save(desk, reasons_lost="Theirs", reasons_spam="Theirs, too") == 302
    response = desk.post(URL, mine)
    assert response.status_code == 409
    assert "Another admin changed the settings" in response.text
    again = shown(response.text)
    # On top of what it is now; what was left alone is as the other has set it.
    assert (again["reasons_lost"], again["reasons_spam"]) == ("Mine", "Theirs, too")
    assert again["limit_new_number"] == "5"
    assert re.findall(r'data-now="(\w+)"', response.text) == ["reasons_lost", "limit_new"]
    assert "Theirs</div>" in response.text
    assert "4 hours</div>" in response.text
    assert desk_settings.read().reasons["lost"] == ("Theirs",)
    assert desk.post(URL, again).status_code == 302
    now = desk_settings.read()
    assert (now.reasons["lost"], now.reasons["spam"]) == (("Mine",), ("Theirs, too",))


@pytest.mark.parametrize("seen", ["", "x", ".....", "[" * 10_000])
def test_an_altered_form_is_taken_whole(desk: Client, seen: str) -> None:
    mine = shown(desk.get(URL).text) | {"seen": seen}
    assert save(desk, reasons_lost="Theirs") == 302
    response = desk.post(URL, mine)
    assert response.status_code == 409
    assert shown(response.text)["reasons_lost"] == mine["reasons_lost"]


def test_what_was_typed_outlives_the_session(desk: Client) -> None:
    mine = shown(desk.get(URL).text) | {"reasons_lost": "", "reasons_spam": "Typed"}
    desk.session.delete(desk.session.session_key)
    assert [one.text for one in desk.post(URL, mine).context["typed"]] == ["Typed"]


def test_back_to_the_defaults_asks_first(desk: Client) -> None:
    assert save(desk, reasons_lost="Ours") == 302
    page = desk.get(RESET).text
    assert "Yes, reset them" in page
    assert desk_settings.read().reasons["lost"] == ("Ours",)
    response = desk.post(RESET, {"version": "1"})
    assert response["Location"] == URL
    assert said(response) == ["The settings are the defaults again."]
    assert desk_settings.read().reasons["lost"][0] == "No budget"


@pytest.mark.parametrize("version", ["0", "2", "x", ""])
def test_a_stale_reset_changes_nothing(desk: Client, version: str) -> None:
    assert save(desk, reasons_lost="Ours") == 302
    response = desk.post(RESET, {"version": version})
    assert response.status_code == 409
    assert 'name="version" value="1"' in response.text
    assert desk_settings.read().reasons["lost"] == ("Ours",)


@pytest.mark.parametrize("path", [URL, RESET])
def test_only_admins_come_in(path: str, client_for: Browsers, sales: User, viewer: User) -> None:
    for user in (sales, viewer):
        web = client_for(user)
        assert web.get(path).status_code == 403
        assert web.post(path, {"version": "0", "reasons_lost": "x"}).status_code == 403
        assert f'href="{URL}"' not in web.get("/leads/").text
    for method in ("get", "post"):
        assert signed_out_goes_to_sign_in(path, method=method)
    assert desk_settings.read().version == 0


def test_wrong_methods_and_the_way_there(desk: Client) -> None:
    assert desk.put(URL).status_code == desk.delete(RESET).status_code == 405
    assert f'href="{URL}"' in desk.get("/board/").text


def test_sources_are_listed_and_leads_counted_by_them(desk: Client) -> None:
    assert save(desk, sources=" Newsletter \r\n\r\nnewsletter\r\nads\u200b\r\n") == 302
    assert desk_settings.read().sources == ("Newsletter", "ads")
    assert shown(desk.get(URL).text)["sources"] == "Newsletter\nads"
    for name in ("newsletter", "newsletter", "elsewhere"):
        add_from(Attribution(form="contact", utm_source=name))
    page = desk.get(URL).text
    told = re.findall(r"<dt><bdi>([^<]+)</bdi></dt><dd class=\"number\">(\d+)</dd>", page)
    assert told == [("Newsletter", "2"), ("ads", "0"), ("Others", "1")]


def test_sources_have_a_limit(desk: Client) -> None:
    many = "\n".join(f"source {number}" for number in range(21))
    response = desk.post(URL, shown(desk.get(URL).text) | {"sources": many})
    assert response.status_code == 422
    assert "At most 20 sources, please; these are 21." in response.text
    assert desk_settings.read().sources == ()


def test_nobody_who_lists_no_source_sees_a_table(desk: Client) -> None:
    assert "Leads by source" not in desk.get(URL).text
