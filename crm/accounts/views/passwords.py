"""Changing one's password, and setting a new one through a link that comes by mail."""

from typing import Any, override

from django.conf import settings
from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.http import urlsafe_base64_decode
from django.views.decorators.cache import never_cache

from crm.accounts import security_log, throttle
from crm.accounts.forms import ResetForm, wait_message
from crm.accounts.http import ask_to_wait
from crm.accounts.models import User
from crm.accounts.security_events import Kind


class ResetView(views.PasswordResetView):
    """Ask for the e-mail address; the answer never tells whether there is an account."""

    form_class = ResetForm

    @override
    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if not getattr(settings, "PASSWORD_RESET_BY_MAIL", True):
            self.template_name = "registration/password_reset_by_admin.html"
            self.http_method_names = ["get", "head", "options"]

    @override
    def form_valid(self, form: ResetForm) -> HttpResponse:  # type: ignore[override]
        email, address = form.cleaned_data["email"], self.request.META.get("REMOTE_ADDR", "")
        wait = throttle.reserve(throttle.password_reset(email, address))
        if not wait:
            security_log.note_attempt(Kind.RESET_ASKED, email)
            return super().form_valid(form)
        security_log.note_attempt(Kind.THROTTLED, email, attempt="reset")
        form.add_error(None, wait_message(wait))
        response = self.form_invalid(form)
        ask_to_wait(response, wait)
        return response


@method_decorator(never_cache, name="dispatch")
class ResetConfirmView(views.PasswordResetConfirmView):
    """Set a new password after following the link; ends every session of the account."""

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
        throttle.forget(throttle.sign_in(form.user.email, "")[1])
        self.request.session.flush()
        return response
