"""The demo's mailbox: the mails that were sent, as files, and answers as a visitor writes them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from pathlib import Path

from django.conf import settings

MOST = 50
_NAME = re.compile(r"[0-9]{19}\.eml")


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
    files = folder.iterdir() if folder.is_dir() else []
    names = sorted(one.name for one in files if _NAME.fullmatch(one.name))
    return [_mail(folder / name) for name in names[::-1][:MOST]]


def find(folder: Path, name: str) -> SentMail | None:
    """Return the mail of a file."""
    is_there = _NAME.fullmatch(name) and (folder / name).is_file()
    return _mail(folder / name) if is_there else None


def answer(mail: SentMail, text: str) -> bytes:
    """Return the message with which a visitor answers a mail, as a mail server hands it on."""
    sent, reply = mail.message, EmailMessage(policy=policy.SMTP)
    visitor = parseaddr(str(sent["To"]))[1]
    message_id = str(sent["Message-ID"])
    reply["Authentication-Results"] = (
        f"{settings.INBOUND_AUTHSERV_ID}; dmarc=pass header.from={visitor.rpartition('@')[2]}"
    )
    reply["From"], reply["To"] = visitor, str(sent["Reply-To"])
    subject = str(sent["Subject"])
    reply["Subject"] = subject if subject.casefold().startswith("re:") else f"Re: {subject}"
    reply["Date"] = datetime.now(UTC)
    reply["Message-ID"] = make_msgid(domain=visitor.rpartition("@")[2])
    reply["In-Reply-To"] = reply["References"] = message_id
    quoted = "".join(f"> {line}\n" for line in mail.text.splitlines())
    reply.set_content(f"{text}\n\nOn {sent['Date']}, {sent['From']} wrote:\n{quoted}")
    return reply.as_bytes()


def _mail(file: Path) -> SentMail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    return SentMail(file.name, message, datetime.fromtimestamp(int(file.stem) / 1e9, UTC))
