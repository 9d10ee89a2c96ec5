"""Reading when something is to be due, as people type it: ``tomorrow``, ``thu``, ``3 Mar 14:00``.

Read in the zone and the language of whoever typed it, and in English, which everybody knows.
What may mean two days, such as 3/4, is not read.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cache, partial

from django.utils import dates, timezone
from django.utils.translation import get_language, override, pgettext_lazy

from leads.dues import FIRST, LAST, stored_due, working_day_after

MAX_TYPED = 60
MOST = 3660
"""So many days, weeks or whatever: who types more has hit a wrong key."""
_MONTHS = 12

# Each is what people may type, with | between.
_TODAY = pgettext_lazy("typed for a day, with | between", "today|now")
_TOMORROW = pgettext_lazy("typed for a day, with | between", "tomorrow|tmr|tmrw|tom")
_AFTER_TOMORROW = pgettext_lazy(
    "typed for a day, with | between", "day after tomorrow|the day after tomorrow"
)
_NEXT_WEEK = pgettext_lazy("typed for a day, with | between", "next week")
_NEXT_MONTH = pgettext_lazy("typed for a day, with | between", "next month")
_NEXT_YEAR = pgettext_lazy("typed for a day, with | between", "next year")
_NOON = pgettext_lazy("typed for 12:00, with | between", "noon|midday")
_IN = pgettext_lazy("typed before how long from now, with | between", "in|after|+")
_ON = pgettext_lazy("typed before a day, with | between", "on|by|this|the")
_NEXT = pgettext_lazy("typed before a day of the next week, with | between", "next")
_AT = pgettext_lazy("typed before a time of day, with | between", "at|@|,")
_OF = pgettext_lazy("typed between a day and its month, with | between", "of")
_NUMBERS = pgettext_lazy(
    "the numbers 1 to 10, typed as words, with | between",
    "one|two|three|four|five|six|seven|eight|nine|ten",
)
_ONE = pgettext_lazy("typed for 1, with | between", "a|an")
_MINUTES = pgettext_lazy("typed for minutes, with | between", "minutes|minute|min|mins")
_HOURS = pgettext_lazy("typed for hours, with | between", "hours|hour|h|hrs")
_DAYS = pgettext_lazy("typed for days, with | between", "days|day|d")
_WORKING_DAYS = pgettext_lazy(
    "typed for working days, with | between",
    "working days|working day|business days|business day|weekdays|wd",
)
_WEEKS = pgettext_lazy("typed for weeks, with | between", "weeks|week|w|wk|wks")
_MONTH_SPANS = pgettext_lazy("typed for months, with | between", "months|month|mo")
_YEARS = pgettext_lazy("typed for years, with | between", "years|year|y|yr|yrs")

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?", re.IGNORECASE)
_TIME = re.compile(
    r"(?P<before>.*?) ?(?<![\d.:/-])(?:"
    r"(?P<hour>\d{1,2})[:h](?P<minute>\d{2})? ?(?P<half>[ap]\.?m\.?)?"
    r"|(?P<full>\d{1,2}) ?(?P<half_of_full>[ap]\.?m\.?))"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.|º|er)?"
_YEAR = r"(?:,? (?P<year>\d{4}))?"
_NUMERIC = re.compile(r"(?P<one>\d{1,2})(?P<by>[./-])(?P<two>\d{1,2})(?:(?P=by)(?P<year>\d{4})?)?")
_SPAN = re.compile(r"(?P<number>\d{1,4}|[^\W\d_]+) ?(?P<unit>[^\d]+)")

type Shift = Callable[[datetime, int], date]


def read_due(text: str, now: datetime) -> str | None:
    """Read a day or a moment, and return it as it is stored; ``None`` for what is none.

    A time of day alone is the next one of it. What has no year is not in the past.
    """
    try:
        found = _read(_fold(text), timezone.localtime(now))
        is_possible = found is not None and FIRST <= date(*found.timetuple()[:3]) <= LAST
        return stored_due(found) if found is not None and is_possible else None
    except (ValueError, OverflowError):
        return None


def _read(text: str, now: datetime) -> date | None:
    if not text or len(text) > MAX_TYPED:
        return None
    if _ISO.fullmatch(text):
        return _iso(text)
    words = _words(get_language())
    if shifted := _shifted(text, now, words):
        return shifted
    before, at = _time_of(text, words)
    if at is None:
        return _day(text, now, words)
    if not before:
        return _at(now.date(), at) if _at(now.date(), at) > now else _at(_in_days(now, 1), at)
    day = _shifted(before, now, words) or _day(before, now, words)
    return None if day is None or isinstance(day, datetime) else _at(day, at)


def _iso(text: str) -> date:
    if len(text) == len("2026-12-03"):
        return date.fromisoformat(text)
    found = datetime.fromisoformat(text.upper())
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, timezone.get_current_timezone())


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split()).strip(" .,;!")


def _time_of(text: str, words: "_Words") -> tuple[str, time | None]:
    """Part a text into what stands before a time of day at its end, and that time."""
    before, at = _clock_of(text, words)
    if at is None:
        return text, None
    before = before.strip(" ,")
    for word in words.at:
        before = before.removesuffix(f" {word}").strip() if before != word else ""
    return before, at


def _clock_of(text: str, words: "_Words") -> tuple[str, time | None]:
    for word in words.noon:
        if text == word or text.endswith(f" {word}"):
            return text.removesuffix(word), time(12)
    found = _TIME.fullmatch(text)
    if not found:
        return text, None
    hour, half = int(found["hour"] or found["full"]), found["half"] or found["half_of_full"]
    if half:
        if not 1 <= hour <= _MONTHS:
            raise ValueError(text)
        hour = hour % _MONTHS + (_MONTHS if half.startswith("p") else 0)
    return found["before"], time(hour, int(found["minute"] or 0))


def _shifted(text: str, now: datetime, words: "_Words") -> date | None:
    """Read how long from now: in 2 weeks, 3d, an hour."""
    for word in words.before_span:
        text = text.removeprefix(f"{word} " if word.isalpha() else word).strip()
    found = _SPAN.fullmatch(text)
    shift = words.shifts.get(found["unit"].strip()) if found else None
    if not found or not shift:
        return None
    number = int(found["number"]) if found["number"].isdecimal() else words.numbers.get(found[1])
    if number is None or number > MOST:
        return None
    return shift(now, number)


def _day(text: str, now: datetime, words: "_Words") -> date | None:
    if text in words.days:
        return words.days[text](now)
    for word in words.before_next:
        name = text.removeprefix(f"{word} ")
        if name != text and name in words.weekdays:
            monday = _next_monday(now)
            return monday + timedelta(days=words.weekdays[name])
    for word in words.before_day:
        text = text.removeprefix(f"{word} ")
    if text in words.weekdays:
        return _in_days(now, (words.weekdays[text] - now.weekday() - 1) % 7 + 1)
    first, _, rest = text.partition(" ")
    weekday = words.weekdays.get(first.rstrip(".,")) if rest else None
    day = _dated_text(text if weekday is None else rest, now, words)
    # A day of another name is a slip: nobody knows which of the two is meant.
    is_slip = day and weekday not in {None, day.weekday()}
    return None if is_slip else day


def _dated_text(text: str, now: datetime, words: "_Words") -> date | None:
    return _named(text, now, words) or _numeric(text, now)


def _named(text: str, now: datetime, words: "_Words") -> date | None:
    """Read a day with the name of its month, before or after it."""
    of = "|".join(map(re.escape, words.between))
    month = r"(?P<month>[^\W\d_]+)\.?"
    for pattern in (rf"{_DAY} ?(?:(?:{of}) )?{month}{_YEAR}", rf"{month} {_DAY}{_YEAR}"):
        found = re.fullmatch(pattern, text)
        number = words.months.get(found["month"]) if found else None
        if found and number:
            return _dated(now, int(found["day"]), number, found["year"])
    return None


def _numeric(text: str, now: datetime) -> date | None:
    """Read a day in numbers: before a dot it is the day, else only where one can be no month."""
    found = _NUMERIC.fullmatch(text)
    if not found:
        return None
    one, two = int(found["one"]), int(found["two"])
    if found["by"] == "." or one > _MONTHS or one == two:
        return _dated(now, one, two, found["year"])
    return _dated(now, two, one, found["year"]) if two > _MONTHS else None


def _dated(now: datetime, day: int, month: int, year: str | None) -> date:
    if year:
        return date(int(year), month, day)
    today = now.date()
    for coming in range(today.year, today.year + 9):
        try:
            found = date(coming, month, day)
        except ValueError:
            continue  # 29 February
        if found >= today:
            return found
    raise ValueError(day)


def _in_days(now: datetime, number: int) -> date:
    return now.date() + timedelta(days=number)


def _in_weeks(now: datetime, number: int) -> date:
    return _in_days(now, 7 * number)


def _in_months(now: datetime, number: int) -> date:
    year, month = divmod(now.year * _MONTHS + now.month - 1 + number, _MONTHS)
    following = date(year + (month == _MONTHS - 1), (month + 1) % _MONTHS + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(now.day, last))


def _in_years(now: datetime, number: int) -> date:
    return _in_months(now, number * _MONTHS)


def _in_working_days(now: datetime, number: int) -> date:
    return working_day_after(now.date(), number)


def _in_minutes(now: datetime, number: int, *, each: int = 1) -> date:
    return now.replace(second=0, microsecond=0) + timedelta(minutes=number * each)


def _next_monday(now: datetime) -> date:
    return _in_days(now, 7 - now.weekday())


class _Words:
    """What words mean in a language, and in English."""

    def __init__(self) -> None:
        self.days: dict[str, Callable[[datetime], date]] = {}
        self.shifts: dict[str, Shift] = {}
        self.numbers: dict[str, int] = {}
        self.weekdays: dict[str, int] = {}
        self.months: dict[str, int] = {}
        self.noon: list[str] = []
        self.at: list[str] = []
        self.before_span: list[str] = []
        self.before_day: list[str] = []
        self.before_next: list[str] = []
        self.between: list[str] = []

    def learn(self) -> None:
        """Add the words of the present language."""
        for texts, day in _DAY_WORDS:
            self.days |= dict.fromkeys(_typed(texts), day)
        for texts, shift in _UNITS:
            self.shifts |= dict.fromkeys(_typed(texts), shift)
        self.numbers |= {word: number for number, word in enumerate(_typed(_NUMBERS), 1)}
        self.numbers |= dict.fromkeys(_typed(_ONE), 1)
        self.noon += _typed(_NOON)
        self.at += _typed(_AT)
        self.before_span += _typed(_IN)
        self.before_day += _typed(_ON)
        self.before_next += _typed(_NEXT)
        self.between += _typed(_OF)
        for names in (dates.WEEKDAYS, dates.WEEKDAYS_ABBR):
            self.weekdays |= {name: number for number, name in _names(names)}
        for names in (dates.MONTHS, dates.MONTHS_3, dates.MONTHS_AP, dates.MONTHS_ALT):
            self.months |= {name: number for number, name in _names(names)}


@cache
def _words(language: str | None) -> _Words:
    words = _Words()
    for one in dict.fromkeys(["en", language]):
        if one:
            with override(one):
                words.learn()
    words.weekdays |= {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
    return words


def _typed(texts: object) -> list[str]:
    return [_fold(text) or text for text in str(texts).split("|")]


def _names(names: Mapping[int, object]) -> Iterator[tuple[int, str]]:
    return ((number, _fold(str(name))) for number, name in names.items())


_DAY_WORDS: tuple[tuple[object, Callable[[datetime], date]], ...] = (
    (_TODAY, partial(_in_days, number=0)),
    (_TOMORROW, partial(_in_days, number=1)),
    (_AFTER_TOMORROW, partial(_in_days, number=2)),
    (_NEXT_WEEK, _next_monday),
    (_NEXT_MONTH, partial(_in_months, number=1)),
    (_NEXT_YEAR, partial(_in_years, number=1)),
)
_UNITS: tuple[tuple[object, Shift], ...] = (
    (_MINUTES, _in_minutes),
    (_HOURS, partial(_in_minutes, each=60)),
    (_DAYS, _in_days),
    (_WORKING_DAYS, _in_working_days),
    (_WEEKS, _in_weeks),
    (_MONTH_SPANS, _in_months),
    (_YEARS, _in_years),
)
