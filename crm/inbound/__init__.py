"""Mail that comes in: any message becomes an :class:`Incoming`, and none raises.

Whatever stands in a message is a stranger's: each step looks at a bounded part of it, in time
that grows no faster than the message. docs/adr/0060 has the reasons.
"""

from crm.inbound.models import Attachment, Failure, Incoming, Kind, Mailbox
from crm.inbound.reading import read

__all__ = ["Attachment", "Failure", "Incoming", "Kind", "Mailbox", "read"]
