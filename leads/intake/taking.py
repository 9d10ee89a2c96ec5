"""What becomes of a stranger's message: a lead, a held message, or neither for now."""

from typing import NamedTuple

from crm.dynamodb.errors import DynamoDBError
from crm.jobs import thread
from leads import repository
from leads.arrivals.asking import arrival_put
from leads.attribution import NOWHERE, Attribution
from leads.held import clock, limits, store, trouble
from leads.held.limits import Verdict
from leads.held.models import Reason
from leads.models import Actor, LeadFields

_REASONS = {Verdict.OVER_NETWORK: Reason.NETWORK, Verdict.OVER_TOTAL: Reason.TOTAL}


class Taken(NamedTuple):
    """What became of a message; ``repeated`` if it had come before."""

    lead_id: str
    repeated: bool
    is_held: bool


class IntakeFullError(Exception):
    """So many messages came in that none is taken for ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"No message is taken for {seconds} seconds.")
        self.seconds = seconds


def take(  # noqa: PLR0913 -- the parts of a message
    fields: LeadFields,
    *,
    submission: str,
    actor: Actor,
    source: str,
    sender: str,
    alike: str = "",
    attribution: Attribution = NOWHERE,
    blind: bool = False,
) -> Taken:
    """Make a message a lead, or hold it if its sender or all together are over a limit.

    ``sender`` is an address; the rest is as in ``repository.create``. Raises what that does,
    and :class:`IntakeFullError` above the ceiling.
    """
    verdict = limits.verdict(sender)
    if verdict is Verdict.REFUSE:
        raise IntakeFullError(clock.seconds_left())
    if verdict in _REASONS:
        try:
            kept = store.hold(
                fields,
                submission=submission,
                alike=alike,
                source=source,
                address=sender,
                reason=_REASONS[verdict],
                attribution=attribution,
                blind=blind,
            )
        except DynamoDBError as error:
            # Better a lead too many than a message lost.
            trouble.note(error)
        else:
            limits.totals.add(accepted=False)
            return Taken(kept.lead_id, kept.repeated, is_held=True)
    intake = repository.create(
        fields,
        submission=submission,
        alike=alike,
        actor=actor,
        source=source,
        attribution=attribution,
        blind=blind,
        jobs=[arrival_put],
    )
    thread.wake()
    limits.totals.add(accepted=not intake.repeated)
    return Taken(intake.lead_id, intake.repeated, is_held=False)
