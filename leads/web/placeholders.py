"""Placeholders of templates: what stands for a value of the lead, or of whoever answers."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from leads.models import Lead

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_PLACEHOLDER = re.compile(r"\{([a-z_]{1,20})\}")

_VALUES: Mapping[str, Callable[[Lead, User], str]] = {
    "name": lambda lead, _user: lead.name,
    "first_name": lambda lead, _user: lead.name.partition(" ")[0],
    "company": lambda lead, _user: lead.company,
    "subject": lambda lead, _user: lead.subject,
    "email": lambda lead, _user: lead.readable_email,
    "phone": lambda lead, _user: lead.phone,
    "my_name": lambda _lead, user: user.name,
    "my_email": lambda _lead, user: user.email,
}
LABELS: Mapping[str, "StrOrPromise"] = {
    "name": _("the lead's name"),
    "first_name": _("the first word of it"),
    "company": _("the lead's company"),
    "subject": _("the lead's subject"),
    "email": _("the lead's e-mail address"),
    "phone": _("the lead's phone number"),
    "my_name": _("your name"),
    "my_email": _("your e-mail address"),
}


def filled(text: str, lead: Lead, user: User) -> str:
    """Return a text with the values of a lead; a placeholder without a value stays."""

    def value(found: re.Match[str]) -> str:
        known = _VALUES.get(found[1])
        return (known(lead, user) if known else "") or found[0]

    return _PLACEHOLDER.sub(value, text)


def left_in(text: str) -> list[str]:
    """Return the placeholders that are still in a text, each once."""
    found = (one[1] for one in _PLACEHOLDER.finditer(text))
    return [name for name in dict.fromkeys(found) if name in _VALUES]


def unknown_in(text: str) -> list[str]:
    """Return what looks like a placeholder and is none, each once."""
    found = (one[1] for one in _PLACEHOLDER.finditer(text))
    return [name for name in dict.fromkeys(found) if name not in _VALUES]
