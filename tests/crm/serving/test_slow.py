"""Who sends or reads slowly is waited for by nobody, and for a while only."""

import os
import resource
import select
import signal
import socket
from contextlib import ExitStack, closing

import pytest

from tests.crm.serving.conftest import FEW_CONNECTIONS, Server
from tests.crm.serving.senders import ask, connect, drip, get, head, read, read_next, send_on
from tests.crm.test_serve import server as bare_server

HALF_A_HEAD = b"GET /contact/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAcc"
HALF_A_BODY = head("POST", "/contact/", "Content-Length: 100") + b"name=A"
HALF_A_CHUNK = head("POST", "/contact/", "Transfer-Encoding: chunked") + b"64\r\nname=A"
pytestmark = pytest.mark.slow


def assert_all_is_well(server: Server) -> None:
    assert get(server.port, "/healthz") == 200
    assert get(server.port, "/contact/") == 200
    assert get(server.port, "/board/", server.cookies) == 200


@pytest.mark.parametrize("half", [HALF_A_HEAD, HALF_A_BODY, HALF_A_CHUNK, b""])
def test_two_hundred_half_sent_requests_leave_the_site_answering(
    server: Server, half: bytes
) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(closing(connect(server.port))).sendall(half)
        assert_all_is_well(server)


def test_more_than_two_thousand_connections(server: Server) -> None:
    most = 2_100
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < most + 200:
        pytest.skip("this process may not open as many")
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(connect(server.port))) for _ in range(most)]
        assert_all_is_well(server)
        # None of them had to go.
        for connection in connections[:: most // 20]:
            connection.sendall(head("GET", "/healthz"))
            assert read(connection)[0] == 200


def test_beyond_the_limit_who_would_end_next_makes_room(impatient: Server) -> None:
    with ExitStack() as stack:
        most = range(FEW_CONNECTIONS)
        waiting = [stack.enter_context(closing(connect(impatient.port))) for _ in most]
        assert_all_is_well(impatient)
        assert waiting[0].recv(1) == b""
        waiting[-1].sendall(head("GET", "/healthz"))
        assert read(waiting[-1])[0] == 200


def test_who_was_refused_and_sends_on_comes_to_an_end(impatient: Server) -> None:
    with closing(connect(impatient.port)) as sock:
        sock.sendall(head("POST", "/contact/", "Content-Length: 2000000"))
        assert read(sock)[0] == 413
        with pytest.raises(OSError, match=r"Broken pipe|reset by peer"):
            send_on(sock)


def test_a_head_that_drips_comes_to_an_end(impatient: Server) -> None:
    with closing(connect(impatient.port)) as sock:
        sock.sendall(HALF_A_HEAD)
        assert drip(sock).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "start",
    [
        head("POST", "/contact/", "Content-Length: 10000") + b"message=",
        head("POST", "/contact/", "Transfer-Encoding: chunked") + b"2000\r\nmessage=",
    ],
)
def test_a_body_that_drips_comes_to_an_end(impatient: Server, start: bytes) -> None:
    with closing(connect(impatient.port)) as sock:
        sock.sendall(start)
        assert drip(sock).startswith(b"HTTP/1.1 408 ")


def test_what_comes_slowly_and_whole_is_answered(server: Server) -> None:
    with closing(connect(server.port)) as sock:
        for byte in head("GET", "/healthz"):
            sock.sendall(bytes([byte]))
        assert read(sock)[0] == 200
        chunks = b"3\r\na=b\r\n2;x=y\r\n&c\r\n0\r\nX: y\r\n\r\n"
        form = "Content-Type: application/x-www-form-urlencoded"
        for byte in head("POST", "/contact/", "Transfer-Encoding: chunked", form) + chunks:
            sock.sendall(bytes([byte]))
        assert read(sock)[0] == 422


def test_readers_who_do_not_read_hold_no_thread(server: Server) -> None:
    """Each asks on and on, until the server takes nothing more of it, and reads nothing."""
    question = head("GET", "/static/app.css")
    questions = question * 500
    with ExitStack() as stack:
        readers = [stack.enter_context(closing(socket.socket())) for _ in range(16)]
        for reader in readers:
            # The system shall keep little for them.
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            reader.connect(("127.0.0.1", server.port))
            reader.settimeout(0)
        sent = dict.fromkeys(readers, 0)
        while writable := select.select([], readers, [], 2)[1]:
            for reader in writable:
                sent[reader] += reader.send(questions[sent[reader] % len(question) :])
        assert_all_is_well(server)


def test_a_reader_of_an_endless_answer_is_given_up() -> None:
    """Its thread waits for it, since the answer is made as it is read; not for long."""
    command = ["-m", "gunicorn", "--config", "python:crm.server"]
    command += ["tests.crm.serving.endless_app:application"]
    arguments = "--worker-class tests.crm.serving.impatient.Worker --threads 2"
    with ExitStack() as stack:
        _process, connection = stack.enter_context(
            bare_server(command, {"GUNICORN_CMD_ARGS": arguments})
        )
        for _ in range(4):
            reader = stack.enter_context(closing(connect(connection.port)))
            reader.sendall(head("GET", "/endless"))
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"done"


def test_requests_in_a_row_are_answered_in_a_row(server: Server) -> None:
    form = "Content-Type: application/x-www-form-urlencoded"
    post = head("POST", "/contact/", "Content-Length: 3", form) + b"a=b"
    with closing(connect(server.port)) as sock, sock.makefile("rb") as answers:
        sock.sendall(head("GET", "/healthz") + post + head("HEAD", "/contact/") + HALF_A_HEAD)
        assert read_next(answers)[::2] == (200, "ok\n")
        assert read_next(answers)[0] == 422
        assert int(read_next(answers, "HEAD")[1]["Content-Length"]) > 1000
        sock.sendall(b"ept: text/html\r\n\r\n")
        assert read_next(answers)[0] == 200


def test_a_killed_worker_is_made_anew(server: Server) -> None:
    before = server.site.workers()
    for worker in before:
        os.kill(worker, signal.SIGKILL)
    server.site.start_server()  # it runs: this waits until it answers
    assert get(server.port, "/healthz") == 200
    assert not set(before) & set(server.site.workers())


def test_half_a_request_is_finished_after_sigterm(server: Server) -> None:
    """And nobody waits for connections that have nothing to say."""
    document = b'{"name":"Ada","email":"ada@example.com","subject":"Hi","message":"Hello"}'
    fields = ("Content-Type: application/json", f"Content-Length: {len(document)}")
    with closing(connect(server.port)) as sock, closing(connect(server.port)) as idle:
        sock.sendall(head("POST", "/api/v1/leads", *fields) + document[:20])
        assert ask(server.port, head("GET", "/healthz"))[0] == 200
        server.site.end_server()
        sock.sendall(document[20:])
        status, headers, _body = read(sock)
        assert (status, headers["Connection"]) == (201, "close")
        assert idle.recv(1) == b""
        assert server.site.wait_for_end() == 0
