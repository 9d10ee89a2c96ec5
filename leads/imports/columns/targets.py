"""Where a column of a file can go: the fields of a lead, and what else a row may tell.

Synonyms are named as in the exports of HubSpot, Salesforce, Pipedrive, Zoho, Freshsales and
Mailchimp, of Leadbook itself, and in a few languages; the files of ``words/`` add many others.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pydantic import AfterValidator

from leads.fields import EMAIL, NAME, PHONE, SPELLED_OUT, Field, slug_of
from leads.imports.columns.headers import letters_and_digits, words_for

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FIRST_NAME = "first_name"
LAST_NAME = "last_name"
STATUS = "status"
CREATED_AT = "created_at"
OWNER = "owner"
OUTCOME = "outcome"
REASON = "reason"
CLOSED_AT = "closed_at"
NOTES = "notes"
PHONE_REGION = "phone_region"
# Of which there may be several columns.
SEVERAL = {EMAIL.name, PHONE.name}


@dataclass(frozen=True)
class Target:
    """A place for a column; ``synonyms`` are names of such a column, the best one first.

    ``label`` and ``mention`` are as those of a field. ``own`` are names that mean it before
    anything else: what people here call a custom field.
    """

    name: str
    label: "StrOrPromise"
    mention: "StrOrPromise"
    synonyms: str
    own: tuple[str, ...] = ()

    @property
    def headers(self) -> list[str]:
        """Names of such a column as :func:`letters_and_digits` writes them, the best one first."""
        return self.confirmed + words_for(self.name, unconfirmed=True)

    @property
    def confirmed(self) -> list[str]:
        """Those that are known from a file or from documentation."""
        own = map(letters_and_digits, self.synonyms.split("|"))
        return [*filter(None, own), *words_for(self.name, unconfirmed=False)]


_PARTS_OF_A_NAME = (
    Target(
        FIRST_NAME,
        _("First name"),
        pgettext_lazy("in a sentence", "first name"),
        "first name | given name | firstname | forename | vorname | prenom | nombre",
    ),
    Target(
        LAST_NAME,
        _("Last name"),
        pgettext_lazy("in a sentence", "last name"),
        """last name | family name | surname | lastname | nachname | nom | apellido
        | apellidos""",
    ),
)
_OTHERS = (
    Target(
        STATUS,
        _("Stage"),
        pgettext_lazy("in a sentence", "stage"),
        """status | lead status | stage | pipeline stage | lifecycle stage
        | lead stage | deal stage | contact status | phase | statut | estado""",
    ),
    Target(
        CREATED_AT,
        _("Received"),
        pgettext_lazy("in a sentence", "received"),
        """created at | create date | created date | created time | created
        | created on | creation date | date created | lead created | person created
        | date added | optin time | submitted at | received | received at | added time | add time
        | timestamp | date | erstellt am | erstellt | angelegt am | erstelldatum | anlagedatum
        | eingegangen am | eingang | datum | date de creation | fecha de creacion""",
    ),
    Target(
        OWNER,
        _("Owner"),
        pgettext_lazy("in a sentence", "owner"),
        """owner | owner id | contact owner | lead owner | sales owner | record owner
        | owner name | owner email | hubspot owner | assigned to | besitzer | zustandig""",
    ),
    Target(
        OUTCOME,
        _("Closed as"),
        pgettext_lazy("in a sentence", "how it was closed"),
        "outcome | closed as",
    ),
    Target(
        REASON,
        _("Reason for closing"),
        pgettext_lazy("in a sentence", "reason for closing"),
        """reason | loss reason | lost reason | reason lost | reason for loss | closed lost reason
        | close reason | closed reason | closing reason | reason closed | reason for closing
        | unqualified reason | disqualification reason | disqualified reason | junk reason""",
    ),
    Target(
        CLOSED_AT,
        _("Closed"),
        pgettext_lazy("in a sentence", "closed"),
        """closed at | closed on | closed date | date closed | closed time | lost time | lost at
        | close date""",
    ),
    Target(
        NOTES,
        _("Notes"),
        pgettext_lazy("in a sentence", "notes"),
        """notes | note | notiz | notizen | bemerkung | bemerkungen | remarks | notas
        | memo""",
    ),
    Target(
        PHONE_REGION,
        _("Phone country"),
        pgettext_lazy("in a sentence", "phone country"),
        "phone region",
    ),
)


def targets(custom: Iterable[Field] = ()) -> dict[str, Target]:
    """Return every target by its name, those of ``custom`` fields last."""
    own = {target.name: target for target in _spelled_out()}
    taken = {letters_and_digits(one) for name in own for one in (name, str(own[name].label))}
    return own | {row.name: _custom_target(row, taken) for row in custom}


def _spelled_out() -> tuple[Target, ...]:
    name, *texts = (
        Target(field.name, field.label, field.mention, field.synonyms) for field in SPELLED_OUT
    )
    mention = pgettext_lazy("in a sentence", "full name")
    full_name = Target(NAME.name, _("Full name"), mention, name.synonyms)
    return (full_name, *_PARTS_OF_A_NAME, *texts, *_OTHERS)


def _custom_target(row: Field, taken: Collection[str]) -> Target:
    """Return the target of a custom field: it is known by its name, its label and its slug.

    What is ``taken`` is what Leadbook calls a field of its own.
    """
    called = [letters_and_digits(one) for one in (str(row.label), row.slug)]
    free = [one for one in called if one and one not in taken]
    own = (letters_and_digits(row.name), *free)
    return Target(row.name, row.label, row.label, "", tuple(dict.fromkeys(own)))


def _known_target(name: str) -> str:
    # Which custom fields there are is known where rows are read.
    if name not in targets() and not slug_of(name):
        raise ValueError("There is no such field.")
    return name


type TargetName = Annotated[str, AfterValidator(_known_target)]
