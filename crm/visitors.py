"""Who sends a request and from where, as far as logs may tell it."""

import re

from django.conf import settings
from django.http import HttpRequest

from crm.networks import network_of, read_address

# Some proxies write the port of the visitor, too: 203.0.113.9:1234, [2001:db8::1]:1234.
_PORT = re.compile(r"^(?:([0-9.]+)|\[(.+)\])(?::[0-9]{1,5})?$")


def sender_address(request: HttpRequest) -> str:
    """Return the address that a request comes from.

    Behind the trusted proxy that is the last hop of X-Forwarded-For, which the proxy itself
    wrote; whatever stands before it anyone could have written.
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.BEHIND_TLS_PROXY:
        return direct
    last = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    hop = read_address(_PORT.sub(r"\1\2", last))
    return str(hop) if hop else direct


def known_user_id(request: HttpRequest) -> str:
    """Return the id of who is signed in, or "" if nobody is or no view has asked."""
    # Reading request.user here would fetch one for pages that need none.
    user = getattr(request, "_cached_user", None)
    return str(getattr(user, "pk", None) or "")


def logged_address(request: HttpRequest) -> str:
    """Return what a log tells of the address: of staff all, of anybody else the network."""
    address = sender_address(request)
    if not known_user_id(request):
        return network_of(address)
    parsed = read_address(address)
    return str(parsed) if parsed else network_of(address)
