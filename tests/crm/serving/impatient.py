"""The server's worker with short times, so that a test can wait for them.

``GUNICORN_CMD_ARGS`` names it beside ``manage.py serve``.
"""

from crm.serving import channel, incoming
from crm.serving.worker import Worker

incoming.HEAD_SECONDS = 1.0
incoming.BODY_SECONDS = 1.0
channel.READER_SECONDS = 1.0
channel.LINGER_SECONDS = 1.0

__all__ = ["Worker"]
