"""Cookies that no other host can set."""

from django.conf import settings


def host_cookie(name: str) -> str:
    """Return what a cookie is called: where it is secure, bound to this host by its name."""
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name
