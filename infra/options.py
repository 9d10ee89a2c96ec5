"""What a deployment is told, every value checked. No CDK here: ``make deploy`` checks first."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from ipaddress import ip_network
from typing import Self

from phonenumbers import SUPPORTED_REGIONS

PRODUCTION = "production"
NO_DOMAIN = "none"
MOST_BUDGET = 1_000_000
# All settings of a function are 4 KB at most.
MOST_NETWORKS = 2_000
# What the application takes in an hour where it is told nothing: a test compares them.
INTAKE_TOTAL = 300
INTAKE_CEILING = 5_000
# The service of EMAIL_SERVICE that a role is enough for; others have an SMTP server, too.
SES = "amazon_ses"
SETTINGS = (
    "email_service",
    "email_host",
    "email_host_user",
    "default_from_email",
    "phone_region",
    "inbound_address",
    "intake_per_network",
    "intake_total",
    "intake_ceiling",
    "intake_trusted",
)
"""The options that are settings of the application, handed on as they are."""

_STAGE = re.compile(r"[a-z][a-z0-9-]{0,15}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[1-9]")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+[A-Za-z]{{2,63}}")
_MAIL = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@({_LABEL}\.)+[A-Za-z]{{2,63}}")
# DynamoDB allows 255, but the policy of a role names each table many times: more than this would
# not fit, which IAM says in the middle of a deployment.
_TABLE = re.compile(r"[A-Za-z0-9_.-]{3,100}")
_TABLE_NAME = "a DynamoDB table's name of at most 100 characters"
_STREAM = re.compile(r"arn:aws[a-z-]*:dynamodb:([a-z0-9-]+):\d{12}:table/([^/]+)/stream/[^/]+")
_COUNTRY = re.compile("|".join(sorted(SUPPORTED_REGIONS)))
_INBOUND = re.compile(r"[a-z0-9._-]{1,10}@[a-z0-9-]+(\.[a-z0-9-]+)+")
_USER = re.compile(r"[!-~]{1,254}")
_AN_HOUR = re.compile(r"[0-9]{1,6}|1000000")
_CERTIFICATE = re.compile(r"arn:aws:acm:us-east-1:\d{12}:certificate/[0-9a-f-]{36}")


class OptionError(ValueError):
    """An option is missing or malformed. The message is one line."""


class Host(StrEnum):
    """Where the web application runs."""

    LAMBDA = "lambda"
    EXPRESS = "express"
    APPRUNNER = "apprunner"


@dataclass(frozen=True)
class Options:
    """One deployment. Raises OptionError.

    ``leads_table``, ``records_table`` and ``held_table`` name existing tables to use instead of
    making them; ``leads_stream`` is the stream's ARN of that leads table, which templates need.
    ``certificate`` is for ``domain``, in us-east-1, where CloudFront looks. Those in SETTINGS are
    settings of the application. ``budget`` is in dollars a month. ``said`` has the names of
    those that were given, not left to their defaults.
    """

    stage: str
    region: str
    mail: str
    host: Host = Host.LAMBDA
    leads_table: str | None = None
    leads_stream: str | None = None
    records_table: str | None = None
    held_table: str | None = None
    domain: str | None = None
    certificate: str | None = None
    email_service: str | None = None
    email_host: str | None = None
    email_host_user: str | None = None
    default_from_email: str | None = None
    phone_region: str | None = None
    inbound_address: str | None = None
    intake_per_network: str | None = None
    intake_total: str | None = None
    intake_ceiling: str | None = None
    intake_trusted: str | None = None
    budget: int = 10
    said: frozenset[str] = field(default=frozenset(), compare=False)

    def __post_init__(self) -> None:
        _match(_STAGE, "STAGE", self.stage, "a short name such as production or dev (a-z, 0-9, -)")
        _match(_REGION, "REGION", self.region, "an AWS region such as eu-central-1")
        _match(_MAIL, "MAIL", self.mail, "the e-mail address that alarms and new leads go to")
        _match(_TABLE, "LEADS_TABLE", self.leads_table, _TABLE_NAME)
        _match(_TABLE, "RECORDS_TABLE", self.records_table, _TABLE_NAME)
        _match(_TABLE, "HELD_TABLE", self.held_table, _TABLE_NAME)
        _match(_STREAM, "LEADS_STREAM", self.leads_stream, "the ARN of a DynamoDB stream")
        _match(_DOMAIN, "DOMAIN", self.domain, "a host name such as crm.example.com, or none")
        _match(
            _CERTIFICATE, "CERTIFICATE", self.certificate, "the ARN of a certificate in us-east-1"
        )
        _match(
            _COUNTRY, "PHONE_REGION", self.phone_region, "a country's two letters such as GB or US"
        )
        if not 1 <= self.budget <= MOST_BUDGET:
            message = f"BUDGET must be from 1 to {MOST_BUDGET:,} dollars a month."
            raise OptionError(message)
        if bool(self.domain) != bool(self.certificate):
            message = "DOMAIN and CERTIFICATE belong together: give both or none."
            raise OptionError(message)
        if self.domain and self.host is not Host.LAMBDA:
            message = f"DOMAIN is for HOST=lambda: with {self.host} AWS gives the name."
            raise OptionError(message)
        self._check_stream()
        self._check_mail()
        self._check_intake()

    def _check_stream(self) -> None:
        found = _STREAM.fullmatch(self.leads_stream or "")
        if found and found.groups() != (self.region, self.leads_table):
            message = f"LEADS_STREAM is of another table than {self.leads_table} in {self.region}."
            raise OptionError(message)

    def _check_mail(self) -> None:
        wanted = "an address such as reply@in.example.com, with at most 10 before the @"
        _match(_INBOUND, "INBOUND_ADDRESS", self.inbound_address, wanted)
        _match(_DOMAIN, "EMAIL_HOST", self.email_host, "an SMTP server such as smtp.example.com")
        _match(_USER, "EMAIL_HOST_USER", self.email_host_user, "a name without spaces")
        wanted = "the address that Leadbook's mails are from"
        _match(_MAIL, "DEFAULT_FROM_EMAIL", self.default_from_email, wanted)
        if self.email_service not in {None, SES}:
            message = (
                f"EMAIL_SERVICE must be {SES}, not {self.email_service[:80]!r}: other services "
                "have an SMTP server, which EMAIL_HOST names."
            )
            raise OptionError(message)
        if self.email_service and self.email_host:
            message = "EMAIL_SERVICE and EMAIL_HOST are two ways to send mail: give one."
            raise OptionError(message)
        way = "EMAIL_SERVICE" if self.email_service else "EMAIL_HOST"
        if bool(self.email_service or self.email_host) != bool(self.default_from_email):
            message = f"{way} and DEFAULT_FROM_EMAIL belong together: give both or none."
            raise OptionError(message)
        if self.email_host_user and not self.email_host:
            message = "EMAIL_HOST_USER is the account at EMAIL_HOST: give both."
            raise OptionError(message)

    def _check_intake(self) -> None:
        """Refuse here what the application would refuse when it starts."""
        for name in ("intake_per_network", "intake_total", "intake_ceiling"):
            wanted = "a whole number of messages an hour up to 1,000,000, 0 for any"
            _match(_AN_HOUR, name.upper(), getattr(self, name), wanted)
        _check_networks("INTAKE_TRUSTED", self.intake_trusted or "")
        total = int(self.intake_total or INTAKE_TOTAL)
        if 0 < int(self.intake_ceiling or INTAKE_CEILING) < total:
            message = (
                "INTAKE_CEILING counts all messages, INTAKE_TOTAL only accepted ones: it must "
                f"be {total:,} at least, or 0."
            )
            raise OptionError(message)

    @classmethod
    def parse(cls, values: Mapping[str, str | None]) -> Self:
        """Read the options of ``values`` by their names; empty ones count as not given.

        ``domain`` may be ``none``, to say that there is to be no name of one's own.
        """
        given = {name: (values.get(name) or "").strip() for name in NAMES}
        texts = {name: value for name, value in given.items() if value}
        said = frozenset(texts)
        if texts.get("domain") == NO_DOMAIN:
            del texts["domain"]
        return cls(
            stage=texts.pop("stage", ""),
            region=texts.pop("region", ""),
            mail=texts.pop("mail", ""),
            host=_host(texts.pop("host", Host.LAMBDA)),
            budget=_dollars(texts.pop("budget", "10")),
            said=said,
            **texts,
        )

    def context(self) -> dict[str, str]:
        """Return what ``parse`` reads back."""
        values = {name: getattr(self, name) for name in NAMES}
        return {name: str(value) for name, value in values.items() if value is not None}

    def existing_stream(self) -> str | None:
        """Return the stream of an existing leads table. Raises OptionError if it is not known."""
        if self.leads_table and not self.leads_stream:
            message = (
                f"LEADS_STREAM is missing, the ARN of the stream of {self.leads_table}: "
                "make deploy looks it up, make synth has no account to ask."
            )
            raise OptionError(message)
        return self.leads_stream

    @property
    def is_production(self) -> bool:
        """Whether its data has to outlive its stacks."""
        return self.stage == PRODUCTION

    @property
    def sends_by_ses(self) -> bool:
        """Whether Amazon SES in the same region sends its mails."""
        return bool(self.email_service) or (
            self.email_host == f"email-smtp.{self.region}.amazonaws.com"
        )

    @property
    def prefix(self) -> str:
        """What the names of its resources begin with."""
        return f"leadbook-{self.stage}"


# ``said`` is about them.
NAMES = tuple(one.name for one in fields(Options) if one.compare)


def _match(pattern: re.Pattern[str], name: str, value: str | None, wanted: str) -> None:
    """Refuse a value that is not as ``wanted``; ``None`` is fine where it is allowed at all."""
    if value is None or pattern.fullmatch(value):
        return
    if not value:
        message = f"{name} is missing: {wanted}."
        raise OptionError(message)
    message = f"{name} must be {wanted}, not {value[:80]!r}."
    raise OptionError(message)


def _check_networks(name: str, value: str) -> None:
    if len(value) > MOST_NETWORKS:
        message = f"{name} must have at most {MOST_NETWORKS:,} characters, not {len(value):,}."
        raise OptionError(message)
    for part in filter(None, map(str.strip, value.split(","))):
        try:
            ip_network(part, strict=False)
        except ValueError:
            message = (
                f"{name} must be networks such as 203.0.113.0/24, with commas, not {part[:80]!r}."
            )
            raise OptionError(message) from None


def _host(value: str) -> Host:
    try:
        return Host(value)
    except ValueError:
        message = f"HOST must be one of {', '.join(Host)}, not {value[:80]!r}."
        raise OptionError(message) from None


def _dollars(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < len(str(MOST_BUDGET)) + 1):
        message = f"BUDGET must be a whole number of dollars a month, not {value[:80]!r}."
        raise OptionError(message)
    return int(value)
