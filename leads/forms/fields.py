"""Fields of the forms in which admins write forms and brands."""

from typing import TYPE_CHECKING, Any, override

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.plain_text import plain_text
from leads.brand.accents import read_accent
from leads.brand.logos import MAX_UPLOAD, read_logo
from leads.models import clean_line
from leads.web.form_fields import MultilineField, checked
from leads.web_addresses import MAX_ADDRESS, link, origin

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_LINE = 120
MAX_TEXT = 1_000
MOST_ORIGINS = 20


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
    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    @override
    def clean(self, value: Any) -> Any:
        lines = filter(None, map(str.strip, str(super().clean(value)).splitlines()))
        origins = tuple(dict.fromkeys(checked(origin, line) for line in lines))
        if len(origins) > MOST_ORIGINS:
            text = _("At most %(most)s sites, please; these are %(number)s.")
            raise ValidationError(text % {"most": MOST_ORIGINS, "number": len(origins)})
        return origins


class LogoField(forms.FileField):
    """An uploaded logo, checked and made anew; no file is none."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Logo"),
            required=False,
            help_text=gettext_lazy("A PNG or an SVG, 8 KB at most without what pages do not need."),
            widget=forms.FileInput({"accept": ".png,.svg"}),
        )

    @override
    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if not isinstance(file, UploadedFile):
            return None
        # It was read before where the form turned out to be stale.
        file.seek(0)
        return read_logo(file.name or "", file.read(MAX_UPLOAD + 1))


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
