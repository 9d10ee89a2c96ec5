"""Where messages wait for the next page: a cookie that no other host can set."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


class HostCookieStorage(CookieStorage):
    """Django's cookie, with the prefix of cookies that are bound to this host over HTTPS."""

    cookie_name = "__Host-messages" if settings.SESSION_COOKIE_SECURE else "messages"
