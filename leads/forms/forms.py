"""The form in which admins write a form."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, override

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import get_language_bidi, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _
from django.utils.translation import override as override_language

from leads.attribution import SLUG
from leads.countries import NAMES
from leads.definitions import (
    LANGUAGES,
    MAX_BYTES,
    RESERVED,
    AskedField,
    Definition,
)
from leads.fields import EMAIL, NAME, Field, in_page_order
from leads.formatting import number_text
from leads.forms.brand_form import BRAND_TEXTS, BrandForm
from leads.forms.fields import LineField, LinkField, OriginsField, TextField
from leads.intake.forms import usual_labels
from leads.intake.usual_texts import USUAL_TEXTS
from leads.repository import brand, registry
from leads.repository.brand import Stored
from leads.repository.forms import Beside, stored_size
from leads.repository.registry import Registry
from leads.web_addresses import origin

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from leads.forms.brand_form import Files

ALWAYS = (NAME, EMAIL)
"""Who writes, and where to answer: every form asks for it."""


class Row(NamedTuple):
    """A field that a form may ask for: whether it does, must it be filled in, its label."""

    field: Field
    shown: BoundField | None
    required: BoundField | None
    label: BoundField


def _countries() -> list[tuple[str, str]]:
    region = settings.PHONE_REGION
    usual = _("Usual: %(country)s") % {"country": NAMES.get(region, region)}
    return [("", usual if region else pgettext("a country", "None")), *NAMES.items()]


class DefinitionForm(BrandForm):
    """A form of the company; ``seen`` is the version that it was made from."""

    slug = forms.RegexField(
        rf"^{SLUG.pattern}\Z",
        label=pgettext_lazy("of a form", "Address"),
        help_text=gettext_lazy("Small letters, digits and hyphens. It stays as it is."),
        error_messages={"invalid": gettext_lazy("Use small letters, digits and hyphens alone.")},
    )
    title = LineField(gettext_lazy("Title"))
    intro = TextField(gettext_lazy("Introduction"))
    button = LineField(gettext_lazy("Button"))
    thanks = TextField(gettext_lazy("Thank-you text"))
    thanks_url = LinkField(
        gettext_lazy("Thank-you page of your site"),
        gettext_lazy("Empty: your thank-you text. The page has to be on one of the sites above."),
    )
    consent = TextField(
        gettext_lazy("Consent"),
        gettext_lazy("A box with these words that has to be ticked. Empty: there is none."),
    )
    contact = TextField(
        gettext_lazy("Another way to reach you"),
        gettext_lazy("Said where the form is switched off: a telephone number, an address."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=list(LANGUAGES.items()),
        help_text=gettext_lazy("Of the texts that you leave empty, and of what went wrong."),
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country of telephone numbers"),
        required=False,
        choices=_countries,
        help_text=gettext_lazy(
            "Numbers that visitors write without + are called and found by its rules."
        ),
    )
    description = LineField(
        gettext_lazy("Description"), gettext_lazy("What search engines show below the title.")
    )
    origins = OriginsField(
        gettext_lazy("Sites that may show this form"),
        gettext_lazy("One a line. Whoever opens the form by its own address needs none."),
    )
    seen = forms.RegexField(r"^[0-9a-f]{1,64}\Z", widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        files: "Files | None" = None,
        *,
        now: Definition,
        everybodys: Stored,
    ) -> None:
        self._now = now
        self._everybodys = everybodys.brand
        asked = {one.name: one for one in now.fields}
        # As it is now: what a process remembers of it would take back what was just changed.
        rows = registry.read()
        known = [*in_page_order(), *rows.offered(asked)]
        language = now.language or settings.LANGUAGE_CODE
        initial = now.model_dump() | {"language": language, "origins": now.origins}
        initial["seen"] = now.version
        super().__init__(data, files, brand=now.own, initial=initial)
        for name in BRAND_TEXTS:
            if usual := getattr(self._everybodys, name):
                self.fields[name].widget.attrs["placeholder"] = usual
        for field in known:
            self._add_row(field, asked.get(field.name))
        self._known = known
        self.made_of: Beside = made_of(everybodys, rows)
        """What must not have changed once the form is stored."""
        self._show_usual_texts()

    def _add_row(self, field: Field, asked: AskedField | None) -> None:
        if field not in ALWAYS:
            shown = forms.BooleanField(
                required=False, label=f"{field.label}: {_('Shown')}", initial=bool(asked)
            )
            required = forms.BooleanField(
                required=False,
                label=f"{field.label}: {_('Required')}",
                initial=bool(asked and asked.required),
            )
            self.fields |= {f"shown_{field.name}": shown, f"required_{field.name}": required}
        label = LineField(f"{field.label}: {_('Label')}")
        label.initial = asked.label if asked else ""
        self.fields[f"labels_{field.name}"] = label

    def _show_usual_texts(self) -> None:
        """Show in the place of texts that are empty what visitors then read."""
        chosen = self["language"].value()
        language = chosen if chosen in LANGUAGES else settings.LANGUAGE_CODE
        with override_language(language):
            texts = {name: str(text) for name, text in USUAL_TEXTS.items()}
            labels = usual_labels(self._known)
            spoken = {"lang": language, "dir": "rtl" if get_language_bidi() else "ltr"}
        texts |= {f"labels_{name}": label for name, label in labels.items()}
        for name, text in texts.items():
            self.fields[name].widget.attrs |= {"placeholder": text, **spoken}

    @property
    def rows(self) -> list[Row]:
        """The fields that the form may ask for."""
        return [self._row(field) for field in self._known]

    def _row(self, field: Field) -> Row:
        label = self[f"labels_{field.name}"]
        if field in ALWAYS:
            return Row(field, None, None, label)
        return Row(field, self[f"shown_{field.name}"], self[f"required_{field.name}"], label)

    @property
    def texts(self) -> list[BoundField]:
        """The fields of the form's texts."""
        return [self[name] for name in ("title", "intro", "button", "thanks", "consent")]

    @property
    def embedding(self) -> list[BoundField]:
        """The fields about where the form stands."""
        return [self[name] for name in ("description", "origins", "thanks_url")]

    def clean_slug(self) -> str:
        """Return a slug that no address of ours stands for."""
        slug: str = self.cleaned_data["slug"]
        if slug in RESERVED:
            raise ValidationError(_("This word is taken. Choose another one."))
        return slug

    @override
    def clean(self) -> dict[str, Any]:
        cleaned = {**self.cleaned_data}
        if self.errors:
            return cleaned
        thanks_url = cleaned["thanks_url"]
        if thanks_url and origin(thanks_url) not in cleaned["origins"]:
            self.add_error(
                "thanks_url", _("This page is on none of the sites that may show this form.")
            )
        if (size := stored_size(self.definition)) > MAX_BYTES:
            text = _("The texts of a form have %(most)s bytes at most; these have %(size)s.")
            numbers = {"most": number_text(MAX_BYTES), "size": number_text(size)}
            self.add_error(None, text % numbers)
        return cleaned

    @property
    def definition(self) -> Definition:
        """What a valid form asks for."""
        given: Mapping[str, Any] = self.cleaned_data
        texts = {name: given[name] for name in Definition.model_fields if name in given}
        brands = {"own": self.brand, "brand": self.brand.over(self._everybodys)}
        fields = {"fields": tuple(self._asked(given))}
        return self._now.changed(**texts, **brands, **fields)

    def _asked(self, given: Mapping[str, Any]) -> list[AskedField]:
        return [
            AskedField.of(
                field,
                label=given[f"labels_{field.name}"],
                required=field in ALWAYS or given[f"required_{field.name}"],
            )
            for field in self._known
            if field in ALWAYS or given[f"shown_{field.name}"]
        ]


def made_of(everybodys: Stored, rows: Registry) -> Beside:
    """Return what refuses to store a form if the brand or the fields are others by now.

    They would be written into all forms but that one, which nobody knows yet.
    """
    return [brand.unchanged(everybodys.version), registry.unchanged(rows.version)]


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the form, and their labels."""
    fields = DefinitionForm.base_fields
    untyped = {"seen", "logo", "logo_gone"}
    return {name: field.label or name for name, field in fields.items() if name not in untyped}
