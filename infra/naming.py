"""Every name that two parts have to agree on."""

from crm.dynamodb.schema import Table
from crm.tables import HELD, LEADS, RECORDS, TABLES
from infra.options import Options


def stack(options: Options, part: str) -> str:
    """Name a stack: ``Leadbook-production-Data``."""
    return f"Leadbook-{options.stage}-{part}"


def table(options: Options, described: Table) -> str:
    """Name a table: an existing one that the options name, or the stage's own."""
    return existing_table(options, described) or own_table(options, described)


def existing_table(options: Options, described: Table) -> str | None:
    """Return the existing table that the options name, if they name one."""
    named = {
        LEADS: options.leads_table,
        RECORDS: options.records_table,
        HELD: options.held_table,
    }
    return named.get(described)


def own_table(options: Options, described: Table) -> str:
    """Name the table that a stage makes: the published name in production, else prefixed."""
    return described.default if options.is_production else f"{options.prefix}-{described.default}"


def table_names(options: Options) -> dict[str, str]:
    """Return the tables' names by their settings: ``{"TABLE_NAME": …}``."""
    return {described.setting: table(options, described) for described in TABLES}


def output(described: Table) -> str:
    """Name the Data stack's output with a table's name: ``RecordsTableName``."""
    return described.setting.title().replace("_", "")


def parameters(options: Options) -> str:
    """Name the path under which all SSM parameters of a stage stand."""
    return f"/leadbook/{options.stage}/"


def secret_key_parameter(options: Options) -> str:
    """Name the SSM SecureString with Django's SECRET_KEY."""
    return f"{parameters(options)}secret-key"


def form_secret_key_parameter(options: Options) -> str:
    """Name the SSM SecureString with the SECRET_KEY of the form's function."""
    return f"{parameters(options)}form-secret-key"


def email_password_parameter(options: Options) -> str:
    """Name the SSM SecureString with the password of EMAIL_HOST_USER, which people put there."""
    return f"{parameters(options)}email-password"


def sender_identities(options: Options) -> list[str]:
    """Name what may stand for the sender at Amazon SES: its address, its domain, those above."""
    address = options.default_from_email or ""
    labels = address.rpartition("@")[2].split(".")
    return [address, *(".".join(labels[first:]) for first in range(len(labels) - 1))]


def origin_secret_parameter(options: Options) -> str:
    """Name the SSM String with what CloudFront proves itself with."""
    return f"{parameters(options)}origin-secret"


def leads_stream_parameter(options: Options) -> str:
    """Name the SSM String with the ARN of the leads' stream."""
    return f"{parameters(options)}leads-stream"


def url_parameter(options: Options) -> str:
    """Name the SSM String with the site's address: another host, another name."""
    return f"{parameters(options)}url/{options.host}"


def static_bucket(options: Options, account: str) -> str:
    """Name the bucket of static files: all accounts share one name space."""
    return f"{options.prefix}-static-{account}-{options.region}"


def of_account(options: Options, part: str) -> str:
    """Name what has no region, so that a stage can stand in two while it moves."""
    return f"{options.prefix}-{options.region}-{part}"


def log_group(options: Options, part: str) -> str:
    """Name the log group of a part, such as ``web`` or ``form``."""
    return f"/leadbook/{options.stage}/{part}"


def budget(options: Options) -> str:
    """Name the budget where CloudFormation makes none: it has no region, a stage may have two."""
    return f"{options.prefix}-{options.region}"
