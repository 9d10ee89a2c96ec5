"""``manage.py import_leads``."""

from leads.imports.command import Command

__all__ = ["Command"]
