"""The stream of the leads table on the embedded engine, as a pipe reads it."""

from datetime import datetime
from typing import Any

from crm.tables import LEADS
from tests.infra.cloudformation import client
from tests.infra.events_workflow import Json, Said, announced

REGION = "us-east-1"


class Stream:
    """Reads on from where it was. The table must have no stream yet."""

    def __init__(self, url: str) -> None:
        table = client(url, "dynamodb", REGION).update_table(
            TableName=LEADS.name,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self._arn = table["TableDescription"]["LatestStreamArn"]
        self._streams = client(url, "dynamodbstreams", REGION)
        self._read: set[str] = set()

    def records(self) -> list[Json]:
        """Return the records since the last call, as EventBridge passes them on."""
        described = self._streams.describe_stream(StreamArn=self._arn)["StreamDescription"]
        found: list[dict[str, Any]] = []
        for shard in described["Shards"]:
            iterator = self._streams.get_shard_iterator(
                StreamArn=self._arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while iterator:
                page = self._streams.get_records(ShardIterator=iterator)
                found += page["Records"]
                iterator = page.get("NextShardIterator") if page["Records"] else None
        new = [one for one in found if one["dynamodb"]["SequenceNumber"] not in self._read]
        self._read |= {one["dynamodb"]["SequenceNumber"] for one in new}
        return [_passed_on(record) for record in new]

    def said(self) -> list[Said]:
        """Return what is announced of the records since the last call."""
        return announced(self.records())

    def briefly(self) -> list[tuple[str, str, str]]:
        """Return event, status and source of each announcement, in any order."""
        return sorted(one.brief for one in self.said())


def _passed_on(record: dict[str, Any]) -> Json:
    written = record["dynamodb"]["ApproximateCreationDateTime"]
    assert isinstance(written, datetime)
    seconds = {"ApproximateCreationDateTime": int(written.timestamp())}
    return {**record, "dynamodb": record["dynamodb"] | seconds}
