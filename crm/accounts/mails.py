"""Mails about an account."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string

from crm.accounts.models import User
from crm.mail import send_beside
from crm.public_url import public_url


def can_be_sent() -> bool:
    """Tell whether mails reach anybody; where none can, an admin sets passwords."""
    return getattr(settings, "PASSWORD_RESET_BY_MAIL", True)


def send(request: HttpRequest, user: User, name: str, **context: object) -> None:
    """Send the mail of the templates ``name`` beside the answer to a request."""
    site = public_url(request)
    context |= {"email": user.email, "site": site, "site_name": site.partition("://")[2]}
    subject = render_to_string(f"registration/{name}_subject.txt", context)
    body = render_to_string(f"registration/{name}_email.txt", context)
    send_beside(EmailMessage(" ".join(subject.split()), body, to=[user.email]))
