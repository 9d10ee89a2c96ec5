"""Settings of production for the benchmark and its servers, on this machine alone."""

import os
import secrets
import signal
from pathlib import Path

import django

from benchmarks.browser import HOST

_NOT_OURS = (
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "DEBUG",
    "DEMO",
    "SECRET_KEY_FILE",
)


def use_environment(folder: Path) -> None:
    """Set what the SDK and Django read: nobody's credentials or data come near it."""
    for name in _NOT_OURS:
        os.environ.pop(name, None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "crm.settings",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "ALLOWED_HOSTS": HOST,
        "BEHIND_TLS_PROXY": "1",
        # A message is counted as it is where limits are, and meets none.
        "INTAKE_PER_NETWORK": "1000000",
        "INTAKE_TOTAL": "1000000",
        "INTAKE_CEILING": "1000000",
        "STATIC_ROOT": str(folder / "static"),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        # Nothing here leaves the machine, so nothing goes through a proxy.
        "NO_PROXY": HOST,
        "no_proxy": HOST,
    }


def set_up_child() -> None:
    """Make a process that works for a benchmark ready; a Ctrl-C is for its parent alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
