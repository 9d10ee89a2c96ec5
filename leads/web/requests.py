"""What a request asks for: who acts, under which name, on which lead, whence and where next."""

import re
from hashlib import sha256
from urllib.parse import SplitResult, urlsplit

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from crm.accounts.http import AuthenticatedHttpRequest
from leads import repository
from leads.models import STAGES, Actor, Lead

_TOKEN = re.compile(r"[A-Za-z0-9-]{8,64}")


def actor(request: AuthenticatedHttpRequest) -> Actor:
    """Return the signed-in user as the one who acts."""
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


def lead_or_404(lead_id: str) -> Lead:
    """Read a lead as it is now; raises ``Http404`` if there is none."""
    try:
        return repository.get(lead_id, consistent=True)
    except repository.LeadNotFoundError as error:
        raise Http404("There is no such lead.") from error


def next_address(request: HttpRequest, default: str) -> str:
    """Return the address in the form's ``next`` if it is one of this site, else ``default``."""
    return _own_address(request, request.POST.get("next", "")) or default


def came_from(request: HttpRequest) -> str:
    """Return the page that a lead was opened from, with its filters; "" if nothing tells.

    ``from`` names any page of this site; a link that was followed, the board or the list.
    """
    return _own_address(request, request.GET.get("from", "")) or _followed_from(request)


def page_behind(request: HttpRequest) -> str:
    """Return the board, list or agenda that asks for a part by htmx, else the board."""
    asked = address_in(request, "HX-Current-URL")
    return _board_or_list(asked.path, asked.query) or reverse("board")


def address_in(request: HttpRequest, header: str) -> SplitResult:
    """Return the parts of the address in a header; empty ones for what is none."""
    try:
        return urlsplit(request.headers.get(header, ""))
    except ValueError:
        return urlsplit("")


def _followed_from(request: HttpRequest) -> str:
    referrer = address_in(request, "Referer")
    is_ours = referrer.netloc == request.get_host()
    return _board_or_list(referrer.path, referrer.query) if is_ours else ""


def _board_or_list(path: str, query: str) -> str:
    if path not in {reverse("board"), reverse("lead_list"), reverse("today"), *_columns()}:
        return ""
    return f"{path}?{query}" if query else path


def _columns() -> list[str]:
    return [reverse("board_column", args=[stage]) for stage in STAGES]


def _own_address(request: HttpRequest, address: str) -> str:
    is_ours = url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    # "lead_list" would be taken for the name of a page, and "x" for that of one that is not there.
    return address if is_ours and address.startswith("/") else ""
