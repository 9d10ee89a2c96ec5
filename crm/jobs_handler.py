"""What is due, on AWS Lambda: a schedule calls ``crm.jobs_handler.handler`` each minute."""

import os

from django import setup

from crm.env import one_line_errors

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
with one_line_errors():
    setup()

from crm.jobs.running import MOST_SECONDS, run_due
from crm.on_lambda.events import Context
from crm.secret_settings import refresh

MARGIN = 15.0
"""Seconds: what is being done when no more is begun has so long to end."""


def handler(_event: object, context: Context) -> dict[str, int]:
    """Do what is due, and return how much of it came to what. Raises the errors of DynamoDB."""
    refresh()
    left = context.get_remaining_time_in_millis() / 1000 - MARGIN
    outcomes = run_due(min(MOST_SECONDS, left)).outcomes
    return {outcome.value: number for outcome, number in outcomes.items()}
