"""``manage.py seed_leads``."""

from leads.demo_data.command import Command

__all__ = ["Command"]
