"""What a company's forms look like: its logo and its accent, each under its own hash."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from leads.brand import accents
from leads.repository.looks import known_accent, known_logo

YEAR = 365 * 24 * 3600


@login_not_required
@csrf_exempt
@require_safe
@cache_control(public=True, max_age=YEAR, immutable=True)
@csp_override({"default-src": ["'none'"], "sandbox": [""]})
def logo(request: HttpRequest, logo: str) -> HttpResponse:
    """Answer with a logo, whose address never shows another one."""
    del request
    found = known_logo(logo)
    if found is None:
        raise Http404("There is no such logo.")
    return HttpResponse(found.data, content_type=found.content_type)


@login_not_required
@csrf_exempt
@require_safe
@cache_control(public=True, max_age=YEAR, immutable=True)
def style_sheet(request: HttpRequest, sheet: str) -> HttpResponse:
    """Answer with the style sheet of an accent, whose address never shows another one."""
    del request
    accent = known_accent(sheet)
    if accent is None:
        raise Http404("There is no such style sheet.")
    return HttpResponse(accents.style_sheet(accent), content_type="text/css; charset=utf-8")
