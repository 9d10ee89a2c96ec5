"""`{% load age %}`: a compact age such as "3 d", the same words as `age` in static/app.js."""

from datetime import UTC, datetime

from django import template

register = template.Library()

STEPS = ((31_536_000, "y"), (2_592_000, "mo"), (86_400, "d"), (3_600, "h"), (60, "min"))


@register.filter
def age(moment: datetime | None) -> str:
    """How long ago `moment` was, in its largest unit; "now" under a minute, "" for no moment."""
    if not moment:
        return ""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for size, unit in STEPS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"
