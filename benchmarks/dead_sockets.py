"""Connections that die unnoticed: a TCP proxy that resets or swallows what it had accepted."""

import socket
import struct
from contextlib import suppress
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class DeadSockets:
    """Passes everything on to ``target``, until the connections that are open die.

    ``opened`` counts the connections. After :meth:`swallow` nothing comes back on those that
    were open; after :meth:`reset` the next byte sent on one is answered by a reset.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._lock = Lock()
        self._open: list[_Pair] = []
        self._accepting = Thread(target=self._accept)
        self.opened = 0
        self.swallows_all = False

    @property
    def url(self) -> str:
        """The address to ask."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def reset(self) -> None:
        """Let all present connections die loudly."""
        self._mark("reset")

    def swallow(self) -> None:
        """Let all present connections die silently."""
        self._mark("swallow")

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._accepting.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all connections."""
        # A thread that waits for a visitor is woken by one.
        self._target = ("", 0)
        socket.create_connection(self._listening.getsockname()).close()
        self._accepting.join()
        self._listening.close()
        for pair in self._open:
            pair.end()

    def _mark(self, fate: str) -> None:
        with self._lock:
            for pair in self._open:
                pair.fate = fate

    def _accept(self) -> None:
        while True:
            visitor, _address = self._listening.accept()
            if self._target == ("", 0):
                visitor.close()
                return
            pair = _Pair(visitor, socket.create_connection(self._target))
            pair.fate = "swallow" if self.swallows_all else ""
            with self._lock:
                self.opened += 1
                self._open.append(pair)
            pair.start()


class _Pair:
    fate = ""

    def __init__(self, visitor: socket.socket, behind: socket.socket) -> None:
        self._visitor, self._behind = visitor, behind
        self._threads = [Thread(target=self._forth), Thread(target=self._back)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        for one in (self._visitor, self._behind):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()

    def _forth(self) -> None:
        with suppress(OSError):
            while data := self._visitor.recv(65536):
                if self.fate == "reset":
                    # Closed without a farewell: what is sent next is answered by a reset.
                    linger = struct.pack("ii", 1, 0)
                    self._visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    self._visitor.close()
                elif not self.fate:
                    self._behind.sendall(data)

    def _back(self) -> None:
        with suppress(OSError):
            while data := self._behind.recv(65536):
                self._visitor.sendall(data)
