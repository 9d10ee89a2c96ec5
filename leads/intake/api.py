"""``/api/v1/leads``: the contact form's intake in JSON."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from uuid import uuid4

import orjson
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from crm import error_pages, metrics
from crm.dynamodb.errors import DynamoDBError
from crm.traits import Trait, declares
from leads import repository
from leads.definitions import Definition
from leads.fields import Kind
from leads.held import refused_sites
from leads.intake.context import TOLD, attribution, json_texts
from leads.intake.forms import CONSENT, ContactForm
from leads.intake.meant import Meant, meant
from leads.intake.sites import (
    allows,
    answer_to_site,
    note_refused,
    preflight,
    told_origin,
)
from leads.intake.taking import IntakeFullError, Taken, take
from leads.models import Actor
from leads.repository.forms import FormNotFoundError

SENDER = Actor(id="", name="API")
MOST_UNKNOWN = 20
VERSION, SUBMISSION = "version", "submission"
_BESIDE = frozenset({*TOLD, VERSION, SUBMISSION})
_KEY = re.compile(r"[\x20-\x7e]{1,255}")


# Whoever writes a program reads what is refused: that stays English, unlike the errors of the form.
class _RefusedError(Exception):
    """The request cannot be taken; ``status`` says why in HTTP's words."""

    def __init__(self, status: HTTPStatus, text: str, *, retry_after: int = 0) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.retry_after = retry_after


@declares(Trait.INTAKE, Trait.JSON)
@login_not_required
@csrf_exempt
@never_cache
def leads(request: HttpRequest) -> HttpResponse:
    """Store a lead: 201 with its id, 200 if the same ``Idempotency-Key`` brought it before.

    What stands beside the fields is called as in the form; ``version`` may be left out.

    202 with the id that it will have if it is over a limit and held, 429 above the ceiling.
    422 with ``errors`` by field, or because the key came before with other contents.
    503 with ``Retry-After`` while DynamoDB does not answer. Pages of the form's origins may
    read all of it, other pages get 403; a request without ``Origin`` is a program's.
    """
    from_site = request.method == "OPTIONS" or "Origin" in request.headers
    response = _answer_to_site(request) if from_site else _answer(request)
    if request.method not in error_pages.SAFE_METHODS:
        refused_sites.write()
    patch_vary_headers(response, ["Origin"])
    return response


@declares(Trait.JSON)
@login_not_required
@csrf_exempt
def not_found(_request: HttpRequest) -> HttpResponse:
    """Answer an address of the API that leads nowhere; raises ``Http404``."""
    raise Http404


def _answer_to_site(request: HttpRequest) -> HttpResponse:
    """Answer what a page of a site sends; the form's origins decide, also of one that is off."""
    try:
        definition = meant(request.GET.get("form", "")).newest
    except FormNotFoundError:
        return _answer(request)
    if request.method == "OPTIONS" and definition.origins:
        return preflight(request, definition)
    if not allows(request, definition):
        note_refused(request, definition, told_origin(request))
        text = "The form is not for this site: its origins are set where the form is edited."
        return error_pages.page(request, HTTPStatus.FORBIDDEN, text)
    try:
        response = _answer(request)
    except DynamoDBError as error:
        # The middleware would answer without what lets the page read it.
        trouble = error_pages.store_error(request, error)
        if trouble is None:
            raise
        response = trouble
    return answer_to_site(request, response, definition)


