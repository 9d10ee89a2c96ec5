"""What is due, on AWS Lambda: a schedule calls ``crm.jobs_handler.handler`` each minute."""

import os

from django import setup

from crm.env import one_line_errors

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
with one_line_errors():
    setup()

from crm.jobs.running import MOST_SECONDS, Outcome, run_due
from crm.on_lambda.events import Context
from crm.secret_settings import refresh

MARGIN = 15.0
"""Seconds: what is being done when no more is begun has so long to end."""


class FailedForGoodError(Exception):
    """Some of what was due failed for good, and waits for an admin."""


def handler(_event: object, context: Context) -> dict[str, int]:
    """Do what is due, and return how much of it came to what.

    Raises the errors of DynamoDB, and in the end :class:`FailedForGoodError`: a call that fails
    is what an alarm notices. AWS calls again then, which does what is due meanwhile.
    """
    refresh()
    left = context.get_remaining_time_in_millis() / 1000 - MARGIN
    outcomes = run_due(min(MOST_SECONDS, left)).outcomes
    if failed := outcomes[Outcome.FAILED]:
        message = f"Of what was due {failed} failed for good: /ops/jobs/ says why."
        raise FailedForGoodError(message)
    return {outcome.value: number for outcome, number in outcomes.items()}
