"""Registers the leads app."""

from typing import override

from django.apps import AppConfig, apps


class LeadsConfig(AppConfig):
    """Leads: the contact form, the board, the list."""

    name = "leads"

    @override
    def import_models(self) -> None:
        """Know of no models: those of ``leads.models`` are pydantic's, which take 45 ms to load.

        Django would import every module of that name when it starts.
        """
        self.models = apps.all_models[self.label]
