"""What a list shows."""

from typing import NamedTuple

from leads.addresses import is_same_address
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
            and (self.email is None or is_same_address(lead.email, self.email))
        )


EVERYTHING = Filter()
