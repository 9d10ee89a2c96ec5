"""What people write into a lead: forms, columns, exports and timelines take it from here.

The fields that Leadbook knows by name are spelled out in ``leads/models.py`` too. Custom
fields are rows of the table that admins edit: ``leads/repository/registry.py`` reads them. A
lead has their values in one map, ``custom``, by slug; everywhere else they are called
``x_<slug>``, so that none of them can have the name of anything else.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


CUSTOM = "custom"
"""The attribute of a lead that holds the values of custom fields, by slug."""
PREFIX = "x_"
"""What the names of custom fields begin with, outside of that attribute."""
_PATH = f"{CUSTOM}."
MAX_CUSTOM_BYTES = 4096
"""What the values of the custom fields of a lead may have together, in UTF-8."""


class Kind(StrEnum):
    """What a field takes."""

    TEXT = "text"
    LONG = "long"
    CHOICE = "choice"
    NUMBER = "number"
    DATE = "date"


_LIMITS = {Kind.TEXT: 200, Kind.LONG: 2_000, Kind.CHOICE: 80, Kind.NUMBER: 40, Kind.DATE: 10}


# Each is itself: to compare or hash labels would translate them.
@dataclass(frozen=True, eq=False)
class Field:
    """A text of a lead.

    ``name`` is what forms and Python call it, ``attribute`` what DynamoDB does; ``label`` is
    for people, and ``mention`` within a sentence. ``limit`` is in characters. A ``multiline``
    text keeps its line breaks. ``on_card`` says that indexes project it. A ``stored_empty``
    one is an attribute even without a text, as other programs expect it. ``synonyms`` are the
    names of its column in the files of others, with ``|`` between them and the best one first.
    A custom field has a ``kind``, of which a choice has ``choices``; one that ``is_retired``
    keeps its values and is in no form.
    """

    name: str
    attribute: str
    label: "StrOrPromise"
    limit: int
    mention: "StrOrPromise" = ""
    required: bool = False
    multiline: bool = False
    searched: bool = False
    on_card: bool = False
    exported: bool = True
    stored_empty: bool = False
    synonyms: str = ""
    kind: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()
    is_retired: bool = False

    @property
    def slug(self) -> str:
        """What a lead's map calls a custom field; "" for one that is spelled out."""
        return slug_of(self.name)


def custom_field(  # noqa: PLR0913 -- the parts of a row
    slug: str,
    label: str,
    kind: Kind = Kind.TEXT,
    *,
    choices: tuple[str, ...] = (),
    searched: bool = False,
    is_retired: bool = False,
) -> Field:
    """Return the field that a row of the table is."""
    return Field(
        name=custom_name(slug),
        attribute=custom_path(slug),
        label=label,
        limit=_LIMITS[kind],
        multiline=kind is Kind.LONG,
        searched=searched,
        kind=kind,
        choices=choices,
        is_retired=is_retired,
    )


def custom_name(slug: str) -> str:
    """Return what forms, columns, events and Python call a custom field."""
    return f"{PREFIX}{slug}"


def slug_of(name: str) -> str:
    """Return the slug of the custom field of this name; "" for what is none."""
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else ""


def custom_path(slug: str) -> str:
    """Return where the value of a custom field stands in the item of a lead."""
    return f"{_PATH}{slug}"


def slug_at(path: str) -> str:
    """Return the slug of the custom field at this path; "" for another attribute."""
    return path.removeprefix(_PATH) if path.startswith(_PATH) else ""


NAME = Field(
    "name",
    "name",
    _("Name"),
    200,
    mention=pgettext_lazy("in a sentence", "name"),
    required=True,
    searched=True,
    on_card=True,
    stored_empty=True,
    synonyms="""name | full name | lead name | contact name | contact person | contact
        | display name | your name | vollstandiger name | ansprechpartner
        | nom complet | nombre completo""",
)
EMAIL = Field(
    "email",
    "email",
    _("E-mail"),
    254,
    mention=pgettext_lazy("in a sentence", "e-mail"),
    required=True,
    searched=True,
    on_card=True,
    stored_empty=True,
    synonyms="""email | e-mail address | email address | e-mail 1 - value | email - work
        | primary email | work email | contact email | email 1 | email 1 address | e-mail
        | e-mail adresse | mail | email - home | email - other | emails | email id
        | adresse e-mail | correo electronico | correo | courriel""",
)
COMPANY = Field(
    "company",
    "company",
    _("Company"),
    200,
    mention=pgettext_lazy("in a sentence", "company"),
    searched=True,
    on_card=True,
    synonyms="""company | company name | account name | organization | organisation
        | organization name | organization 1 - name | accounts | company / account
        | associated company
        | account | firma | unternehmen | societe | entreprise | empresa""",
)
PHONE = Field(
    "phone",
    "phone",
    _("Phone"),
    50,
    mention=pgettext_lazy("in a sentence", "phone"),
    synonyms="""phone | phone number | business phone | phone - work | phone 1 - value
        | work phone | work | mobile phone | mobile phone number | mobile | phone - mobile
        | primary phone | telephone | telefon | telefonnummer | telefono | tel | home phone
        | phone - home | phone - other | handy | mobil""",
)
SUBJECT = Field(
    "subject",
    "subject",
    _("Subject"),
    200,
    mention=pgettext_lazy("in a sentence", "subject"),
    searched=True,
    on_card=True,
    stored_empty=True,
    synonyms="""subject | title of request | topic | deal name | lead title | deal title
        | betreff | sujet | asunto | objet""",
)
MESSAGE = Field(
    "message",
    "message",
    _("Message"),
    10_000,
    mention=pgettext_lazy("in a sentence", "message"),
    multiline=True,
    stored_empty=True,
    synonyms="""message | comments | comment | description | enquiry | inquiry
        | your message | nachricht | mensaje""",
)
SPELLED_OUT = (NAME, EMAIL, COMPANY, PHONE, SUBJECT, MESSAGE)
_FIRST_ON_PAGES = {NAME, EMAIL, PHONE}


def in_page_order() -> list[Field]:
    """Return those in the order of pages: who somebody is, and how to reach them, first."""
    return sorted(SPELLED_OUT, key=lambda field: field not in _FIRST_ON_PAGES)
