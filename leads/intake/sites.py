"""Which sites may show a form, get answers in their pages, and be led back to.

All of it is decided by the newest definition of a form: by its origins, as browsers write them.
"""

import logging
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.csp import CSP, build_policy

from crm import metrics
from leads.campaigns import origin_of
from leads.definitions import Definition
from leads.held import refused_sites
from leads.web_addresses import origin

logger = logging.getLogger(__name__)
EMBED = "embed"
"""The parameter of the only pages that other sites may frame."""
# What browsers of before this header tell nothing of is taken for a frame.
_IN_PAGES = frozenset({"", "iframe", "frame", "embed", "object"})
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "content-type, idempotency-key",
    "Access-Control-Max-Age": "600",
}


def is_for_frames(request: HttpRequest, definition: Definition) -> bool:
    """Tell whether a form is asked for as a part of another page, and there may be one."""
    return EMBED in request.GET and bool(definition.origins)


def told_origin(request: HttpRequest) -> str:
    """Return the origin that a browser tells; "" for a program, and for a page of ours."""
    told = request.headers.get("Origin", "")
    return "" if told and _is_ours(request, told) else told


def refused_frame(request: HttpRequest, definition: Definition) -> str:
    """Return the origin of the page that frames a form and must not; "" for none.

    Who tells no ``Referer`` is refused by the browser itself.
    """
    if EMBED not in request.GET:
        return ""
    page = request.headers.get("Referer", "")
    if request.headers.get("Sec-Fetch-Dest", "") not in _IN_PAGES or _is_ours(request, page):
        return ""
    found = _plain_origin(page)
    if found in definition.origins:
        return ""
    note_refused(request, definition, page)
    return found


def refused_frame_page(definition: Definition, site: str) -> HttpResponse:
    """Say on a page that may not frame a form what to do about it: no form, no data.

    Everybody may frame it, since there is nothing in it to click.
    """
    context = {"definition": Definition(language=definition.language), "site": site}
    page = render_to_string("intake/refused.html", {**context, "is_framed": True})
    return _guarded(
        HttpResponse(page, status=HTTPStatus.FORBIDDEN), {"frame-ancestors": ["*"]}, framed=True
    )


def guarded(response: HttpResponse, form: Definition, *, is_framed: bool) -> HttpResponse:
    """Say in the headers of a form's page who may frame it, and where its form may lead."""
    if is_framed:
        return _guarded(response, {"frame-ancestors": [*form.origins]}, framed=True)
    if form.thanks_url:
        # Browsers judge by it where a form leads in the end, too.
        return _guarded(response, {"form-action": [CSP.SELF, origin(form.thanks_url)]})
    return response


def leads_back(request: HttpRequest, definition: Definition) -> bool:
    """Tell whether who sent a message is led to the thank-you page of the company's site.

    A page that hides its origin, or has none of the form's, gets our own one.
    """
    told = request.headers.get("Origin", "")
    if not definition.origins:
        return True
    return told in definition.origins or _is_ours(request, told)


def answer_to_site(
    request: HttpRequest, response: HttpResponse, definition: Definition
) -> HttpResponse:
    """Let the page of a site read an answer, if the form is shown there; never with cookies."""
    told = told_origin(request)
    if told in definition.origins:
        response["Access-Control-Allow-Origin"] = told
        response["Access-Control-Expose-Headers"] = "Retry-After"
    return response


def preflight(request: HttpRequest, definition: Definition) -> HttpResponse:
    """Answer the question of a browser whether the page of a site may post: 204 or 403."""
    if not allows(request, definition):
        note_refused(request, definition, told_origin(request))
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    response = HttpResponse(status=HTTPStatus.NO_CONTENT, headers=_PREFLIGHT)
    return answer_to_site(request, response, definition)


def allows(request: HttpRequest, definition: Definition) -> bool:
    """Tell whether a request may come from where it comes: a program's, or a page's."""
    told = told_origin(request)
    return not told or not definition.origins or told in definition.origins


def note_refused(request: HttpRequest, definition: Definition, page: str) -> None:
    """Tell log, metrics and the page of a form which site was refused it; none that is hidden."""
    site = _plain_origin(page)
    if not site:
        return
    logger.warning("the form %s was refused to %s", definition.slug, site)
    metrics.note_refused_site(request)
    refused_sites.add(definition.slug, site)


def _guarded(
    response: HttpResponse, policy: dict[str, list[str]], *, framed: bool = False
) -> HttpResponse:
    response["Content-Security-Policy"] = build_policy({**settings.SECURE_CSP, **policy})
    if framed:
        response.xframe_options_exempt = True
    return response


def _is_ours(request: HttpRequest, address: str) -> bool:
    return bool(address) and origin_of(address) == origin_of(
        f"{request.scheme}://{request.get_host()}"
    )


def _plain_origin(address: str) -> str:
    """Return the origin of a page as browsers write it; "" for what is none."""
    readable = origin_of(address)
    try:
        return readable and origin(readable)
    except ValueError:
        return readable
