"""The form in which admins write a form."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, override

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from crm.dynamodb.size import item_size
from crm.plain_text import plain_text
from leads.attribution import SLUG
from leads.brand.accents import read_accent
from leads.brand.logos import MAX_UPLOAD, Logo, read_logo
from leads.countries import NAMES
from leads.definitions import (
    LANGUAGES,
    MAX_BYTES,
    RESERVED,
    AskedField,
    Brand,
    Definition,
)
from leads.fields import EMAIL, NAME, Field, in_page_order
from leads.formatting import number_text
from leads.models import clean_line
from leads.repository import registry
from leads.web.form_fields import MultilineField, checked
from leads.web_addresses import MAX_ADDRESS, link, origin

if TYPE_CHECKING:
    from django.utils.datastructures import MultiValueDict
    from django_stubs_ext import StrOrPromise

    type Files = MultiValueDict[str, UploadedFile[bytes]]

MAX_LINE = 120
MAX_TEXT = 1_000
MOST_ORIGINS = 20
BRAND_TEXTS = ("site_name", "site_url", "privacy_url", "accent")
ALWAYS = (NAME, EMAIL)
"""Who writes, and where to answer: every form asks for it."""


class LineField(forms.CharField):
    """One line of text; nothing stands for the usual one."""

    def __init__(self, label: "StrOrPromise", help_text: "StrOrPromise" = "") -> None:
        super().__init__(label=label, required=False, max_length=MAX_LINE, help_text=help_text)

    @override
    def clean(self, value: Any) -> Any:
        return checked(clean_line, super().clean(value))


class TextField(MultilineField):
    """A short text over several lines."""

    def __init__(self, label: "StrOrPromise", help_text: "StrOrPromise" = "") -> None:
        area = forms.Textarea({"rows": 3})
        super().__init__(
            label=label, required=False, max_length=MAX_TEXT, help_text=help_text, widget=area
        )

    @override
    def clean(self, value: Any) -> Any:
        return checked(plain_text, super().clean(value)).strip()


class LinkField(forms.CharField):
    """An address that a link leads to."""

    def __init__(self, label: "StrOrPromise", help_text: "StrOrPromise" = "") -> None:
        widget = forms.URLInput({"placeholder": "https://"})
        super().__init__(
            label=label,
            required=False,
            max_length=MAX_ADDRESS,
            help_text=help_text,
            widget=widget,
        )

    @override
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return checked(link, text) if text else ""


class OriginsField(MultilineField):
    """Origins of sites, one a line: a tuple of texts as browsers write them."""

    def __init__(self, label: "StrOrPromise", help_text: "StrOrPromise" = "") -> None:
        area = forms.Textarea({"rows": 3, "placeholder": "https://www.example.com"})
        super().__init__(label=label, required=False, help_text=help_text, widget=area)

    @override
    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, tuple) else value

    @override
    def clean(self, value: Any) -> Any:
        lines = filter(None, map(str.strip, str(super().clean(value)).splitlines()))
        origins = tuple(dict.fromkeys(checked(origin, line) for line in lines))
        if len(origins) > MOST_ORIGINS:
            text = _("At most %(most)s sites, please; these are %(number)s.")
            raise ValidationError(text % {"most": MOST_ORIGINS, "number": len(origins)})
        return origins


class Row(NamedTuple):
    """A field that a form may ask for: whether it does, must it be filled in, its label."""

    field: Field
    shown: BoundField | None
    required: BoundField | None
    label: BoundField


class LogoField(forms.FileField):
    """An uploaded logo, checked and made anew; no file is none."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Logo"),
            required=False,
            help_text=gettext_lazy("A PNG or an SVG, 8 KB at most without what pages do not need."),
            widget=forms.FileInput({"accept": ".png,.svg", "data-most": MAX_UPLOAD}),
        )

    @override
    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        return read_logo(file.name or "", file.read()) if isinstance(file, UploadedFile) else None


