"""Fetching a lead for a view."""

from django.http import Http404

from leads import repository
from leads.models import Lead


def lead_or_404(lead_id: str) -> Lead:
    """Read a lead as it is now; raises ``Http404`` if there is none."""
    try:
        return repository.get(lead_id, consistent=True)
    except repository.LeadNotFoundError as error:
        raise Http404("There is no such lead.") from error
