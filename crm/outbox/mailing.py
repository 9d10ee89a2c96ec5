"""One attempt to hand a mail over, and what its outcome means."""

import logging
from email.headerregistry import AddressHeader
from http.client import BAD_REQUEST, TOO_MANY_REQUESTS
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

PERMANENT = 500
PATIENCE = 25.0
"""Seconds: so long a server may take over each of its four answers to a mail.

It is by far more than a connection may take: whoever hangs up on a server that still looks
into a mail sends it twice. An attempt has to end within the lease.
"""

logger = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """What became of an attempt: without a ``reason`` the mail was handed over.

    ``is_final`` tells that trying again is no use, ``is_doubtful`` that no answer came: the
    mail may have been taken.
    """

    reason: str = ""
    is_final: bool = False
    is_doubtful: bool = False


def can_send() -> bool:
    """Tell whether there is anything to send mails with."""
    return "default" in settings.MAILERS


def can_reach(address: str) -> bool:
    """Tell whether mail servers take an address: letters beyond ASCII before its @ they do not."""
    local_part = address.rpartition("@")[0]
    # Two dots in a row, or one at the end, want quotes, in which hardly a server knows them.
    return local_part.isascii() and not AddressHeader.value_parser(address).all_defects


def send(message: EmailMessage) -> Outcome:
    """Try to hand a mail over. Raises nothing that a mail server can be the cause of."""
    mailer = mailers["default"]
    try:
        mailer.open()
    except (OSError, SMTPException) as error:
        # Nothing was sent, and whatever is wrong may be mended: a password, a name, a network.
        return Outcome(_text(error))
    try:
        _have_patience(mailer)
        mailer.send_messages([message])
    except SMTPRecipientsRefused as error:
        return _refusal(*next(iter(error.recipients.values())))
    except SMTPResponseException as error:
        return _refusal(error.smtp_code, error.smtp_error)
    except Exception as error:  # noqa: BLE001 -- services raise what they like
        return _failure(error)
    finally:
        mailer.close()
    return Outcome()


def _have_patience(mailer: BaseEmailBackend) -> None:
    connection = mailer.connection if isinstance(mailer, EmailBackend) else None
    if connection and connection.sock:
        connection.sock.settimeout(PATIENCE)


def _refusal(code: int, answer: bytes | str) -> Outcome:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return Outcome(f"{code} {' '.join(text.split())}", is_final=code >= PERMANENT)


def _failure(error: Exception) -> Outcome:
    # Services have errors of their own; those of a request that they refused have a status.
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        is_refused = BAD_REQUEST <= status < PERMANENT and status != TOO_MANY_REQUESTS
        return Outcome(_text(error), is_final=is_refused)
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        # An address or a header that no mail can have: nothing left the house, and nothing will.
        return Outcome(_text(error), is_final=True)
    if not isinstance(error, OSError | SMTPException):
        logger.error("a mail was not sent", exc_info=error)
    return Outcome(_text(error), is_doubtful=True)


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
