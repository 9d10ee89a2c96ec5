"""HTTPS to DynamoDB: whom the first attempt trusts, and what a connection costs."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import override

import pytest
from botocore.httpsession import get_cert_path
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crm.dynamodb import calls, client
from crm.dynamodb.errors import UnavailableError
from crm.tables import RECORDS

KEY = {"PK": "a", "SK": "b"}


class Handler(BaseHTTPRequestHandler):
    """Answers in HTTP/1.0: each request needs a connection of its own."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = b'{"Item": {"PK": {"S": "a"}}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Tells nobody of visitors that do not trust it."""

    daemon_threads = True

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the self-signed certificate of ``localhost``, and its key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@pytest.fixture
def port(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Yield what listens as ``localhost``, and is the endpoint; its certificate is trusted."""
    with Server(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        port = server.server_address[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"https://localhost:{port}")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        monkeypatch.setattr("crm.dynamodb.transport.sleep", lambda _seconds: None)
        client.reset()
        yield port
        server.shutdown()
        thread.join()
    client.reset()


@pytest.mark.usefixtures("port")
def test_authorities_are_read_once_for_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    assert calls.get(RECORDS, KEY) == {"PK": "a"}

    def refused(*_args: object, **_more: object) -> None:
        raise AssertionError

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", refused)
    for _ in range(3):
        assert calls.get(RECORDS, KEY) == {"PK": "a"}


@pytest.mark.parametrize(
    "bundle", [get_cert_path(verify=True), "/nowhere.pem", __file__], ids=["public", "none", "text"]
)
@pytest.mark.usefixtures("port")
def test_who_is_not_known_is_not_trusted(monkeypatch: pytest.MonkeyPatch, bundle: str) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", bundle)
    client.reset()
    with pytest.raises(UnavailableError, match="SSL"):
        calls.get(RECORDS, KEY)


def test_the_name_counts(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"https://127.0.0.1:{port}")
    client.reset()
    with pytest.raises(UnavailableError, match="SSL"):
        calls.get(RECORDS, KEY)
