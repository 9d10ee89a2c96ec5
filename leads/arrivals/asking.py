"""Asking for the job of an arrival, in the transaction that stores the lead."""

from datetime import datetime

from django.tasks import task

from crm.dynamodb.calls import Put
from crm.jobs.models import Again
from crm.jobs.store import beginning

# Of the names of jobs, those that the role of the public form may write: see infra/policies.py.
PREFIX = "arrival#"


@task
def arrive(lead: str) -> Again:
    """Do what follows from the arrival of a lead."""
    # Not for the start of the form's function, which only asks for it.
    from leads.arrivals.arriving import arrive_now  # noqa: PLC0415

    arrive_now(lead)
    return None


def arrival_put(lead_id: str, now: datetime) -> Put:
    """Return the write that asks for the job of an arrival: 3 WRU.

    It reads nothing: who sends it cannot know what becomes of the lead.
    """
    return beginning(arrive, {"lead": lead_id}, name=f"{PREFIX}{lead_id}", due=now)
