"""Whole tables as files that DynamoDB's import from S3 takes: gzipped DynamoDB JSON.

``DIRECTORY/<table>/data/*.json.gz`` hold an item a line, ``{"Item": {"leadId": {"S": …}}}``,
which is also what DynamoDB's own export writes. Every attribute is as it is on the wire,
whoever wrote it.
"""

import gzip
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import chain
from pathlib import Path
from threading import Event

import orjson

from crm.dynamodb.creation import table_request
from crm.dynamodb.items import Value, WireItem, wire
from crm.dynamodb.scan import wire_pages
from crm.dynamodb.schema import Table

# One file each: an import from S3 reads many at once, and takes 50,000 at most.
SEGMENTS = 8
THREADS = 4
TICK = 0.25  # seconds
_IMPORT_TAKES = {
    "TableName",
    "BillingMode",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
}


def export_tables(directory: Path, tables: Sequence[Table]) -> Iterator[int]:
    """Write tables into a directory, and yield the number of items written, again and again.

    The tables are read by parallel scans: 0.5 RRU for each 4 KB. An item that changes
    meanwhile is as it was before or after. ``schema.json`` describes the tables, and
    ``<table>/table.json`` each one in the words of ``--table-creation-parameters``.
    """
    requests = [table_request(table) for table in tables]
    described = [{"Table": request} for request in requests]
    (directory / "schema.json").write_bytes(orjson.dumps(described))
    done = 0
    for table, request in zip(tables, requests, strict=True):
        data = directory / table.name / "data"
        data.mkdir(parents=True)
        wanted = {name: value for name, value in request.items() if name in _IMPORT_TAKES}
        (data.parent / "table.json").write_bytes(orjson.dumps(wanted))
        number = 0
        for number in _export(table, data):
            yield done + number
        done += number


def line(item: Mapping[str, Value]) -> bytes:
    """Return the line of an item in plain Python values."""
    return wire_line(wire(item))


def wire_line(item: WireItem) -> bytes:
    """Return the line of an item as it is on the wire, its end included."""
    return orjson.dumps({"Item": item}, _binary, orjson.OPT_APPEND_NEWLINE)


def _export(table: Table, data: Path) -> Iterator[int]:
    """Write all segments at once; ends with the number of all items."""
    stopped = Event()
    written = [0] * SEGMENTS

    def write(segment: int) -> None:
        found = (page for page in wire_pages(table, segment=segment, segments=SEGMENTS) if page)
        first = next(found, None)
        if first is None:
            return  # no file that holds nothing
        with gzip.open(data / f"{segment:04}.json.gz", "wb", compresslevel=6) as file:
            for page in chain([first], found):
                if stopped.is_set():
                    return
                file.write(b"".join(map(wire_line, page)))
                written[segment] += len(page)

    with ThreadPoolExecutor(THREADS) as pool:
        running = {pool.submit(write, segment) for segment in range(SEGMENTS)}
        try:
            while running:
                done, running = wait(running, timeout=TICK)
                for future in done:
                    future.result()
                yield sum(written)
        finally:
            stopped.set()


def _binary(value: object) -> str:
    """Write what boto3 left as bytes; the parser of our own client leaves base64 alone."""
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode()
    raise TypeError
