"""What a telephone number is."""

import re

_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{2,49}")


def phone_link(phone: str) -> str:
    """Return the ``tel:`` address; nothing for what is no plain telephone number."""
    phone = phone.strip()
    if not _PHONE.fullmatch(phone):
        return ""
    return f"tel:{re.sub(r'[^0-9+]', '', phone)}"
