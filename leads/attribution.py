"""Where a lead came from and how its message was sent, as the lead keeps it.

``leads/campaigns.py`` cleans what strangers tell of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

FIRST_FORM = "contact"
"""The form at ``/contact/``: that of whoever never makes another one."""
MAX_SLUG = 40
SLUG = re.compile(rf"[a-z0-9-]{{1,{MAX_SLUG}}}")
_KEY = re.compile(r"[a-z2-7]{5}")
_REGION = re.compile(r"[A-Z]{2}")

ATTRIBUTES = {
    "form": "form",
    "form_version": "formVersion",
    "utm_source": "utmSource",
    "utm_medium": "utmMedium",
    "utm_campaign": "utmCampaign",
    "utm_term": "utmTerm",
    "utm_content": "utmContent",
    "page": "page",
    "landing": "landing",
    "referrer": "referrer",
    "consent_version": "consentVersion",
    "consent_at": "consentAt",
    "phone_region": "phoneRegion",
}
"""The texts that people may read, by their names here: what DynamoDB and exports call them."""
_STORED = ATTRIBUTES | {"source_key": "sourceKey"}
MARKS = "marks"
LONGEST = 24 * 3600
"""Seconds: a form that stayed open for longer tells nothing more."""
MARK_NAMES = ("seconds", "honeypot")
"""What marks this release sets; others may be stored."""
_KNOWN = frozenset({*_STORED.values(), MARKS})
ORIGIN_ATTRIBUTES = ("form", "sourceKey")
"""What a lead is filed and counted by, as DynamoDB calls it."""


@dataclass(frozen=True)
class Attribution:
    """What goes with the fields of a message and is none of them.

    ``form`` is the slug of the form, ``form_version`` which one of it; both are empty for what
    came by no form. ``source_key`` is the :func:`source_key` of ``utm_source`` if admins list
    that one: the lead is counted and filed under it, for ever or until a recount.
    ``phone_region`` is the country of a telephone number that names none. ``marks`` are
    for whoever judges messages: ``seconds`` from the page to the message, and ``honeypot``, 1
    if something was filled in that nobody sees. They refuse nothing.
    """

    form: str = ""
    form_version: str = ""
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_term: str = ""
    utm_content: str = ""
    page: str = ""
    landing: str = ""
    referrer: str = ""
    consent_version: str = ""
    consent_at: str = ""
    phone_region: str = ""
    source_key: str = ""
    marks: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_item(cls, item: Mapping[str, object]) -> "Attribution":
        """Read the attributes of a stored lead, whoever wrote it."""
        if _KNOWN.isdisjoint(item):
            return NOWHERE
        texts = {
            name: str(item[attribute])
            for name, attribute in _STORED.items()
            if item.get(attribute) is not None
        }
        if not SLUG.fullmatch(texts.get("form", "")):
            # What another program calls a form is none of ours.
            texts |= {"form": "", "source_key": ""}
        if not _KEY.fullmatch(texts.get("source_key", "")):
            texts["source_key"] = ""
        if not _REGION.fullmatch(texts.get("phone_region", "")):
            texts["phone_region"] = ""
        return cls(**texts, marks=_read_marks(item.get(MARKS)))

    @property
    def attributes(self) -> dict[str, str | dict[str, int]]:
        """The attributes of the lead; those that are empty are left out."""
        texts = {attribute: getattr(self, name) for name, attribute in _STORED.items()}
        all_of_it = {**texts, MARKS: dict(self.marks)}
        return {attribute: value for attribute, value in all_of_it.items() if value}

    @property
    def origin(self) -> str:
        """What the lead is filed and counted under, ``form#source_key``; "" without a form."""
        return f"{self.form}#{self.source_key}" if self.form else ""


NOWHERE = Attribution()
"""Of a lead of which nothing is known."""


def _read_marks(value: object) -> dict[str, int]:
    if not isinstance(value, dict):
        return {}
    return {str(name): int(mark) for name, mark in value.items() if isinstance(mark, int | Decimal)}
