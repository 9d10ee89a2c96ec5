"""The WSGI application, for gunicorn or any other server."""

import logging
import os

from django.core.wsgi import get_wsgi_application

from crm.env import one_line_errors

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
with one_line_errors():
    application = get_wsgi_application()


def warm_up() -> None:
    """Make the DynamoDB client and its first connection, so that no visitor waits for them.

    It runs in the worker, after the fork: neither may be shared between processes.
    """
    from crm.dynamodb import calls, schema  # noqa: PLC0415 - needs the settings
    from crm.dynamodb.errors import DynamoDBError  # noqa: PLC0415 - needs the settings

    try:
        calls.ping(schema.RECORDS)
    except DynamoDBError as error:
        # Not fatal: /readyz says so until DynamoDB answers.
        logging.getLogger(__name__).warning("not ready: %s: %s", type(error).__name__, error)


warm_up()
