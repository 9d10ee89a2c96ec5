"""What a list shows."""

from typing import NamedTuple

from leads.models import Lead, Status


class Filter(NamedTuple):
    """What a list shows; timestamps bound when the lead came in, both ends included."""

    status: Status | None = None
    owner_id: str | None = None
    email: str | None = None
    since: str | None = None
    until: str | None = None

    def is_match(self, lead: Lead) -> bool:
        """Tell whether a lead, as it is now, has the status, owner and address."""
        return (
            self.status in {None, lead.status}
            and self.owner_id in {None, lead.owner_id}
            and self.email in {None, lead.email}
        )


EVERYTHING = Filter()
