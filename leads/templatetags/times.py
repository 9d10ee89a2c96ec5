"""``{% load times %}``: moments, their zone, ages, and what static/app.js writes them with."""

from functools import cache

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from crm import zones
from leads.formatting import age, age_steps, ago, ago_text, moment_text, zoned_text

register = template.Library()
register.filter(age)
register.filter(ago)
register.filter(ago_text)
register.filter("moment", moment_text)
register.filter("zoned", zoned_text)
register.simple_tag(zones.label, name="zone")


@register.simple_tag
def ages() -> SafeString:
    """Return a ``data-age-…`` for each unit, named by the seconds from which on it is used."""
    return _ages_in(get_language())


@cache
def _ages_in(_language: str | None) -> SafeString:
    return format_html_join(" ", 'data-age-{}="{}"', age_steps())
