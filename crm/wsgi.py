"""The WSGI application, for gunicorn or any other server."""

import gc
import logging
import os

from django.core.wsgi import get_wsgi_application

from crm.env import one_line_errors

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
with one_line_errors():
    application = get_wsgi_application()


def warm_up() -> None:
    """Make ready what the first visitor would wait for: views, and DynamoDB's client.

    It runs in the worker, after the fork: a client may not be shared between processes.
    """
    from django.conf import settings  # noqa: PLC0415 - reads them
    from django.urls import get_resolver  # noqa: PLC0415 - needs the settings

    from crm import tables  # noqa: PLC0415 - needs the settings
    from crm.dynamodb import calls  # noqa: PLC0415 - needs the settings
    from crm.dynamodb.errors import DynamoDBError  # noqa: PLC0415 - needs the settings

    _ = get_resolver().url_patterns
    # On Lambda the first visitor waits already, and may need nothing of DynamoDB.
    if not settings.ON_LAMBDA:
        try:
            calls.ping(tables.RECORDS)
        except DynamoDBError as error:
            # Not fatal: /readyz says so until DynamoDB answers.
            logging.getLogger(__name__).warning("not ready: %s: %s", type(error).__name__, error)
        gc.collect()
    # What is there now stays for good: looking through it again and again for garbage
    # would hold up all threads for 50 ms at a time.
    gc.freeze()


warm_up()
