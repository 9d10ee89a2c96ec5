"""Senders, and what time it is for the limits of the intake."""

from datetime import datetime

import pytest

from leads.held import clock

STRANGER = "203.0.113.77"
NETWORK = "203.0.113.0/24"


def set_time(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Let it be ``moment`` until the test ends."""
    monkeypatch.setattr(clock, "now", lambda: moment)
