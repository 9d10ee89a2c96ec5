"""`{% load age %}`: a compact age such as "3 d", the same words as `age` in static/app.js."""

from django import template

from leads.formatting import age

register = template.Library()
register.filter(age)
