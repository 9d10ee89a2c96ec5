"""CloudWatch's side of the embedded metric format: what it takes out of a log line.

The rules are those of the page "Specification: Embedded metric format" of the Amazon
CloudWatch User Guide, with the limits of its JSON schema.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import time
from typing import override

from crm import logs, remember

UNITS = {"Milliseconds", "Count"}
DAY = 24 * 3600 * 1000


@dataclass(frozen=True)
class Metric:
    """A metric as CloudWatch knows it."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


class _Kept(logging.Handler):
    """Keeps the lines as they would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(logs.JsonFormatter())

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def written() -> Iterator[list[str]]:
    """Keep the log lines that can carry metrics."""
    remember.forget_all()
    kept = _Kept()
    loggers = [logging.getLogger(name) for name in ("crm.request", "crm.metrics")]
    for logger in loggers:
        logger.addHandler(kept)
    yield kept.lines
    for logger in loggers:
        logger.removeHandler(kept)
    remember.forget_all()


def extracted(line: str) -> dict[Metric, float]:
    """Return the values that a log line carries; fail where CloudWatch would refuse it."""
    assert "\n" not in line
    assert len(line.encode()) <= 256 * 1024
    root = json.loads(line)
    metadata = root["_aws"]
    assert set(metadata) == {"Timestamp", "CloudWatchMetrics"}
    assert type(metadata["Timestamp"]) is int
    assert abs(metadata["Timestamp"] - time() * 1000) < DAY
    found: dict[Metric, float] = {}
    for directive in metadata["CloudWatchMetrics"]:
        found |= _read(root, directive)
    return found


def _read(root: dict[str, object], directive: dict[str, object]) -> dict[Metric, float]:
    assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
    namespace, sets, metrics = (directive[key] for key in ("Namespace", "Dimensions", "Metrics"))
    assert isinstance(namespace, str)
    assert 1 <= len(namespace) <= 255
    assert not namespace.startswith("AWS/")
    assert isinstance(metrics, list)
    assert 1 <= len(metrics) <= 100
    assert isinstance(sets, list)
    assert sets
    found: dict[Metric, float] = {}
    for names in sets:
        assert len(names) <= 30
        dimensions = tuple((name, _dimension(root[name])) for name in sorted(names))
        for metric in metrics:
            assert set(metric) <= {"Name", "Unit", "StorageResolution"}
            assert 1 <= len(metric["Name"]) <= 255
            assert metric["Unit"] in UNITS
            value = root[metric["Name"]]
            assert type(value) in {int, float}
            found[Metric(namespace, metric["Name"], dimensions)] = value  # type: ignore[assignment]
    return found


def _dimension(value: object) -> str:
    assert isinstance(value, str)
    assert 1 <= len(value) <= 1024
    assert value.isascii()
    assert value.strip()
    assert not value.startswith(":")
    return value
