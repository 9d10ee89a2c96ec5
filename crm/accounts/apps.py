"""Registers the accounts app."""

from typing import override

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, roles, sessions, and the security log."""

    name = "crm.accounts"

    @override
    def ready(self) -> None:
        """Listen to sign-ins."""
        from crm.accounts import signals as _signals  # noqa: F401, PLC0415 -- models come first
