"""Lead ids and slugs of forms in addresses: other programs may have written any text as an id."""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from crm.paths import WORDS_UNDER_LEADS
from leads.attribution import SLUG
from leads.definitions import RESERVED

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


class LeadIdConverter:
    """Writes letters, digits, ``-`` and ``_`` as they are, any other id as ``~`` and base64."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """Read an id from an address; raises ``ValueError``, a 404, if it has none."""
        if value in WORDS_UNDER_LEADS:
            raise ValueError(value)
        if not value.startswith("~"):
            return value
        try:
            lead_id = urlsafe_b64decode(value[1:].encode()).decode()
        except (binascii.Error, UnicodeError) as error:
            raise ValueError(value) from error
        # Python's decoder skips what is not base64: a lead has one address only.
        if self.to_url(lead_id) != value:
            raise ValueError(value)
        return lead_id

    def to_url(self, value: str) -> str:
        """Write an id for an address."""
        if _PLAIN.fullmatch(value) and value not in WORDS_UNDER_LEADS:
            return value
        return "~" + urlsafe_b64encode(value.encode()).decode()


class FormSlugConverter:
    """Reads the slug of a form, which is none of the words that stand in its place."""

    regex = SLUG.pattern

    def to_python(self, value: str) -> str:
        """Read a slug from an address; raises ``ValueError``, a 404, for a reserved word."""
        if value in RESERVED:
            raise ValueError(value)
        return value

    def to_url(self, value: str) -> str:
        """Write a slug for an address."""
        return value
