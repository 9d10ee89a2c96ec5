"""Amazon's own DynamoDB Local as the engine of a test run: ``make test-engines``.

``IS_CHOSEN`` tells whether it is; the variable DYNAMODB_LOCAL_JAR then names its jar.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import override

import pytest

from crm.dynamodb.engine import Engine

IS_CHOSEN = bool(os.environ.get("DYNAMODB_LOCAL_JAR"))
UNITS = 0 if IS_CHOSEN else 1
"""What a unit counts for: it counts none."""


class DynamoDBLocal(Engine):
    """DynamoDB Local in memory; it listens on all interfaces and cannot be told otherwise."""

    start_seconds = 60.0

    @override
    def _command(self) -> list[str | Path]:
        jar = Path(os.environ["DYNAMODB_LOCAL_JAR"])
        libraries = f"-Djava.library.path={jar.parent / 'DynamoDBLocal_lib'}"
        options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(self.port)]
        return ["java", libraries, "-jar", jar, *options]


@contextmanager
def running() -> Iterator[Engine]:
    """Start it, and count no units: budgets hold, sets and states are what is compared.

    It doubles the writes of an index, and reports two units for any number of records.
    """
    with pytest.MonkeyPatch.context() as patch, DynamoDBLocal() as engine:
        patch.setattr("crm.dynamodb.client._units", lambda _consumed: 0.0)
        # On a busy machine it takes longer than Amazon's may.
        patch.setattr("crm.dynamodb.transport.READ_SECONDS", 20)
        yield engine
