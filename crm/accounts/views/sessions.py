"""Each person's own sessions: where they are signed in, and an end to what they do not know."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts import keys, security_log, session_lists
from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.live_sessions import LiveSession, sessions_of
from crm.accounts.models import Role
from crm.accounts.security_events import Kind
from crm.accounts.user_agents import browser_text
from crm.networks import UNKNOWN


@require_safe
@require_role(Role.VIEWER)
def session_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the sessions of whoever asks, this one first."""
    own = _own_digest(request)
    found = sorted(sessions_of(request.user), key=lambda one: one.digest != own)
    context = {
        "sessions": [_shown(one, own) for one in found],
        "others": sum(one.digest != own for one in found),
        "hours": settings.SESSION_IDLE_AGE // 3600,
        "days": settings.SESSION_COOKIE_AGE // (24 * 3600),
    }
    return render(request, "accounts/session_list.html", context)


@require_POST
@require_role(Role.VIEWER)
def session_end(request: AuthenticatedHttpRequest, digest: str) -> HttpResponse:
    """End one session of whoever asks; one that has ended meanwhile is no error."""
    if digest not in session_lists.digests(request.user.id):
        message = "There is no such session."
        raise Http404(message)
    _end(request, {digest})
    messages.success(request, _("The session was ended."))
    return redirect("session_list")


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.VIEWER)
def session_end_others(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Ask whether all other sessions of whoever asks shall end, and end them."""
    own = _own_digest(request)
    others = {one.digest for one in sessions_of(request.user)} - {own}
    if request.method != "POST":
        return render(request, "accounts/session_end_others.html", {"others": len(others)})
    _end(request, others)
    text = ngettext(
        "%(number)s other session was ended.", "%(number)s other sessions were ended.", len(others)
    )
    messages.success(request, text % {"number": len(others)})
    return redirect("session_list")


def _end(request: AuthenticatedHttpRequest, digests: set[str]) -> None:
    session_lists.end(digests)
    if digests:
        security_log.note(Kind.SIGNED_OUT, whom=request.user.id, elsewhere=len(digests))


def _own_digest(request: AuthenticatedHttpRequest) -> str:
    return keys.session_digest(str(request.session.session_key))


def _shown(session: LiveSession, own: str) -> dict[str, object]:
    return {
        "digest": session.digest,
        "is_own": session.digest == own,
        "browser": browser_text(session.agent),
        "network": _("Unknown") if session.network == UNKNOWN else session.network,
        "began": session.began,
        # It is known to the hour, which may have begun before the sign-in.
        "used": max(session.began, session.used),
    }
