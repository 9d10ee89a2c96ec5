"""The DynamoDB requests of each page, written out as boto3 takes them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from benchmarks.floor import Request
from crm.accounts import keys as account_keys
from crm.dynamodb.items import Key, Value, names, wire, wire_values
from crm.dynamodb.long_texts import packed
from crm.dynamodb.schema import Table
from crm.tables import (
    AGENDA_INDEX,
    BOARD_INDEX,
    EPHEMERAL,
    HELD,
    LEADS,
    RECORDS,
    STATUS_INDEX,
)
from leads import keys
from leads.attribution import FIRST_FORM
from leads.dues import end_of_day
from leads.held import clock
from leads.models import Lead, Status, preview_of, timestamp
from leads.repository.agenda_items import agenda_item
from leads.repository.search_terms import beginning
from leads.repository.tokens import token_items
from leads.web.agenda import last_day

TOTAL = {"ReturnConsumedCapacity": "TOTAL"}


def lead(lead_id: str) -> Request:
    """Read a lead as it is now."""
    return _get(LEADS, keys.lead(lead_id), consistent=True)


def signed_in(session_key: str, user_id: str) -> list[list[Request]]:
    """Read the session, and then the user."""
    session = _get(EPHEMERAL, account_keys.session(session_key))
    return [[session], [_get(RECORDS, account_keys.user(user_id), consistent=True)]]


def column(status: Status, start: Key | None = None) -> Request:
    """Read the newest 25 leads of a status, or the next after ``start``."""
    condition = "#status = :status"
    parameters = _query(LEADS, condition, {"status": status.value}) | {
        "IndexName": STATUS_INDEX.name,
        "ScanIndexForward": False,
        "Limit": 25,
    }
    return "query", parameters | ({"ExclusiveStartKey": wire(start)} if start else {})


def owners_column(owner_id: str, status: Status) -> Request:
    """Read the newest 25 leads of an owner in a stage."""
    key = keys.board(owner_id, status)
    return "query", _query(LEADS, "#boardKey = :key", {"key": key}) | {
        "IndexName": BOARD_INDEX.name,
        "ScanIndexForward": False,
        "Limit": 25,
    }


def counters(*, consistent: bool = False) -> Request:
    """Read the sixteen counters."""
    return "query", _query(RECORDS, "#PK = :pk", {"pk": keys.COUNTERS}) | {
        "ConsistentRead": consistent
    }


def timeline(lead_id: str) -> Request:
    """Read a lead's timeline."""
    values = {"pk": keys.timeline(lead_id), "events": keys.EVENT_PREFIX}
    return "query", _query(RECORDS, "#PK = :pk AND begins_with(#SK, :events)", values) | {
        "ScanIndexForward": False,
        "Limit": 50,
    }


def lead_and_history(lead_id: str) -> list[Request]:
    """Read a lead, its timeline and its conversation."""
    return [timeline(lead_id), _conversation(lead_id), lead(lead_id)]


def _conversation(lead_id: str) -> Request:
    """Read what people wrote about a lead."""
    query = _query(RECORDS, "#PK = :pk", {"pk": keys.conversation(lead_id)})
    return "query", query | {"ScanIndexForward": False, "Limit": 50}


def acts() -> Request:
    """Read the newest 20 acts of today."""
    today = timestamp(datetime.now(UTC))[:10]
    query = _query(RECORDS, "#PK = :pk", {"pk": keys.acts_of(today)})
    return "query", query | {"ScanIndexForward": False, "Limit": 20}


def agenda(person_id: str) -> Request:
    """Read the first 50 leads that are due to somebody."""
    values = {"agenda": keys.agenda(person_id), "until": end_of_day(last_day())}
    query = _query(RECORDS, "#agendaKey = :agenda AND #dueAt < :until", values)
    return "query", query | {"IndexName": AGENDA_INDEX.name, "Limit": 50}


def change(before: Lead, after: Lead, kind: str) -> Request:
    """Write a change of a lead: lead, event, act, counters and what is due."""
    now, act = timestamp(datetime.now(UTC)), uuid4().hex
    return _transaction(_change(before, after, kind, now=now, act=act, line={}))


