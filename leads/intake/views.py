"""The public contact form. It knows nobody: no cookie, no session, no account.

Why it needs no CSRF token is told in ``docs/adr/0006-public-intake-without-csrf-token.md``.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from secrets import token_urlsafe

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.request import UnreadablePostError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, override
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from crm import metrics
from crm.dynamodb.errors import ConflictError, NotFoundError, ThrottledError, UnavailableError
from crm.error_pages import RETRY_AFTER
from crm.traits import Trait, declares, takes_text
from crm.typed_texts import TypedText, posted_texts
from leads.definitions import Definition
from leads.intake.forms import ContactForm
from leads.intake.meant import Meant, meant
from leads.intake.taking import IntakeFullError, Taken, take
from leads.models import VISITOR
from leads.repository.forms import FormNotFoundError
from leads.web.form_fields import text_labels

logger = logging.getLogger(__name__)
_SUBMISSION = re.compile(r"[A-Za-z0-9_-]{16,64}")
_STORE_ERRORS = (ConflictError, NotFoundError, ThrottledError, UnavailableError)


@declares(Trait.INTAKE)
@takes_text(text_labels)
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
        form = _meant(slug)
        with _speaking(form.newest):
            return _page(form, ContactForm(form.newest)) if form.listed.is_on else _off(form)
    try:
        posted = _posted_form(request)
    except RequestDataTooBig:
        form = _meant(slug)
        with _speaking(form.newest):
            context = {"definition": form.newest, "back": _address(form, "contact")}
            page = render_to_string("intake/too_large.html", context)
            return HttpResponse(page, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    form = _meant(slug, posted.get("version", ""))
    with _speaking(form.newest):
        return _answer(request, form, posted)


@login_not_required
@csrf_exempt
@require_safe
def thanks(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Say thank you; reloading it sends nothing."""
    del request
    form = _meant(slug)
    with _speaking(form.newest):
        context = {"definition": form.newest, "back": _address(form, "contact")}
        return HttpResponse(render_to_string("intake/thanks.html", context))


def preview(definition: Definition) -> HttpResponse:
    """Return the page of a form as visitors would see it, which sends nothing."""
    with _speaking(definition):
        context = {"definition": definition, "form": ContactForm(definition), "is_preview": True}
        return HttpResponse(render_to_string("intake/form.html", context))


def _speaking(definition: Definition) -> override:
    return override(definition.language or get_language())


def _meant(slug: str, version: str = "") -> Meant:
    try:
        return meant(slug, version)
    except FormNotFoundError as error:
        raise Http404("There is no such form.") from error


def _answer(request: HttpRequest, meant: Meant, posted: QueryDict) -> HttpResponse:
    form = ContactForm(meant.judging, posted)
    if not meant.is_open:
        return _off(meant, posted_texts(request))
    if not form.is_valid() or not meant.is_known:
        return _page(meant, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        taken = _take(form, _submission(posted), request.META["REMOTE_ADDR"])
    except IntakeFullError as full:
        response = _page(meant, form, HTTPStatus.TOO_MANY_REQUESTS)
        response["Retry-After"] = str(full.seconds)
        return response
    except _STORE_ERRORS as error:
        logger.warning("a message was not stored: %s: %s", type(error).__name__, error)
        response = _page(meant, form, HTTPStatus.SERVICE_UNAVAILABLE)
        response["Retry-After"] = str(RETRY_AFTER)
        return response
    if taken.is_held:
        metrics.note_held(request)
    target = meant.newest.thanks_url or _address(meant, "contact_thanks")
    return HttpResponseRedirect(target, status=HTTPStatus.SEE_OTHER)


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


def _submission(posted: Mapping[str, str]) -> str:
    """Return the form's hidden id; one for it if it is odd, a new one if it is missing."""
    text = posted.get("submission", "")
    if _SUBMISSION.fullmatch(text):
        return text
    if not text:
        return token_urlsafe(16)
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _take(form: ContactForm, submission: str, sender: str) -> Taken:
    """Take a message once: a text corrected after going back is another one."""
    contents = sha256(form.lead_fields.contents.encode()).hexdigest()
    return take(
        form.lead_fields,
        submission=f"form:{submission}:{contents}",
        actor=VISITOR,
        source="contact-form",
        sender=sender,
        # Its role on AWS may write, and read forms alone.
        blind=True,
    )


def _page(meant: Meant, form: ContactForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    context = {
        "definition": form.definition,
        "action": _address(meant, "contact"),
        "form": form,
        "submission": _submission(form.data) if form.is_bound else token_urlsafe(16),
        "is_outdated": not meant.is_known,
        "unavailable": status == HTTPStatus.SERVICE_UNAVAILABLE,
        "full": status == HTTPStatus.TOO_MANY_REQUESTS,
    }
    # Rendered without the request: no template can then read a session or a user.
    return HttpResponse(render_to_string("intake/form.html", context), status=status)


def _off(meant: Meant, typed: Sequence[TypedText] = ()) -> HttpResponse:
    """Say that a form takes no messages, with what was typed into it."""
    context = {"definition": meant.newest, "typed": typed}
    return HttpResponse(render_to_string("intake/off.html", context), status=HTTPStatus.GONE)


def _address(meant: Meant, name: str) -> str:
    """Return the address of a form: the first one has the short one."""
    return reverse(name) if meant.is_first else reverse(f"{name}_of", args=[meant.newest.slug])
