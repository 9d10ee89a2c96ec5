"""What is known of a message that came in."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

MAX_TEXT = 30_000
MAX_QUOTED = 10_000
MAX_ATTACHMENTS = 50
MAX_LINE = 300


class Kind(StrEnum):
    """Who speaks in a message: a person, or a program for one."""

    ORDINARY = "ordinary"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    BULK = "bulk"
    LOOP = "loop"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Mailbox(_Frozen):
    """An address as it stands in a header, and the name beside it; both may be empty."""

    address: str = ""
    name: str = ""


class Attachment(_Frozen):
    """What came with a message: its name, its type, and about how many bytes it has."""

    name: str
    content_type: str
    size: int


class Failure(_Frozen):
    """Whom a mail server could not bring a mail to, by all addresses it names, and why."""

    addresses: tuple[str, ...]
    reason: str = ""


class Incoming(_Frozen):
    """A message as people read it.

    ``references`` are the ids of the messages that it answers, the nearest first; of a bounce,
    those of what came back come before them, and ``failures`` tell what became of it. ``text`` is
    plain and ends before what is ``quoted``; ``is_cut`` tells that one of them was longer.
    ``is_verified`` tells that our own server vouches for the sender's address. ``digest`` names
    the message by its content.
    """

    sender: Mailbox
    receivers: tuple[str, ...]
    subject: str
    sent: datetime | None
    message_id: str
    references: tuple[str, ...]
    text: str
    quoted: str
    is_cut: bool
    attachments: tuple[Attachment, ...]
    kind: Kind
    is_verified: bool
    digest: str
    failures: tuple[Failure, ...] = ()
