"""``manage.py verify_restore``."""

from leads.maintenance.restore_check.command import Command

__all__ = ["Command"]
