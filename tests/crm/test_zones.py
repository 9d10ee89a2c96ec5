"""The zone of whoever asks: from a cookie that anybody may write."""

from datetime import UTC, datetime

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from crm import zones
from crm.zones import _RENAMED

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)


def zone_seen(cookie: str | None) -> str:
    """Return the zone in which a request with this cookie is answered."""
    request = RequestFactory().get("/")
    if cookie is not None:
        request.COOKIES[zones.COOKIE] = cookie
    answer = zones.readers_zone(lambda _request: HttpResponse(zones.present()))
    seen = answer(request)
    assert isinstance(seen, HttpResponse)
    return seen.text


@pytest.mark.parametrize(
    "name",
    ["Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Asia/Calcutta", "UTC"],
)
def test_a_zone_that_is_known_counts(name: str) -> None:
    assert zone_seen(name) == name
    assert zones.present() == "UTC"


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "Mars/Olympus",
        "Europe",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe/../Europe/Berlin",
        "Europe/Berlin\n",
        "Europe/Berlin\0",
        "A" * 1000,
        "Etc/Unknown",
        "localtime",
        "posixrules",
        "right/Europe/Berlin",
        "posix/Europe/Berlin",
    ],
)
def test_without_one_it_is_utc(name: str | None) -> None:
    assert zone_seen(name) == "UTC"


@given(st.text())
def test_any_name_is_a_zone_or_none(name: str) -> None:
    zone = zones.find(name)
    assert zone is None or zone.key == name


@pytest.mark.parametrize("moment", [FIRST, LAST])
def test_the_ends_of_the_calendar_are_no_error(moment: datetime) -> None:
    for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        with timezone.override(zones.find(name)):
            assert zones.local(moment) == moment


def test_a_place_has_its_present_name_for_people() -> None:
    assert "Europe/Kyiv" in _RENAMED.values()
    for old, new in _RENAMED.items():
        before, after = zones.find(old), zones.find(new)
        assert before
        assert after
        for month in range(1, 13):
            moment = datetime(2026, month, 1, 12, tzinfo=UTC)
            assert moment.astimezone(before).utcoffset() == moment.astimezone(after).utcoffset()
        with timezone.override(before):
            assert (zones.present(), zones.label()) == (old, new)


def test_utc_has_one_name_for_people() -> None:
    for name, label in (("Etc/UTC", "UTC"), ("UTC", "UTC"), ("Asia/Tokyo", "Asia/Tokyo")):
        with timezone.override(zones.find(name)):
            assert zones.label() == label
