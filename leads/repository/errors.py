"""What can be wrong with a request for a lead, beside DynamoDB's own errors."""

from leads.entries import Entry
from leads.models import Lead


class LeadNotFoundError(Exception):
    """There is no such lead, or no longer."""


class StaleLeadError(Exception):
    """Somebody changed the lead since it was read; ``lead`` is how it is now."""

    def __init__(self, lead: Lead) -> None:
        super().__init__(f"Lead {lead.lead_id} has changed.")
        self.lead = lead


class EntryNotFoundError(Exception):
    """There is no such entry in the conversation, or no longer."""


class EntryDeletedError(Exception):
    """Somebody deleted the entry; ``entry`` tells who."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(f"Entry {entry.id} was deleted.")
        self.entry = entry


class StaleEntryError(Exception):
    """The entry was edited since it was read; ``entry`` is how it is now."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(f"Entry {entry.id} has changed.")
        self.entry = entry


class SubmissionReusedError(Exception):
    """A submission id or Idempotency-Key came again with other contents."""


class ActNotFoundError(Exception):
    """There is no such act, or it was done more than thirty days ago."""
