"""The address at which people reach Leadbook, for links in mails."""

import re

from django.conf import settings
from django.http import HttpRequest

from crm.env import SettingError

_HTTPS = r"https://[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*"
_THIS_MACHINE = r"http://(localhost|127\.0\.0\.1|\[::1\])"
_ADDRESS = re.compile(rf"({_HTTPS}|{_THIS_MACHINE})(:[0-9]{{1,5}})?", re.IGNORECASE)


def clean_public_url(text: str) -> str:
    """Return a value of PUBLIC_URL without a slash at its end; "" stays.

    Raises ``SettingError``.
    """
    address = text.removesuffix("/")
    if text and not _ADDRESS.fullmatch(address):
        message = f"PUBLIC_URL must be an address such as https://crm.example.com, not {text!r}."
        raise SettingError(message)
    return address


def public_url(request: HttpRequest) -> str:
    """Return scheme and host for links in mails: PUBLIC_URL, or without it the request's."""
    return getattr(settings, "PUBLIC_URL", "") or f"{request.scheme}://{request.get_host()}"
