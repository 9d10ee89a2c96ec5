"""When a board that somebody has open is still right: its ETag.

The counters tell every change of ours, in one Query. They do not tell of a lead that
another program writes: the newest lead of each column does. A process looks for those every
ten seconds at most, for all the boards that ask it. They are filed under no owner: an
owner's board has none. See ADR 17.
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
from leads.repository.reads import PAGE_SIZE
from leads.web import ages, due_count
from leads.web.responses import TAG_HEADER

# Two polls of a board.
LOOK_SECONDS = 10.0
_TAG = re.compile(r'(?:W/)?"(\w+)\.(\w+)(?:-(\d+))?"')


@dataclass(frozen=True)
class _Sight:
    """The newest leads as a process saw them, with which revision."""

    newest: str
    revision: str


# By whose board it is: everybody's, or nobody's.
_seen: dict[str | None, Remembered[_Sight]] = {
    owner_id: Remembered(LOOK_SECONDS) for owner_id in (None, "")
}
# Of an owner's board.
_NO_OTHERS = "0"


def board_tag(request: AuthenticatedHttpRequest, board: Board, owner_id: str | None) -> str:
    """Name what a board shows that was just read; without the quotes of an ETag."""
    newest = _NO_OTHERS if owner_id else _remember(board.columns, board.counts, owner_id)
    return f"{_page_tag(request, board.counts, owner_id)}.{newest}"


def etag(request: AuthenticatedHttpRequest, tag: str) -> str:
    """Return the ETag. A whole page is good for a minute: nothing asks again after it."""
    return f'"{tag}"' if is_part(request) else f'"{tag}-{_minute()}"'


def sent_tags(request: HttpRequest) -> list[str]:
    """Return the tags of the boards that the browser has, as ETags: a poll names one itself."""
    if tag := request.headers.get(TAG_HEADER):
        return [f'"{tag}"']
    return parse_etags(request.headers.get("If-None-Match", ""))


def tag_still_right(request: AuthenticatedHttpRequest, counts: Counts, owner_id: str | None) -> str:
    """Return the tag of the board that the browser has, if it is still right; else "".

    Whoever loads the page is told of what arrived until now: a poll of what its process
    knows.
    """
    page_tag, is_refresh = _page_tag(request, counts, owner_id), is_part(request)
    for sent in sent_tags(request):
        found = _TAG.fullmatch(sent)
        # A refresh may start from the tag of the whole page: its minute does not count.
        if not found or found[1] != page_tag or not (is_refresh or found[3] == _minute()):
            continue
        if found[2] == _newest_change(counts, owner_id, look=not is_refresh):
            return f"{page_tag}.{found[2]}"
    return ""


def _newest_change(counts: Counts, owner_id: str | None, *, look: bool) -> str:
    if owner_id:
        return _NO_OTHERS
    seen = _seen[owner_id].get()
    if seen and seen.revision == counts.revision and not look:
        return seen.newest
    # Nobody's board looks for others' leads among the newest new ones, here as when it is read.
    limits = dict.fromkeys(STAGES, 1) | ({} if owner_id is None else {Status.NEW: PAGE_SIZE})
    look_at = partial(repository.by_status, owner_id=owner_id, is_filed=counts.is_filed)
    pages = parallel(*(partial(look_at, stage, limit) for stage, limit in limits.items()))
    return _remember(dict(zip(STAGES, pages, strict=True)), counts, owner_id)


def _remember(columns: dict[Status, LeadPage], counts: Counts, owner_id: str | None) -> str:
    firsts = [page.leads[0].lead_id if page.leads else "" for page in columns.values()]
    newest = sha256("\n".join(firsts).encode()).hexdigest()[:12]
    _seen[owner_id].set(_Sight(newest, counts.revision))
    return newest


def _minute() -> str:
    return str(int(time() // 60))


def _page_tag(request: AuthenticatedHttpRequest, counts: Counts, owner_id: str | None) -> str:
    """Name what a board shows, and for whom.

    The leads and whose, account and its settings, language, zone, CSRF token, messages, and
    whether clocks of work run.
    """
    get_token(request)  # makes the secret if there is none yet
    parts = (
        counts.revision,
        counts.pulse,
        f"{owner_id!r} {counts.is_filed}",
        request.user.id,
        request.user.role,
        request.user.name,
        f"{request.user.single_keys} {request.user.take_by_moving}",
        get_language() or "",
        zones.present(),
        due_count.count_of(request.user.id).stamp,
        request.META["CSRF_COOKIE"],
        request.COOKIES.get(HostCookieStorage.cookie_name, ""),
        ages.window(),
    )
    return sha256("|".join(parts).encode()).hexdigest()[:20]
