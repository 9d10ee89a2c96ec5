"""Tables to keep up, and the truth about them straight from the store."""

import os
from collections.abc import Iterator
from io import StringIO

from django.core.management import call_command

from crm.dynamodb.items import Item
from crm.dynamodb.scan import scan
from crm.tables import LEADS, RECORDS
from leads.maintenance.token_sums import IS_TOKEN, TOKEN_PREFIXES
from leads.models import Lead
from leads.repository.tokens import token_items


class FakeTime:
    """A clock that only waiting moves on."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def run(command: str, *arguments: str) -> str:
    """Run a command and return what it says; raises ``CommandError``."""
    out = StringIO()
    # moto loses writes of other threads during a transaction.
    alone = [] if "AWS_ENDPOINT_URL_DYNAMODB" in os.environ else ["--segments", "1"]
    call_command(command, *alone, *arguments, stdout=out)
    return out.getvalue()


def leads() -> list[Lead]:
    """Return every lead."""
    return [Lead.from_item(item) for item in scan(LEADS, where="#leadId <> :x", values={"x": "-"})]


def tokens() -> list[Item]:
    """Return every search token."""
    return by_key(
        scan(
            RECORDS,
            where=IS_TOKEN,
            values=TOKEN_PREFIXES,
        )
    )


def expected_tokens() -> list[Item]:
    """Return the tokens that the leads of Leadbook must have."""
    return by_key(item for lead in leads() if lead.version for item in token_items(lead))


def by_key(items: Iterator[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (str(item["PK"]), str(item["SK"])))