def reply(before: Lead, after: Lead, text: str) -> Request:
    """Write an answer by mail: what it changes of the lead, and its entry, which is due."""
    moment, act = datetime.now(UTC), uuid4().hex
    now, due = timestamp(moment), timestamp(moment + timedelta(seconds=10))
    entry = _event(before.lead_id, now, act, 1) | keys.entry(before.lead_id, now, act)
    mail: dict[str, Value] = {
        "to": before.email,
        "subject": "Re: A question about the difference",
        "sender": "benchmark@example.com",
        "senderName": "Bench Mark",
        "messageId": f"<{before.lead_id}.{act}@example.com>",
    }
    letter: dict[str, Value] = {
        "outState": "waiting",
        "outAt": due,
        "outTries": 0,
        "outChannel": "reply",
        "outReceiver": before.email,
        "ownerId": "JOBS",
        "dueAt": due,
    }
    said: dict[str, Value] = {"kind": "reply", "text": packed(text), "mail": mail, "updatedAt": now}
    line: dict[str, Value] = {
        "note": text[:100],
        "noteAt": now,
        "noteBy": act,
        "noteKey": entry["SK"],
    }
    writes = [
        *_change(before, after, "replied", now=now, act=act, line=line),
        _put(RECORDS, entry | said | letter),
    ]
    return _transaction(writes)


def _change(  # noqa: PLR0913 -- the parts of a change
    before: Lead, after: Lead, kind: str, *, now: str, act: str, line: dict[str, Value]
) -> list[dict[str, object]]:
    changed: dict[str, Value] = {"ownerId": after.owner_id or "-"}
    if before.status is not after.status:
        outcome = after.outcome.value if after.outcome else "-"
        changed |= {"status": after.status.value, "stageEnteredAt": now, "outcome": outcome}
    if before.follow_up_at != after.follow_up_at:
        changed["followUpAt"] = after.follow_up_at or "-"
    written: dict[str, Value] = {
        **changed,
        **line,
        "boardKey": keys.board(after.owner_id, after.standing),
        "preview": before.preview or "-",
        "version": after.version,
        "updatedAt": now,
        "writeId": act,
    }
    event = _event(before.lead_id, now, act, after.version) | {"type": kind, "changes": changed}
    return [
        _update(LEADS, keys.lead(before.lead_id), written),
        _put(RECORDS, event),
        _put(RECORDS, {**event, **keys.act(now, act)}),
        *_counts(before, after),
        *_due(before, after),
    ]


def _due(before: Lead, after: Lead) -> list[dict[str, object]]:
    """Write what is due about a lead, if anything is or was."""
    if due := agenda_item(after):
        return [_put(RECORDS, due, "")]
    done = agenda_item(before)
    return [_delete(RECORDS, RECORDS.key_of(done))] if done else []


def note(lead: Lead, text: str) -> Request:
    """Write a note: the entry, its line on the card, and what tells open boards of it."""
    now, act = timestamp(datetime.now(UTC)), uuid4().hex
    entry = _event(lead.lead_id, now, act, 1) | keys.entry(lead.lead_id, now, act)
    line: dict[str, Value] = {"note": text, "noteAt": now, "noteBy": act, "noteKey": entry["SK"]}
    return _transaction(
        [
            _put(RECORDS, entry | {"kind": "note", "text": text}),
            _update(LEADS, keys.lead(lead.lead_id), line),
            _count(keys.counter_name(lead.lead_id, None), {}),
        ]
    )


def intake(fields: dict[str, str]) -> Request:
    """Write a new lead: lead, event, counter, the record of the submission, search tokens."""
    moment, submission = datetime.now(UTC), uuid4().hex
    now, lead_id = timestamp(moment), keys.lead_id_of(submission)
    lead: dict[str, Value] = {
        **keys.lead(lead_id),
        **fields,
        "status": Status.NEW.value,
        "createdAt": now,
        "updatedAt": now,
        "stageEnteredAt": now,
        "version": 1,
        "source": "contact-form",
        "writeId": lead_id,
        "boardShard": keys.shard(lead_id),
        "contents": submission,
        "boardKey": keys.board(None, Status.NEW),
        "preview": preview_of(fields["message"]),
        "form": FIRST_FORM,
    }
    record: dict[str, Value] = {
        **keys.idempotency(submission),
        "leadId": lead_id,
        "contents": submission,
        "expiresAt": int((moment + timedelta(hours=24)).timestamp()),
    }
    event = _event(lead_id, now, lead_id, 1) | {"type": "created"}
    return _transaction(
        [
            _put(LEADS, lead, "attribute_not_exists(leadId)"),
            _put(RECORDS, event),
            _count(keys.counter_name(lead_id, None), {"new": 1, f"f_{FIRST_FORM}": 1, "s_": 1}),
            _put(EPHEMERAL, record),
            *(_put(RECORDS, token, "") for token in token_items(Lead.from_item(lead))),
        ]
    )


