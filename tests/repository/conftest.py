"""What tests of the repository share."""

from collections.abc import Iterator

import pytest

from crm.dynamodb import client
from crm.dynamodb.engine import Engine
from tests.repository.proxy import Proxy


@pytest.fixture
def proxy(tables: None, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Yield the tables, behind an unreliable network."""
    monkeypatch.setattr("crm.dynamodb.transport.sleep", lambda _: None)
    with Proxy(engine.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", proxy.url)
        client.reset()
        yield proxy
        client.client().close()
    client.reset()
