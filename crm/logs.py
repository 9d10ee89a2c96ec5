"""Logs on standard output: JSON lines in production, plain lines in development.

What commands have to tell of security goes to standard error: their output is their own.

``extra={"fields": {...}}`` puts named values beside the message. Never log an e-mail
address, the text of a query, or a body: lines end up where more people read than here.
"""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import override

request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request_id, fields, exception."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if identifier := request_id.get():
            line["request_id"] = identifier
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configuration(*, as_json: bool, least: str = "INFO") -> dict[str, object]:
    """Return the dictionary for ``logging.config.dictConfig``; below ``least`` nothing is said."""
    everything_to_root = {"handlers": [], "propagate": True}
    formatter = "json" if as_json else "plain"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "crm.logs.JsonFormatter"},
            "plain": {"format": "%(levelname)s %(name)s: %(message)s"},
        },
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": formatter,
            },
            "stderr": {"class": "logging.StreamHandler", "formatter": formatter},
        },
        "root": {"handlers": ["stdout"], "level": least},
        "loggers": {
            "django": everything_to_root,
            # Our own line for each request says the same: only failures with a traceback here.
            "django.request": {"level": "ERROR"},
            "django.server": {**everything_to_root, "level": "WARNING"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "botocore": {"level": "WARNING"},
            # What commands print on standard output is theirs.
            "crm.security.command": {"handlers": ["stderr"], "propagate": False},
            "gunicorn.error": everything_to_root,
            "gunicorn.access": {**everything_to_root, "level": "WARNING"},
            # That a request waits for a thread is no news.
            "waitress.queue": {"level": "ERROR"},
        },
    }
