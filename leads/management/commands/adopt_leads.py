"""``manage.py adopt_leads``."""

from leads.maintenance.adopt_command import Command

__all__ = ["Command"]