def _answer(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        text = "Only POST is answered here."
        response = error_pages.page(request, HTTPStatus.METHOD_NOT_ALLOWED, text)
        response["Allow"] = "POST"
        return response
    try:
        return _take(request, _document(request))
    except _RefusedError as refusal:
        response = error_pages.page(request, refusal.status, refusal.text)
        if refusal.retry_after:
            response["Retry-After"] = str(refusal.retry_after)
        return response


def _take(request: HttpRequest, document: Mapping[str, object]) -> JsonResponse:
    texts = {name: value for name, value in document.items() if isinstance(value, str)}
    if isinstance(document.get(CONSENT), bool):
        texts[CONSENT] = str(document[CONSENT])
    key = _key(request, texts)
    asked = _meant(request, texts.get(VERSION, ""))
    texts |= _numbers(asked.judging, document)
    form = ContactForm(asked.judging, texts)
    problems = _problems(form, document, texts)
    if not asked.is_known:
        problems[VERSION] = ["This version is not taken: send none, or the form's as it is now."]
    if problems:
        return JsonResponse({"errors": problems}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    told = json_texts(request, texts)
    try:
        taken = take(
            form.lead_fields,
            submission=f"api:{key}",
            actor=SENDER,
            source="api",
            sender=request.META["REMOTE_ADDR"],
            attribution=attribution(asked.judging, form.lead_fields, told, {}),
        )
    except repository.SubmissionReusedError as error:
        text = "This Idempotency-Key was used before, with other contents. Nothing was stored."
        raise _RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, text) from error
    except IntakeFullError as full:
        text = "More messages come in this hour than are taken. Nothing was stored."
        raise _RefusedError(HTTPStatus.TOO_MANY_REQUESTS, text, retry_after=full.seconds) from full
    return JsonResponse({"leadId": taken.lead_id}, status=_status(request, taken))


def _numbers(form: Definition, document: Mapping[str, object]) -> dict[str, str]:
    """Return the numbers of a document for fields of numbers, as text."""
    names = [one.name for one in form.fields if one.kind is Kind.NUMBER]
    # No booleans, which are numbers to Python.
    return {name: str(document[name]) for name in names if type(document.get(name)) in {int, float}}


def _problems(
    form: ContactForm, document: Mapping[str, object], texts: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return what is wrong with a document, by its fields."""
    problems = {name: [str(text) for text in found] for name, found in form.errors.items()}
    # As if left out: many programs send null for what they do not know.
    nulls = {name for name, value in document.items() if value is None}
    known = {*form.fields, *_BESIDE}
    for name in known & document.keys() - texts.keys() - nulls - {*TOLD}:
        problems[name] = ["This must be a string."]
    unknown = [name for name in document if name not in known]
    return problems | {name: ["There is no such field."] for name in unknown[:MOST_UNKNOWN]}


def _meant(request: HttpRequest, version: str) -> Meant:
    """Return the form that ``?form=`` names, the first one without it, in a version."""
    try:
        found = meant(request.GET.get("form", ""), version)
    except FormNotFoundError as error:
        raise _RefusedError(HTTPStatus.NOT_FOUND, "There is no such form.") from error
    if not found.is_open:
        raise _RefusedError(HTTPStatus.GONE, "This form takes no messages any more.")
    return found


def _status(request: HttpRequest, taken: Taken) -> HTTPStatus:
    if taken.is_held:
        metrics.note_held(request)
        return HTTPStatus.ACCEPTED
    return HTTPStatus.OK if taken.repeated else HTTPStatus.CREATED


def _key(request: HttpRequest, texts: Mapping[str, str]) -> str:
    """Return the ``Idempotency-Key``, or the submission as forms call it; else a new one."""
    key = request.headers.get("Idempotency-Key", texts.get(SUBMISSION) or uuid4().hex)
    if not _KEY.fullmatch(key):
        text = "Idempotency-Key must be 1 to 255 printable ASCII characters, such as a UUID."
        raise _RefusedError(HTTPStatus.BAD_REQUEST, text)
    return key


def _document(request: HttpRequest) -> dict[str, object]:
    charset = (request.content_params or {}).get("charset", "utf-8")
    if request.content_type != "application/json" or charset.lower() != "utf-8":
        text = "The body must be JSON in UTF-8, sent as application/json."
        raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, text)
    try:
        document: object = orjson.loads(request.body)
    except RequestDataTooBig as error:
        text = "The body is too large. Nothing was stored."
        raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text) from error
    except UnreadablePostError as error:
        text = "The body did not arrive whole. Nothing was stored."
        raise _RefusedError(HTTPStatus.BAD_REQUEST, text) from error
    except orjson.JSONDecodeError as error:
        text = f"The body is not valid JSON: {error}."
        raise _RefusedError(HTTPStatus.BAD_REQUEST, text) from error
    if not isinstance(document, dict):
        text = "The body must be a JSON object."
        raise _RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, text)
    return document
