"""Registers the leads app."""

from typing import override

from django.apps import AppConfig
from django.urls import register_converter

from crm.expiry import sweeping
from leads.web.converters import FormSlugConverter, LeadIdConverter


class LeadsConfig(AppConfig):
    """Leads: the contact form, the board, the list."""

    name = "leads"

    @override
    def ready(self) -> None:
        """Let addresses hold ids of leads, and acts that have expired be swept."""
        register_converter(LeadIdConverter, "lead")
        register_converter(FormSlugConverter, "form_slug")
        sweeping.connect(_sweep)


def _sweep(**_sent: object) -> None:
    # Not for the start of the form's function.
    from leads.repository.sweeping import sweep  # noqa: PLC0415

    sweep()
