"""``manage.py create_tables``: make the tables, or say what differs."""

from typing import override

from django.core.management.base import BaseCommand, CommandParser

from crm.cli import refusal
from crm.dynamodb.creation import create_tables
from crm.dynamodb.errors import DynamoDBError
from crm.dynamodb.index_creation import add_indexes as add_missing
from crm.tables import TABLES


class Command(BaseCommand):
    """Create the tables that are missing; report, and leave alone, those that exist."""

    help = (
        "Makes the tables, or says what differs from the ones that exist; changes nothing of"
        " these but what --add-indexes asks for."
    )
    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options that make less, and more."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--dry-run", action="store_true", help="make nothing, only say")
        what.add_argument(
            "--add-indexes",
            action="store_true",
            help="add the indexes that existing tables lack, and wait until they are filled",
        )

    @override
    def handle(
        self, *, dry_run: bool = False, add_indexes: bool = False, **_options: object
    ) -> None:
        """Print a line for each finding; exit status 2 if DynamoDB refuses or is away."""
        try:
            if add_indexes:
                add_missing(TABLES, self._say)
            lines = create_tables(TABLES, is_dry_run=dry_run)
        except DynamoDBError as error:
            message = f"DynamoDB could not make the tables: {error}"
            raise refusal(message) from error
        for line in lines:
            self.stdout.write(line)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
