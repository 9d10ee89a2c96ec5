"""What every host is given, and what it gives back."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_logs as logs

from infra import naming
from infra.options import SETTINGS, Options

MAIL_PASSWORD = "EMAIL_HOST_PASSWORD_PARAMETER"  # noqa: S105 - the name of a setting


@dataclass(frozen=True)
class Hosted:
    """A running application: its address without a last slash, and its distribution if any."""

    url: str
    distribution_id: str | None = None


def variables(options: Options, tables: dict[str, str], hosts: str) -> dict[str, str]:
    """Return the settings of the application: the same wherever it runs.

    ``tables`` names the tables by their settings, ``hosts`` is ALLOWED_HOSTS.
    """
    found = tables | {
        "ALLOWED_HOSTS": hosts,
        "BEHIND_TLS_PROXY": "1",
        # The events stack tells this address of every new lead.
        "NEWS_MAIL": options.mail,
        "SECRET_KEY_PARAMETER": naming.secret_key_parameter(options),
        "STAGE": options.stage,
    }
    if options.domain:
        found["PUBLIC_URL"] = f"https://{options.domain}"
    else:
        # The address that AWS gives is known only when all of this stands.
        found["PUBLIC_URL_PARAMETER"] = naming.url_parameter(options)
    if options.email_host_user:
        found[MAIL_PASSWORD] = naming.email_password_parameter(options)
    told = {name.upper(): getattr(options, name) for name in SETTINGS}
    return found | {name: value for name, value in told.items() if value}


def log_group(stack: Stack, options: Options, part: str) -> logs.LogGroup:
    """Make the log group of a part: lines are kept for 90 days."""
    return logs.LogGroup(
        stack,
        f"{part.title()}Logs",
        log_group_name=naming.log_group(options, part),
        retention=logs.RetentionDays.THREE_MONTHS,
        removal_policy=RemovalPolicy.DESTROY,
    )
