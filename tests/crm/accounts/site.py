"""The addresses of a small site around the accounts."""

from django.contrib.auth.decorators import login_not_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role

PERMS = "{{ perms.accounts.sales }} {{ perms.accounts.admin }} {{ perms.leads.sales }}"


def page(request: HttpRequest) -> HttpResponse:
    """Answer who is signed in."""
    return HttpResponse(str(request.user))


@login_not_required
def public(_request: HttpRequest) -> HttpResponse:
    """Answer anybody."""
    return HttpResponse("public")


@require_role(Role.VIEWER)
def for_viewers(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Answer everybody who is signed in."""
    return HttpResponse(request.user.name)


@require_role(Role.SALES)
def for_sales(request: AuthenticatedHttpRequest, lead: str) -> HttpResponse:
    """Answer those who work leads."""
    return HttpResponse(f"{request.user.name} {lead}")


@require_role(Role.ADMIN)
def for_admins(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Answer admins."""
    return HttpResponse(request.user.name)


@login_not_required
@require_role(Role.VIEWER)
def decorated(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Rely on the decorator alone."""
    return HttpResponse(request.user.name)


@permission_required("accounts.sales", raise_exception=True)
def permitted(_request: HttpRequest) -> HttpResponse:
    """Answer those with a permission."""
    return HttpResponse("permitted")


def perms(request: HttpRequest) -> HttpResponse:
    """Show permissions as templates see them."""
    return HttpResponse(engines["django"].from_string(PERMS).render({}, request))


@csrf_exempt
def posted(_request: HttpRequest) -> HttpResponse:
    """Answer a form post."""
    return HttpResponse("posted")


urlpatterns = [
    path("accounts/", include("crm.accounts.urls")),
    path("board/", page, name="board"),
    path("leads/", page, name="lead_list"),
    path("leads/search/", page, name="lead_search"),
    path("held/", page, name="held_list"),
    path("changes/", page, name="change_list"),
    path("settings/", page, name="desk_settings"),
    path("forms/", page, name="form_list"),
    path("settings/templates/", page, name="template_list"),
    path("ops/", include("crm.jobs.urls")),
    path("public/", public),
    path("viewers/", for_viewers),
    path("sales/<lead>/", for_sales),
    path("admins/", for_admins),
    path("decorated/", decorated),
    path("permitted/", permitted),
    path("perms/", perms),
    path("posted/", posted),
]
handler403 = "crm.error_pages.forbidden"
handler404 = "crm.error_pages.not_found"
