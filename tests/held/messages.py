"""Held messages to decide on."""

from datetime import UTC, datetime

from crm.remember import forget_all
from leads.held import store
from leads.held.models import HeldMessage, Reason
from leads.models import timestamp
from tests import make
from tests.make import act
from tests.plugins.parts import aside

NETWORK = "203.0.113.0/24"
OTHER_NETWORK = "198.51.100.0/24"
ADDRESSES = {NETWORK: "203.0.113.7", OTHER_NETWORK: "198.51.100.7", "unknown": ""}


@aside()
def hold(
    name: str = "Ada Li",
    *,
    network: str = NETWORK,
    submission: str = "",
    reason: Reason = Reason.NETWORK,
    **given: str,
) -> str:
    """Hold a message as the contact form does, later than any before; return its id."""
    before = timestamp(datetime.now(UTC))
    while timestamp(datetime.now(UTC)) == before:
        pass  # Messages of one millisecond stand in any order.
    intake = store.hold(
        make.fields(name=name, **given),
        submission=submission or act(),
        source="contact-form",
        address=ADDRESSES[network],
        reason=reason,
    )
    forget_all()
    return intake.lead_id


def current(lead_id: str) -> HeldMessage:
    """Read a message as it is now."""
    return store.get(lead_id)
