"""A request to DynamoDB in the words of IAM: ``table[/index] action leading-key``.

``CrmRecords TransactWriteItems:PutItem LEAD#*`` is a put of a timeline's item inside a
transaction. The leading key stands with a ``*`` behind its first ``#`` (of the jobs that the
form asks for, behind the second), and is ``*`` alone where its values tell nothing. Tables have
their published names; ``restored`` is any other.
"""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from crm.tables import LEADS, TABLES

type Parameters = Mapping[str, object]
type Wire = Mapping[str, Mapping[str, str]]

RESTORED = "restored"
_PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_ITEMS = {"get_item": "Key", "put_item": "Item", "update_item": "Key", "delete_item": "Key"}
# Jobs that leads/arrivals names.
_ARRIVALS = "JOB#arrival#"
_PARTITION = re.compile(r"(#\w+) = (:\w+)")
_RETURNED = ("ReturnValues", "ReturnValuesOnConditionCheckFailure")


def called(
    method: str, parameters: Parameters, *, is_bulk: bool = False, is_told: bool = False
) -> Iterator[str]:
    """Yield each call that a request is made of.

    ``is_bulk`` says that a transaction is none on Amazon DynamoDB but a batch. ``is_told``
    adds what of a stored item is asked to come back.
    """
    action = "".join(word.capitalize() for word in method.split("_"))
    if method == "transact_write_items":
        for part in cast("list[dict[str, Parameters]]", parameters["TransactItems"]):
            ((kind, write),) = part.items()
            item = cast("Wire", write.get("Item") or write["Key"])
            name = "BatchWriteItem" if is_bulk else f"{action}:{_PARTS[kind]}"
            yield _line(write, name, item, is_told=is_told)
    elif method in {"batch_write_item", "batch_get_item"}:
        for table, asked in cast("Mapping[str, object]", parameters["RequestItems"]).items():
            for item in _batch(asked):
                yield _line({"TableName": table}, action, item)
    elif method in _ITEMS:
        yield _line(parameters, action, cast("Wire", parameters[_ITEMS[method]]), is_told=is_told)
    elif method == "query":
        yield _line(parameters, action, _queried(parameters))
    else:
        yield _line(parameters, action, {})


def _batch(asked: object) -> Iterator[Wire]:
    if isinstance(asked, dict):
        yield from cast("list[Wire]", asked["Keys"])
        return
    for request in cast("list[dict[str, dict[str, Wire]]]", asked):
        ((_, write),) = request.items()
        yield write.get("Item") or write["Key"]


def _queried(parameters: Parameters) -> Wire:
    """Return the attribute that a Query is for; those of an index are no leading key of ours."""
    if "IndexName" in parameters:
        return {}
    found = _PARTITION.match(cast("str", parameters["KeyConditionExpression"]))
    if not found:
        return {}
    names = cast("Mapping[str, str]", parameters["ExpressionAttributeNames"])
    values = cast("Wire", parameters["ExpressionAttributeValues"])
    return {names[found[1]]: values[found[2]]}


def _begin(value: str) -> str:
    if value.startswith(_ARRIVALS):
        return f"{_ARRIVALS}*"
    return f"{value.partition('#')[0]}#*" if "#" in value else value


def _line(parameters: Parameters, action: str, item: Wire, *, is_told: bool = False) -> str:
    name = parameters.get("TableName")
    table = next((table for table in TABLES if table.name == name), None)
    resource = table.default if table else RESTORED
    if index := parameters.get("IndexName"):
        indexes = table.indexes if table else ()
        resource += f"/{next((one.default for one in indexes if one.name == index), index)}"
    key = "*"
    if table and table is not LEADS and table.partition_key in item:
        value = item[table.partition_key].get("S", "")
        key = _begin(value)
    told = [f"{one}={parameters[one]}" for one in _RETURNED if one in parameters]
    return " ".join([resource, action, key, *(told if is_told else [])])
