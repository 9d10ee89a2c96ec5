"""The floor: a page's DynamoDB requests alone, sent by boto3 as it comes.

No parser of ours, no models, no templates, no HTTP server: what is left is what any
program in Python would spend on these requests.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import boto3
from types_boto3_dynamodb import DynamoDBClient

type Request = tuple[str, dict[str, object]]
type Plan = list[list[Request]]
"""Steps one after another; the requests of a step go out at once."""

THREADS = 8
_READS = {"batch_get_item", "get_item", "query"}


@dataclass(frozen=True)
class Cost:
    """What was consumed: requests to DynamoDB, read and write request units."""

    requests: int = 0
    rru: float = 0.0
    wru: float = 0.0


def bare_client(url: str) -> DynamoDBClient:
    """Make a client as boto3 makes it by default."""
    return boto3.client("dynamodb", endpoint_url=url)


class Bare:
    """boto3 and a pool of threads, nothing else."""

    def __init__(self, url: str, threads: int = THREADS) -> None:
        self._client = bare_client(url)
        self._pool = ThreadPoolExecutor(threads)

    def run(self, plan: Plan) -> Cost:
        """Send the requests of a plan and return what they consumed."""
        parts = [cost for step in plan for cost in self._concurrent_requests(step)]
        return Cost(len(parts), sum(cost.rru for cost in parts), sum(cost.wru for cost in parts))

    def close(self) -> None:
        """End the threads and close the connections."""
        self._pool.shutdown()
        self._client.close()

    def _concurrent_requests(self, requests: list[Request]) -> list[Cost]:
        *others, last = requests
        waiting = [self._pool.submit(self._send, request) for request in others]
        final = self._send(last)
        return [*(future.result() for future in waiting), final]

    def _send(self, request: Request) -> Cost:
        operation, parameters = request
        answer = getattr(self._client, operation)(**parameters)
        units = _units(answer["ConsumedCapacity"])
        is_read = operation in _READS
        return Cost(1, units if is_read else 0.0, 0.0 if is_read else units)


def _units(consumed: object) -> float:
    if isinstance(consumed, dict):
        return float(consumed["CapacityUnits"])
    return sum(map(_units, consumed)) if isinstance(consumed, Iterable) else 0.0
