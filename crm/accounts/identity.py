"""Rules for e-mail addresses, names and ids; no I/O."""

import re
import unicodedata
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MAX_EMAIL = 254
MAX_NAME = 100
_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """Make an id for a user: 32 hexadecimal digits."""
    return uuid4().hex


def is_id(text: str) -> bool:
    """Tell whether ``text`` could be the id of a user."""
    return _ID.fullmatch(text) is not None


def normalise_email(text: str) -> str:
    """Return the form in which an address is stored and compared."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def clean_email(text: str) -> str:
    """Normalise an address; raises ``ValidationError`` if it is none or too long."""
    address = normalise_email(text[: MAX_EMAIL * 4])
    validate_email(address)
    if len(address) > MAX_EMAIL:
        message = ngettext(
            "An e-mail address has at most %(most)s character.",
            "An e-mail address has at most %(most)s characters.",
            MAX_EMAIL,
        )
        raise ValidationError(message, params={"most": MAX_EMAIL})
    _refuse_broken_text(address)
    return address


def clean_name(text: str) -> str:
    """Trim a name and make its spaces single; raises ``ValidationError`` for a bad one."""
    name = " ".join(text.split())
    if not any(part.isprintable() and not part.isspace() for part in name):
        message = _("A name is needed.")
        raise ValidationError(message)
    if len(name) > MAX_NAME:
        message = ngettext(
            "A name has at most %(most)s character.",
            "A name has at most %(most)s characters.",
            MAX_NAME,
        )
        raise ValidationError(message, params={"most": MAX_NAME})
    if any(unicodedata.category(character) == "Cc" for character in name):
        message = _("A name has no control characters.")
        raise ValidationError(message)
    _refuse_broken_text(name)
    return name


def name_from_email(address: str) -> str:
    """Guess a name for an account that was made without one, such as ``Ada Li``."""
    words = re.split(r"[^\w]+|_+", address.partition("@")[0])
    return " ".join(word.capitalize() for word in words if word)[:MAX_NAME] or address[:MAX_NAME]


def initials_of(name: str) -> str:
    """Return the one or two letters that stand for a person where there is little room."""
    words = name.split()
    if not words:
        return "?"
    letters = words[0][0] if len(words) == 1 else words[0][0] + words[-1][0]
    return letters.upper()


def _refuse_broken_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = _("This is not valid Unicode text.")
        raise ValidationError(message) from error
