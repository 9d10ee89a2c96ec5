"""Fetching a lead for a view, and where to go afterwards."""

from django.http import Http404, HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from leads import repository
from leads.models import Lead


def lead_or_404(lead_id: str) -> Lead:
    """Read a lead as it is now; raises ``Http404`` if there is none."""
    try:
        return repository.get(lead_id, consistent=True)
    except repository.LeadNotFoundError as error:
        raise Http404("There is no such lead.") from error


def next_address(request: HttpRequest, default: str) -> str:
    """Give the address in the form's ``next`` if it is one of this site, else ``default``."""
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else default
