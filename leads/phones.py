"""What a telephone number is: the link that calls it, and what it is found by.

What was typed stays as typed. A link is made by the rules of each country; a number that no
country has keeps the digits that it has. What a number is filed under needs no rules: its
last digits are the same however its beginning is dialled.
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
# Of several numbers of a lead, those that it is found by.
MAX_FILED = 2

# Facebook writes "p:" before a number, addresses of the web "tel:".
_LABEL = re.compile(r"\b(?:p|tel):\s*", re.IGNORECASE)
# Where another number begins: after a sign for lists that no extension follows, before a plus
# sign, and after a slash if it has what starts a number, or but the other end of this one.
_NEXT_NUMBER = re.compile(
    r"[,|\n]|;(?!\s*ext=)|(?<=\d)[^\d+]*(?=\+\s*\(?\d)"
    r"|\s*/+\s*(?=\(?[+0](?:\D*\d){3}|-?\d{1,2}\s*(?:/\s*-?\d{1,2}\s*)*$)",
    re.IGNORECASE,
)
# What spreadsheets make of a number: the first kind has lost digits.
_ROUNDED = re.compile(r"\s*\d(?:\.\d+)?E\+\d+\s*", re.IGNORECASE)
_DECIMAL = re.compile(r"(\s*\+?\d{7,})\.0\s*")
# "00" before a country, where there is no plus sign or it is one too many.
_ZEROS_FOR_PLUS = re.compile(r"(?<!\d)(?<!\d[\s()./-])\+?\s*\(?00\)?(?=[\s()./-]*[1-9])")
# The zero that is dialled within a country alone, after the country.
_TRUNK_ZERO = re.compile(r"(?<=[\d)])[\s./-]*[(\[]\s*0\s*[)\]]")
_PLAIN = re.compile(r"\+?[0-9][0-9 ()./-]{2,49}")
# Digits and what stands between those of one number.
_RUN = re.compile(r"\+?[\d(](?:[\s()\[\]./·_\-\u2010-\u2015\u2212ー]*\d)+")
_BEGINNING = re.compile(r"\+|\d\d?")
_EXTENSION = re.compile(r"[\s,;]*(?:ext(?:ension)?|x|#)[\s.:=]*\d{1,7}", re.IGNORECASE)


def phone_link(phone: str, region: str = "") -> str:
    """Return the ``tel:`` address of the first number in a text; nothing if there is none.

    ``region`` is the country of what names none, that of the installation if it is empty.
    """
    region = region or settings.PHONE_REGION
    for part in filter(None, map(str.strip, _NEXT_NUMBER.split(_plain_text(phone)))):
        if number := _valid_number(part, region) or _plain_digits(part):
            return f"tel:{number}"
        if _count_digits(part) >= _WHOLE_NUMBER:
            # The next one is somebody else's.
            return ""
    return ""


def is_national(text: str) -> bool:
    """Tell whether the number that a text begins with names no country."""
    begins = _BEGINNING.search(_plain_text(text))
    return begins is not None and begins[0] not in {"+", "00"}


def international(text: str, region: str) -> str:
    """Return a text with the country in front of each valid number of a region that names none."""
    from phonenumbers import (  # noqa: PLC0415 -- takes 25 ms
        Leniency,
        PhoneNumberFormat,
        PhoneNumberMatcher,
        format_number,
    )

    made, end = "", 0
    for match in PhoneNumberMatcher(text, region, leniency=Leniency.VALID):
        if is_national(match.raw_string):
            number = format_number(match.number, PhoneNumberFormat.INTERNATIONAL)
            made, end = made + text[end : match.start] + number, match.end
    return made + text[end:]


def filed_forms(text: str) -> list[str]:
    """Return what the numbers in a text are filed under: the last seven digits of each."""
    return list(dict.fromkeys(number[-_WHOLE_NUMBER:] for number in _numbers(text)[:MAX_FILED]))


def whole_number(text: str) -> str:
    """Return the digits of the one whole number that a text is; nothing for all else."""
    plain = _plain_text(text).strip()
    run = _RUN.match(plain)
    if not run or not (run.end() == len(plain) or _EXTENSION.fullmatch(plain, run.end())):
        return ""
    numbers = _numbers(plain)
    return numbers[0] if len(numbers) == 1 else ""


def has_number(text: str, asked: str, region: str = "") -> bool:
    """Tell whether one of the first numbers in a text is the whole number asked for.

    It is if one ends with all of the other, but for the zeros before a country or an area,
    or if a link calls both alike. ``region`` is the country of the text as in
    :func:`phone_link`, the number asked for is of the installation's.
    """
    wanted = whole_number(asked)
    for number in _numbers(text)[:MAX_FILED]:
        # What is left of many zeros would be the end of any number.
        is_filed_alike = number[-_WHOLE_NUMBER:] == wanted[-_WHOLE_NUMBER:]
        one, other = number.lstrip("0"), wanted.lstrip("0")
        if is_filed_alike and (one.endswith(other) or other.endswith(one)):
            return True
    return _called(text, region) == _called(asked) != ""


def _called(text: str, region: str = "") -> str:
    return phone_link(text, region).partition(";")[0]


def _numbers(text: str) -> list[str]:
    """Return the digits of each whole number in a text, without an extension."""
    parts = _NEXT_NUMBER.split(_plain_text(text))
    runs = [run for part in parts for run in _RUN.findall(_TRUNK_ZERO.sub("", part))]
    found = ["".join(filter(str.isdecimal, run)) for run in runs]
    return [digits for digits in found if _WHOLE_NUMBER <= len(digits) <= _MAX_DIGITS]


def _plain_text(text: str) -> str:
    """Return a text with digits and dashes of ASCII, without what others write around a number."""
    plain = text[:MAX_TEXT]
    if not plain.isascii():
        plain = "".join(map(_plain_sign, unicodedata.normalize("NFKC", plain)))
    plain = _LABEL.sub("", plain)
    if _ROUNDED.fullmatch(plain):
        return ""
    decimal = _DECIMAL.fullmatch(plain)
    return decimal[1] if decimal else plain


def _plain_sign(sign: str) -> str:
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    kind = unicodedata.category(sign)
    return {"Cf": "", "Pd": "-"}.get(kind, sign)


def _count_digits(text: str) -> int:
    return sum(map(str.isdecimal, text))


def _valid_number(text: str, region: str) -> str:
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
    without_zero = _TRUNK_ZERO.sub("", international)
    for reading in (international, without_zero, without_zero.replace("/", " "), text):
        # A number of a country that is none must not be found in part as one of ours.
        its_region = None if "+" in reading else region or None
        for match in PhoneNumberMatcher(reading, its_region, leniency=Leniency.POSSIBLE):
            if _count_digits(reading[: match.start]) >= _WHOLE_NUMBER:
                break
            if is_valid_number(match.number):
                number = format_number(match.number, PhoneNumberFormat.E164)
                extension = match.number.extension
                return f"{number};ext={extension}" if extension else number
    return ""


def _plain_digits(text: str) -> str:
    """Return the digits of what looks like a number of an unknown country."""
    text = _TRUNK_ZERO.sub("", text)
    head, *_tail = text.split("/")
    if _count_digits(head) >= _WHOLE_NUMBER:
        text = head.strip()
    digits = re.sub(r"[^0-9+]", "", text) if _PLAIN.fullmatch(text) else ""
    return digits if len(digits) <= _MAX_DIGITS else ""
