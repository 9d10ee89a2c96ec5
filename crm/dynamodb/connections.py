"""Connections that stay open for further requests."""

from contextlib import suppress
from functools import cache
from http.client import HTTPResponse
from socket import SO_KEEPALIVE, SOL_SOCKET
from ssl import CERT_REQUIRED, SSLContext
from threading import local
from typing import override
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import (
    BaseHTTPResponse,
    HTTPConnectionPool,
    HTTPSConnectionPool,
    ProxyManager,
    make_headers,
)
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

CONNECTIONS = 64  # that are kept open
_OPTIONS = [*HTTPConnection.default_socket_options, (SOL_SOCKET, SO_KEEPALIVE, 1)]


class _Request(local):
    """What is known of the last request of a thread."""

    was_kept = False
    was_sent = False
    is_answered = False


_last = _Request()


def begin_request() -> None:
    """Forget the last request of this thread."""
    _last.was_kept = _last.was_sent = _last.is_answered = False


def was_sent() -> bool:
    """Tell whether anything of this thread's last request went out: it may be done."""
    return _last.was_sent


def can_go_out_again() -> bool:
    """Tell whether a request that found its connection dead may be sent on a new one.

    Nothing of it went out, or it went out on one that was kept open and had died since.
    """
    return not _last.was_sent or (_last.was_kept and not _last.is_answered)


def new_pool(url: str, authorities: str) -> HTTPConnectionPool:
    """Return a pool of connections to an address, through a proxy if the environment names one.

    ``authorities`` is the file with those that are trusted.
    """
    parts = urlsplit(url)
    has_tls = parts.scheme == "https"
    trust = _trust(authorities) if has_tls else None
    proxy = None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
    if proxy:
        pool = _proxy_manager(proxy, trust).connection_from_url(url)
    elif trust:
        pool = HTTPSConnectionPool(
            parts.hostname or "",
            parts.port,
            maxsize=CONNECTIONS,
            socket_options=_OPTIONS,
            ssl_context=trust,
        )
    else:
        pool = HTTPConnectionPool(
            parts.hostname or "", parts.port, maxsize=CONNECTIONS, socket_options=_OPTIONS
        )
    pool.ConnectionCls = ConnectionWithTLS if has_tls else Connection
    return pool


def _proxy_manager(proxy: str, trust: SSLContext | None) -> ProxyManager:
    # As botocore reads it: the scheme may be left out.
    proxy = proxy if "://" in proxy else f"http://{proxy.removeprefix('//')}"
    parts = urlsplit(proxy)
    name = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    return ProxyManager(
        proxy,
        maxsize=CONNECTIONS,
        socket_options=_OPTIONS,
        proxy_headers=make_headers(proxy_basic_auth=name),
        ssl_context=trust,
    )


@cache
def _trust(authorities: str) -> SSLContext:
    """Make it once: to read all authorities takes 30 ms, and connections are made in between."""
    context = create_urllib3_context(cert_reqs=CERT_REQUIRED)
    # Without authorities nobody is trusted, and the error says so.
    with suppress(OSError):
        context.load_verify_locations(authorities)
    return context


class _Answer(HTTPResponse):
    """Notes for its thread that an answer has begun."""

    @override
    def begin(self) -> None:
        super().begin()
        _last.is_answered = True


class Connection(HTTPConnection):
    """Notes for its thread how far a request has come."""

    response_class = _Answer
    has_answered = False

    @override
    def connect(self) -> None:
        _last.was_kept = self.has_answered = False
        super().connect()
        # What is told to a proxy on the way is not the request.
        _last.was_sent = _last.is_answered = False

    @override
    def request(self, *arguments: object, **options: object) -> None:
        _last.was_kept = self.has_answered and not self.is_closed
        super().request(*arguments, **options)  # type: ignore[arg-type] # passed on as they are

    @override
    def send(self, data: object) -> None:
        if self.sock is None:
            self.connect()
        _last.was_sent = True
        super().send(data)  # type: ignore[arg-type] # as above

    @override
    def getresponse(self) -> BaseHTTPResponse:  # type: ignore[override] # what urllib3 gives
        response = super().getresponse()
        self.has_answered = True
        return response


class ConnectionWithTLS(Connection, HTTPSConnection):
    """The same, with TLS."""
