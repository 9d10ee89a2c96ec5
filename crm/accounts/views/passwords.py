"""Changing one's password, and setting a new one through a link that comes by mail."""

from typing import Any, override

from django.contrib.auth import views
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from crm.accounts import attempts, devices, mails, moments, security_log, throttle
from crm.accounts.forms import BUSY_MESSAGE, ChangePasswordForm, ResetForm, wait_message
from crm.accounts.http import ask_to_wait
from crm.accounts.models import User
from crm.accounts.security_events import Kind


class _LinkTokens(PasswordResetTokenGenerator):
    """Tokens of links to set a password, which a deactivation ends as it does sessions."""

    @override
    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.session_salt}"


link_tokens = _LinkTokens()


class ChangeView(views.PasswordChangeView):
    """Change the own password; wrong old ones are counted as at sign-in."""

    form_class = ChangePasswordForm

    @override
    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"session_key": self.request.session.session_key}

    @override
    def form_valid(self, form: ChangePasswordForm) -> HttpResponse:  # type: ignore[override]
        response = super().form_valid(form)
        devices.remember(self.request, response, form.user)
        return response

    @override
    def form_invalid(self, form: ChangePasswordForm) -> HttpResponse:  # type: ignore[override]
        response = super().form_invalid(form)
        if form.retry_after:
            ask_to_wait(response, form.retry_after)
        return response


class ResetView(views.PasswordResetView):
    """Ask for the e-mail address; the answer never tells whether there is an account."""

    token_generator = link_tokens
    form_class = ResetForm  # type: ignore[assignment] # a plain form: the mail is sent here

    @override
    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.came = moments.came()
        if not mails.can_be_sent():
            self.template_name = "registration/password_reset_by_admin.html"
            self.http_method_names = ["get", "head", "options"]

    @override
    def form_valid(self, form: ResetForm) -> HttpResponse:  # type: ignore[override]
        email, address = form.cleaned_data["email"], self.request.META.get("REMOTE_ADDR", "")
        user = User.objects.find_by_email(email)
        whom = user.id if user else ""
        counters = throttle.password_reset(email, address)
        if wait := throttle.reserve(counters):
            security_log.note(Kind.THROTTLED, whom=whom, attempt="reset")
            return self._refuse(form, wait_message(wait), wait)
        try:
            with moments.place(counters):
                security_log.note(Kind.RESET_ASKED, whom=whom)
                self._send_link(user)
                moments.wait(self.came, moments.STEP_WITH_MAIL)
        except moments.TooManyWaitError:
            return self._refuse(form, str(BUSY_MESSAGE), 1)
        return redirect(self.get_success_url())

    def _send_link(self, user: User | None) -> None:
        if user and user.is_active and user.has_usable_password():
            uid = urlsafe_base64_encode(user.pk.encode())
            token = self.token_generator.make_token(user)
            path = reverse("password_reset_confirm", args=[uid, token])
            mails.send(self.request, user, "password_reset", path=path)

    def _refuse(self, form: ResetForm, message: str, seconds: int) -> HttpResponse:
        form.add_error(None, message)
        response = self.form_invalid(form)  # type: ignore[arg-type] # as above
        ask_to_wait(response, seconds)
        return response


class ResetConfirmView(views.PasswordResetConfirmView):
    """Set a new password after following the link; ends every session of the account."""

    token_generator = link_tokens

    @override
    def get_user(self, uidb64: str) -> User | None:
        try:
            user = User.objects.find(urlsafe_base64_decode(uidb64).decode())
        except ValueError:
            return None
        return user if user and user.is_active else None

    @override
    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        attempts.forget(form.user)
        self.request.session.flush()
        # Who reads the mails of an account is known, whatever strangers are doing.
        devices.remember(self.request, response, form.user)
        return response
