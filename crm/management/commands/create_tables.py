"""``manage.py create_tables``: make the tables, or say what differs."""

from typing import override

from django.core.management.base import BaseCommand, CommandParser

from crm.cli import refusal
from crm.dynamodb.creation import create_tables
from crm.dynamodb.errors import DynamoDBError
from crm.tables import TABLES


class Command(BaseCommand):
    """Create the tables that are missing; report, and leave alone, those that exist."""

    help = "Makes the tables, or says what differs from the ones that exist; changes nothing."
    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option that makes nothing."""
        parser.add_argument("--dry-run", action="store_true", help="make nothing, only say")

    @override
    def handle(self, *, dry_run: bool = False, **_options: object) -> None:
        """Print a line for each finding; exit status 2 if DynamoDB refuses or is away."""
        try:
            lines = create_tables(TABLES, is_dry_run=dry_run)
        except DynamoDBError as error:
            message = f"DynamoDB could not make the tables: {error}"
            raise refusal(message) from error
        for line in lines:
            self.stdout.write(line)
