"""When a board that somebody has open is still right: its ETag.

The counters tell every change of ours, in one Query. They do not tell of a lead that
another program writes: the newest lead of each column does. A process looks for those every
ten seconds at most, for all the boards that ask it. See ADR 17.
"""

import re
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from time import time

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.http import parse_etags
from django.utils.translation import get_language

from crm import zones
from crm.accounts.http import AuthenticatedHttpRequest
from crm.dynamodb.parallel import parallel
from crm.htmx import is_part
from crm.messages import HostCookieStorage
from crm.remember import Remembered
from leads import repository
from leads.models import STAGES, Status
from leads.repository import Board, Counts, LeadPage

# Two polls of a board.
LOOK_SECONDS = 10.0
# CloudFront keeps If-None-Match to itself where cookies go on to the origin.
HEADER = "X-Board-Tag"
_TAG = re.compile(r'(?:W/)?"(\w+)\.(\w+)(?:-(\d+))?"')


@dataclass(frozen=True)
class _Sight:
    """The newest leads as a process saw them, with which revision."""

    newest: str
    revision: str


_seen: Remembered[_Sight] = Remembered(LOOK_SECONDS)


def board_tag(request: AuthenticatedHttpRequest, board: Board) -> str:
    """Name what a board shows that was just read; without the quotes of an ETag."""
    newest = _remember(board.columns, board.counts)
    return f"{_page_tag(request, board.counts)}.{newest}"


def etag(request: AuthenticatedHttpRequest, tag: str) -> str:
    """Return the ETag. A whole page is good for a minute: nothing asks again after it."""
    return f'"{tag}"' if is_part(request) else f'"{tag}-{_minute()}"'


def sent_tags(request: HttpRequest) -> list[str]:
    """Return the tags of the boards that the browser has, as ETags: a poll names one itself."""
    if tag := request.headers.get(HEADER):
        return [f'"{tag}"']
    return parse_etags(request.headers.get("If-None-Match", ""))


def tag_still_right(request: AuthenticatedHttpRequest, counts: Counts) -> str:
    """Return the tag of the board that the browser has, if it is still right; else "".

    Whoever loads the page is told of what arrived until now: a poll of what its process
    knows.
    """
    page_tag, is_refresh = _page_tag(request, counts), is_part(request)
    for sent in sent_tags(request):
        found = _TAG.fullmatch(sent)
        # A refresh may start from the tag of the whole page: its minute does not count.
        if not found or found[1] != page_tag or not (is_refresh or found[3] == _minute()):
            continue
        if found[2] == _newest_change(counts, look=not is_refresh):
            return f"{page_tag}.{found[2]}"
    return ""


def _newest_change(counts: Counts, *, look: bool) -> str:
    seen = _seen.get()
    if seen and seen.revision == counts.revision and not look:
        return seen.newest
    pages = parallel(*(partial(repository.by_status, stage, limit=1) for stage in STAGES))
    return _remember(dict(zip(STAGES, pages, strict=True)), counts)


def _remember(columns: dict[Status, LeadPage], counts: Counts) -> str:
    firsts = [page.leads[0].lead_id if page.leads else "" for page in columns.values()]
    newest = sha256("\n".join(firsts).encode()).hexdigest()[:12]
    _seen.set(_Sight(newest, counts.revision))
    return newest


def _minute() -> str:
    return str(int(time() // 60))


def _page_tag(request: AuthenticatedHttpRequest, counts: Counts) -> str:
    """Name the leads, account and its settings, language, zone, CSRF token and messages."""
    get_token(request)  # makes the secret if there is none yet
    parts = (
        counts.revision,
        counts.pulse,
        request.user.id,
        request.user.role,
        request.user.name,
        f"{request.user.single_keys} {request.user.take_by_moving}",
        get_language() or "",
        zones.present(),
        request.META["CSRF_COOKIE"],
        request.COOKIES.get(HostCookieStorage.cookie_name, ""),
    )
    return sha256("|".join(parts).encode()).hexdigest()[:20]
