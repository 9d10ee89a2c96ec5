"""Remove what has expired, where the store does not do it by itself."""

from typing import override

from django.core.management.base import BaseCommand

from crm.accounts.sessions import SessionStore
from crm.cli import one_line_refusals
from crm.expiry import sweeping


class Command(BaseCommand):
    """Django's name for the task; all expired items go, not sessions alone."""

    help = (
        "Removes expired sessions, sign-in counters and other expired items. Amazon DynamoDB "
        "does this by itself; the embedded engine does not. It reads the table of expiring "
        "items whole (a Scan), so run it at a quiet hour, once a day at most."
    )

    @override
    def handle(self, **_options: object) -> None:
        with one_line_refusals():
            SessionStore.clear_expired()
            sweeping.send(type(self))
