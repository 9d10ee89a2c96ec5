"""Strangers who send slowly, too much, or nonsense, as bare sockets."""

import select
import socket
from contextlib import closing
from http.client import HTTPConnection, parse_headers
from http.cookies import SimpleCookie
from typing import BinaryIO

type Answer = tuple[int, dict[str, str], str]
"""Its status, its headers and its body."""


def connect(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=20)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def head(method: str, path: str, *fields: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *fields]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"


def read(sock: socket.socket) -> Answer:
    """Read one answer."""
    with sock.makefile("rb") as file:
        return read_next(file)


def read_next(file: BinaryIO, method: str = "GET") -> Answer:
    """Read the next answer of several."""
    status = int(file.readline().split()[1])
    headers = dict(parse_headers(file))
    length = 0 if method == "HEAD" else int(headers.get("Content-Length", "0"))
    return status, headers, file.read(length).decode()


def ask(port: int, request: bytes) -> Answer:
    with closing(connect(port)) as sock:
        sock.sendall(request)
        return read(sock)


def get(port: int, path: str, cookies: dict[str, str] | None = None) -> int:
    """Ask as a browser does that waits for seconds, not for ever."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    with closing(connection):
        jar = SimpleCookie(cookies).output(header="", sep=";").strip()
        connection.request("GET", path, headers={"Cookie": jar} if jar else {})
        response = connection.getresponse()
        response.read()
        return response.status


def drip(sock: socket.socket, most: int = 400) -> bytes:
    """Send a byte, and another one, until an answer comes; return how it begins."""
    for _ in range(most):
        if select.select([sock], [], [], 0.05)[0]:
            return sock.recv(1000)
        sock.sendall(b"x")
    return b""


def send_on(sock: socket.socket, most: int = 400) -> None:
    """Send a byte, and another one, whatever comes."""
    for _ in range(most):
        sock.sendall(b"x")
        select.select([], [], [], 0.05)
