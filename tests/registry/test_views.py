"""Custom fields at ``/settings/fields/``: the checklist of each view, and what admins may do."""

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from crm.accounts.models import User
from leads.fields import Kind, custom_field
from leads.repository import registry
from leads.repository.registry import MOST, MOST_BYTES
from tests.custom import BUDGET, FIELDS, SIZE, START, TRADE, set_fields
from tests.web.pages import NASTY, hidden, said, signed_out_goes_to_sign_in

pytestmark = pytest.mark.usefixtures("tables")
LIST = "/settings/fields/"
ADD = f"{LIST}add/"
NEW = {"label": "Annual budget", "kind": "number", "slug": "", "choices": "", "version": "0"}


@pytest.fixture
def web(client_for: Callable[[User], Client], admin: User) -> Client:
    """Return the browser of an admin."""
    return client_for(admin)


def slugs() -> list[str]:
    return [row.slug for row in registry.read().rows]


def version() -> str:
    return str(registry.read().version)


def test_a_field_is_added_and_is_there_at_once(web: Client) -> None:
    assert "None yet." in web.get(LIST).text
    page = web.get(ADD)
    posted = NEW | {"version": hidden(page, "version"), "searched": "on"}
    response = web.post(ADD, posted)
    assert said(response) == ["The field was added."]
    (row,) = registry.current().rows
    assert (row.name, row.label, row.kind, row.searched) == (
        "x_annual_budget",
        "Annual budget",
        Kind.NUMBER,
        True,
    )
    assert "x_annual_budget" in web.get("/leads/add/").text
    shown = web.get(LIST).text
    assert "Number · <code>annual_budget</code>" in shown
    assert "found by search" in shown


