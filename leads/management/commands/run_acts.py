"""``manage.py run_acts``."""

from leads.undo.command import Command

__all__ = ["Command"]
