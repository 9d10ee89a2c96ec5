"""`{% load age %}`: a compact age such as "3 d", and what `age` in static/app.js writes it with."""

import json

from django import template

from leads.formatting import age, age_steps

register = template.Library()
register.filter(age)


@register.simple_tag
def ages() -> str:
    """Return the units of ages as JSON: from how many seconds on, and the text."""
    return json.dumps(age_steps())
