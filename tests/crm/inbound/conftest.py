"""Mail that comes in is sent to an address of ours."""

import pytest
from pytest_django import Settings

from tests.crm.inbound.messages import US


@pytest.fixture(autouse=True)
def _inbound(settings: Settings) -> None:
    settings.INBOUND_ADDRESS = US
