"""Registers the leads app."""

from typing import override

from django.apps import AppConfig
from django.urls import register_converter

from crm.expiry import sweeping
from leads.web.converters import LeadIdConverter


class LeadsConfig(AppConfig):
    """Leads: the contact form, the board, the list."""

    name = "leads"

    @override
    def ready(self) -> None:
        """Let addresses hold ids of leads, and acts that have expired be swept."""
        register_converter(LeadIdConverter, "lead")
        sweeping.connect(_sweep_acts)


def _sweep_acts(**_sent: object) -> None:
    from leads.repository import acts  # noqa: PLC0415 -- not for the start of the form's function

    acts.sweep()
