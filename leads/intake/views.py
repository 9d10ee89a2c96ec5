"""The public contact form. It knows nobody: no cookie, no session, no account.

Why it needs no CSRF token is told in ``docs/adr/0006-public-intake-without-csrf-token.md``.
"""

import logging
import re
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from secrets import token_urlsafe

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.request import UnreadablePostError
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from crm import metrics
from crm.dynamodb.errors import ConflictError, NotFoundError, ThrottledError, UnavailableError
from crm.error_pages import RETRY_AFTER
from crm.traits import Trait, declares, takes_text
from leads.attribution import Attribution
from leads.intake.context import (
    HONEYPOT,
    SHOWN,
    attribution,
    hidden_texts,
    posted_texts,
    shown_now,
)
from leads.intake.forms import ContactForm
from leads.intake.taking import IntakeFullError, Taken, take
from leads.models import VISITOR
from leads.web.form_fields import text_labels

logger = logging.getLogger(__name__)
_SUBMISSION = re.compile(r"[A-Za-z0-9_-]{16,64}")
MOST_CARRIED = 200
_STORE_ERRORS = (ConflictError, NotFoundError, ThrottledError, UnavailableError)


@declares(Trait.INTAKE)
@takes_text(text_labels)
@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
# Not "no-store": a visitor who goes back must find the text as it was left.
@cache_control(private=True, no_cache=True, max_age=0)
def contact(request: HttpRequest) -> HttpResponse:
    """Show the form; store what is sent and go to the thank-you page.

    422 with the errors beside the fields, 503 while DynamoDB does not answer, 429 above the
    ceiling: each with everything typed. 413 for a body over ``DATA_UPLOAD_MAX_MEMORY_SIZE``.
    """
    if request.method != "POST":
        carried = {**hidden_texts(request), SHOWN: shown_now()}
        return _page(ContactForm(), {**carried, "submission": token_urlsafe(16)})
    try:
        posted = _posted_form(request)
    except RequestDataTooBig:
        return _too_large()
    submission = _submission(posted.get("submission", ""))
    told = posted_texts(request, posted)
    carried = {**told, SHOWN: posted.get(SHOWN, ""), "submission": submission}
    form = ContactForm(posted)
    if not form.is_valid():
        return _page(form, carried, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        taken = _take(form, submission, attribution(told, posted), request.META["REMOTE_ADDR"])
    except IntakeFullError as full:
        response = _page(form, carried, HTTPStatus.TOO_MANY_REQUESTS)
        response["Retry-After"] = str(full.seconds)
        return response
    except _STORE_ERRORS as error:
        logger.warning("a message was not stored: %s: %s", type(error).__name__, error)
        response = _page(form, carried, HTTPStatus.SERVICE_UNAVAILABLE)
        response["Retry-After"] = str(RETRY_AFTER)
        return response
    if taken.is_held:
        metrics.note_held(request)
    return HttpResponseRedirect(reverse("contact_thanks"), status=HTTPStatus.SEE_OTHER)


@login_not_required
@csrf_exempt
@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """Say thank you; reloading it sends nothing."""
    del request
    return HttpResponse(render_to_string("intake/thanks.html"))


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


def _take(form: ContactForm, submission: str, came: Attribution, sender: str) -> Taken:
    """Take a message once: a text corrected after going back is another one."""
    contents = sha256(form.lead_fields.model_dump_json().encode()).hexdigest()
    return take(
        form.lead_fields,
        submission=f"form:{submission}:{contents}",
        actor=VISITOR,
        source="contact-form",
        sender=sender,
        attribution=came,
        # Its role on AWS may write and not read.
        blind=True,
    )


def _page(
    form: ContactForm, carried: Mapping[str, str], status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    context = {
        "form": form,
        "carried": {name: text[:MOST_CARRIED] for name, text in carried.items() if text},
        "honeypot": HONEYPOT,
        "unavailable": status == HTTPStatus.SERVICE_UNAVAILABLE,
        "full": status == HTTPStatus.TOO_MANY_REQUESTS,
    }
    # Rendered without the request: no template can then read a session or a user.
    return HttpResponse(render_to_string("intake/form.html", context), status=status)


def _too_large() -> HttpResponse:
    page = render_to_string("intake/too_large.html")
    return HttpResponse(page, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
