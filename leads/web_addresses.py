"""Addresses on the web that admins type: links, and the origins of the company's site."""

from ipaddress import ip_address
from unicodedata import normalize
from urllib.parse import SplitResult, urlsplit

from django.utils.encoding import punycode
from django.utils.translation import gettext as _

MAX_ADDRESS = 300
_PORTS = {"http": 80, "https": 443}
_LOOPBACK = "localhost"
_OWN_LETTERS = frozenset("ßς")


def link(text: str) -> str:
    """Return an address that a link may lead to. Raises ``ValueError`` with the reason."""
    parts = _parts(text)
    if parts.scheme not in _PORTS or not parts.hostname or len(text) > MAX_ADDRESS:
        message = _("Enter a whole address, such as https://www.example.com/privacy.")
        raise ValueError(message)
    return text


def origin(text: str) -> str:
    """Return the origin of an address as browsers write it: ``https://www.example.com:8443``.

    What stands behind host and port is left out. Raises ``ValueError`` with the reason.
    """
    parts = _parts(text)
    host = _host(parts)
    if parts.scheme not in _PORTS or not host:
        message = _("“%(text)s” is no address of a site, such as https://www.example.com.")
        raise ValueError(message % {"text": text})
    if parts.scheme == "http" and not _is_loopback(host):
        message = _("“%(text)s” has to begin with https: what is typed there is sent in the open.")
        raise ValueError(message % {"text": text})
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _parts(text: str) -> SplitResult:
    if any(character.isspace() or not character.isprintable() for character in text):
        raise _no_address(text)
    try:
        parts = urlsplit(text)
        # Raises for a port that is none.
        _port = parts.port
    except ValueError as error:
        raise _no_address(text) from error
    if parts.username is not None or parts.password is not None:
        raise _no_address(text)
    return parts


def _no_address(text: str) -> ValueError:
    return ValueError(_("“%(text)s” is no address on the web.") % {"text": text})


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    # What follows names a network card of one machine.
    if "%" in host:
        return ""
    if ":" in host:
        return f"[{ip_address(host).compressed}]"
    try:
        host = ".".join(map(_label, host.split(".")))
    except UnicodeError:
        return ""
    labels = host.split(".")
    is_name = all(
        label and label.replace("-", "").isalnum() and label.isascii() for label in labels
    )
    return host.lower() if is_name else ""


def _label(text: str) -> str:
    """Return a label as browsers ask for it; raises ``UnicodeError``."""
    # Letters of their own to browsers (UTS 46), and others to Python's older rules.
    if _OWN_LETTERS.isdisjoint(text):
        return punycode(text)
    return f"xn--{normalize('NFC', text).encode('punycode').decode()}"


def _is_loopback(host: str) -> bool:
    if host == _LOOPBACK or host.endswith(f".{_LOOPBACK}"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
