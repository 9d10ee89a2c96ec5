"""Mail while developing."""

from io import StringIO

from django.core.mail import EmailMessage

from crm.mail import PlainConsoleBackend


def test_a_long_link_is_printed_in_one_piece() -> None:
    link = f"http://127.0.0.1:8000/{'x' * 120}/"
    printed = StringIO()
    backend = PlainConsoleBackend(stream=printed)
    backend.send_messages(
        [EmailMessage("Set a password", f"Open {link}\n", to=["ada@example.com"])]
    )
    assert link in printed.getvalue()
    assert "ada@example.com" in printed.getvalue()
