"""A mail server that takes every mail and keeps none: answers are sent as they would be."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from benchmarks.browser import HOST
from crm.dynamodb.engine import free_port


@contextmanager
def mail_server() -> Iterator[None]:
    """Take mails on a free port, which the environment names for who reads settings after it."""
    server = Controller(Sink(), hostname=HOST, port=free_port())
    os.environ |= {
        "EMAIL_HOST": HOST,
        "EMAIL_PORT": str(server.port),
        "EMAIL_USE_TLS": "0",
    }
    server.start()
    try:
        yield
    finally:
        server.stop()
