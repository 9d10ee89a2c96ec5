"""One attempt to hand a mail over, and what its outcome means."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.headerregistry import AddressHeader
from http.client import (
    BAD_GATEWAY,
    BAD_REQUEST,
    FORBIDDEN,
    GATEWAY_TIMEOUT,
    PAYMENT_REQUIRED,
    REQUEST_TIMEOUT,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
)
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from threading import BoundedSemaphore
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from crm import mail_services

PERMANENT = 500
MOST_TEXT = 500
# What a service refuses because of our account or its limits is mended there: the mail is fine.
NOT_OF_THE_MAIL = {
    UNAUTHORIZED,
    PAYMENT_REQUIRED,
    FORBIDDEN,
    REQUEST_TIMEOUT,
    TOO_MANY_REQUESTS,
}
# The same of Amazon SES, which says 400 to most.
NOT_OF_THE_MAIL_AT_AWS = {
    "AccountSuspendedException",
    "LimitExceededException",
    "MailFromDomainNotVerifiedException",
    "SendingPausedException",
    "Throttling",
    "ThrottlingException",
}
# Errors of anymail without a status, from before a request or from the answer to one.
FINAL = {
    "AnymailInvalidAddress",
    "AnymailRecipientsRefused",
    "AnymailSerializationError",
    "AnymailUnsupportedFeature",
}

PATIENCE = 25.0
"""Seconds: so long a server may take over each of its four answers to a mail.

It is by far more than a connection may take: whoever hangs up on a server that still looks
into a mail sends it twice. An attempt has to end within the lease.
"""

AT_ONCE = 4
"""Mails of a process on their way at once: a server that hangs leaves threads for other work."""
SOON = timedelta(seconds=5)
"""After which who found no slot looks again."""

logger = logging.getLogger(__name__)
_slots = BoundedSemaphore(AT_ONCE)


class Outcome(NamedTuple):
    """What became of an attempt: without a ``reason`` the mail was handed over.

    ``is_final`` tells that trying again is no use, ``is_doubtful`` that no answer came: the
    mail may have been taken. ``given_id`` is the id that a service put in place of ours.
    """

    reason: str = ""
    is_final: bool = False
    is_doubtful: bool = False
    given_id: str = ""


@contextmanager
def slot() -> Iterator[bool]:
    """Take one of the slots for mails while something is done; say whether one was free."""
    is_free = _slots.acquire(blocking=False)
    try:
        yield is_free
    finally:
        if is_free:
            _slots.release()


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
    try:
        mailer = mailers["default"]
        mailer.open()
    except Exception as error:  # noqa: BLE001 -- services raise what they like
        # Nothing was sent, and whatever is wrong may be mended: an option, a password, a network.
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
    return Outcome(given_id=_given_id(message))


def _have_patience(mailer: BaseEmailBackend) -> None:
    connection = mailer.connection if isinstance(mailer, EmailBackend) else None
    if connection and connection.sock:
        connection.sock.settimeout(PATIENCE)


def _given_id(message: EmailMessage) -> str:
    if not mail_services.gives_ids(settings.EMAIL_SERVICE):
        return ""
    found = getattr(getattr(message, "anymail_status", None), "message_id", None)
    return found if isinstance(found, str) else ""


def _refusal(code: int, answer: bytes | str) -> Outcome:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return Outcome(f"{code} {' '.join(text.split())}", is_final=code >= PERMANENT)


def _failure(error: Exception) -> Outcome:
    if hasattr(error, "status_code"):
        return _failure_of_service(error)
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        # An address or a header that no mail can have: nothing left the house, and nothing will.
        return Outcome(_text(error), is_final=True)
    if not isinstance(error, OSError | SMTPException):
        logger.error("a mail was not sent", exc_info=error)
    return Outcome(_text(error), is_doubtful=True)


def _failure_of_service(error: Exception) -> Outcome:
    """Understand an error of anymail, whose classes are not imported where none is used."""
    if FINAL & {one.__name__ for one in type(error).__mro__}:
        return Outcome(_text(error), is_final=True)
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return _refusal_of_aws(response)
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        # Nobody knows what became of it behind a gateway, or where the answer makes no sense.
        is_doubtful = status < BAD_REQUEST or status in {BAD_GATEWAY, GATEWAY_TIMEOUT}
        return Outcome(_words(error), is_final=_is_final(status), is_doubtful=is_doubtful)
    return Outcome(_text(error), is_doubtful=_may_have_arrived(error))


def _refusal_of_aws(response: dict[str, dict[str, object]]) -> Outcome:
    told, status = response["Error"], response["ResponseMetadata"]["HTTPStatusCode"]
    is_final = _is_final(int(str(status))) and told["Code"] not in NOT_OF_THE_MAIL_AT_AWS
    return Outcome(f"{told['Code']}: {told['Message']}"[:MOST_TEXT], is_final=is_final)


def _is_final(status: int) -> bool:
    return BAD_REQUEST <= status < PERMANENT and status not in NOT_OF_THE_MAIL


def _may_have_arrived(error: Exception) -> bool:
    """Tell whether a request went out whose answer is missing."""
    causes = [one for one in _causes(error) if isinstance(one, HTTPError)]
    return bool(causes) and not any(
        isinstance(one, ConnectTimeoutError | NewConnectionError) for one in causes
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {_words(error)}".rstrip(": ")[:MOST_TEXT]


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:MOST_TEXT]
