"""Secrets, and what else AWS keeps for us: read at start, and again while the process runs.

Each comes from the variable ``NAME``, from the file that ``NAME_FILE`` names, or from the
place at AWS that ``NAME_PARAMETER`` names. The last kind is read anew every five minutes,
with the next request, so that changing one needs no deployment: docs/settings.md has the
steps, docs/adr/0024 the reasons.
"""

import logging
import os
from collections.abc import Callable, Mapping
from threading import Lock
from typing import cast

from django.conf import settings
from django.core.checks.security.base import SECRET_KEY_INSECURE_PREFIX
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from crm import env, mail_services
from crm.public_url import clean_public_url
from crm.remember import Remembered

NAMES = ("SECRET_KEY", "ORIGIN_SECRET", "PUBLIC_URL", *mail_services.all_secrets())
PERIOD = 300  # seconds
# Sooner than the six minutes between two steps of a rotation: see docs/settings.md.
LATE = PERIOD + 30
ORIGIN_SECRET_LENGTH = 32

logger = logging.getLogger(__name__)


def places() -> dict[str, str]:
    """Return the secrets that AWS keeps: variable to name of the parameter, or ARN.

    Raises ``SettingError`` if a secret has two sources.
    """
    found = {name: os.environ.get(f"{name}_PARAMETER", "").strip() for name in NAMES}
    for name in (name for name, place in found.items() if place):
        for other in (name, f"{name}_FILE"):
            if os.environ.get(other, "").strip():
                message = f"{other} and {name}_PARAMETER are both set: keep one."
                raise env.SettingError(message)
    return {name: place for name, place in found.items() if place}


def read(defaults: Mapping[str, str | None]) -> dict[str, str]:
    """Return every secret of ``defaults``; where that is ``None``, it must be there.

    Raises ``SettingError`` that names the variable.
    """
    given = _cached_secrets(places())
    return {
        name: given[name] if name in given else env.secret(name, default)
        for name, default in defaults.items()
    }


def signing_keys(text: str) -> list[str]:
    """Return the keys in a value of SECRET_KEY, one a line: the first signs, all are believed."""
    keys = [line.strip() for line in text.splitlines() if line.strip()]
    for key in keys:
        if (
            len(key) < 50  # noqa: PLR2004 - Django's own rule
            or len(set(key)) < 5  # noqa: PLR2004 - Django's own rule
            or key.startswith(SECRET_KEY_INSECURE_PREFIX)
        ):
            which = "SECRET_KEY" if len(keys) == 1 else "SECRET_KEY has a line that"
            message = f"{which} is too weak: it needs 50 characters or more, chosen at random."
            raise env.SettingError(message)
    return keys


def origin_secrets(text: str) -> list[str]:
    """Return the words in a value of ORIGIN_SECRET: a request that brings one is believed."""
    words = text.split()
    if not text.isascii() or any(len(word) < ORIGIN_SECRET_LENGTH for word in words):
        message = f"ORIGIN_SECRET must be {ORIGIN_SECRET_LENGTH} or more letters and digits."
        raise env.SettingError(message)
    return words


class Refresh:
    """Reads what AWS keeps once more when that is five minutes old; call it with a request.

    One request does it, others go on meanwhile unless the values are late: a process that was
    idle, or that a server made anew from one of last week, may have missed a whole rotation.
    If reading fails, the values stay as they are.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._read: Remembered[str] = Remembered(PERIOD)
        self._read.set("read")

    def __call__(self) -> None:
        """Bring the settings up to date, if it is time."""
        if self._read.get() or not self._lock.acquire(blocking=not self._read.is_younger(LATE)):
            return
        try:
            if not self._read.get():
                try:
                    _apply(_cached_secrets(places()))
                finally:
                    # Not before: those that wait would take the old values for new ones.
                    self._read.set("read")
        except env.SettingError as error:
            logger.warning("Secrets were not read anew, the old ones stay: %s", error)
        finally:
            self._lock.release()


refresh = Refresh()


def refresh_before_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Call ``refresh`` before each request; unused where AWS keeps no secret."""
    if not places():
        raise MiddlewareNotUsed

    def middleware(request: HttpRequest) -> HttpResponse:
        refresh()
        return get_response(request)

    return middleware


def _cached_secrets(named: Mapping[str, str]) -> dict[str, str]:
    if not named:
        return {}
    # Who keeps no secret at AWS does not wait for the import.
    from crm import aws_secrets  # noqa: PLC0415

    return aws_secrets.read(named)


def _apply(values: Mapping[str, str]) -> None:
    """Set what has changed, and nothing if any value is no good. Raises ``SettingError``."""
    keys = signing_keys(values.get("SECRET_KEY", ""))
    origin = origin_secrets(values.get("ORIGIN_SECRET", ""))
    public_url = clean_public_url(values.get("PUBLIC_URL", ""))
    changed = []
    if keys and keys != [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]:
        # In this order a request meanwhile finds every key that is good before or after.
        settings.SECRET_KEY_FALLBACKS = [*keys, settings.SECRET_KEY]
        settings.SECRET_KEY = keys[0]
        settings.SECRET_KEY_FALLBACKS = keys[1:]
        changed.append("SECRET_KEY")
    if origin and origin != settings.ORIGIN_SECRET:
        settings.ORIGIN_SECRET = origin
        changed.append("ORIGIN_SECRET")
    if public_url and public_url != settings.PUBLIC_URL:
        settings.PUBLIC_URL = public_url
        changed.append("PUBLIC_URL")
    changed += _apply_to_mailer(values)
    if changed:
        logger.info("Secrets have new values: %s", ", ".join(changed))


def _apply_to_mailer(values: Mapping[str, str]) -> list[str]:
    """Give the mailer what has changed of its secrets; return their names."""
    options = cast("dict[str, str]", settings.MAILERS.get("default", {}).get("OPTIONS", {}))
    changed = []
    for name, option in mail_services.secrets_of(settings.EMAIL_SERVICE).items():
        value = values.get(name)
        if value and value != options.get(option, value):
            options[option] = value
            changed.append(name)
    return changed
