"""Changes of many leads as one act: up to 25 leads in a transaction, each at its version.

A lead that somebody changed falls out, and the rest of its transaction goes on. The write id
is that of the act for all of its leads, so a repeat finds each of them done.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from crm.dynamodb.calls import Item, batch_get, transact
from crm.dynamodb.errors import ConflictError, DynamoDBError, TransactionRefusedError
from crm.dynamodb.parallel import settle
from crm.tables import LEADS
from leads import keys
from leads.models import Actor, ClosedAs, Lead, Status, timestamp
from leads.repository import conversation
from leads.repository.actions import Action, assigning, closing, moving
from leads.repository.acts import TIME_LENGTH, act_id, act_item, expiry
from leads.repository.events import event_put, stored_event
from leads.repository.plans import LeadPlan, Plan, changing, chunks, deleting, writes_of
from leads.repository.reads import is_id

ATTEMPTS = 8


@dataclass
class Report:
    """What became of each picked lead: ids, and the leads that others have changed.

    ``act_id`` names what was done as one act; empty if nothing was.
    """

    act_id: str = ""
    done: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    stale: list[Lead] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Nothing was left undone."""
        return not (self.stale or self.gone or self.failed)


def move_many(picked: Mapping[str, int], to: Status, *, actor: Actor, write_id: str) -> Report:
    """Move the picked leads, each at its version: 11 WRU for each less what they share."""
    return _act_on_many(picked, moving(to, actor, write_id), write_id)


def close_many(
    picked: Mapping[str, int],
    outcome: ClosedAs,
    *,
    reason: str = "",
    actor: Actor,
    write_id: str,
) -> Report:
    """Close the picked leads as ``outcome``, each at its version."""
    return _act_on_many(picked, closing(outcome, reason, actor, write_id), write_id)


def assign_many(picked: Mapping[str, int], owner_id: str, *, actor: Actor, write_id: str) -> Report:
    """Give the picked leads to an owner, or for "" to nobody, each at its version."""
    return _act_on_many(picked, assigning(owner_id, actor, write_id), write_id)


def delete_many(picked: Mapping[str, int], *, actor: Actor, write_id: str) -> Report:
    """Delete the picked leads, each at its version; their timelines stay."""
    plan = deleting(actor, write_id)
    report = change_many(picked, plan, write_id, is_done=lambda _brought_back: False)
    # Again for those of a repeat: whoever deleted them may not have come so far.
    at = expiry(report.act_id[:TIME_LENGTH]) if report.done else None
    settle(partial(conversation.expire, lead_id, at) for lead_id in report.done if at)
    return report


def _act_on_many(picked: Mapping[str, int], action: Action, write_id: str) -> Report:
    plan = changing(action)
    return change_many(picked, plan, write_id, is_done=lambda lead: action(lead, "") is None)


def change_many(
    picked: Mapping[str, int],
    plan: Plan,
    write_id: str,
    *,
    is_done: Callable[[Lead], bool],
) -> Report:
    """Do what ``plan`` says to the picked leads, ids with the versions that somebody saw.

    ``is_done`` tells of a lead that this act changed before whether it still is like that.
    None of the leads stops the others. Raises the errors of DynamoDB if it answers nothing.
    """
    # The threads share the work and its report: they only append to lists, which is atomic.
    work = _Work(picked, plan, write_id, is_done, timestamp(datetime.now(UTC)))
    settle(
        partial(work.do, number, items)
        for number, items in enumerate(work.chunks(work.due(picked)))
    )
    return work.report


@dataclass
class _Work:
    """One act on many leads, and what has become of them so far."""

    picked: Mapping[str, int]
    plan: Plan
    write_id: str
    is_done: Callable[[Lead], bool]
    at: str
    report: Report = field(default_factory=Report)

    def due(self, lead_ids: Iterable[str]) -> list[Item]:
        """Read leads, report those that are not as they were picked, and return the others."""
        wanted = [lead_id for lead_id in lead_ids if is_id(lead_id)]
        self.report.gone += [lead_id for lead_id in lead_ids if not is_id(lead_id)]
        found = batch_get(LEADS, list(map(keys.lead, wanted)), consistent=True)
        stored = {str(item["leadId"]): item for item in found}
        due = []
        for lead_id in wanted:
            item = stored.get(lead_id)
            if item and Lead.from_item(item).version == self.picked[lead_id]:
                due.append(item)
            else:
                self._tell_other(lead_id, Lead.from_item(item) if item else None)
        return due

    def chunks(self, items: Iterable[Item]) -> Iterator[list[Item]]:
        """Part leads so that what is done to those of a part fits in one transaction."""
        for chunk in chunks(self._planned(items)):
            yield [item for item, _plan in chunk]

    def _planned(self, items: Iterable[Item]) -> Iterator[tuple[Item, LeadPlan]]:
        for item in items:
            if plan := self.plan(item, self.at):
                yield item, plan
            else:
                self.report.already.append(str(item["leadId"]))

    def do(self, number: int, items: list[Item]) -> None:
        """Change the leads of a chunk, without those that somebody changes meanwhile."""
        try:
            self._do(number, items)
        except DynamoDBError:
            told = {*self.report.done, *self.report.gone, *self.report.already}
            told |= {lead.lead_id for lead in self.report.stale}
            ids = [str(item["leadId"]) for item in items]
            self.report.failed += [lead_id for lead_id in ids if lead_id not in told]

    def _do(self, number: int, items: list[Item]) -> None:
        for _ in range(ATTEMPTS):
            plans = [plan for item in items if (plan := self.plan(item, self.at))]
            if not plans:
                return
            event = plans[0].writes.events[0].item
            act = act_item(event, [plan.change for plan in plans], portion=number)
            try:
                transact([event_put(act), *writes_of(plans)], uuid4().hex)
            except TransactionRefusedError:
                items = self.due([plan.change.lead_id for plan in plans])
            else:
                self.report.act_id = act_id(self.at, self.write_id)
                self.report.done += [plan.change.lead_id for plan in plans]
                return
        raise ConflictError("Others kept changing the leads of the act.")

    def _tell_other(self, lead_id: str, lead: Lead | None) -> None:
        """Tell what has become of a lead that is gone, or has another version."""
        event = stored_event(lead_id, self.write_id)
        if event and (lead is None or self.is_done(lead)):
            self.report.done.append(lead_id)
            self.report.act_id = self.report.act_id or act_id(str(event["at"]), self.write_id)
        elif lead:
            self.report.stale.append(lead)
        else:
            self.report.gone.append(lead_id)
