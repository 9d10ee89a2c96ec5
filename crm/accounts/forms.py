"""The forms of the sign-in, password and account pages."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, override

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, SetPasswordMixin
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from crm.accounts import security_log, throttle
from crm.accounts.identity import MAX_EMAIL, MAX_NAME, clean_email, clean_name
from crm.accounts.models import Role, User
from crm.accounts.security_events import Kind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ROLE_HELP = _("A viewer reads, sales work leads, an admin also manages accounts.")


def wait_message(seconds: int) -> str:
    """Say how long to wait after too many attempts."""
    minutes = -(-seconds // 60)
    text = ngettext(
        "Too many attempts. For safety, please wait %(minutes)s minute and try again.",
        "Too many attempts. For safety, please wait %(minutes)s minutes and try again.",
        minutes,
    )
    return text % {"minutes": minutes}


def roles() -> list[tuple[str, str]]:
    """Return (value, label) pairs for a form."""
    return [(role.value, role.label) for role in Role]


class SignInForm(AuthenticationForm):
    """E-mail address and password; ``retry_after`` says how long to wait, in seconds."""

    retry_after = 0
    error_messages = {
        "invalid_login": _("The e-mail address or the password is wrong."),
        "inactive": _("The e-mail address or the password is wrong."),
    }

    @override
    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        if not username or not self.cleaned_data.get("password"):
            return self.cleaned_data
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        counters = throttle.sign_in(username, address)
        self.retry_after = throttle.reserve(counters)
        if self.retry_after:
            security_log.note_attempt(Kind.THROTTLED, username, attempt="sign-in")
            raise ValidationError(wait_message(self.retry_after), code="throttled")
        cleaned = super().clean()
        by_address, by_account = counters
        throttle.give_back(by_address)
        throttle.forget(by_account)
        return cleaned


class ResetForm(PasswordResetForm):
    """Asks for a mail with a link to set a new password."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=MAX_EMAIL,
        widget=forms.EmailInput({"autocomplete": "email"}),
    )

    @override
    def get_users(self, email: str) -> Iterable[User]:
        user = User.objects.find_by_email(email)
        if user and user.is_active and user.has_usable_password():
            yield user


class NameField(forms.CharField):
    """The name of a person."""

    def __init__(self) -> None:
        super().__init__(
            label=pgettext_lazy("of a person", "Name"),
            max_length=MAX_NAME,
            widget=forms.TextInput({"autocomplete": "off"}),
        )

    @override
    def clean(self, value: Any) -> str:
        return clean_name(super().clean(value))


class AddUserForm(SetPasswordMixin[User], forms.Form):
    """A new account."""

    email = forms.CharField(
        label=_("E-mail address"),
        max_length=MAX_EMAIL,
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    name = NameField()
    role = forms.ChoiceField(
        label=_("Role"), choices=roles, initial=Role.SALES, help_text=ROLE_HELP
    )
    password1, password2 = SetPasswordMixin.create_password_fields()

    def clean_email(self) -> str:
        """Return the address in the form in which it is stored."""
        return clean_email(self.cleaned_data["email"])

    @override
    def clean(self) -> dict[str, Any]:
        self.validate_passwords()
        shown = {name: self.cleaned_data.get(name, "") for name in ("email", "name")}
        self.validate_password_for_user(User(**shown))
        return self.cleaned_data


class EditUserForm(forms.Form):
    """Name, role and state of an account; ``version`` is that of the account as shown."""

    name = NameField()
    role = forms.ChoiceField(label=_("Role"), choices=roles, help_text=ROLE_HELP)
    is_active = forms.BooleanField(
        label=pgettext_lazy("account", "Active"),
        required=False,
        help_text=_("Who is not active cannot sign in, and is signed out at once."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**15)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        user: User,
        own: bool,
        posted: "EditUserForm | None" = None,
    ) -> None:
        """Edit ``user``; of one's ``own`` account only the name can be changed.

        What was ``posted`` for an older version stands beside what it differs from.
        """
        initial = {
            "name": user.name,
            "role": user.role,
            "is_active": user.is_active,
            "version": user.version,
        }
        super().__init__(data, initial=initial)
        if own:
            for name in ("role", "is_active"):
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Another admin can change this for you.")
        self._posted = posted.cleaned_data if posted else initial

    def rows(self) -> list[tuple[BoundField, str | None]]:
        """Return the visible fields, each with what was posted for it if that is another."""
        return [(field, self._posted_text(field.name)) for field in self.visible_fields()]

    def _posted_text(self, name: str) -> str | None:
        value = self._posted[name]
        if value == self.initial[name]:
            return None
        if name == "is_active":
            return gettext("active") if value else gettext("inactive")
        return Role(str(value)).label if name == "role" else str(value)


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the forms of an account, and their labels."""
    fields = AddUserForm.base_fields
    return {name: fields[name].label or name for name in ("email", "name")}
