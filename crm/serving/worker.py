"""gunicorn's worker with waitress inside: no thread waits for who sends or reads slowly.

gunicorn's master starts, watches and ends it as any other. In it, one loop reads requests
(:mod:`crm.serving.channel`) and hands over those that are whole; a thread asks the
application, and gunicorn's own code parses the head and writes the answer.
"""

import os
from collections.abc import Sequence
from socket import socket
from time import monotonic
from types import FrameType
from typing import override

from gunicorn.http import wsgi
from gunicorn.workers.base import Worker as BaseWorker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from crm.serving.channel import STOP_SECONDS, Channel
from crm.serving.incoming import Incoming

MEGABYTE = 1024 * 1024
WATCH_SECONDS = 1


class Worker(BaseWorker):
    """One process of the server."""

    alive: bool
    servers: "Sequence[Server]" = ()

    @override
    def run(self) -> None:
        self.channels: dict[int, object] = {}
        self.dispatcher = ThreadedTaskDispatcher()
        self.dispatcher.set_thread_count(self.cfg.threads)
        self.servers = [Server(self, listener) for listener in self.sockets]
        self._watched = monotonic()
        while self.alive and self.ppid == os.getppid():
            self._turn()
        self.alive = False
        for server in self.servers:
            server.stop()
        deadline = monotonic() + self.cfg.graceful_timeout
        while any(server.active_channels for server in self.servers) and monotonic() < deadline:
            self._turn()

    def _turn(self) -> None:
        """Do what is to be done now, or wait for a second; the master hears that we live."""
        self.notify()
        wasyncore.loop(timeout=WATCH_SECONDS, use_poll=True, map=self.channels, count=1)
        if monotonic() >= self._watched + WATCH_SECONDS:
            self._watched = monotonic()
            for server in self.servers:
                server.watch()

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        for server in self.servers:
            server.pull_trigger()

    def answer(self, incoming: Incoming, channel: Channel) -> bool:
        """Answer a request, in a thread; return whether another one may follow."""
        response = None
        try:
            response, environ = wsgi.create(
                incoming.request, channel, channel.addr, channel.server.address, self.cfg
            )
            environ |= {"wsgi.multithread": True} | incoming.meta
            if not self.alive:
                response.force_close()
            self._send(response, environ)
        except (BrokenPipeError, ConnectionResetError):
            return False
        except Exception as error:
            if response and response.headers_sent:
                self.log.exception("Error handling request")
            else:
                self.handle_error(incoming.request, channel, channel.addr, error)
            return False
        return not response.should_close()

    def _send(self, response: wsgi.Response, environ: dict[str, object]) -> None:
        pieces = self.wsgi(environ, response.start_response)
        try:
            for piece in pieces:
                response.write(piece)
            response.close()
        finally:
            if hasattr(pieces, "close"):
                pieces.close()


class Server(TcpWSGIServer):
    """A socket that listens, and its connections."""

    channel_class = Channel

    def __init__(self, worker: Worker, listener: socket) -> None:
        self.worker = worker
        self.address = listener.getsockname()
        # Whoever reads slowly has a MB waiting for them, in memory; then the thread waits, too.
        adjustments = Adjustments(
            recv_bytes=64 * 1024,
            outbuf_high_watermark=MEGABYTE,
            outbuf_overflow=64 * MEGABYTE,
            backlog=worker.cfg.backlog,
            connection_limit=2**31,
            cleanup_interval=2**31,  # done by watch
            log_socket_errors=False,
            # Only the application decides whom to believe: see crm.middleware.
            clear_untrusted_proxy_headers=False,
        )
        super().__init__(
            worker.wsgi,
            map=worker.channels,
            _sock=listener,
            dispatcher=worker.dispatcher,
            adj=adjustments,
            sockinfo=(listener.family, listener.type, listener.proto, self.address),
            bind_socket=False,
        )

    def watch(self) -> None:
        """Close the connections that have taken too long."""
        for channel in list(self.active_channels.values()):
            channel.watch()

    @override
    def handle_accept(self) -> None:
        """Take a connection; beyond the limit, the one that would end next makes room."""
        super().handle_accept()
        if len(self.active_channels) > self.worker.cfg.worker_connections:
            min(self.active_channels.values(), key=lambda channel: channel.deadline).handle_close()

    def stop(self) -> None:
        """Take no more connections, and let those go that nobody would miss."""
        self.accepting = False
        self.del_channel()
        self.socket.close()
        for channel in self.active_channels.values():
            if channel.is_idle:
                channel.deadline = min(channel.deadline, monotonic() + STOP_SECONDS)
