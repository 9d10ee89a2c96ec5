"""How values are written for people: ages, and what a search found in a text."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from crm import zones
from leads.models import is_date_only
from leads.repository.search_terms import fold, is_joint, is_word_character

type Steps = tuple[tuple[int, str], ...]

# Symbols that stay the same whatever the number, as scripts write ages, too.
_STEPS = (
    (31_536_000, pgettext_lazy("age in years", "%(number)s y")),
    (2_592_000, pgettext_lazy("age in months", "%(number)s mo")),
    (86_400, pgettext_lazy("age in days", "%(number)s d")),
    (3_600, pgettext_lazy("age in hours", "%(number)s h")),
    (60, pgettext_lazy("age in minutes", "%(number)s min")),
    (0, pgettext_lazy("age", "now")),
)


# Where the units begin that time of work is told in.
_HOURS = 3


def age(moment: datetime | None) -> str:
    """Return how long ago a moment was, in its largest unit; "" for no moment."""
    return age_writer()(moment)


def age_writer() -> Callable[[datetime | None], str]:
    """Return what writes the ages of many moments as of now, in the present language."""
    now, steps = datetime.now(UTC), _steps_in(get_language())

    def write(moment: datetime | None) -> str:
        if not moment:
            return ""
        return _span((now - moment).total_seconds(), steps)

    return write


def ago(moment: datetime | None) -> str:
    """Return how long ago a moment was as a whole phrase; "" for no moment."""
    return ago_text(age(moment))


def ago_text(age: str) -> str:
    """Return an age, as written in the present language, as a phrase of its own."""
    if not age or age == _steps_in(get_language())[-1][1]:
        return age and _("just now")
    return _("%(age)s ago") % {"age": age}


def span_text(span: timedelta) -> str:
    """Write how long something takes, in its largest unit."""
    return _span(span.total_seconds(), _steps_in(get_language()))


def worked_text(span: timedelta) -> str:
    """Write time of work in its largest unit: hours, since a day of work has fewer than 24."""
    return _span(span.total_seconds(), _steps_in(get_language())[_HOURS:])


def hours_text(span: timedelta) -> str:
    """Write how long something took, in hours and minutes."""
    return _in_two(span, _steps_in(get_language())[_HOURS:])


def long_span_text(span: timedelta) -> str:
    """Write how long something took, in its two largest units."""
    return _in_two(span, _steps_in(get_language()))


def _in_two(span: timedelta, steps: Steps) -> str:
    seconds = int(span.total_seconds())
    for (size, text), (smaller, rest_text) in pairwise(steps):
        if seconds >= size:
            number, rest = divmod(seconds, size)
            whole = text % {"number": number}
            if not smaller or rest < smaller:
                return whole
            return f"{whole} {rest_text % {'number': rest // smaller}}"
    return _steps_in(get_language())[-2][1] % {"number": 0}


def _span(seconds: float, steps: Steps) -> str:
    for size, text in steps:
        if seconds >= size > 0:
            return text % {"number": int(seconds // size)}
    return steps[-1][1]


def age_steps() -> list[tuple[int, str]]:
    """Return from how many seconds on an age is written how, with ``{number}`` in the text."""
    return [(size, text % {"number": "{number}"}) for size, text in _steps_in(get_language())]


@cache
def _steps_in(_language: str | None) -> Steps:
    return tuple((size, str(text)) for size, text in _STEPS)


def number_text(value: int) -> str:
    """Write a number with what separates thousands."""
    return number_format(value, force_grouping=True)


def moment_text(moment: datetime) -> str:
    """Write a moment in the present zone with its time; a date without a time as that date."""
    if is_date_only(moment):
        return date_format(moment, "DATE_FORMAT")
    return date_format(zones.local(moment), "DATETIME_FORMAT")


def zoned_text(moment: datetime) -> str:
    """Write a moment with its time, and say in which zone; a date without a time needs none."""
    if is_date_only(moment):
        return moment_text(moment)
    return _("%(at)s %(zone)s") % {"at": moment_text(moment), "zone": zones.label()}


def day_text(moment: datetime) -> str:
    """Write the day of a moment with the whole name of its month."""
    day = moment if is_date_only(moment) else zones.local(moment)
    return date_format(day, pgettext("format of Django's date filter", "j F Y"))


def word_spans(text: str, words: Collection[str]) -> list[tuple[int, int]]:
    """Return where in ``text`` a word begins with one of ``words``: (start, end) each, in order."""
    folded, origin = _folded_with_origins(text)
    found: list[tuple[int, int]] = []
    for start, letter in enumerate(folded):
        if not is_word_character(letter) or not _is_start(start, text, folded, origin):
            continue
        longest = max((len(word) for word in words if folded.startswith(word, start)), default=0)
        # One character may hold several words: ½ is 1 and 2.
        if longest and (not found or found[-1][1] <= origin[start]):
            last = start + longest
            found.append((origin[start], max(origin[last], origin[last - 1] + 1)))
    return found


def _is_start(at: int, text: str, folded: str, origin: list[int]) -> bool:
    """Tell whether a word may begin at a character of a folded text."""
    if not at or not is_word_character(folded[at - 1]):
        return True
    return origin[at] > origin[at - 1] and is_joint(text[origin[at] - 1])


def _folded_with_origins(text: str) -> tuple[str, list[int]]:
    """Fold a text, and return for each character of the result which one it comes from.

    One letter may fold to several or, a combining accent, to none: it then belongs to the
    letter before.
    """
    if text.isascii():
        return text.lower(), list(range(len(text) + 1))
    folded, origin = "", []
    for index, letter in enumerate(text):
        part = fold(letter)
        folded += part
        origin += [index] * len(part)
    return folded, [*origin, len(text)]
