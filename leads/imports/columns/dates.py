"""Dates as other programs write them, in the languages of ``words/months.toml``."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.resources import files
from itertools import chain

from leads.imports.columns.headers import letters_and_digits
from leads.models import timestamp

FIRST_YEAR, LAST_YEAR = 1970, 2099
# 2:05 PM, 午後2:05, 2pm, 14:05:09.123, 14.05, 14h05, 14時05分; GMT+1, UTC+01:00, +0100, Z.
_HALF = r"[ap]\.? ?m\.?|[πμ]\.? ?μ\.?|上午|下午|午前|午後|오전|오후"
_AFTERNOON = ("p", "μ", "下", "午後", "오후")
_ZONE = r"z|(?:utc|gmt)?[+-]\d{1,2}(?::?\d{2})?|utc|gmt"
_AT = "@|-|at|um|kl|klo|alle|à|às|om|o|u|в|о"  # noqa: RUF001 - the last two are Cyrillic
_TIME = (
    rf"(?:(?:[ ,]+|t|(?<=/\d{{4}}):|(?<=[日일)]))(?:(?:{_AT})\.? )?(?P<early>{_HALF})? ?"
    r"(?P<hour>\d{1,2})(?:(?:[:.]| ?h ?|[时時시] ?)(?P<minute>\d{1,2})"
    r"(?:(?:[:.]|[分분] ?| min )(?P<second>\d{1,2})(?:[.,](?P<part>\d+))?)?(?:[分분秒초]| s)?)?"
    rf"(?: ?(?P<late>{_HALF}))?(?: uhr)?(?: ?\(?(?P<zone>{_ZONE})\)?(?: utc)?(?: \([^()]*\))?)?)?"
)
_OF_YEAR = r"(?: ?[грr]\.?)?"  # noqa: RUF001 - "of the year", twice in Cyrillic, and in Polish
_NUMBERS = re.compile(
    r"(?P<one>\d{1,2})(?P<by>[/.-]) ?(?P<two>\d{1,2})(?P=by) ?(?P<year>\d{4}|\d{2})"
    rf"{_OF_YEAR}[.,]?{_TIME}"
)
_YEAR_FIRST = [
    re.compile(
        r"(?P<year>\d{4})(?P<by>[/.-]) ?(?P<month>\d{1,2})(?P=by) ?(?P<day>\d{1,2})\.?,?" + _TIME
    ),
    re.compile(
        r"(?P<year>\d{4})[年년] ?(?P<month>\d{1,2})[月월] ?(?P<day>\d{1,2})[日일]"
        r"(?: ?(?:\(\w\)|星期\w|[周週]\w|\w曜日|\w요일))?" + _TIME
    ),
]
_MONTH = r"(?P<name>[^\W\d_]+)[.'׳]?"  # noqa: RUF001 - the last one is a geresh
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|o|a|οσ|η|\.)?"  # noqa: RUF001 - Greek
_YEAR = rf"(?P<year>\d{{4}}|'?\d{{2}}){_OF_YEAR},?"
_NAMED = [
    re.compile(
        rf"(?:(?:the|den|le|el) )?{_DAY}(?: of| de| di)?[ ./-]"
        rf"{_MONTH}(?: del?|,)?[ ./-]{_YEAR}{_TIME}"
    ),
    re.compile(rf"{_MONTH}[ -]{_DAY}(?:,? |-){_YEAR}{_TIME}"),
    re.compile(rf"(?P<year>\d{{4}})\.?[ -]{_MONTH}[ -]{_DAY},?{_TIME}"),
    # As C writes it: Mon Mar  2 14:05:00 2026, with or without a zone before the year.
    re.compile(
        rf"{_MONTH} {_DAY} (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
        rf"(?: (?P<zone>{_ZONE}))? (?P<year>\d{{4}})"
    ),
]
# 2026-W09, which ISO 8601 allows for its Monday.
_WEEK = re.compile(r"\d{4}-?W\d")
_EPOCH = re.compile(r"\d{10}|\d{13}")
_RFC_2822 = re.compile(
    r"([A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} [\d:]+ (?:[A-Z]{1,4}|[+-]\d{4})( \([^()]*\))?"
)


def read_date(text: str, *, day_first: bool, zone: tzinfo = UTC) -> str | None:
    """Read a date, with or without a time, and write it as it is stored, in UTC.

    ``day_first`` says what 3/4/2026 means; between dots it is the day in any case. A time
    without a zone is in ``zone``; a date without a time, which programs also write as
    midnight, is midnight in UTC. ``None`` for what is no date from 1970 to 2099.
    """
    text = " ".join(text.split())
    try:
        found = _found(text, day_first=day_first)
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
        if match and match["by"] != ".":
            firsts += int(match["one"]) > 12  # noqa: PLR2004 - months
            seconds += int(match["two"]) > 12  # noqa: PLR2004 - months
    return firsts > seconds if firsts or seconds else None


def _found(text: str, *, day_first: bool) -> datetime | None:
    try:
        return None if _WEEK.match(text) else datetime.fromisoformat(text)
    except ValueError:
        folded = _fold(text)
    texts = chain([folded], _without_weekday(folded))
    dates = (_date(one, day_first=day_first) for one in texts)
    return _epoch(text) or next(filter(None, dates), None) or _rfc_2822(text)


def _date(text: str, *, day_first: bool) -> datetime | None:
    return _numbers(text, day_first=day_first) or _words(text)


def _fold(text: str) -> str:
    """Return a text in lower case, with one form for each character."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded).replace("\N{MINUS SIGN}", "-")


