"""Registers the leads app."""

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    """Leads: the contact form, the board, the list."""

    name = "leads"
