"""``manage.py erase_lead``."""

from leads.maintenance.erase_command import Command

__all__ = ["Command"]
