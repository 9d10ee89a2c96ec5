"""A real mail server for a test, which takes mails, refuses them, or hangs up."""

from asyncio import Transport
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from logging import WARNING, getLogger

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import LazySettings

from crm.dynamodb.engine import free_port

type Behaviour = Callable[[SMTP, Envelope], str]
OK = "250 OK"


def take(_server: SMTP, _envelope: Envelope) -> str:
    """Take the mail."""
    return OK


def hang_up(server: SMTP, _envelope: Envelope) -> str:
    """Take the mail, and end the connection without an answer."""
    if isinstance(server.transport, Transport):
        server.transport.abort()
    return OK


def answer(text: str) -> Behaviour:
    """Return what answers a mail with a line."""
    return lambda _server, _envelope: text


class MailServer:
    """What a test sees of it: ``taken`` mails, whose ``behaviour`` comes in turn, then they are.

    ``raw`` has them as they came, ``refused`` the answers to receivers that it does not take.
    """

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.behaviour: list[Behaviour] = []
        self.refused: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        """Answer to a receiver."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(  # noqa: N802 -- aiosmtpd's
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Answer to a mail."""
        text = (self.behaviour.pop(0) if self.behaviour else take)(server, envelope)
        if text == OK:
            content = envelope.content
            raw = content if isinstance(content, bytes) else str(content).encode()
            self.raw.append(raw)
            self.taken.append(message_from_bytes(raw, policy=policy.default))
        return text


@pytest.fixture
def mail_server(settings: LazySettings) -> Iterator[MailServer]:
    """Serve mails on loopback, and send them there."""
    server = MailServer()
    getLogger("mail.log").setLevel(WARNING)
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": controller.port, "timeout": 5},
        }
    }
    yield server
    controller.stop()
