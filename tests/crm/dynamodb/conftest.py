from collections.abc import Iterator

import pytest

from crm.dynamodb import batch, calls, client, transaction
from tests.crm.dynamodb.wire import Wire


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nothing waits before its next attempt; returns the pauses that there would have been."""
    taken: list[float] = []
    for module in (batch, calls, transaction):
        monkeypatch.setattr(module, "sleep", taken.append)
    return taken


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> Iterator[Wire]:
    """A client whose answers are scripted; what is not goes on to the engine, if any."""
    monkeypatch.setattr("crm.dynamodb.transport.sleep", pauses.append)
    client.reset()
    yield Wire(client.client())
    client.reset()
