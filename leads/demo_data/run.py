"""Storing seeded leads: in chunks, once each, with the totals settled exactly.

A record for each seed says when its run began, who works, and how far it came:
``done`` leads are stored and counted, those up to ``writing`` may be stored but are not
counted. One transaction counts a chunk, moves ``done`` on and opens the next chunk, so
nothing is counted twice or left out, wherever a run is cut off.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import batched
from uuid import uuid4

from pydantic import TypeAdapter

from crm.accounts.models import User
from crm.dynamodb.batch import append, batch_write
from crm.dynamodb.calls import (
    Item,
    Update,
    batch_get,
    batch_put,
    get,
    put,
    set_expression,
    transact,
    update,
)
from crm.dynamodb.errors import ConditionFailedError, TransactionRefusedError
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.demo_data.history import TEAM, DemoLead, Run, seeded_lead
from leads.models import Actor, EventType, moment, timestamp
from leads.repository.counters import CountChange, count_changes, counter_updates, number
from leads.repository.events import newest_events

CHUNK = 1_000
MOST_WORKERS = 20
BATCH_GET = 100


class BusyError(Exception):
    """Another process seeds the same seed at this moment."""


@dataclass(frozen=True)
class Progress:
    """How far a seed has come: all below ``done`` is counted, below ``writing`` begun.

    ``writer`` names the process that writes.
    """

    run: Run
    done: int
    writing: int
    writer: str = ""


def seed_leads(seed: int, count: int) -> Iterator[int]:
    """Store those of the first ``count`` leads of a seed that are not there yet.

    Gives how many were there before, and then their number after each chunk. A chunk that
    was cut off is finished even beyond ``count``. Raises :class:`BusyError` and the errors
    of DynamoDB.
    """
    progress = _progress(seed)
    yield progress.done
    cut_off = progress.writing > progress.done
    if cut_off or progress.done < count:
        progress = _claim(progress, count)
    while progress.writing > progress.done:
        chunk = (seeded_lead(progress.run, n) for n in range(progress.done, progress.writing))
        counted = _store(chunk, careful=cut_off)
        progress = _settle(progress, counted, count)
        cut_off = False
        yield progress.done


def _store(chunk: Iterator[DemoLead], *, careful: bool) -> list[CountChange]:
    """Write leads and events, and return what is to be counted.

    Events and tokens go first, so no lead is ever seen without its past. ``careful`` leaves
    leads alone that an earlier attempt stored: people may have changed or deleted them
    since, and counted their changes on top of what is settled now.
    """
    counted: list[CountChange] = []
    for part in batched(chunk, CHUNK):
        counted += [one.writes.derived.count for one in part]
        left = _without_stored(part) if careful else part
        append(event for one in left for event in one.writes.events)
        batch_write(write for one in left for write in one.writes.derived.beside)
        batch_put(LEADS, (one.writes.lead.item for one in left))
    return counted


def _without_stored(chunk: tuple[DemoLead, ...]) -> list[DemoLead]:
    """Leave out the leads that are stored, or were and have been deleted."""
    stored: set[object] = set()
    for part in batched(chunk, BATCH_GET):
        wanted = [keys.lead(one.lead.lead_id) for one in part]
        stored |= {item["leadId"] for item in batch_get(LEADS, wanted, consistent=True)}
    missing = [one for one in chunk if one.lead.lead_id not in stored]
    return [one for one in missing if not _was_deleted(one.lead.lead_id)]


def _was_deleted(lead_id: str) -> bool:
    page = newest_events(lead_id, 1, consistent=True)
    return any(item["type"] == EventType.DELETED for item in page.items)


def _settle(progress: Progress, counted: list[CountChange], count: int) -> Progress:
    end = progress.writing
    after = replace(progress, done=end, writing=max(end, min(end + CHUNK, count)))
    written: Item = {"done": end, "writing": after.writing}
    record = Update(
        table=RECORDS,
        key=keys.seed_run(progress.run.seed),
        change=set_expression(written),
        condition="#done = :start AND #writer = :writer",
        values=written | {"start": progress.done, "writer": progress.writer},
    )
    writes = counter_updates(count_changes(counted))
    token = f"{progress.writer} {progress.done}"
    try:
        transact([*writes, record], token)
    except TransactionRefusedError as refusal:
        stored = refusal.failed.get(len(writes))
        # A retry after a lost answer finds its own first attempt.
        if stored is None or (stored.get("writer"), stored.get("done")) != (after.writer, end):
            raise BusyError from refusal
    return after


def _progress(seed: int) -> Progress:
    item = get(RECORDS, keys.seed_run(seed), consistent=True)
    if item is None:
        item = _first(seed)
        try:
            put(RECORDS, item, condition="attribute_not_exists(#PK)")
        except ConditionFailedError as error:
            raise BusyError from error
    at = moment(str(item["startedAt"])) or datetime.now(UTC)
    team = TypeAdapter(list[Actor]).validate_python(item["team"])
    run = Run(seed, at, team or TEAM)
    return Progress(run, number(item["done"]), number(item["writing"]))


def _first(seed: int) -> Item:
    """Return the record of a run that begins now, with the accounts that work leads now."""
    workers = sorted(
        (user for user in User.objects.everyone() if user.is_active and user.can_work),
        key=lambda user: user.id,
    )
    return {
        **keys.seed_run(seed),
        "startedAt": timestamp(datetime.now(UTC)),
        "team": [
            {"id": user.id, "name": user.name or user.email} for user in workers[:MOST_WORKERS]
        ],
        "done": 0,
        "writing": 0,
    }


def _claim(progress: Progress, count: int) -> Progress:
    """Open the next chunk, or take over one that was cut off."""
    opened = min(progress.done + CHUNK, count)
    claimed = replace(progress, writing=max(progress.writing, opened), writer=uuid4().hex)
    written: Item = {"writing": claimed.writing, "writer": claimed.writer}
    try:
        update(
            RECORDS,
            keys.seed_run(progress.run.seed),
            set_expression(written),
            values=written | {"wasDone": progress.done, "wasWriting": progress.writing},
            condition="#done = :wasDone AND #writing = :wasWriting",
        )
    except ConditionFailedError as error:
        # A retry after a lost answer finds its own first attempt.
        if error.item is None or error.item.get("writer") != claimed.writer:
            raise BusyError from error
    return claimed
