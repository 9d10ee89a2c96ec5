"""Dates as other programs write them."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

from leads.models import timestamp

FIRST_YEAR, LAST_YEAR = 1970, 2099
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_TIME = (
    r"(?:[ ,T]+(?:at )?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_NUMBERS = re.compile(r"(?P<one>\d{1,2})([/.-])(?P<two>\d{1,2})\2(?P<year>\d{4}|\d{2}),?" + _TIME)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})([/.-])(?P<month>\d{1,2})\2(?P<day>\d{1,2})" + _TIME)
_DAY_NAME = r"(?:[A-Za-z]{3,9},? )?"
_MONTH = r"(?P<name>[A-Za-z]{3,9})\.?"
_NAMED = [
    re.compile(_DAY_NAME + r"(?P<day>\d{1,2})[ -]" + _MONTH + r",?[ -](?P<year>\d{4}),?" + _TIME),
    re.compile(
        _DAY_NAME + _MONTH + r" (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4}),?" + _TIME
    ),
]
_EPOCH = re.compile(r"\d{10}|\d{13}")
_RFC_2822 = re.compile(r"([A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} [\d:]+ [-+A-Za-z0-9 ()]+")


def read_date(text: str, *, day_first: bool, zone: tzinfo = UTC) -> str | None:
    """Read a date, with or without a time, and write it as it is stored, in UTC.

    ``day_first`` says what 3/4/2026 means; between dots it is the day in any case. A time
    without a zone is in ``zone``; a date without a time, which programs also write as
    midnight, is midnight in UTC. ``None`` for what is no date from 1970 to 2099.
    """
    text = " ".join(text.split())
    try:
        found = _standard(text) or _numbers(text, day_first=day_first) or _words(text)
        if found is None:
            return None
        if not found.tzinfo:
            found = found.replace(tzinfo=UTC if found.time() == time.min else zone)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return timestamp(found) if FIRST_YEAR <= found.year <= LAST_YEAR else None


def is_day_first(samples: Iterable[str]) -> bool | None:
    """Tell whether dates such as 3/4/2026 begin with the day; ``None`` where nothing tells."""
    firsts = seconds = 0
    for text in samples:
        match = _NUMBERS.match(text.strip())
        if match and match[2] != ".":
            firsts += int(match["one"]) > 12  # noqa: PLR2004 - months
            seconds += int(match["two"]) > 12  # noqa: PLR2004 - months
    return firsts > seconds if firsts or seconds else None


def _numbers(text: str, *, day_first: bool) -> datetime | None:
    if match := _YEAR_FIRST.fullmatch(text):
        return _moment(match, int(match["year"]), int(match["month"]), int(match["day"]))
    match = _NUMBERS.fullmatch(text)
    if not match:
        return None
    year = int(match["year"])
    if year < 100:  # noqa: PLR2004 - written with two digits, as strptime reads them
        year += 2000 if year < 69 else 1900  # noqa: PLR2004
    one, two = int(match["one"]), int(match["two"])
    day, month = (one, two) if day_first or match[2] == "." else (two, one)
    return _moment(match, year, month, day)


def _words(text: str) -> datetime | None:
    for pattern in _NAMED:
        if (match := pattern.fullmatch(text)) and match["name"][:3].lower() in _MONTHS:
            month = _MONTHS.index(match["name"][:3].lower()) + 1
            return _moment(match, int(match["year"]), month, int(match["day"]))
    return None


def _standard(text: str) -> datetime | None:
    if _EPOCH.fullmatch(text):
        seconds = int(text) / (1000 if len(text) == 13 else 1)  # noqa: PLR2004 - milliseconds
        return datetime.fromtimestamp(seconds, UTC)
    if _RFC_2822.fullmatch(text):
        found = parsedate_to_datetime(text)
        # What it does not know for a zone it leaves out: CET, but PM, too.
        if not found.tzinfo:
            return None if text[-1].isalpha() else found.replace(tzinfo=UTC)
        return found
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _moment(match: re.Match[str], year: int, month: int, day: int) -> datetime:
    hour = int(match["hour"] or 0)
    if half := match["half"]:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - the hours of half a day
            raise ValueError(hour)
        hour = hour % 12 + (12 if half[0] in "Pp" else 0)
    minute, second = int(match["minute"] or 0), int(match["second"] or 0)
    return datetime(year, month, day, hour, minute, second, tzinfo=_zone(match["zone"]))


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
