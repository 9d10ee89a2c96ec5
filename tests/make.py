"""Leads as tests need them."""

from crm.dynamodb.items import Item
from leads.models import LeadFields, Status
from leads.repository.changes import lead_item
from leads.repository.intake import new_lead


def lead_item_of(  # noqa: PLR0913 -- the parts of a new lead
    lead_id: str,
    fields: LeadFields,
    *,
    source: str,
    status: Status,
    owner_id: str | None,
    at: str,
) -> Item:
    """Return the item of a new lead."""
    made = new_lead(lead_id, fields, source=source, status=status, owner_id=owner_id, at=at)
    return lead_item(made)
