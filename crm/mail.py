"""Mail while developing: printed, so that a link in it can be copied."""

from typing import override

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend


class PlainConsoleBackend(EmailBackend):
    """Print each mail as its reader sees it.

    Django's own prints it as it travels, with long links broken by ``=`` into lines.
    """

    @override
    def write_message(self, message: EmailMessage) -> None:
        receivers = ", ".join(message.recipients())
        self.stream.write(f"Mail to {receivers}: {message.subject}\n\n{message.body}\n")
