"""What an act changed of a lead, before and after, and how an act keeps it: compressed."""

import json
import zlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from crm.dynamodb.calls import Item, Value
from crm.dynamodb.items import WireItem, plain_item, wire
from leads.models import Lead
from leads.repository.changes import changed_attributes

MAX_TITLE = 200


@dataclass(frozen=True)
class LeadChange:
    """What an act changed of a lead: the values of what it wrote, before and after.

    An attribute that is not in one of them was or is not there. ``before`` is ``None`` if
    there was no such lead, ``after`` if there is none any more: then the other one is all of
    it. ``version`` is the one that the act led to.
    """

    lead_id: str
    title: str
    version: int
    before: Item | None
    after: Item | None


def lead_change(before: Lead, after: Lead) -> LeadChange:
    """Return what an act tells of a change of a lead."""
    return LeadChange(
        lead_id=before.lead_id,
        title=after.title[:MAX_TITLE],
        version=after.version,
        before=_present(changed_attributes(after, before)),
        after=_present(changed_attributes(before, after)),
    )


def deletion(item: Item, gone: Lead) -> LeadChange:
    """Return what an act tells of the deletion of a lead, stored as ``item``."""
    return LeadChange(gone.lead_id, gone.title[:MAX_TITLE], gone.version, item, None)


def packed(changes: Sequence[LeadChange]) -> bytes:
    """Return changes as an act keeps them: what it takes to store a lead is enough for it."""
    told = [
        {
            "leadId": change.lead_id,
            "title": change.title,
            "version": change.version,
            "before": None if change.before is None else wire(change.before),
            "after": None if change.after is None else wire(change.after),
        }
        for change in changes
    ]
    # Other programs may have stored bytes; the wire has them in base64.
    text = json.dumps(told, default=lambda raw: b64encode(raw).decode(), ensure_ascii=False)
    return zlib.compress(text.encode("utf-8", "surrogatepass"))


def unpacked(packed: Value) -> list[LeadChange]:
    """Return the changes that an act keeps."""
    text = zlib.decompress(cast("bytes", packed)).decode("utf-8", "surrogatepass")
    return [
        LeadChange(
            lead_id=told["leadId"],
            title=told["title"],
            version=told["version"],
            before=_plain(told["before"]),
            after=_plain(told["after"]),
        )
        for told in json.loads(text)
    ]


def _plain(item: WireItem | None) -> Item | None:
    return None if item is None else plain_item(item)


def _present(attributes: Mapping[str, Value]) -> Item:
    return {name: value for name, value in attributes.items() if value is not None}
