"""``manage.py receive_mail``: one message on standard input, from any mail server."""

import logging
import os
import sys
from typing import override

from django.core.management.base import BaseCommand, CommandError

from crm.cli import refusal
from crm.dynamodb.errors import DynamoDBError
from leads.receiving.receive import NoLeadError, receive

# What is longer is read to its end, and not kept: whoever writes it waits for that.
MAX_BYTES = 50 * 1024 * 1024
_PIECE = 1024 * 1024

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Says in one line what became of the message, and in its exit status what a server is to do.

    0: it is stored, or left alone. 67 (EX_NOUSER): it belongs to no lead. 75 (EX_TEMPFAIL):
    not now, bring it again. 2: there was no message.
    """

    help = "Reads one message from standard input and files it with its lead."
    requires_system_checks: list[str] = []

    @override
    def handle(self, *_args: object, **_options: object) -> None:
        raw = _message()
        try:
            outcome = receive(raw)
        except NoLeadError as error:
            raise CommandError(str(error), returncode=os.EX_NOUSER) from error
        except DynamoDBError as error:
            raise _later(error) from error
        except Exception as error:
            # Whatever is wrong here, no message may be lost by it.
            logger.exception("a message was not read")
            raise _later(error) from error
        lead = f" Lead {outcome.lead_id}." if outcome.lead_id else ""
        self.stdout.write(f"{outcome.what}{lead}")


def _message() -> bytes:
    if sys.stdin.isatty():
        raise refusal("receive_mail reads a message from standard input: pipe one into it.")
    raw = sys.stdin.buffer.read(MAX_BYTES)
    while sys.stdin.buffer.read(_PIECE):
        pass
    if not raw.strip():
        raise refusal("There was no message on standard input.")
    return raw


def _later(error: Exception) -> CommandError:
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return CommandError(f"Not stored, bring it again: {reason}", returncode=os.EX_TEMPFAIL)
