"""Read settings from the environment, and fail in one line that names the variable.

``SettingError`` is what every helper raises. Whoever starts the process wraps the start
in ``one_line_errors()``, which turns it into that line and exit status 2.
"""

import os
import re
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from contextlib import contextmanager
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
MAX_INBOUND = 10
_INBOUND = re.compile(rf"[a-z0-9._-]{{1,{MAX_INBOUND}}}@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_LABEL = re.compile(r"[a-z][a-z0-9-]{0,15}")


class SettingError(ImproperlyConfigured):
    """A variable of the environment is missing or malformed. The message is one line."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn a SettingError into one line on standard error and exit status 2."""
    try:
        yield
    except SettingError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def text(name: str, default: str | None = None) -> str:
    """Return a variable's value, stripped; without a default it must be there."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        message = f"{name} is not set: see docs/settings.md."
        raise SettingError(message)
    return default


def secret(name: str, default: str | None = None) -> str:
    """Return a secret from ``NAME``, or from the file that ``NAME_FILE`` names."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return text(name, default)
    if os.environ.get(name, "").strip():
        message = f"{name} and {name}_FILE are both set: keep one."
        raise SettingError(message)
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        message = f"{name}_FILE cannot be read: {reason}."
        raise SettingError(message) from None
    if not value:
        message = f"{name}_FILE names an empty file."
        raise SettingError(message)
    return value


def flag(name: str, *, default: bool = False) -> bool:
    """Return a yes-or-no variable: 1, true, yes, on, or 0, false, no, off."""
    if name not in os.environ:
        return default
    value = os.environ[name].strip().lower()
    if value not in TRUE | FALSE:
        message = f"{name} must be 1 or 0, not {value!r}."
        raise SettingError(message)
    return value in TRUE


def integer(name: str, default: int, *, least: int, most: int) -> int:
    """Return a whole number between ``least`` and ``most``, both included."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and least <= int(value[:12]) <= most):
        message = f"{name} must be a whole number from {least} to {most}, not {value!r}."
        raise SettingError(message)
    return int(value)


def label(name: str) -> str:
    """Return a short name such as ``production``, or "" if there is none."""
    value = text(name, "")
    if value and not _LABEL.fullmatch(value):
        message = f"{name} must be up to 16 of a-z, 0-9 and -, a letter first, not {value!r}."
        raise SettingError(message)
    return value


def country(name: str) -> str:
    """Return the two letters of a country that has telephones, or "" if there are none."""
    value = text(name, "").upper()
    if not value:
        return ""
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - takes 25 ms

    if value not in SUPPORTED_REGIONS:
        message = f"{name} must be the two letters of a country, such as GB or US, not {value!r}."
        raise SettingError(message)
    return value


def inbound_address(name: str) -> str:
    """Return an address that a lead and a signature fit into, or "" if there is none."""
    value = text(name, "").lower()
    if value and not _INBOUND.fullmatch(value):
        message = (
            f"{name} must be an address such as reply@in.example.com, with at most "
            f"{MAX_INBOUND} of a-z, 0-9, ., _ and - before the @, not {value!r}."
        )
        raise SettingError(message)
    return value


def names(name: str, default: list[str] | None = None) -> list[str]:
    """Return the comma-separated values of a variable; without a default one is needed."""
    value = text(name, None if default is None else ",".join(default))
    found = [part.strip() for part in value.split(",") if part.strip()]
    if not found and default is None:
        message = f"{name} names nothing: see docs/settings.md."
        raise SettingError(message)
    return found


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return the comma-separated networks of a variable; a single address is one of itself."""
    found = []
    for part in names(name, []):
        try:
            found.append(ip_network(part, strict=False))
        except ValueError:
            message = f"{name} must be networks such as 203.0.113.0/24, with commas, not {part!r}."
            raise SettingError(message) from None
    return found


def aws_region() -> str | None:
    """Return the region that the AWS SDK will use: its variables first, then its file."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if value := os.environ.get(name, "").strip():
            return value
    profile = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    section = f"profile {profile}" if profile and profile != "default" else "default"
    config = ConfigParser(interpolation=None)
    try:
        config.read(Path(os.environ.get("AWS_CONFIG_FILE", "~/.aws/config")).expanduser())
    except (ConfigParserError, OSError, UnicodeDecodeError, RuntimeError):
        return None
    return config.get(section, "region", fallback=None)
