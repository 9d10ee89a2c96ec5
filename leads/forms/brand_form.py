"""The forms in which admins write a brand."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.brand.logos import MAX_UPLOAD, Logo, too_large
from leads.definitions import Brand
from leads.forms.fields import AccentField, LineField, LinkField, LogoField

if TYPE_CHECKING:
    from django.utils.datastructures import MultiValueDict
    from django_stubs_ext import StrOrPromise

    type Files = MultiValueDict[str, UploadedFile[bytes]]

BRAND_TEXTS = ("site_name", "site_url", "privacy_url", "accent")


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
        # Where a server before us refuses a large request, only the browser can say why.
        most = {"data-most": str(MAX_UPLOAD), "data-too-large": too_large()}
        self.fields["logo"].widget.attrs |= most
        if not brand.logo:
            del self.fields["logo_gone"]

    @property
    def site(self) -> list[BoundField]:
        """The fields of the brand."""
        return [self[name] for name in (*BRAND_TEXTS, "logo", "logo_gone") if name in self.fields]

    @property
    def differing(self) -> list[tuple[str, str]]:
        """What is stored where something else was typed: labels and texts."""
        fields = [self[name] for name in self.changed_data if name not in {"seen", "logo"}]
        return [(str(field.label), _stored_text(field)) for field in fields]

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


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the form of a brand, and their labels."""
    fields = BrandForm.base_fields
    return {name: fields[name].label or name for name in BRAND_TEXTS}


def _stored_text(field: BoundField) -> str:
    if isinstance(field.field, forms.BooleanField):
        return _("yes") if field.initial else _("no")
    if isinstance(field.field, forms.ChoiceField):
        return str(dict(field.field.choices).get(field.initial, ""))  # type: ignore[arg-type]
    return str(field.field.prepare_value(field.initial) or "")
