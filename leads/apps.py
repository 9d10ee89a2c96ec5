"""Registers the leads app."""

from typing import override

from django.apps import AppConfig
from django.urls import register_converter

from leads.web.converters import LeadIdConverter


class LeadsConfig(AppConfig):
    """Leads: the contact form, the board, the list."""

    name = "leads"

    @override
    def ready(self) -> None:
        """Let addresses hold ids of leads."""
        register_converter(LeadIdConverter, "lead")
