"""Browsers that an account is known to use, each by a cookie that is signed.

A browser is known for a year after a sign-in, or until the password changes: the cookie
holds a piece of what sessions depend on. It lets nobody in; it only has wrong passwords from
this browser counted apart from those of strangers. docs/adr/0042 has the reasons.
"""

from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from crm.accounts.identity import new_id
from crm.accounts.models import User
from crm.cookies import host_cookie

MAX_AGE = 365 * 24 * 3600
LINK_AGE = 3600
# Accounts that one browser is known for, the latest ones.
MOST = 5
_COOKIE = "device"
_SALT = "crm.accounts.devices"
_LINK_SALT = "crm.accounts.devices.link"


class Device(NamedTuple):
    """A browser that is known for an account, as long as ``piece`` is of its sessions' hash."""

    user_id: str
    id: str
    piece: str


def find(request: HttpRequest, user: User | None) -> Device | None:
    """Return the device that a request comes from, if it is known for this account."""
    if user is None:
        return None
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    pieces = {_piece(one) for one in hashes}
    known = (one for one in _read(request) if one.user_id == user.pk and one.piece in pieces)
    return next(known, None)


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Make a browser known for an account that has just signed in, or set its password.

    It is another one from now on: guesses of whoever else has the cookie, or opened the same
    link, are not its own.
    """
    add(request, response, _device(user, new_id()))


def add(request: HttpRequest, response: HttpResponse, device: Device) -> None:
    """Let the browser hold a device, beside those of other accounts."""
    others = [one for one in _read(request) if one.user_id != device.user_id]
    response.set_cookie(
        host_cookie(_COOKIE),
        signing.dumps([device, *others[: MOST - 1]], salt=_SALT),
        max_age=MAX_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def link_token(user: User) -> str:
    """Return what a link says that makes a browser known: one device, however often it opens."""
    return signing.dumps(_device(user, new_id()), salt=_LINK_SALT)


def read_link_token(token: str) -> Device | None:
    """Return the device of a link; ``None`` if it is too old or of somebody else's making."""
    try:
        return Device(*signing.loads(token, salt=_LINK_SALT, max_age=LINK_AGE))
    except signing.BadSignature:
        return None


def _read(request: HttpRequest) -> list[Device]:
    text = request.COOKIES.get(host_cookie(_COOKIE), "")
    try:
        return [Device(*one) for one in signing.loads(text, salt=_SALT, max_age=MAX_AGE)]
    except signing.BadSignature:
        return []


def _device(user: User, device_id: str) -> Device:
    return Device(user.pk, device_id, _piece(user.get_session_auth_hash()))


def _piece(session_auth_hash: str) -> str:
    return session_auth_hash[:16]
