"""What goes with a message besides its fields: where its sender came from, and marks.

All of it comes from strangers. It is kept as far as it makes sense, and refuses nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from time import time

from django.http import HttpRequest

from leads.attribution import LONGEST, Attribution
from leads.campaigns import clean_texts, host_of, origin_of
from leads.definitions import BUILT_IN, Definition
from leads.models import LeadFields, timestamp
from leads.phones import is_national

TOLD = (
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
    *("page", "landing"),
)
"""What a site tells of a visitor: parameters of the form's address, hidden fields, JSON."""
REFERRER, SHOWN = "referrer", "shown"
# Nobody sees it, and no browser knows what it would be for.
HONEYPOT = "topic"


def hidden_texts(request: HttpRequest) -> dict[str, str]:
    """Return what a fresh form carries along: from its address, and from the page before it."""
    return clean_texts(_told(request.GET) | {REFERRER: _other_site(request, _referer(request))})


def posted_texts(request: HttpRequest, posted: Mapping[str, str]) -> dict[str, str]:
    """Return what came along with a form: of two sites the one that sent it counts."""
    before = posted.get(REFERRER, "")
    found = _other_site(request, _referer(request)) or _other_site(request, before)
    return clean_texts(_told(posted) | {REFERRER: found})


def json_texts(request: HttpRequest, texts: Mapping[str, str]) -> dict[str, str]:
    """Return what came along with fields in JSON, of the texts of the document."""
    return clean_texts(_told(texts) | {REFERRER: _other_site(request, _referer(request))})


def attribution(
    form: Definition, fields: LeadFields, texts: Mapping[str, str], posted: Mapping[str, str]
) -> Attribution:
    """Return what is kept of a message to a form beside its ``fields``; it agreed to the consent.

    It has the marks of a ``posted`` page.
    """
    return Attribution(
        form=form.slug,
        # Most leads are of the form that is built in: not to say so saves each some bytes.
        form_version="" if form == BUILT_IN else form.version,
        consent_version=form.consent_version,
        consent_at=timestamp(datetime.now(UTC)) if form.consent else "",
        phone_region=form.country if is_national(fields.phone) else "",
        **texts,
        marks=_marks(posted),
    )


def shown_now() -> str:
    """Return when a form is shown, as it tells when it is sent."""
    return str(int(time()))


def _told(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given.get(name, "") for name in TOLD}


def _marks(posted: Mapping[str, str]) -> dict[str, int]:
    marks: dict[str, int] = {}
    shown = posted.get(SHOWN, "")
    if shown.isascii() and shown.isdecimal() and len(shown) <= len(shown_now()):
        seconds = int(time()) - int(shown)
        if seconds >= 0:
            marks["seconds"] = min(seconds, LONGEST)
    if posted.get(HONEYPOT, "").strip():
        marks["honeypot"] = 1
    return marks


def _referer(request: HttpRequest) -> str:
    return request.headers.get("Referer", "")


def _other_site(request: HttpRequest, address: str) -> str:
    """Return the origin of a page of another site; "" for what is of ours or no page."""
    is_ours = host_of(address) == host_of(f"http://{request.get_host()}")
    return "" if is_ours else origin_of(address)
