"""What a form of the company asks and how it says it: the rules, without any I/O.

A definition is never changed: its version is made of what it says, so that the same texts are
the same version, and a form that a visitor has open is judged by what it said to them.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field as ModelField

from crm.dynamodb.items import Item
from leads.attribution import FIRST_FORM
from leads.brand.accents import sheet_hash, style_sheet
from leads.fields import (
    COMPANY,
    EMAIL,
    MESSAGE,
    NAME,
    SPELLED_OUT,
    SUBJECT,
    Field,
    Kind,
    custom_field,
    slug_of,
)
from leads.models import FrozenModel

MAX_BYTES = 4 * 1024
RESERVED = frozenset({"thanks", "add", "logo", "brand"})
LANGUAGES = {
    "ar": "العربية",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fi": "Suomi",
    "fr": "Français",
    "it": "Italiano",
    "ja": "日本語",
    "nb": "Norsk bokmål",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "sv": "Svenska",
    "zh-hans": "简体中文",
}
_VERSION_LENGTH = 12
_KNOWN = {field.name: field for field in SPELLED_OUT}


class AskedField(FrozenModel):
    """A field of a form, by its name in the registry; without a label it has its ``usual`` one.

    Of a custom field it has what the registry says, so that showing a form reads no registry.
    """

    name: str
    label: str = ""
    required: bool = False
    usual: str = ""
    kind: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()

    @property
    def field(self) -> Field | None:
        """The field that is asked for; ``None`` for what this release does not know."""
        if slug := slug_of(self.name):
            return custom_field(slug, self.usual, self.kind, choices=self.choices)
        return _KNOWN.get(self.name)

    @classmethod
    def of(cls, field: Field, *, label: str, required: bool) -> Self:
        """Return what a form asks for of a field."""
        custom = {"usual": str(field.label), "kind": field.kind, "choices": field.choices}
        more = custom if slug_of(field.name) else {}
        return cls.model_validate({"name": field.name, "label": label, "required": required} | more)


class Brand(FrozenModel):
    """Whose form it is: the company's site, its logo by its hash and size, its accent."""

    site_name: str = ""
    site_url: str = ""
    privacy_url: str = ""
    logo: str = ""
    logo_width: int = 0
    logo_height: int = 0
    accent: str = ""

    def over(self, other: Self) -> Self:
        """Return this brand, with what it leaves open as another has it."""
        return other.model_copy(update=self.model_dump(exclude_defaults=True))

    @property
    def called(self) -> str:
        """What the logo says in words: the name of the site, or its host."""
        return self.site_name or urlsplit(self.site_url).hostname or ""

    @property
    def sheet(self) -> str:
        """What names the style sheet of the accent; "" without one."""
        return sheet_hash(style_sheet(self.accent)) if self.accent else ""


class Definition(FrozenModel):
    """A form as visitors see it. Empty texts stand for the usual ones of its language.

    Without a language it speaks that of the installation.

    ``contact`` is the company's other way of contact, said where the form is off. ``brand`` is
    what visitors see: what the form has of its ``own``, and the rest as the installation has it.
    The slug is stored even where it is as usual.
    """

    slug: str = FIRST_FORM
    language: str = ""
    country: str = ""
    title: str = ""
    intro: str = ""
    description: str = ""
    button: str = ""
    thanks: str = ""
    thanks_url: str = ""
    consent: str = ""
    contact: str = ""
    own: Brand = Brand()
    brand: Brand = Brand()
    origins: tuple[str, ...] = ()
    fields: tuple[AskedField, ...] = ()
    stored_as: Annotated[str, ModelField(exclude=True)] = ""

    @property
    def version(self) -> str:
        """What names the definition: the same for the same contents.

        One that another release stored keeps its name, whatever this one leaves out of it.
        """
        contents = self.model_dump_json(exclude_defaults=True)
        return self.stored_as or sha256(contents.encode()).hexdigest()[:_VERSION_LENGTH]

    def changed(self, **changes: object) -> Self:
        """Return the definition with other contents, and so another name."""
        return self.model_copy(update={**changes, "stored_as": ""})

    @property
    def consent_version(self) -> str:
        """What names the words of the consent; "" without any."""
        return consent_hash(self.consent) if self.consent else ""

    @property
    def attributes(self) -> Item:
        """The definition as it is stored: what is as usual is left out."""
        stored: Item = self.model_dump(mode="json", exclude_defaults=True)
        return {"slug": self.slug} | stored

    @classmethod
    def from_attributes(cls, item: Item, version: str) -> Self:
        """Read a definition that is stored as ``version``; what is unknown is left out."""
        return cls.model_validate({**item, "stored_as": version})


def with_rows(form: Definition, rows: Iterable[Field]) -> Definition:
    """Return a form that asks for custom fields as their rows say now, and not for retired ones."""
    asked = {one.name: one for one in form.fields}
    own = [one for one in form.fields if not slug_of(one.name)]
    custom = [
        AskedField.of(row, label=asked[row.name].label, required=asked[row.name].required)
        for row in rows
        if row.name in asked and not row.is_retired
    ]
    return form.changed(fields=(*own, *custom))


def consent_hash(words: str) -> str:
    """Return what names the words of a consent."""
    return sha256(words.encode()).hexdigest()[:_VERSION_LENGTH]


BUILT_IN = Definition(
    fields=(
        AskedField(name=NAME.name, required=True),
        AskedField(name=EMAIL.name, required=True),
        AskedField(name=COMPANY.name),
        AskedField(name=SUBJECT.name, required=True),
        AskedField(name=MESSAGE.name, required=True),
    )
)
"""The form of who never opened ``/forms/``."""
