"""`{% load age %}`: a compact age such as "3 d", and what `age` in static/app.js writes it with."""

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from leads.formatting import age, age_steps

register = template.Library()
register.filter(age)


@register.simple_tag
def ages() -> SafeString:
    """Return a ``data-age-…`` for each unit, named by the seconds from which on it is used."""
    return format_html_join(" ", 'data-age-{}="{}"', age_steps())
