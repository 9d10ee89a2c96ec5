"""Hours of work and the assignment rules on the page of what admins set."""

import re
from collections.abc import Callable
from datetime import time

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.working_hours import WorkingHours
from leads.repository import desk_settings
from leads.repository.desk_settings import Rules
from tests.desk_settings.test_views import URL, shown
from tests.web.pages import said

type Sent = dict[str, str | list[str]]
WEEK: Sent = {
    "hours_days": ["0", "1", "4"],
    "hours_begin": "08:30",
    "hours_end": "16:00",
    "hours_zone": "Europe/Berlin",
}


@pytest.fixture
def desk(client_for: Callable[[User], Client], admin: User) -> Client:
    """Return the browser of an admin."""
    return client_for(admin)


def sent(desk: Client, **changes: str | list[str]) -> Sent:
    return {**shown(desk.get(URL).text), **changes}


def test_at_first_the_desk_works_around_the_clock_and_gives_nothing(desk: Client) -> None:
    now = desk_settings.read()
    assert (now.hours, now.rules) == (None, Rules())
    desk.post(URL, sent(desk, reasons_lost="Ours"))
    now = desk_settings.read()
    assert (now.version, now.hours, now.rules) == (1, None, Rules())


def test_hours_are_stored_and_shown(desk: Client) -> None:
    assert said(desk.post(URL, sent(desk, **WEEK))) == ["The settings were changed."]
    week = WorkingHours(frozenset({0, 1, 4}), time(8, 30), time(16), "Europe/Berlin")
    assert desk_settings.current().hours == week
    page = desk.get(URL).text
    assert page.count('name="hours_days"') == 7
    assert [f'value="{day}" ' in page for day in "014"] == [True] * 3
    assert 'value="08:30"' in page
    assert said(desk.post(URL, sent(desk, **WEEK))) == ["Nothing was changed in the settings."]
    desk.post(URL, sent(desk))
    assert desk_settings.read().hours is None


def test_rules_are_stored_and_shown(desk: Client, sales: User, admin: User) -> None:
    rules: Sent = {"rules_on": "on", "rules_people": [sales.id], "rules_most_open": "30"}
    desk.post(URL, sent(desk, **rules))
    assert desk_settings.current().rules == Rules(is_on=True, people=(sales.id,), most_open=30)
    page = desk.get(URL).text
    assert f'value="{admin.id}"' in page
    sales.is_active = False
    sales.save(by=admin)
    # Who was chosen and is gone is shown, so that saving something else does not stumble.
    assert "Sales Person (inactive)" in desk.get(URL).text
    assert desk.post(URL, sent(desk, **rules, reasons_lost="Ours")).status_code == 302


def test_a_viewer_is_not_offered(desk: Client, viewer: User) -> None:
    assert viewer.id not in desk.get(URL).text


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ({"hours_end": "08:30"}, "The end must come after the beginning."),
        ({"hours_end": "08:00"}, "The end must come after the beginning."),
        ({"hours_begin": ""}, "Say from when to when."),
        ({"hours_begin": "25:00"}, "Enter a valid time."),
        ({"hours_days": ["7"]}, "Select a valid choice."),
        ({"hours_zone": "Nowhere/Here"}, "There is no such zone"),
        ({"rules_on": "on"}, "Choose who gets new leads."),
        ({"rules_people": ["nobody"]}, "Select a valid choice."),
        ({"rules_most_open": "0"}, "greater than or equal to 1"),
        ({"rules_most_open": "x"}, "Enter a whole number."),
    ],
)
def test_bad_input_says_what_is_wrong(desk: Client, bad: Sent, text: str) -> None:
    response = desk.post(URL, sent(desk, **{**WEEK, **bad}))
    assert response.status_code == 422
    assert "One thing needs your attention." in response.text
    assert text in response.text
    assert desk_settings.read().version == 0


def test_of_two_admins_the_second_sees_both_values(desk: Client, sales: User) -> None:
    mine = sent(desk, **WEEK, rules_most_open="7")
    theirs: Sent = {"hours_days": ["5", "6"], "rules_on": "on", "rules_people": [sales.id]}
    desk.post(URL, sent(desk, **theirs, hours_begin="10:00", hours_end="12:00"))
    page = desk.post(URL, mine)
    assert page.status_code == 409
    for now in ("Saturday, Sunday</div>", "10:00</div>", "12:00</div>"):
        assert now in page.text
    assert 'value="08:30"' in page.text
    # What was left alone is as the other has set it.
    assert re.search('name="rules_on"[^>]* checked', page.text)
    assert 'data-now="rules_on"' not in page.text
    assert 'data-now="rules_most_open"' in page.text


def test_a_reset_takes_hours_and_rules_back(desk: Client, sales: User) -> None:
    rules: Sent = {"rules_on": "on", "rules_people": [sales.id]}
    desk.post(URL, sent(desk, **WEEK, **rules))
    assert desk_settings.read().rules.is_on
    desk.post(f"{URL}reset/", {"version": "1"})
    now = desk_settings.read()
    assert (now.hours, now.rules) == (None, Rules())
