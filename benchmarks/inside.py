"""A browser without a network: it calls the application itself, in this process."""

import sys
from email.message import Message
from io import BytesIO
from typing import cast, override

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponse

from benchmarks.browser import HOST, Browser

PORT = 80


class Inside(Browser):
    """Asks Django as gunicorn would, so that a profile holds the application alone."""

    def __init__(self) -> None:
        super().__init__(PORT)
        self._application = WSGIHandler()

    @override
    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, Message, bytes]:
        request = WSGIRequest(_environment(method, path, body or b"", headers))
        response = cast("HttpResponse", self._application.get_response(request))
        response.close()
        received = Message()
        for name, text in response.headers.items():
            received[name] = text
        for morsel in response.cookies.values():
            received["Set-Cookie"] = morsel.OutputString()
        return response.status_code, received, response.content


def _environment(method: str, path: str, body: bytes, headers: dict[str, str]) -> dict[str, object]:
    where, _, query = path.partition("?")
    given = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()}
    return given | {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": where,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": HOST,
        "SERVER_PORT": str(PORT),
        "HTTP_HOST": f"{HOST}:{PORT}",
        "REMOTE_ADDR": HOST,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
