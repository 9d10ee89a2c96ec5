"""`{% load age %}`: a compact age such as "3 d", the same words as `age` in static/app.js."""

from datetime import UTC, datetime

from django import template

register = template.Library()

STEPS = ((31_536_000, "y"), (2_592_000, "mo"), (86_400, "d"), (3_600, "h"), (60, "min"))


@register.filter
def age(moment: datetime | str | None) -> str:
    """How long ago `moment` was, in its largest unit; "now" under a minute, "" for no moment.

    A string is read as ISO 8601 and returned unchanged if it is not.
    """
    if not moment:
        return ""
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            return str(moment)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for size, unit in STEPS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"