def _epoch(text: str) -> datetime | None:
    if not _EPOCH.fullmatch(text):
        return None
    seconds = int(text) / (1000 if len(text) == 13 else 1)  # noqa: PLR2004 - milliseconds
    return datetime.fromtimestamp(seconds, UTC)


def _numbers(text: str, *, day_first: bool) -> datetime | None:
    for pattern in _YEAR_FIRST:
        if match := pattern.fullmatch(text):
            return _moment(match, int(match["month"]))
    match = _NUMBERS.fullmatch(text)
    if not match:
        return None
    one, two = int(match["one"]), int(match["two"])
    day, month = (one, two) if day_first or match["by"] == "." else (two, one)
    return _moment(match, month, day)


def _words(text: str) -> datetime | None:
    for pattern in _NAMED:
        match = pattern.fullmatch(text)
        month = match and _month(match["name"])
        if match and month:
            return _moment(match, month)
    return None


def _without_weekday(text: str) -> Iterator[str]:
    """Yield the text without a day of the week, which may be two words, wherever it stands."""
    words = text.split(" ")
    for number in (1, 2):
        for start in range(len(words) - number + 1):
            end = start + number
            if letters_and_digits("".join(words[start:end])) in _names()[1]:
                yield " ".join(words[:start] + words[end:])


def _rfc_2822(text: str) -> datetime | None:
    if not _RFC_2822.fullmatch(text):
        return None
    found = parsedate_to_datetime(text)
    if found.tzinfo:
        return found
    # What it does not know for a zone it leaves out: CET, but PM, too. -0000 is UTC.
    return None if text[-1].isalpha() else found.replace(tzinfo=UTC)


def _month(name: str) -> int | None:
    months = _names()[0]
    folded = letters_and_digits(name)
    # Hebrew writes "in March" before a year, in one word.
    return months.get(folded) or months.get(folded.removeprefix("ב"))


@cache
def _names() -> tuple[dict[str, int], frozenset[str]]:
    """Return months by their names, and the names of days."""
    table = files("leads.imports.columns") / "words" / "months.toml"
    names = tomllib.loads(table.read_text(encoding="utf-8"))
    months = {name: month for month, own in enumerate(names["months"], 1) for name in own}
    return months, frozenset(names["days"])


def _moment(match: re.Match[str], month: int, day: int | None = None) -> datetime:
    """Make what was matched a moment, which has a zone if the text does."""
    told = match.groupdict()
    digits = told["year"].lstrip("'")
    year = int(digits)
    if len(digits) == 2:  # noqa: PLR2004 - two digits, as strptime reads them
        year += 2000 if year < 69 else 1900  # noqa: PLR2004
    hour = int(told["hour"] or 0)
    half = told.get("early") or told.get("late")
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - the hours of half a day
            raise ValueError(hour)
        hour = hour % 12 + (12 if half.startswith(_AFTERNOON) else 0)
    elif told["hour"] and not told["minute"]:
        raise ValueError("An hour alone is no time.")
    return datetime(
        year,
        month,
        int(told["day"]) if day is None else day,
        hour,
        int(told["minute"] or 0),
        int(told["second"] or 0),
        int((told.get("part") or "")[:6].ljust(6, "0")),
        tzinfo=_zone(told["zone"]),
    )


def _zone(text: str | None) -> timezone | None:
    """Read a zone such as ``gmt+1``: the hours by which its clocks are ahead."""
    if not text:
        return None
    digits = re.sub(r"\D", "", text)
    # +1 and +01 are hours, +130 and +0130 end in minutes.
    hours, minutes = (digits, "") if len(digits) <= 2 else (digits[:-2], digits[-2:])  # noqa: PLR2004
    if int(minutes or 0) >= 60:  # noqa: PLR2004 - of an hour
        raise ValueError(text)
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return timezone(-ahead if "-" in text else ahead)
