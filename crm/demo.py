"""What ``manage.py demo`` needs around it: the data folder, a port, harmless credentials."""

import os
import secrets
import socket
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from crm import secret_settings as settings_secrets
from crm.runlock import InUseError, RunLock

PRIVILEGED_PORTS = 1024
LAST_PORT = 65535


class DemoError(Exception):
    """The demo cannot run; the message says what to do."""


def open_data_folder(var: Path) -> RunLock:
    """Make ``var/`` if need be and lock it; raises ``DemoError``."""
    try:
        var.mkdir(exist_ok=True)
        return RunLock(var / "demo.lock")
    except InUseError as error:
        message = (
            f"Leadbook already runs here, as process {error.pid}: use that one, or stop it first."
        )
        raise DemoError(message) from error
    except OSError as error:
        message = f"{var} cannot be written to ({error.strerror}): Leadbook keeps its data there."
        raise DemoError(message) from error


def check_port(host: str, port: int) -> None:
    """Raise ``DemoError`` unless the server can listen there."""
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        other = port + 1 if PRIVILEGED_PORTS <= port < LAST_PORT else 8000
        message = (
            f"Port {port} cannot be used ({os.strerror(error.errno or 0)}): stop what listens "
            f"there, or choose another, such as PORT={other} make run"
        )
        raise DemoError(message) from error


def check_loopback(endpoint: str) -> None:
    """Raise ``DemoError`` unless the endpoint is on this machine: demo data stays here."""
    host = urlsplit(endpoint).hostname or ""
    try:
        local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        message = (
            f"AWS_ENDPOINT_URL_DYNAMODB={endpoint} is not on this machine, and demo data belongs "
            "nowhere else: unset it, or use `make serve`."
        )
        raise DemoError(message)


def use_demo_environment(var: Path) -> None:
    """Set what the SDK and the server read: nobody's real credentials come near the demo."""
    kept_at_aws = [f"{name}_PARAMETER" for name in settings_secrets.NAMES]
    for name in (
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_SESSION_TOKEN",
        "PUBLIC_URL",
        *kept_at_aws,
    ):
        os.environ.pop(name, None)
    os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ[name] = "demo"
    # Nothing here leaves the machine, so nothing goes through a proxy.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "localhost,127.0.0.1,::1"
    if "SECRET_KEY" in os.environ or "SECRET_KEY_FILE" in os.environ:
        return
    key = var / "secret-key"
    if not key.exists():
        fresh = var / "secret-key.new"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(60), encoding="ascii")
        fresh.rename(key)
    os.environ["SECRET_KEY_FILE"] = str(key)
