"""The job of an arrival: it gives a lead to whose turn it is, and tells them."""

from datetime import UTC, datetime

from crm.accounts.models import User
from crm.dynamodb.errors import ConflictError
from leads import repository
from leads.arrivals.rules import choose
from leads.arrivals.telling import notice_writes
from leads.models import Lead
from leads.repository import arrivals, desk_settings

ATTEMPTS = 8


def arrive_now(lead_id: str) -> None:
    """Give a lead that waits to somebody, once, or say that nobody is free.

    5 RRU, and 1 for each person who is not free; 15 WRU, and 4 for the mail. Nothing where the
    rules are off. Raises ``ConflictError`` if others kept getting leads.
    """
    settings = desk_settings.current()
    if not settings.rules.is_on:
        return
    for _ in range(ATTEMPTS):
        item = arrivals.waiting(lead_id)
        if item is None:
            return
        turn = arrivals.turn()
        # Whoever got one since the turn was read counts: then the turn has moved on.
        counts = repository.counts(consistent=True)
        choice = choose(settings, turn.last, counts, datetime.now(UTC), User.objects.find)
        if choice.person is None:
            arrivals.tell_nobody_free(item, choice.reasons)
            return
        notice = notice_writes(choice.person, Lead.from_item(item))
        try:
            arrivals.give(item, choice.person.id, turn, beside=notice)
        except arrivals.TakenMeanwhileError:
            continue
        return
    raise ConflictError("Others kept getting leads.")
