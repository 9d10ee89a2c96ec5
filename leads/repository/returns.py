"""Answers that came back: a report of a mail server names one, and it is marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm.dynamodb.calls import Write
from crm.outbox import store as outbox
from crm.outbox.models import State
from leads import keys
from leads.addresses import normal_form
from leads.entries import Entry
from leads.repository.conversation import newest_entries

# A mail comes back within days.
_LOOKED_AT = 50


@dataclass(frozen=True)
class Returned:
    """What a report says came back: one of these entries, and why by the receiver's address.

    Addresses are in their normal form.
    """

    entry_ids: Sequence[str]
    reasons: Mapping[str, str]

    def writes(self, lead_id: str) -> list[Write]:
        """Return what marks the answer: one Query. Nothing unless it was sent to that receiver."""
        items = newest_entries(lead_id, _LOOKED_AT, consistent=True).items
        found = {entry.id: entry for entry in map(Entry.from_item, items) if self._is_of(entry)}
        entry = next((found[one] for one in self.entry_ids if one in found), None)
        if entry is None or entry.mail is None:
            return []
        key = keys.entry(lead_id, entry.at, entry.id)
        return [outbox.returning(key, self.reasons[normal_form(entry.mail.to)])]

    def _is_of(self, entry: Entry) -> bool:
        is_sent = bool(entry.delivery and entry.delivery.state is State.SENT)
        return is_sent and bool(entry.mail and normal_form(entry.mail.to) in self.reasons)
