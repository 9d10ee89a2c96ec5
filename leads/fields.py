"""What people write into a lead: forms, columns, exports and timelines take it from here.

The fields that Leadbook knows by name are spelled out in ``leads/models.py`` too. Those of
:data:`EXTRA` stand nowhere else: a lead carries them in its ``extra``.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


# Each is itself: to compare or hash labels would translate them.
@dataclass(frozen=True, eq=False)
class Field:
    """A text of a lead.

    ``name`` is what forms and Python call it, ``attribute`` what DynamoDB does; ``label`` is
    for people, and ``mention`` within a sentence. ``limit`` is in characters. A ``multiline``
    text keeps its line breaks. ``on_form`` puts it on the public form, ``on_card`` says that
    indexes project it. A ``stored_empty`` one is an attribute even without a text, as other
    programs expect it. ``synonyms`` are the names of its column in the files of others, with
    ``|`` between them and the best one first.
    """

    name: str
    attribute: str
    label: "StrOrPromise"
    limit: int
    mention: "StrOrPromise" = ""
    required: bool = False
    multiline: bool = False
    searched: bool = False
    on_form: bool = True
    on_card: bool = False
    exported: bool = True
    stored_empty: bool = False
    synonyms: str = ""


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
    on_form=False,
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
EXTRA: tuple[Field, ...] = ()
_FIRST_ON_PAGES = {NAME, EMAIL, PHONE}


def all_fields() -> tuple[Field, ...]:
    """Return all fields, in the order of columns; of the searched ones the most telling first."""
    return (*SPELLED_OUT, *EXTRA)


def by_name() -> dict[str, Field]:
    """Return all fields by their names, in the same order."""
    return {field.name: field for field in all_fields()}


def in_page_order() -> list[Field]:
    """Return all fields in the order of pages: who somebody is, and how to reach them, first."""
    return sorted(all_fields(), key=lambda field: field not in _FIRST_ON_PAGES)
