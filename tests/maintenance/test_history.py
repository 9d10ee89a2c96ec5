"""What a recount reads from the timelines of leads that were deleted and came back."""

from leads import repository
from leads.maintenance.recount.history import Past, Position, State, steps
from leads.models import Status
from leads.repository.counters import counter_of
from leads.repository.events import newest_events
from tests.make import ANN, act, add


def test_a_lead_that_came_back_was_in_no_total_before(tables: None) -> None:
    lead = add(Status.QUALIFIED)
    gone = repository.delete(lead.lead_id, version=1, actor=ANN, write_id=act())
    back = repository.undo(gone, actor=ANN, write_id=act()).leads[0]
    past = Past()
    past.add(newest_events(lead.lead_id, 10, consistent=True).items)
    seen = State.of("", back.standing, is_counted=True)
    told = list(steps(lead.lead_id, past.of_leads()[lead.lead_id], seen))
    counted = Position(counter_of(lead), Status.QUALIFIED)
    # Whoever adds one makes it as new and moves it.
    came, left, returned = told[-3:]
    assert came.after == counted
    assert (left.before, left.after) == (counted, None)
    assert (returned.before, returned.after) == (None, counted)
