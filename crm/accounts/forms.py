"""The forms of the sign-in, password and account pages."""

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NoReturn, override

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordMixin
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from crm.accounts import attempts, moments, security_log, throttle
from crm.accounts.identity import MAX_EMAIL, MAX_NAME, clean_email, clean_name
from crm.accounts.models import Role, User
from crm.accounts.security_events import Kind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LINK_MESSAGE = _(
    "Somebody has tried too many wrong passwords. If there is an account with this e-mail address,"
    " we have sent a link to its mailbox. Open it in this browser, then sign in."
)
BUSY_MESSAGE = _("Too many people are asking at this moment. Please try again in a few seconds.")
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
    """E-mail address and password; ``retry_after`` says how long to wait, in seconds.

    What fails takes until a fixed moment, so that nobody is told whether there is an account.
    """

    retry_after = 0
    error_messages = {
        "invalid_login": _("The e-mail address or the password is wrong."),
        "inactive": _("The e-mail address or the password is wrong."),
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type] # Django's own
        self._came = moments.came()

    @override
    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not username or not password or self.request is None:
            return self.cleaned_data
        attempt = attempts.attempt_of(self.request, username)
        try:
            if refusal := attempts.reserve(attempt):
                self._refuse(self.request, attempt, refusal)
            # Who is known is not refused for what strangers do.
            with nullcontext() if attempt.is_known else moments.place(attempt.counters):
                self._try(self.request, attempt, password)
        except moments.TooManyWaitError as error:
            self.retry_after = 1
            raise ValidationError(BUSY_MESSAGE, code="busy") from error
        return self.cleaned_data

    @sensitive_variables()
    def _try(self, request: HttpRequest, attempt: attempts.Attempt, password: str) -> None:
        account = attempt.user
        user = authenticate(request, username=attempt.email, password=password, account=account)
        if not isinstance(user, User):
            moments.wait(self._came)
            raise self.get_invalid_login_error()
        self.user_cache = user
        if attempts.succeed(request, attempt, user) and moments.MAIL_TIME:
            moments.wait(self._came, moments.MAIL_TIME)

    def _refuse(
        self, request: HttpRequest, attempt: attempts.Attempt, refusal: attempts.Refusal
    ) -> NoReturn:
        whom = attempt.user.id if attempt.user else ""
        security_log.note(Kind.THROTTLED, whom=whom, attempt="sign-in")
        if not refusal.may_have_link:
            self.retry_after = refusal.seconds
            raise ValidationError(wait_message(refusal.seconds), code="throttled")
        counter = attempts.link_counter(attempt)
        if not throttle.reserve([counter]):
            with moments.place([counter]):
                attempts.send_link(request, attempt)
                moments.wait(self._came, moments.STEP_WITH_MAIL)
        raise ValidationError(LINK_MESSAGE, code="link")


class ChangePasswordForm(PasswordChangeForm):
    """The old password and a new one; ``retry_after`` says how long to wait, in seconds."""

    retry_after = 0

    def __init__(
        self, user: User, data: QueryDict | None = None, *, session_key: str, **options: object
    ) -> None:
        super().__init__(user, data, **options)
        self._counter = throttle.password_change(user.pk, session_key)

    @override
    @sensitive_variables()
    def clean_old_password(self) -> str:
        self.retry_after = throttle.reserve([self._counter])
        if self.retry_after:
            security_log.note(Kind.THROTTLED, whom=self.user.pk, attempt="password-change")
            raise ValidationError(wait_message(self.retry_after), code="throttled")
        try:
            old: str = super().clean_old_password()
        except ValidationError:
            whom, attempt = self.user.pk, "password-change"
            security_log.note(Kind.SIGN_IN_FAILED, whom=whom, attempt=attempt)
            raise
        throttle.forget(self._counter)
        return old


class ResetForm(forms.Form):
    """Asks for a mail with a link to set a new password."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=MAX_EMAIL,
        widget=forms.EmailInput({"autocomplete": "email"}),
    )


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


class VersionedForm(forms.Form):
    """A form of an account; ``version`` is that of the account as shown.

    What was ``posted`` for an older version stands beside what it differs from.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**15)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        initial: dict[str, object],
        posted: "VersionedForm | None",
    ) -> None:
        super().__init__(data, initial=initial)
        self._posted = posted.cleaned_data if posted else initial

    def rows(self) -> list[tuple[BoundField, str | None]]:
        """Return the visible fields, each with what was posted for it if that is another."""
        return [(field, self._posted_text(field.name)) for field in self.visible_fields()]

    def _posted_text(self, name: str) -> str | None:
        value = self._posted[name]
        return None if value == self.initial[name] else self.text_of(name, value)

    def text_of(self, name: str, value: object) -> str:
        """Say what a value of a field is."""
        raise NotImplementedError


class EditUserForm(VersionedForm):
    """Name, role and state of an account."""

    name = NameField()
    role = forms.ChoiceField(label=_("Role"), choices=roles, help_text=ROLE_HELP)
    is_active = forms.BooleanField(
        label=pgettext_lazy("account", "Active"),
        required=False,
        help_text=_("Who is not active cannot sign in, and is signed out at once."),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        user: User,
        own: bool,
        posted: "EditUserForm | None" = None,
    ) -> None:
        """Edit ``user``; of one's ``own`` account only the name can be changed."""
        initial: dict[str, object] = {
            "name": user.name,
            "role": user.role,
            "is_active": user.is_active,
            "version": user.version,
        }
        super().__init__(data, initial=initial, posted=posted)
        if own:
            for name in ("role", "is_active"):
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Another admin can change this for you.")

    @override
    def text_of(self, name: str, value: object) -> str:
        if name == "is_active":
            return gettext("active") if value else gettext("inactive")
        return Role(str(value)).label if name == "role" else str(value)


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the forms of an account, and their labels."""
    fields = AddUserForm.base_fields
    return {name: fields[name].label or name for name in ("email", "name")}
