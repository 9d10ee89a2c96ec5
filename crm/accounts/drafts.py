"""What somebody typed into a form while their session ended, until it is sent on or shown again.

Nothing of it is stored: the server signs what was posted and hands it to the browser, as a
hidden field of the sign-in page. Only views that declare ``Trait.DRAFT`` take part: none
that takes files, deletes, or changes many records; passwords are left out. After the sign-in
the browser posts it to the address it was for, where all rules hold as ever: see ADR 36.
"""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict

from crm.cookies import host_cookie
from crm.traits import Labels, Trait, declaration, declaration_at, has_trait
from crm.typed_texts import TypedText, form_texts
from crm.visitors import known_user_id

# In the form of the sign-in page: the draft.
FIELD = "draft"
# In the post of a draft: show the form as it was typed, and do nothing.
SHOW = "draft-shown"
MAX_AGE = 24 * 3600
# With a name and a password it has to fit into a request.
MAX_LENGTH = 500_000
_SALT = "crm.accounts.drafts"
_COOKIE = "account"
_COOKIE_AGE = 30 * 24 * 3600
_CSRF = "csrfmiddlewaretoken"


class Draft(NamedTuple):
    """What was posted where; ``account`` is whose session it was, "" if that is not certain."""

    path: str
    fields: list[tuple[str, str]]
    account: str


def sign(request: HttpRequest, account: str = "") -> str:
    """Return what a request posts as signed text; "" if it is nothing to keep.

    What had a password is never sent on: it stands in its form, for somebody to type it anew.
    """
    if not is_kept(request):
        return ""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in {_CSRF, SHOW} and not _is_password(name)
    ]
    if not fields:
        return ""
    whole = not any(map(_is_password, request.POST))
    draft = Draft(request.get_full_path(), fields, account if whole else "")
    text = signing.dumps(draft, salt=_SALT, compress=True)
    return text if len(text) <= MAX_LENGTH else ""


def is_kept(request: HttpRequest) -> bool:
    """Tell whether what a request posts is to be kept over a sign-in."""
    never = declaration(request, "never_kept", dict[str, str]()).items() & request.POST.items()
    return has_trait(request, Trait.DRAFT) and not request.FILES and not never


def never_keeps[View: Callable[..., object]](**posted: str) -> Callable[[View], View]:
    """Return a decorator that notes what a view's posts hold if they are not to be kept."""

    def note(view: View) -> View:
        view.never_kept = posted  # type: ignore[attr-defined] # read by is_kept
        return view

    return note


def _is_password(name: str) -> bool:
    return "password" in name


def read(text: str) -> Draft | None:
    """Read what :func:`sign` wrote; ``None`` for what is too old or of somebody else's making."""
    try:
        path, fields, account = signing.loads(text, salt=_SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    return Draft(path, [(name, value) for name, value in fields], account)


def texts(draft: Draft) -> list[TypedText]:
    """Return the texts of a draft, for whoever cannot sign in any more."""
    path = urlsplit(draft.path).path
    labels: Labels = declaration_at(path, "labels", dict)
    return form_texts(labels, dict(draft.fields), declaration_at(path, "prefix", ""))


def to_be_shown(posted: QueryDict) -> QueryDict:
    """Return what was posted so that the view shows it in its form, and does nothing."""
    shown = posted.copy()
    shown[SHOW] = "1"
    return shown


def is_shown(request: HttpRequest) -> bool:
    """Tell whether a post wants its form shown as it was typed, and nothing done."""
    return request.method == "POST" and SHOW in request.POST


def remember_account(request: HttpRequest, response: HttpResponse) -> None:
    """Let the browser know whose session it has, for when that has ended."""
    user_id = known_user_id(request)
    if user_id in {"", last_account(request)}:
        return
    response.set_signed_cookie(
        host_cookie(_COOKIE),
        user_id,
        salt=_SALT,
        max_age=_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def last_account(request: HttpRequest) -> str:
    """Return whose session this browser had last; "" if it tells nothing."""
    found = request.get_signed_cookie(host_cookie(_COOKIE), "", salt=_SALT, max_age=_COOKIE_AGE)
    return str(found)
