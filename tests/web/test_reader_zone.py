"""Pages in the zone of whoever reads them."""

import re
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings
from django.test import Client

from crm import zones
from crm.accounts.models import User
from crm.dynamodb.capacity import Usage
from leads import repository
from leads.repository.adoption import adopt
from leads.web import drawing
from tests import make
from tests.web.pages import HTMX, rows

EVENING = "2026-03-02T23:30:00.000Z"
LIST = "/leads/"


@pytest.fixture
def berlin(web: Client) -> Client:
    web.cookies["zone"] = "Europe/Berlin"
    return web


def add(lead_id: str, created_at: str) -> None:
    times = {"createdAt": created_at, "updatedAt": created_at, "stageEnteredAt": created_at}
    make.write(make.published(lead_id, status="new", **times))


def test_the_page_of_a_lead_names_the_zone(web: Client) -> None:
    add("lead", EVENING)
    assert web.get("/leads/lead/").text.count("2 Mar 2026, 23:30 UTC") == 4
    web.cookies["zone"] = "Europe/Berlin"
    assert web.get("/leads/lead/").text.count("3 Mar 2026, 00:30 Europe/Berlin") == 4
    web.cookies["zone"] = "<script>"
    assert web.get("/leads/lead/").text.count("2 Mar 2026, 23:30 UTC") == 4


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland"])
@pytest.mark.parametrize("written", ["2026-03-02", "2026-03-02T00:00:00.000Z"])
def test_a_date_without_a_time_is_that_date_to_everybody(
    web: Client, zone: str, written: str
) -> None:
    add("lead", written)
    web.cookies["zone"] = zone
    for url in ("/leads/lead/", LIST, "/board/"):
        assert "2 Mar 2026" in web.get(url).text
        assert "2 Mar 2026," not in web.get(url).text
    day = {"since": "2026-03-02", "until": "2026-03-02"}
    assert rows(web.get(LIST, day)) == ["lead"]
    assert rows(web.get(LIST, {"until": "2026-03-01"})) == []
    assert rows(web.get(LIST, {"since": "2026-03-03"})) == []


def test_cards_and_rows_are_drawn_for_each_zone(web: Client) -> None:
    add("lead", EVENING)
    kept = (drawing._card, drawing._row)  # noqa: SLF001 - what was drawn
    for zone, shown, misses in (
        ("UTC", "2 Mar 2026, 23:30", 1),
        ("Europe/Berlin", "3 Mar 2026, 00:30", 1),
        ("UTC", "2 Mar 2026, 23:30", 0),
    ):
        before = [drawn.cache_info().misses for drawn in kept]
        web.cookies["zone"] = zone
        assert shown in web.get("/board/").text
        assert shown in web.get(LIST).text
        after = [drawn.cache_info().misses for drawn in kept]
        assert [now - was for now, was in zip(after, before, strict=True)] == [misses, misses]


def test_a_board_of_another_zone_is_another_board(web: Client) -> None:
    add("lead", EVENING)
    tag = web.get("/board/", headers=HTMX)["X-Board-Tag"]
    again = HTMX | {"X-Board-Tag": tag}
    assert web.get("/board/", headers=again).status_code == 204
    web.cookies["zone"] = "Europe/Berlin"
    assert web.get("/board/", headers=again).status_code == 200


def test_a_zone_that_somebody_chose_wins_at_no_cost(
    berlin: Client, sales: User, usage: Usage
) -> None:
    add("lead", EVENING)
    berlin.get("/leads/lead/")
    before = usage.requests
    assert "3 Mar 2026, 00:30 Europe/Berlin" in berlin.get("/leads/lead/").text
    cost = usage.requests - before
    sales.zone = "Asia/Tokyo"
    sales.save()
    berlin.get("/leads/lead/")
    before = usage.requests
    assert "3 Mar 2026, 08:30 Asia/Tokyo" in berlin.get("/leads/lead/").text
    assert usage.requests - before == cost
    # It ends with the answer: the next person has their own.
    assert zones.present() == "UTC"


def test_filters_mean_days_of_the_zone_and_say_so(berlin: Client) -> None:
    add("lead", EVENING)
    add("noon", "2026-03-02T12:00:00.000Z")
    page = berlin.get(LIST, {"since": "2026-03-03", "until": "2026-03-03"})
    assert rows(page) == ["lead"]
    assert "Days and times: Europe/Berlin" in page.text
    assert rows(berlin.get(LIST, {"until": "2026-03-02"})) == ["noon"]
    berlin.cookies["zone"] = ""
    page = berlin.get(LIST, {"until": "2026-03-02"})
    assert rows(page) == ["lead", "noon"]
    assert "Days and times: UTC" in page.text


def test_a_search_within_days_means_those_of_the_zone(berlin: Client) -> None:
    make.write(make.published("lead", name="Maya Berg", createdAt=EVENING))
    repository.edit("lead", {"company": "A"}, version=0, actor=make.ANN, write_id="write-id-1")
    for day, found in (("2026-03-02", []), ("2026-03-03", ["lead"])):
        assert rows(berlin.get(LIST, {"q": "maya", "since": day, "until": day})) == found


def test_presets_begin_with_the_day_of_the_zone(web: Client) -> None:
    days = set()
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # never on the same day
        web.cookies["zone"] = zone
        today = re.search(r'id="preset-2" href="[^"]*since=([\d-]+)', web.get(LIST).text)
        assert today
        days.add(today[1])
    assert len(days) == 2


def test_exports_mean_the_zone_and_say_so(berlin: Client) -> None:
    add("lead", EVENING)
    assert "days of Europe/Berlin, times in the file in UTC" in berlin.get(LIST).text
    asked = {"format": "csv", "since": "2026-03-03", "until": "2026-03-03"}
    answer = berlin.get("/leads/export/", asked)
    file = b"".join(answer).decode()
    assert EVENING in file
    asked |= {"since": "2026-03-02", "until": "2026-03-02"}
    answer = berlin.get("/leads/export/", asked)
    assert EVENING not in b"".join(answer).decode()


@pytest.mark.parametrize("written", ["0001-01-01T05:00:00Z", "9999-12-31T22:00:00Z"])
def test_the_ends_of_the_calendar_are_shown(web: Client, written: str) -> None:
    add("lead", written)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        web.cookies["zone"] = zone
        for url in ("/leads/lead/", LIST, "/board/", f"{LIST}?since=0001-01-01&until=9999-12-31"):
            assert web.get(url).status_code == 200


def test_times_in_the_timeline_are_in_the_zone(berlin: Client) -> None:
    lead = make.write(make.published("lead", createdAt=EVENING, updatedAt=EVENING))
    adopt(make.stored(lead.lead_id))
    page = berlin.get(f"/leads/{lead.lead_id}/").text
    happened = repository.timeline(lead.lead_id).events[0].happened
    assert happened
    there = happened.astimezone(ZoneInfo("Europe/Berlin"))
    assert f">{there.day} {there:%b %Y, %H:%M}</time>" in page
    assert "Times: Europe/Berlin" in page


def test_the_form_of_strangers_has_no_zone(settings: LazySettings, client: Client) -> None:
    assert "data-zone" not in client.get("/contact/").text
    assert "data-zone" in client.get("/accounts/login/").text
    assert settings.TIME_ZONE == "UTC"
