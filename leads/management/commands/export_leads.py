"""``manage.py export_leads``."""

from leads.exports.command import Command

__all__ = ["Command"]
