"""``manage.py recount``."""

from leads.maintenance.recount.command import Command

__all__ = ["Command"]