def test_a_repeat_adds_one(web: Client) -> None:
    for _ in range(2):
        assert web.post(ADD, NEW).status_code == 302
    assert slugs() == ["annual_budget"]
    assert web.post(ADD, NEW | {"label": "Other"}).status_code == 409
    assert web.post(ADD, NEW | {"version": "1"}).status_code == 422
    assert slugs() == ["annual_budget"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"label": ""}, "This field is required."),
        ({"label": "x" * 61}, "at most 60 characters"),
        ({"label": "\u2800"}, "Something to see is needed."),
        ({"label": "TRADE"}, "Another field is called that"),
        ({"label": "予算"}, "none can be made of this label"),
        ({"slug": "Budget"}, "Small letters from a to z"),
        ({"slug": "x" * 41}, "at most 40 characters"),
        ({"slug": "trade"}, "Another field has this name"),
        ({"label": "Trade!"}, "Another field has this name"),
        ({"kind": "colour"}, "colour is not one of the available choices"),
        ({"kind": "choice"}, "Give at least one choice."),
        ({"kind": "choice", "choices": "a\nA"}, "Each choice once, please."),
        ({"kind": "choice", "choices": "x" * 81}, "At most 50 choices of 80 characters"),
        ({"kind": "choice", "choices": "a\x01"}, "Control characters are not allowed."),
        (
            {"kind": "choice", "choices": "\n".join(f"{n:080}" for n in range(50))},
            "All fields together, with their choices, hold 4 KB",
        ),
        ({"version": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_is_wrong_is_said(web: Client, given: dict[str, str], told: str) -> None:
    set_fields(TRADE)
    response = web.post(ADD, NEW | {"version": version()} | given)
    assert response.status_code == 422
    assert told in unescape(response.text)
    assert slugs() == ["trade"]


def test_there_are_at_most_twenty_and_half_a_unit(web: Client) -> None:
    rows = [custom_field(f"field_{n}", f"Field {n}", is_retired=n > 1) for n in range(MOST)]
    set_fields(*rows)
    assert 'href="/settings/fields/add/"' not in web.get(LIST).text
    response = web.post(ADD, NEW | {"version": version()})
    assert response.status_code == 422
    assert "There are 20 fields" in response.text
    longest = [custom_field(f"{n:040}", f"{n:060}", Kind.CHOICE) for n in range(MOST)]
    assert registry.Registry(tuple(longest)).fits
    choices = tuple(f"{n:080}" for n in range(MOST_BYTES // 80))
    assert not registry.Registry((custom_field("a", "A", Kind.CHOICE, choices=choices),)).fits


def test_a_field_is_changed_but_its_name_and_kind_stay(web: Client) -> None:
    set_fields(TRADE, SIZE)
    address = f"{LIST}x_size/"
    page = web.get(address)
    assert 'name="slug"' not in page.text
    posted = {
        "label": NASTY[:60],
        "choices": "Few\n\nMany",
        "slug": "other",
        "kind": "text",
        "version": hidden(page, "version"),
    }
    assert said(web.post(address, posted)) == ["The field was changed."]
    trade, size = registry.read().rows
    assert (size.slug, size.kind, size.label, size.choices, size.searched) == (
        "size",
        Kind.CHOICE,
        " ".join(NASTY[:60].split()),
        ("Few", "Many"),
        False,
    )
    assert trade.label == "Trade"
    assert NASTY[:20] not in web.get(LIST).text
    assert 'name="choices"' not in web.get(f"{LIST}x_trade/").text
    assert web.post(address, posted | {"label": "", "version": version()}).status_code == 422


def test_a_stale_change_shows_both(web: Client) -> None:
    set_fields(TRADE)
    address = f"{LIST}x_trade/"
    posted = {"label": "Branch", "version": version()}
    assert web.post(address, posted).status_code == 302
    response = web.post(address, posted | {"label": "Craft"})
    assert response.status_code == 409
    page = unescape(response.text)
    assert "Another admin changed the fields" in page
    assert "<bdi>Branch</bdi>" in page
    assert 'value="Craft"' in page
    # What is as it was to be is a second click.
    assert web.post(address, posted).status_code == 302
    again = posted | {"label": "Craft", "version": hidden(response, "version")}
    assert web.post(address, again).status_code == 302
    assert [row.label for row in registry.read().rows] == ["Craft"]


def test_fields_are_put_in_order(web: Client) -> None:
    set_fields(TRADE, custom_field("old", "Old", is_retired=True), BUDGET, START)

    def move(name: str, direction: str) -> int:
        address = f"{LIST}{name}/move/"
        response = web.post(address, {"direction": direction, "version": version()})
        return response.status_code

    assert move("x_budget", "up") == 302
    assert slugs() == ["budget", "old", "trade", "start"]
    assert move("x_trade", "down") == 302
    assert slugs() == ["budget", "old", "start", "trade"]
    for name, direction in (("x_budget", "up"), ("x_trade", "down"), ("x_old", "up")):
        assert move(name, direction) == 302
    assert slugs() == ["budget", "old", "start", "trade"]
    assert move("x_budget", "left") == 400
    response = web.post(f"{LIST}x_budget/move/", {"direction": "down", "version": "1"})
    assert response.status_code == 409
    assert "This is how they are now." in response.text
    assert slugs() == ["budget", "old", "start", "trade"]


def test_a_field_is_retired_and_brought_back(web: Client) -> None:
    set_fields(*FIELDS)
    address = f"{LIST}x_trade/retire/"
    seen = {"version": version()}
    assert said(web.post(address, seen)) == ["“Trade” is retired: its values stay."]
    assert TRADE.name not in {row.name for row in registry.current().living}
    assert web.post(address, seen).status_code == 302
    assert "Bring back" in web.get(LIST).text
    assert web.post(address, seen | {"back": "1"}).status_code == 409
    back = web.post(address, {"back": "1", "version": version()})
    assert said(back)[-1] == "“Trade” is back."
    assert slugs() == [row.slug for row in FIELDS]
    assert registry.current().living[0].searched


def test_only_admins_may(
    web: Client, client_for: Callable[[User], Client], sales: User, viewer: User
) -> None:
    set_fields(TRADE)
    for address in (LIST, ADD, f"{LIST}x_trade/"):
        assert signed_out_goes_to_sign_in(address)
        assert client_for(sales).get(address).status_code == 403
        assert client_for(viewer).get(address).status_code == 403
    for act in ("move", "retire"):
        address = f"{LIST}x_trade/{act}/"
        assert signed_out_goes_to_sign_in(address, method="post")
        assert client_for(sales).post(address, {"version": "1"}).status_code == 403
        assert web.get(address).status_code == 405
        assert web.post(f"{LIST}x_none/{act}/", {"direction": "up"}).status_code == 404
    for name in ("x_none", "trade", "x_" + "x" * 2000):
        assert web.get(f"{LIST}{name}/").status_code == 404
    assert web.post(LIST).status_code == 405
    assert web.put(ADD).status_code == 405
    assert slugs() == ["trade"]
    assert f'href="{LIST}"' in web.get("/settings/").text


def test_the_security_log_tells_it(web: Client) -> None:
    assert web.post(ADD, NEW).status_code == 302
    assert "Settings of the desk changed" in web.get("/accounts/log/").text
