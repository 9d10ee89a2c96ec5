"""Who does something, and the name of the act: what makes a repeat recognisable."""

import re
from hashlib import sha256

from django.http import HttpRequest

from crm.accounts.http import AuthenticatedHttpRequest
from leads.models import Actor

VISITOR = Actor(id="", name="Contact form")
_TOKEN = re.compile(r"[A-Za-z0-9-]{8,64}")


def actor(request: AuthenticatedHttpRequest) -> Actor:
    """Give the signed-in user as the one who acts."""
    return Actor(id=request.user.id, name=request.user.name or request.user.email)


def write_id(request: AuthenticatedHttpRequest, *what: object) -> str:
    """Name the act that a POST asks for.

    The same user doing the same thing to the same version is the same act, unless the
    forms bring a ``token`` for each click that tells them apart.
    """
    token = request.POST.get("token", "")
    if not _TOKEN.fullmatch(token):
        token = ""
    return sha256(f"{request.user.id}\n{token}\n{what!r}".encode()).hexdigest()[:32]


def posted_version(request: HttpRequest) -> int:
    """Read the version that a form was made from; -1, which no lead has, if malformed."""
    text = request.POST.get("version", "")
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1
