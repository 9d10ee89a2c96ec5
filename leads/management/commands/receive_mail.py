"""``manage.py receive_mail``."""

from leads.receiving.receive_command import Command

__all__ = ["Command"]
