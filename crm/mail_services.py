"""Services that send mail over HTTP, by django-anymail, which the extra ``mail`` brings.

Each takes its settings from variables that are called as anymail calls them, such as
``POSTMARK_SERVER_TOKEN``. Nothing of anymail is imported before the first mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from crm import env

SMTP_SECRETS = {"EMAIL_HOST_PASSWORD": "password"}
SES = "amazon_ses"
CONNECT_SECONDS = 5
ANSWER_SECONDS = 10


@dataclass(frozen=True)
class Service:
    """What anymail asks for a service: ``secrets``, what else is ``needed``, and ``options``.

    One that ``gives_ids`` puts a ``Message-ID`` of its own in place of ours, whose part before
    the ``@`` is the id that it answers, and that nobody can guess.
    """

    secrets: tuple[str, ...] = ("api_key",)
    needed: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    gives_ids: bool = False


SERVICES = {
    SES: Service(secrets=(), options=("configuration_set_name",), gives_ids=True),
    "brevo": Service(),
    "mailersend": Service(secrets=("api_token",)),
    "mailgun": Service(options=("api_url", "sender_domain")),
    "mailjet": Service(secrets=("api_key", "secret_key")),
    "mailtrap": Service(secrets=("api_token",)),
    "mandrill": Service(),
    "postal": Service(needed=("api_url",)),
    "postmark": Service(secrets=("server_token",), options=("message_stream",), gives_ids=True),
    "resend": Service(),
    "scaleway": Service(secrets=("secret_key",), needed=("project_id",), options=("region",)),
    "sparkpost": Service(options=("api_url", "subaccount")),
    "unisender_go": Service(needed=("api_url",)),
}


def chosen(name: str) -> str:
    """Return the service that a variable names, or "" if there is none. Raises SettingError."""
    service = env.text(name, "")
    if service and service not in SERVICES:
        message = f"{name} must be one of {', '.join(SERVICES)}, not {service!r}."
        raise env.SettingError(message)
    if service and not find_spec("anymail"):
        message = f"{name} needs django-anymail: install requirements/mail.txt."
        raise env.SettingError(message)
    return service


def secrets_of(service: str) -> dict[str, str]:
    """Return the secrets of a service, or of an SMTP server: variable to name of the option."""
    if not service:
        return SMTP_SECRETS
    return {_variable(service, option): option for option in SERVICES[service].secrets}


def all_secrets() -> list[str]:
    """Return the variables of all secrets that may be."""
    return [name for service in ("", *SERVICES) for name in secrets_of(service)]


def mailer(service: str, secrets: Mapping[str, str], region: str | None) -> dict[str, object]:
    """Return what MAILERS says of a service. Raises SettingError.

    ``secrets`` are by their variables, ``region`` is that of AWS.
    """
    found = SERVICES[service]
    options: dict[str, object] = {
        option: secrets[name] for name, option in secrets_of(service).items()
    }
    for option in (*found.needed, *found.options):
        if value := _option(service, option):
            options[option] = value
    options |= _ses_client(region) if service == SES else {"timeout": ANSWER_SECONDS}
    return {"BACKEND": f"anymail.backends.{service}.EmailBackend", "OPTIONS": options}


def gives_ids(service: str) -> bool:
    """Tell whether receivers know a mail by the id that the service answered, and not by ours."""
    return bool(service) and SERVICES[service].gives_ids


def _option(service: str, option: str) -> str:
    name = _variable(service, option)
    value = env.text(name, None if option in SERVICES[service].needed else "")
    if value and option.endswith("_url") and not value.startswith("https://"):
        message = f"{name} must be an address such as https://api.example.com, not {value!r}."
        raise env.SettingError(message)
    return value


def _variable(service: str, option: str) -> str:
    return f"{service}_{option}".upper()


def _ses_client(region: str | None) -> dict[str, object]:
    # Once: whoever sends tries again and tells of it, and a lost answer is no second mail.
    config = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": ANSWER_SECONDS,
        "retries": {"total_max_attempts": 1},
    }
    place = {"region_name": region} if region else {}
    return {"client_params": {"config": config, **place}}
