"""What an e-mail address is, where one is shown or taken from a text."""

import re
from urllib.parse import quote

from leads.fields import EMAIL

_EMAIL = re.compile(r"[^@\s<>\"'(),:;\\\[\]]+@[^@\s<>\"'(),:;\\\[\]]+")


def mail_link(email: str) -> str:
    """Return the ``mailto:`` address; nothing for what is no e-mail address."""
    if len(email) > EMAIL.limit or not _EMAIL.fullmatch(email):
        return ""
    return f"mailto:{quote(email, safe='@')}"