class AccentField(forms.CharField):
    """The colour of buttons and links."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Colour of buttons and links"),
            required=False,
            max_length=20,
            help_text=gettext_lazy("Such as #2f4a8f. It is checked that it can be read."),
        )

    @override
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return read_accent(text) if text else ""


class BrandForm(forms.Form):
    """A brand: that of the installation, or of one form."""

    site_name = LineField(gettext_lazy("Name of your site"))
    site_url = LinkField(gettext_lazy("Address of your site"))
    privacy_url = LinkField(gettext_lazy("Address of your privacy notice"))
    accent = AccentField()
    logo = LogoField()
    logo_gone = forms.BooleanField(label=gettext_lazy("Without this logo"), required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        files: "Files | None" = None,
        *,
        brand: Brand,
        initial: Mapping[str, object],
    ) -> None:
        self.brand_before = brand
        texts = brand.model_dump(include=set(BRAND_TEXTS))
        super().__init__(data, files, initial={**texts, **initial})
        if not brand.logo:
            del self.fields["logo_gone"]

    @property
    def site(self) -> list[BoundField]:
        """The fields of the brand."""
        return [self[name] for name in (*BRAND_TEXTS, "logo", "logo_gone") if name in self.fields]

    @property
    def new_logo(self) -> Logo | None:
        """The logo that was uploaded, if one was."""
        logo: Logo | None = self.cleaned_data["logo"]
        return logo

    @property
    def brand(self) -> Brand:
        """What a valid form asks for."""
        given = self.cleaned_data
        texts = {name: given[name] for name in BRAND_TEXTS}
        brand = self.brand_before.model_copy(update=texts)
        if logo := self.new_logo:
            size = {"logo_width": logo.width, "logo_height": logo.height}
            return brand.model_copy(update={"logo": logo.hash, **size})
        if given.get("logo_gone"):
            return brand.model_copy(update={"logo": "", "logo_width": 0, "logo_height": 0})
        return brand


class InstallationForm(BrandForm):
    """The brand of the installation; ``seen`` is the version that it was made from."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**15)


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
        everybodys: Brand,
    ) -> None:
        self._now = now
        self._everybodys = everybodys
        asked = {one.name: one for one in now.fields}
        known = [*in_page_order(), *registry.current().offered(asked)]
        language = now.language or settings.LANGUAGE_CODE
        initial = now.model_dump() | {"language": language, "origins": now.origins}
        initial["seen"] = now.version
        super().__init__(data, files, brand=now.own, initial=initial)
        for name in BRAND_TEXTS:
            if usual := getattr(everybodys, name):
                self.fields[name].widget.attrs["placeholder"] = usual
        for field in known:
            self._add_row(field, asked.get(field.name))
        self._known = known

    def _add_row(self, field: Field, asked: AskedField | None) -> None:
        if field not in ALWAYS:
            shown = forms.BooleanField(required=False, label=_("Shown"), initial=bool(asked))
            required = forms.BooleanField(
                required=False, label=_("Required"), initial=bool(asked and asked.required)
            )
            self.fields |= {f"shown_{field.name}": shown, f"required_{field.name}": required}
        label = LineField(_("Label"))
        label.initial = asked.label if asked else ""
        label.widget.attrs["placeholder"] = field.label
        self.fields[f"labels_{field.name}"] = label

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
        if (size := item_size(self.definition.attributes)) > MAX_BYTES:
            text = _("The texts of a form have %(most)s bytes at most; these have %(size)s.")
            numbers = {"most": number_text(MAX_BYTES), "size": number_text(size)}
            self.add_error(None, text % numbers)
        return cleaned

    @property
    def definition(self) -> Definition:
        """What a valid form asks for."""
        given: Mapping[str, Any] = self.cleaned_data
        texts = {name: given[name] for name in Definition.model_fields if name in given}
        brand = {"own": self.brand, "brand": self.brand.over(self._everybodys)}
        fields = {"fields": tuple(self._asked(given))}
        return self._now.changed(**texts, **brand, **fields)

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


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the form, and their labels."""
    fields = DefinitionForm.base_fields
    untyped = {"seen", "logo", "logo_gone"}
    return {name: field.label or name for name, field in fields.items() if name not in untyped}
