"""Removing what has expired where the engine does not: acts, and talk about deleted leads."""

from crm.dynamodb.calls import delete
from crm.tables import RECORDS
from leads.models import EventType
from leads.repository import acts, conversation
from leads.repository.events import newest_events


def sweep() -> int:
    """Remove the acts that have expired, and return how many items they had.

    The conversation of a lead goes with the act that deleted it, if that was the last that
    happened to it. Costs what :func:`leads.repository.acts.expired` does, 1 RRU for each
    deletion, and 1 WRU for each KB removed.
    """
    swept = 0
    for write_id, item in acts.expired():
        # First, so that a sweep that is cut off finds the act again.
        for change in acts.changes_of(item):
            if change.after is None and _is_gone_since(write_id, change.lead_id):
                conversation.erase(change.lead_id)
        delete(RECORDS, RECORDS.key_of(item))
        swept += 1
    return swept


def _is_gone_since(write_id: str, lead_id: str) -> bool:
    newest = newest_events(lead_id, 1, consistent=True).items
    return any(
        event["type"] == EventType.DELETED and event.get("writeId") == write_id for event in newest
    )
