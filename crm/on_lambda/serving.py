"""An application as a function of AWS Lambda.

apig-wsgi turns events into WSGI and back; :mod:`crm.on_lambda.events` says before it what of
an event is believed, and :mod:`crm.on_lambda.answers` keeps answers below Lambda's limits.
"""

import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING

from apig_wsgi import make_lambda_handler

from crm.on_lambda.events import MALFORMED, Context, Event, RefusedError, trusted_event
from crm.secret_settings import refresh

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

type Answer = dict[str, object]
type Handler = Callable[[Event, Context], Answer]


def serve(wsgi: "WSGIApplication") -> Handler:
    """Return the handler for an application. It never raises: what it cannot read is a 400."""
    # Every body goes out in base64: its size is then known beforehand, and no content type
    # has to be sorted into text or binary.
    through = make_lambda_handler(wsgi, non_binary_content_type_prefixes=())

    def handle(event: Event, context: Context) -> Answer:
        # Before the origin's secret is compared, which may have a new value by now.
        refresh()
        try:
            return through(trusted_event(event, context), context)
        except RefusedError as error:
            return _refusal(error.status, str(error))
        except (binascii.Error, UnicodeEncodeError):
            # apig-wsgi's, about a body; what Django raises, Django answers itself.
            return _refusal(400, MALFORMED)

    return handle


def _refusal(status: int, text: str) -> Answer:
    headers = {
        "cache-control": "no-store",
        "content-type": "text/plain; charset=utf-8",
        "x-content-type-options": "nosniff",
    }
    return {"statusCode": status, "headers": headers, "body": f"{text}\n"}
