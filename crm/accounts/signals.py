"""What ``django.contrib.auth`` tells of sign-ins goes to the security log."""

from collections.abc import Mapping

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from crm.accounts import security_log
from crm.accounts.models import User
from crm.accounts.security_events import Kind


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest, user: User, **_more: object) -> None:
    """Note a sign-in, and let the line of this request name the user."""
    # What Django's middleware keeps here was found out before the sign-in.
    request._cached_user = user  # type: ignore[attr-defined] # noqa: SLF001
    security_log.note(Kind.SIGNED_IN, whom=user.id)


@receiver(user_logged_out)
def note_sign_out(user: User | None, **_more: object) -> None:
    """Note a sign-out, unless nobody was signed in."""
    if user is not None:
        security_log.note(Kind.SIGNED_OUT, whom=user.id)


@receiver(user_login_failed)
def note_failure(credentials: Mapping[str, object], **_more: object) -> None:
    """Note a wrong password, an unknown address or a deactivated account."""
    account = credentials.get("account")  # as the sign-in form has read it
    security_log.note(Kind.SIGN_IN_FAILED, whom=account.id if isinstance(account, User) else "")
