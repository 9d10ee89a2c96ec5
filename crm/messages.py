"""Where messages wait for the next page: a cookie that no other host can set."""

from django.contrib.messages.storage.cookie import CookieStorage

from crm.cookies import host_cookie


class HostCookieStorage(CookieStorage):
    """Django's cookie, with the prefix of cookies that are bound to this host over HTTPS."""

    cookie_name = host_cookie("messages")
