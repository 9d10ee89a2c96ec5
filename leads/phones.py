"""What a telephone number is, where one is shown: the link that calls it.

What was typed stays as typed. Numbers are read by the rules of each country; one that no
country has keeps the digits that it has.
"""

import re
import unicodedata

from django.conf import settings

# Two numbers and the remarks to them; what another program wrote may be of any length.
MAX_TEXT = 200
# A number may have an area code before a slash, which is shorter.
_WHOLE_NUMBER = 7
# Fifteen and "00": what has more is several numbers, or none.
_MAX_DIGITS = 17

# Facebook writes "p:" before a number, addresses of the web "tel:".
_LABEL = re.compile(r"\b(?:p|tel):\s*", re.IGNORECASE)
# Where another number begins: after a sign for lists that no extension follows, before a plus
# sign, and after a slash if it has what starts a number, or but the other end of this one.
_NEXT_NUMBER = re.compile(
    r"[,|\n]|;(?!\s*ext=)|(?<=\d)[^\d+]*(?=\+\s*\(?\d)"
    r"|\s*/+\s*(?=\(?[+0](?:\D*\d){3}|\d{1,2}\s*$)",
    re.IGNORECASE,
)
# "00" before a country, where there is no plus sign or it is one too many.
_ZEROS_FOR_PLUS = re.compile(r"(?<!\d)(?<!\d[\s()./-])\+?\s*\(?00\)?(?=[\s()./-]*[1-9])")
# The zero that is dialled within a country alone, after the country.
_TRUNK_ZERO = re.compile(r"(?<=[\d)])[\s./-]*[(\[]\s*0\s*[)\]]")
_PLAIN = re.compile(r"\+?[0-9][0-9 ()./-]{2,49}")


def phone_link(phone: str) -> str:
    """Return the ``tel:`` address of the first number in a text; nothing if there is none."""
    text = _LABEL.sub("", _visible(phone[:MAX_TEXT]))
    for part in filter(None, map(str.strip, _NEXT_NUMBER.split(text))):
        if number := _valid_number(part) or _plain_digits(part):
            return f"tel:{number}"
    return ""


def _visible(text: str) -> str:
    """Return a text without marks of its direction and the like, which come along unseen."""
    return "".join(part for part in text if unicodedata.category(part) != "Cf")


def _valid_number(text: str) -> str:
    """Return the first valid number, international, with its extension; "" if there is none."""
    # Takes 25 ms, for which neither the form nor a start on Lambda waits.
    from phonenumbers import (  # noqa: PLC0415
        Leniency,
        PhoneNumberFormat,
        PhoneNumberMatcher,
        format_number,
        is_valid_number,
    )

    international = _ZEROS_FOR_PLUS.sub("+", text)
    for reading in (international, _TRUNK_ZERO.sub("", international), text):
        # A number of a country that is none must not be found in part as one of ours.
        region = None if "+" in reading else settings.PHONE_REGION or None
        for match in PhoneNumberMatcher(reading, region, leniency=Leniency.POSSIBLE):
            if is_valid_number(match.number):
                number = format_number(match.number, PhoneNumberFormat.E164)
                extension = match.number.extension
                return f"{number};ext={extension}" if extension else number
    return ""


def _plain_digits(text: str) -> str:
    """Return the digits of what looks like a number of an unknown country."""
    text = _TRUNK_ZERO.sub("", text)
    head, *_tail = text.split("/")
    if sum(map(str.isdecimal, head)) >= _WHOLE_NUMBER:
        text = head.strip()
    digits = re.sub(r"[^0-9+]", "", text) if _PLAIN.fullmatch(text) else ""
    return digits if len(digits) <= _MAX_DIGITS else ""
