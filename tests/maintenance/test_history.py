"""What a recount reads from the timelines of leads that were deleted and came back."""

from leads import keys, repository
from leads.maintenance.recount.history import Past, stage_before
from leads.models import Status
from leads.repository.events import newest_events
from tests.make import ANN, SINCE, act, add


def test_a_lead_that_came_back_was_in_no_total_before(tables: None) -> None:
    lead = add(Status.QUALIFIED)
    gone = repository.delete(lead.lead_id, version=1, actor=ANN, write_id=act())
    back = repository.undo(gone, actor=ANN, write_id=act()).leads[0]
    past = Past()
    past.add(newest_events(lead.lead_id, 10, consistent=True).items)
    shard = keys.shard(lead.lead_id)

    def before(since: str) -> Status | None:
        happened = past.events_since(shard, since, back.updated_at)[lead.lead_id]
        return stage_before(happened, back.status)

    assert before(SINCE) is None
    assert before(lead.updated_at) is Status.QUALIFIED
    assert before(gone[:24]) is None