def count_sender() -> Request:
    """Count a message of the network that the benchmark's visitors are in."""
    window = clock.window()
    limit: dict[str, Value] = {"limit": 10**6, "one": 1, "end": window.ends}
    return "update_item", {
        "TableName": HELD.name,
        "Key": wire(keys.intake_count(window.hour, "127.0.0.0/24")),
        "UpdateExpression": "ADD #all :one SET #expiresAt = :end",
        "ConditionExpression": "attribute_not_exists(#all) OR #all < :limit",
        "ExpressionAttributeNames": {"#all": "all", "#expiresAt": "expiresAt"},
        "ExpressionAttributeValues": wire_values(limit),
        **TOTAL,
    }


def bucket(name: str, words: Sequence[str], limit: int) -> Request:
    """Read search tokens of a bucket, newest first: those with all ``words``, if any."""
    values: dict[str, Value] = {"pk": keys.search_bucket(name)}
    parameters: dict[str, object] = {"ScanIndexForward": False, "Limit": limit}
    if words:
        values |= {f"w{number}": beginning(word) for number, word in enumerate(words)}
        tests = " AND ".join(f"contains(#words, :w{number})" for number in range(len(words)))
        parameters["FilterExpression"] = tests
    query = _query(RECORDS, "#PK = :pk", values) | parameters
    if words:
        query["ExpressionAttributeNames"] = {"#PK": "PK", "#words": "words"}
    return "query", query


def leads(lead_ids: Sequence[str]) -> Request:
    """Read leads in one batch."""
    wanted = [wire(keys.lead(lead_id)) for lead_id in lead_ids]
    parameters: dict[str, object] = {"RequestItems": {LEADS.name: {"Keys": wanted}}}
    return "batch_get_item", parameters | TOTAL


def _get(table: Table, key: Key, *, consistent: bool = False) -> Request:
    parameters = {"TableName": table.name, "Key": wire(key), "ConsistentRead": consistent}
    return "get_item", parameters | TOTAL


def _query(table: Table, condition: str, values: Mapping[str, Value]) -> dict[str, object]:
    return {
        "TableName": table.name,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names(condition),
        "ExpressionAttributeValues": wire_values(values),
        **TOTAL,
    }


def _event(lead_id: str, at: str, act: str, version: int) -> dict[str, Value]:
    who: dict[str, Value] = {"actorId": uuid4().hex, "actorName": "Benchmark"}
    what: dict[str, Value] = {"at": at, "writeId": act, "version": version}
    return {**keys.event(lead_id, at, act), **who, **what}


def _put(
    table: Table, item: dict[str, Value], condition: str = "attribute_not_exists(PK)"
) -> dict[str, object]:
    put: dict[str, object] = {"TableName": table.name, "Item": wire(item)}
    return {"Put": put | ({"ConditionExpression": condition} if condition else {})}


def _delete(table: Table, key: Key) -> dict[str, object]:
    return {"Delete": {"TableName": table.name, "Key": wire(key)}}


def _update(
    table: Table, key: Key, changed: dict[str, Value], condition: str = "attribute_exists(leadId)"
) -> dict[str, object]:
    update: dict[str, object] = {
        "TableName": table.name,
        "Key": wire(key),
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in changed),
        "ExpressionAttributeNames": {f"#{name}": name for name in changed},
        "ExpressionAttributeValues": wire_values(changed),
    }
    return {"Update": update | ({"ConditionExpression": condition} if condition else {})}


def _counts(before: Lead, after: Lead) -> list[dict[str, object]]:
    """Count a lead out of where it stood and in where it stands."""
    leaves, enters = (keys.counter_name(one.lead_id, one.owner_id) for one in (before, after))
    if leaves == enters:
        return [_count(leaves, {before.standing: -1, after.standing: 1})]
    return [_count(leaves, {before.standing: -1}), _count(enters, {after.standing: 1})]


def _count(counter: str, numbers: Mapping[str, int]) -> dict[str, object]:
    # Without "filed" it would be a counter of a release that knew no owners.
    values: dict[str, Value] = {"rev": 1, "filed": 1, **numbers}
    update = {
        "TableName": RECORDS.name,
        "Key": wire(keys.counter(counter)),
        "UpdateExpression": "ADD " + ", ".join(f"#{name} :{name}" for name in values),
        "ExpressionAttributeNames": {f"#{name}": name for name in values},
        "ExpressionAttributeValues": wire_values(values),
    }
    return {"Update": update}


def _transaction(writes: list[dict[str, object]]) -> Request:
    parameters: dict[str, object] = {
        "TransactItems": writes,
        "ClientRequestToken": str(uuid4()),
        **TOTAL,
    }
    return "transact_write_items", parameters
