"""The zone in which somebody reads and writes times: their browser's, which a cookie tells.

``static/app.js`` sets the cookie on the pages of the staff and on the sign-in page. Without
it, or with a zone that nobody knows, times are in UTC, and pages say so. Who is signed in may
have chosen another one: see :class:`crm.accounts.middleware.ChosenZoneMiddleware`.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

COOKIE = "zone"
MAX_NAME = 64
# As the IANA's database calls them: no path that leads out of it.
_NAME = re.compile(r"(?=.{1,64}\Z)[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
# What many browsers still say, and what these places are called since.
_RENAMED = {
    "Africa/Asmera": "Africa/Asmara",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Godthab": "America/Nuuk",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Europe/Kiev": "Europe/Kyiv",
    "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
}
_UTC = {"UTC", "Etc/UTC", "Etc/UCT", "Etc/GMT", "GMT", "Zulu"}


def readers_zone(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer each request in the zone of whoever asks."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        zone = find(request.COOKIES.get(COOKIE, "")) or timezone.get_default_timezone()
        with timezone.override(zone):
            return get_response(request)

    return middleware


def find(name: str) -> ZoneInfo | None:
    """Return the zone with this name of the IANA; ``None`` if there is none."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def names() -> list[str]:
    """Return the names of places and UTC, to choose from."""
    places = {name for name in available_timezones() if "/" in name and name[:4] != "Etc/"}
    return sorted(places | {"UTC"})


def present() -> str:
    """Return the name of the present zone, for a program."""
    return str(timezone.get_current_timezone())


def label() -> str:
    """Return the name of the present zone, for people."""
    name = present()
    return _("UTC") if name in _UTC else _RENAMED.get(name, name)


def local(moment: datetime) -> datetime:
    """Return a moment in the present zone; as it is at the ends of what a calendar holds."""
    try:
        return timezone.localtime(moment)
    except (OverflowError, ValueError):
        return moment
