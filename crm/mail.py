"""Mail: sent beside the answer that it follows from, and printed while developing."""

import logging
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from smtplib import SMTPException
from time import time_ns
from typing import Any, override

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend

logger = logging.getLogger(__name__)
# Threads that begin with the first mail, and end with the process once all mails are out.
_pool = ThreadPoolExecutor(2, "mail")


def send_beside(message: EmailMessage) -> None:
    """Send a mail while the answer goes out: its time and its failure tell the visitor nothing."""
    _pool.submit(copy_context().run, _send, message)


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception as error:
        # Services have errors of their own, of which each has a status, known or not.
        if not (isinstance(error, OSError | SMTPException) or hasattr(error, "status_code")):
            logger.exception("A mail was not sent.")
            return
        # Not the text of the error: a server's refusal names the receiver.
        codes = (getattr(error, name, None) for name in ("smtp_code", "status_code", "errno"))
        code = next(filter(None, codes), "")
        logger.error("A mail was not sent: %s %s", type(error).__name__, code)  # noqa: TRY400


class PlainConsoleBackend(EmailBackend):
    """Print each mail as its reader sees it.

    Django's own prints it as it travels, with long links broken by ``=`` into lines.
    """

    @override
    def write_message(self, message: EmailMessage) -> None:
        receivers = ", ".join(message.recipients())
        self.stream.write(f"Mail to {receivers}: {message.subject}\n\n{message.body}\n")


class MailboxBackend(PlainConsoleBackend):
    """Keep each mail in a file of a ``folder``, for the demo's mailbox, and print it."""

    def __init__(self, *, folder: Path, **options: Any) -> None:  # noqa: ANN401 -- Django's
        super().__init__(**options)
        self._folder = folder

    @override
    def write_message(self, message: EmailMessage) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{time_ns()}.eml"
        file.write_bytes(message.message().as_bytes())
        super().write_message(message)
