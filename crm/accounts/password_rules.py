"""Passwords that somebody who knows a little would try first, whatever is added to them.

``AUTH_PASSWORD_VALIDATORS`` names the rule: it takes the place of Django's own about common
passwords, whose list it reads.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import override

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.accounts.models import User

PRODUCT = "leadbook"
# Shorter words are in too many others, and what is left beside a word is no secret.
SHORTEST_WORD = 3
SHORTEST_REST = 4
_ADDED = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_NO_WORD = re.compile(r"[\W\d_]+")
_SEPARATORS = re.compile(r"[\W_]+")
# A 1 may stand for two letters.
_DIGITS_AS_LETTERS = [str.maketrans("013457@$!", f"o{one}eastasi") for one in "il"]


class GuessablePasswordValidator(CommonPasswordValidator):
    """Refuse a common password, the person's name or address, and the product's name.

    A year or a mark around it, digits for letters, spaces in it and saying it twice make
    none of them better.
    """

    @override
    def validate(self, password: str, user: User | None = None) -> None:
        super().validate(password, user)
        words = [*_words_about(user), PRODUCT]
        for core in _cores(password):
            if self._is_common(core):
                message = _("This is a common password, with something added.")
                raise ValidationError(message, code="password_too_common")
            rest = core
            for word in words:
                rest = rest.replace(word, "")
            if rest != core and (len(rest) < SHORTEST_REST or self._is_common(rest)):
                message = _("This is a name or an address, with something added: choose another.")
                raise ValidationError(message, code="password_too_similar")

    @override
    def get_help_text(self) -> str:
        return _(
            "Your password cannot be a common one, your name, your address or “Leadbook”, not even"
            " with something added."
        )

    def _is_common(self, text: str) -> bool:
        return len(text) >= SHORTEST_REST and text in self.passwords


def _cores(password: str) -> Iterator[str]:
    """Yield what is left of a password without what is easily added."""
    inner = _ADDED.sub("", _folded(password))
    for text in (inner, *(inner.translate(letters) for letters in _DIGITS_AS_LETTERS)):
        core = _SEPARATORS.sub("", text)
        yield core[: (core + core).find(core, 1)] if core else ""


def _words_about(user: User | None) -> list[str]:
    """Return the words of a person's name and address, longest first."""
    known = [str(getattr(user, name, "")) for name in ("name", "email")]
    words = {word for text in known for word in _NO_WORD.split(_folded(text))}
    return sorted((word for word in words if len(word) >= SHORTEST_WORD), key=len, reverse=True)


def _folded(text: str) -> str:
    """Return a text in lower case, without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
