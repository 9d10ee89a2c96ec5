"""The public contact form. It knows nobody: no cookie, no session, no account.

Why it needs no CSRF token is told in ``docs/adr/0006-public-intake-without-csrf-token.md``.
"""

import logging
import re
from hashlib import sha256
from http import HTTPStatus
from secrets import token_urlsafe

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.request import UnreadablePostError
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from crm import metrics
from crm.dynamodb.errors import ConflictError, NotFoundError, ThrottledError, UnavailableError
from crm.error_pages import RETRY_AFTER
from crm.networks import network_of
from crm.traits import Trait, declares, takes_text
from leads.attribution import Attribution
from leads.fields import PREFIX
from leads.held import refused_sites
from leads.intake.context import SHOWN, attribution, hidden_texts, posted_texts, shown_now
from leads.intake.forms import CONSENT, ContactForm
from leads.intake.meant import Meant, meant
from leads.intake.pages import (
    address,
    form_page,
    off_page,
    speaking,
    thanks_page,
    too_large_page,
    typed_texts,
)
from leads.intake.sites import (
    guarded,
    is_for_frames,
    leads_back,
    refused_frame,
    refused_frame_page,
)
from leads.intake.taking import IntakeFullError, Taken, take
from leads.models import VISITOR
from leads.repository.forms import FormNotFoundError
from leads.web.form_fields import text_labels

logger = logging.getLogger(__name__)
_SUBMISSION = re.compile(r"[A-Za-z0-9_-]{16,64}")
_STORE_ERRORS = (ConflictError, NotFoundError, ThrottledError, UnavailableError)


@declares(Trait.INTAKE)
@takes_text(text_labels, prefix=PREFIX)
@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
# Not "no-store": a visitor who goes back must find the text as it was left.
@cache_control(private=True, no_cache=True, max_age=0)
def contact(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Show a form; store what is sent and go to the thank-you page.

    422 with the errors beside the fields, or with the form as it is now if nobody knows the
    version any more; 503 while DynamoDB does not answer, 429 above the ceiling, 410 from a
    form that is off: each with everything typed. 413 for a body over
    ``DATA_UPLOAD_MAX_MEMORY_SIZE``.
    """
    if request.method != "POST":
        return _shown(request, _meant(request, slug))
    try:
        posted = _posted_form(request)
    except RequestDataTooBig:
        form = _meant(request, slug)
        with speaking(form.newest):
            return too_large_page(form)
    refused_sites.write()
    form = _meant(request, slug, posted.get("version", ""))
    with speaking(form.judging):
        return _answer(request, form, posted)


@login_not_required
@csrf_exempt
@require_safe
def thanks(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Say thank you; reloading it sends nothing."""
    form = _meant(request, slug)
    with speaking(form.newest):
        return _refused(request, form) or thanks_page(form)


def _meant(request: HttpRequest, slug: str, version: str = "") -> Meant:
    try:
        form = meant(slug, version)
    except FormNotFoundError as error:
        raise Http404("There is no such form.") from error
    return form._replace(is_framed=is_for_frames(request, form.newest))


def _shown(request: HttpRequest, meant: Meant) -> HttpResponse:
    with speaking(meant.newest):
        if refused := _refused(request, meant):
            return refused
        if not meant.listed.is_on:
            return off_page(meant)
        carried = {
            **hidden_texts(request),
            SHOWN: shown_now(),
            "submission": token_urlsafe(16),
            "version": meant.newest.version,
        }
        return form_page(meant, ContactForm(meant.newest), carried)


def _refused(request: HttpRequest, meant: Meant) -> HttpResponse | None:
    """Return what a site reads that frames a form and must not."""
    site = refused_frame(request, meant.newest)
    return refused_frame_page(meant.newest, site) if site else None


def _answer(request: HttpRequest, meant: Meant, posted: QueryDict) -> HttpResponse:
    if not meant.is_open:
        return off_page(meant, typed_texts(request, meant.judging))
    form = ContactForm(meant.judging, posted if meant.is_known else _without_consent(posted))
    is_named = bool(posted.get("submission"))
    submission = _submission(posted.get("submission", ""))
    told = posted_texts(request, posted)
    carried = {
        **told,
        SHOWN: posted.get(SHOWN, ""),
        "submission": submission,
        "version": meant.judging.version,
    }
    if not form.is_valid() or not meant.is_known:
        return form_page(meant, form, carried, HTTPStatus.UNPROCESSABLE_ENTITY)
    came = attribution(meant.judging, form.lead_fields, told, posted)
    try:
        taken = _take(form, submission, came, request.META["REMOTE_ADDR"], is_named=is_named)
    except IntakeFullError as full:
        response = form_page(meant, form, carried, HTTPStatus.TOO_MANY_REQUESTS)
        response["Retry-After"] = str(full.seconds)
        return response
    except _STORE_ERRORS as error:
        logger.warning("a message was not stored: %s: %s", type(error).__name__, error)
        response = form_page(meant, form, carried, HTTPStatus.SERVICE_UNAVAILABLE)
        response["Retry-After"] = str(RETRY_AFTER)
        return response
    if taken.is_held:
        metrics.note_held(request)
    response = HttpResponseRedirect(_target(request, meant), status=HTTPStatus.SEE_OTHER)
    return guarded(response, meant.newest, is_framed=meant.is_framed)


def _without_consent(posted: QueryDict) -> QueryDict:
    """Return what was typed: nobody has agreed to words that they are about to see."""
    typed = posted.copy()
    typed.pop(CONSENT, None)
    return typed


def _target(request: HttpRequest, meant: Meant) -> str:
    """Return where a message leads; a frame stays where it is, and has a link."""
    thanks_url = meant.newest.thanks_url
    if thanks_url and not meant.is_framed and leads_back(request, meant.newest):
        return thanks_url
    return address(meant, "contact_thanks")


def _posted_form(request: HttpRequest) -> QueryDict:
    # Looked at first, because Django's own limit leaves out uploaded files.
    length = request.META.get("CONTENT_LENGTH", "")
    if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig
    try:
        return request.POST
    except UnreadablePostError as error:
        message = "The body did not arrive whole."
        raise BadRequest(message) from error


def _submission(text: str) -> str:
    """Return the form's hidden id; one for it if it is odd, a new one if it is missing."""
    if _SUBMISSION.fullmatch(text):
        return text
    if not text:
        return token_urlsafe(16)
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _take(
    form: ContactForm, submission: str, came: Attribution, sender: str, *, is_named: bool
) -> Taken:
    """Take a message once: a text corrected after going back is another one.

    Where the page did not name it, what was typed does, for a while.
    """
    contents = sha256(form.lead_fields.contents.encode()).hexdigest()
    return take(
        form.lead_fields,
        submission=f"form:{submission}:{contents}",
        alike="" if is_named else _alike(came.form, sender, contents),
        actor=VISITOR,
        source="contact-form",
        sender=sender,
        attribution=came,
        # Its role on AWS may write, and read forms alone.
        blind=True,
    )


def _alike(form: str, sender: str, contents: str) -> str:
    """Name a message by what was typed where: nobody without our key can find it out again."""
    typed = f"{form}\n{network_of(sender)}\n{contents}"
    return salted_hmac("leads.intake.alike", typed, algorithm="sha256").hexdigest()
