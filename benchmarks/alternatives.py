"""Bills that nobody gets: of a flood, and of a relational twin elsewhere."""

from dataclasses import replace

from infra.costs import prices
from infra.costs.bill import Bill, bill, bill_of
from infra.costs.consumption import GB, Load
from infra.costs.hosting import Host
from infra.costs.prices import MONTH_SECONDS, Line
from infra.costs.traffic import traffic

POSTGRES_BYTES_PER_LEAD = 3_000
"""Of a relational database: a lead, its events and their indexes, without search tokens."""


INTAKE_CEILING = 5_000
"""The default of the setting, an hour."""

HELD_WRU = 4.0
"""Of a held message of up to 2 KB: itself, and what two indexes show of it."""

COUNT_WRU = 1.1
"""Of counting an accepted message: by its network, and a tenth of the totals."""

HELD_BYTES = 2_500
"""A held message of 1.5 KB, with its two indexes and what DynamoDB adds to each item."""


def flood(posts: int) -> Bill:
    """Return what so many posts to the form cost in the month in which they come.

    They ask for no page, so each sends as little as a poll.
    """
    sent = replace(traffic(Load(0, 0)), polls=posts)
    return bill_of(Load(0, posts, kept_months=1), Host.LAMBDA, sent, events_a_lead=1)


def month_at_ceiling(accepted: int) -> Bill:
    """Return the bill of a month of posts at the ceiling, of which so many an hour are accepted.

    The others are held. What is refused above the ceiling asks no table, and is left out.
    """
    hours = MONTH_SECONDS / 3600
    leads = round(accepted * hours)
    held = round(INTAKE_CEILING * hours) - leads
    sent = replace(traffic(Load(0, 0)), polls=leads + held)
    of_leads = bill_of(Load(0, leads, kept_months=1), Host.LAMBDA, sent, events_a_lead=1)
    gigabytes = held * HELD_BYTES / GB
    of_held = (
        Line(prices.WRITES, held * HELD_WRU + leads * COUNT_WRU),
        Line(prices.STORAGE, gigabytes),
        Line(prices.RECOVERY, gigabytes),
    )
    return Bill((*of_leads.lines, *of_held))


def dyno(load: Load, *, rollback: bool) -> Bill:
    """Return what a relational twin would cost on Heroku: one dyno, and a database.

    With ``rollback`` the database can go back to a point in time, as DynamoDB's tables can.
    """
    if rollback:
        return Bill((Line(prices.DYNO, 1), Line(prices.POSTGRES, 1)))
    gigabytes = load.leads * load.kept_months * POSTGRES_BYTES_PER_LEAD / GB
    database = prices.SMALL_POSTGRES if gigabytes < 1 else prices.MEDIUM_POSTGRES
    return Bill((Line(prices.SMALL_DYNO, 1), Line(database, 1)))


def break_even(leads: int, host: Host, most: int = 1_000) -> int | None:
    """Return the smallest team, up to ``most``, for which the host costs less than Lambda."""
    for staff in range(most + 1):
        load = Load(staff, leads)
        if bill(load, host).dollars < bill(load, Host.LAMBDA).dollars:
            return staff
    return None
