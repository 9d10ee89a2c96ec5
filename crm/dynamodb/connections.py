"""Connections that stay open for further requests."""

from contextlib import suppress
from functools import cache
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

_last = local()


def was_kept() -> bool:
    """Say whether the last request of this thread went out on a connection that was open before."""
    return getattr(_last, "was_kept", False)


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


class Connection(HTTPConnection):
    """Notes for its thread whether it was kept open since an earlier request."""

    has_answered = False

    @override
    def connect(self) -> None:
        _last.was_kept = self.has_answered = False
        super().connect()

    @override
    def request(self, *arguments: object, **options: object) -> None:
        _last.was_kept = self.has_answered and not self.is_closed
        super().request(*arguments, **options)  # type: ignore[arg-type] # passed on as they are

    @override
    def getresponse(self) -> BaseHTTPResponse:  # type: ignore[override] # what urllib3 gives
        response = super().getresponse()
        self.has_answered = True
        return response


class ConnectionWithTLS(Connection, HTTPSConnection):
    """The same, with TLS."""
