"""Every option is checked before anything starts."""

import pytest
from django.conf import settings

from infra.options import (
    INTAKE_CEILING,
    INTAKE_TOTAL,
    SETTINGS,
    Host,
    OptionError,
    Options,
)
from tests import ROOT

GIVEN = {"stage": "dev", "region": "eu-central-1", "mail": "ops@example.com"}
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
SES = {"email_service": "amazon_ses", "default_from_email": "crm@example.com"}
STREAM = "arn:aws:dynamodb:eu-central-1:123456789012:table/Old/stream/2026-01-01T00:00:00.000"


def test_three_are_enough() -> None:
    options = Options.parse(GIVEN)
    assert (options.host, options.budget, options.domain) == (Host.LAMBDA, 10, None)
    assert (options.is_production, options.prefix) == (False, "leadbook-dev")


def test_all_of_them_survive_the_context() -> None:
    options = Options.parse(
        GIVEN
        | {
            "stage": "production",
            "host": "lambda",
            "leads_table": "Old",
            "leads_stream": STREAM,
            "records_table": "OldRecords",
            "held_table": "OldHeld",
            "domain": "crm.example.com",
            "certificate": CERTIFICATE,
            "email_host": "smtp.example.com",
            "email_host_user": "leadbook@example.com",
            "default_from_email": "crm@example.com",
            "phone_region": "GB",
            "inbound_address": "reply@in.example.com",
            "intake_per_network": "40",
            "intake_total": "0",
            "intake_ceiling": "1000000",
            "intake_trusted": "203.0.113.16/28, 2001:db8::1",
            "budget": "25",
        }
    )
    assert options.is_production
    assert Options.parse(options.context()) == options


@pytest.mark.parametrize("value", ["", "  ", None])
def test_empty_is_not_given(value: str | None) -> None:
    assert Options.parse(GIVEN | {"host": value, "budget": value, "domain": value}).domain is None


def test_what_was_said_is_told_from_defaults() -> None:
    options = Options.parse(GIVEN | {"host": "lambda", "domain": "none", "budget": " "})
    assert options.said == {*GIVEN, "host", "domain"}
    assert (options.host, options.domain) == (Host.LAMBDA, None)
    assert options == Options.parse(GIVEN)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phone_region", "UK"),
        ("phone_region", "gb"),
        ("inbound_address", "in.example.com"),
        ("inbound_address", "answers-to-us@in.example.com"),
        ("email_host", "smtp"),
        ("email_host", "smtp.example.com:587"),
        ("email_host", "smtp.example.com"),
        ("email_host_user", "two words"),
        ("email_host_user", "leadbook"),
        ("default_from_email", "Leadbook <crm@example.com>"),
        ("email_service", "postmark"),
        ("email_service", "x" * 5000),
        ("intake_per_network", "-1"),
        ("intake_per_network", "many"),
        ("intake_total", "1000001"),
        ("intake_ceiling", "5,000"),
        ("intake_ceiling", "٣"),
        ("intake_ceiling", "299"),
        ("intake_trusted", "203.0.113.0/33"),
        ("intake_trusted", "203.0.113.0/24," * 200),
        ("intake_trusted", "203.0.113.0/24, example.com"),
        ("stage", None),
        ("stage", "Production"),
        ("stage", "1st"),
        ("stage", "a-stage-with-17-ch"),
        ("stage", "dev/x"),
        ("stage", "dév"),
        ("region", None),
        ("region", "Frankfurt"),
        ("region", "eu-central"),
        ("mail", None),
        ("mail", "ops"),
        ("mail", "ops@example"),
        ("mail", "ops@exam ple.com"),
        ("mail", "Ops <ops@example.com>"),
        ("mail", "a@example.com,b@example.com"),
        ("host", "heroku"),
        ("leads_table", "no spaces"),
        ("leads_stream", "arn:aws:sns:eu-central-1:123456789012:x"),
        ("records_table", "x"),
        ("held_table", "x y"),
        ("held_table", "x" * 101),
        ("domain", "https://crm.example.com"),
        ("domain", "localhost"),
        ("certificate", CERTIFICATE.replace("us-east-1", "eu-central-1")),
        ("budget", "0"),
        ("budget", "-1"),
        ("budget", "9.99"),
        ("budget", "ten"),
        ("budget", "٣"),
        ("budget", "1000001"),
        ("budget", "1" * 5000),
    ],
)
def test_refused_in_one_line_that_names_it(name: str, value: str | None) -> None:
    with pytest.raises(OptionError) as raised:
        Options.parse(GIVEN | {name: value})
    message = str(raised.value)
    assert message.startswith(name.upper())
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize(
    "more",
    [
        {"domain": "crm.example.com"},
        {"certificate": CERTIFICATE},
        {"domain": "none", "certificate": CERTIFICATE},
        {"domain": "crm.example.com", "certificate": CERTIFICATE, "host": "express"},
        {"default_from_email": "crm@example.com"},
        {"email_service": "amazon_ses"},
        {**SES, "email_host": "smtp.example.com"},
        {**SES, "email_host_user": "leadbook"},
        {"intake_total": "5001"},
        {"intake_total": "50", "intake_ceiling": "49"},
        {"leads_stream": STREAM},
        {"leads_table": "Other", "leads_stream": STREAM},
        {"leads_table": "Old", "leads_stream": STREAM.replace("eu-central", "eu-west")},
    ],
)
def test_what_belongs_together(more: dict[str, str]) -> None:
    with pytest.raises(OptionError):
        Options.parse(GIVEN | more)


def test_the_limits_that_it_counts_on_are_those_of_the_application() -> None:
    assert settings.INTAKE_TOTAL == INTAKE_TOTAL
    assert settings.INTAKE_CEILING == INTAKE_CEILING
    code = (ROOT / "crm" / "settings.py").read_text(encoding="utf-8")
    assert [name for name in SETTINGS if f'"{name.upper()}"' not in code] == []


@pytest.mark.parametrize(
    "more", [{"intake_ceiling": "0", "intake_total": "9000"}, {"intake_total": "5000"}]
)
def test_a_ceiling_that_fits(more: dict[str, str]) -> None:
    assert Options.parse(GIVEN | more).context().items() >= more.items()


@pytest.mark.parametrize(
    ("more", "sends"),
    [
        ({}, False),
        (SES, True),
        ({**SES, "email_service": "", "email_host": "smtp.example.com"}, False),
        (
            {**SES, "email_service": "", "email_host": "email-smtp.eu-central-1.amazonaws.com"},
            True,
        ),
        # Another region has a sandbox and identities of its own.
        ({**SES, "email_service": "", "email_host": "email-smtp.eu-west-1.amazonaws.com"}, False),
    ],
)
def test_who_sends_by_amazon_ses(more: dict[str, str], *, sends: bool) -> None:
    options = Options.parse(GIVEN | more)
    assert options.sends_by_ses is sends
    assert Options.parse(options.context()) == options
