"""The form in which people set what is theirs: name, time zone, keys, when they are away."""

from datetime import date
from typing import TYPE_CHECKING, override

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.accounts.forms import NameField, VersionedForm
from crm.accounts.models import MAX_SIGNATURE, User
from crm.plain_text import plain_text
from crm.zone_field import ZoneField

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Of who may work leads.
OF_WORK = ("take_by_moving", "away_until", "mail_arrivals", "mail_digest", "signature")
FIELDS = ("name", "zone", "single_keys", *OF_WORK)


class OwnAccountForm(VersionedForm):
    """What somebody sets of their own account."""

    name = NameField()
    zone = ZoneField(
        label=_("Time zone"),
        help_text=_("Such as Europe/Berlin. Empty: as the browser says."),
    )
    single_keys = forms.BooleanField(
        label=_("Keys of a single letter"),
        required=False,
        help_text=_("Switch them off if you speak to your computer or often hit a key by chance."),
    )
    take_by_moving = forms.BooleanField(
        label=_("Take by moving"),
        required=False,
        help_text=_("A lead that nobody owns becomes yours when you move it out of New."),
    )
    signature = forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=MAX_SIGNATURE,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        help_text=_("Stands below the mails with which you answer leads."),
    )
    away_until = forms.DateField(
        label=_("Away until"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Your last day out of the office: until then no new lead is given to you."),
    )
    mail_arrivals = forms.BooleanField(
        label=_("Mail about new leads"),
        required=False,
        help_text=_("You get a mail when a new lead is given to you by the assignment rules."),
    )
    mail_digest = forms.BooleanField(
        label=_("Morning mail"),
        required=False,
        help_text=_(
            "On working days at eight, in your time zone: your follow-ups that are overdue or due"
            " today. None where nothing is."
        ),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        user: User,
        posted: "OwnAccountForm | None" = None,
    ) -> None:
        """Edit the account of ``user``."""
        initial = {name: getattr(user, name) for name in (*FIELDS, "version")}
        super().__init__(data, initial=initial, posted=posted)
        if not user.can_work:
            for name in OF_WORK:
                del self.fields[name]

    def clean_signature(self) -> str:
        """Return the signature with plain line breaks."""
        try:
            return plain_text(self.cleaned_data["signature"])
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def clean_away_until(self) -> str:
        """Return the date as it is stored, or "" for somebody who is there."""
        day: date | None = self.cleaned_data["away_until"]
        return day.isoformat() if day else ""

    @override
    def text_of(self, name: str, value: object) -> str:
        if isinstance(value, bool):
            return gettext("on") if value else gettext("off")
        if name == "away_until" and value:
            return date_format(date.fromisoformat(str(value)))
        return str(value) or gettext("(empty)")


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the form, and their labels."""
    fields = OwnAccountForm.base_fields
    return {name: fields[name].label or name for name in ("name", "zone", "signature")}
