"""``manage.py receive_mail``."""

from leads.receiving.command import Command

__all__ = ["Command"]
