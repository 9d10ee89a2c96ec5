"""The demo's mailbox: the mails that were sent, as files, and answers as a visitor writes them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from pathlib import Path

from django.conf import settings

MOST = 50
_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]+\.log")
# What Django puts below each mail of a file.
_END = b"\n" + b"-" * 79 + b"\n"


@dataclass(frozen=True)
class SentMail:
    """A mail that was sent; ``name`` is that of its file."""

    name: str
    message: EmailMessage
    at: datetime

    @property
    def text(self) -> str:
        """What it says, in plain text."""
        body = self.message.get_body(("plain",))
        return str(body.get_content()) if body else ""

    @property
    def can_be_answered(self) -> bool:
        """Whether an answer finds its lead: it asks for answers elsewhere than its sender."""
        return "Reply-To" in self.message


def newest(folder: Path) -> list[SentMail]:
    """Return the mails of a folder, newest first."""
    if not folder.is_dir():
        return []
    names = sorted(one.name for one in folder.iterdir() if _NAME.fullmatch(one.name))
    return [mail for name in names[::-1][:MOST] for mail in _mails(folder, name)]


def find(folder: Path, name: str) -> SentMail | None:
    """Return the mail of a file."""
    known = _NAME.fullmatch(name) and (folder / name).is_file()
    return next(_mails(folder, name), None) if known else None


def answer(mail: SentMail, text: str) -> bytes:
    """Return the message with which a visitor answers a mail, as a mail server hands it on."""
    sent, reply = mail.message, EmailMessage(policy=policy.SMTP)
    visitor = parseaddr(str(sent["To"]))[1]
    message_id = str(sent["Message-ID"])
    reply["Authentication-Results"] = (
        f"{settings.INBOUND_AUTHSERV_ID}; dmarc=pass header.from={visitor.rpartition('@')[2]}"
    )
    reply["From"], reply["To"] = visitor, str(sent["Reply-To"])
    reply["Subject"] = f"Re: {sent['Subject']}"
    reply["Date"] = datetime.now(UTC)
    reply["Message-ID"] = make_msgid(domain=visitor.rpartition("@")[2])
    reply["In-Reply-To"] = reply["References"] = message_id
    quoted = "".join(f"> {line}\n" for line in mail.text.splitlines())
    reply.set_content(f"{text}\n\nOn {sent['Date']}, {sent['From']} wrote:\n{quoted}")
    return reply.as_bytes()


def _mails(folder: Path, name: str) -> Iterator[SentMail]:
    raw = (folder / name).read_bytes()
    at = datetime.fromtimestamp((folder / name).stat().st_mtime, UTC)
    for part in raw.split(_END):
        if part.strip():
            message = message_from_bytes(part.lstrip(b"\n"), policy=policy.default)
            yield SentMail(name, message, at)
