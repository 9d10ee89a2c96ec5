"""Whom ``make deploy`` asks AWS as: sessions of ``aws login``, and what is said when they end."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import override

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    NoCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infra.account import Account, AccountError, map_errors
from infra.options import Options
from tests import ROOT

OPTIONS = Options("dev", "eu-central-1", "ops@example.com")
SESSION = "arn:aws:iam::123456789012:user/ann"


class Refusal(BaseHTTPRequestHandler):
    """Says, as AWS Sign-In does, that the session is over."""

    def do_POST(self) -> None:
        body = b'{"error": "TOKEN_EXPIRED", "message": "The refresh token has expired."}'
        self.send_response(403)
        self.send_header("x-amzn-errortype", "AccessDeniedException")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *_arguments: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def sign_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Yield a sign-in service that ends every session."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_SIGNIN", f"http://127.0.0.1:{server.server_port}")
        yield
        server.shutdown()
        thread.join()


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[timedelta], None]:
    """Return what leaves on the disk that which ``aws login`` does, good for so long."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    config.write_text(f"[default]\nlogin_session = {SESSION}\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_LOGIN_CACHE_DIRECTORY", str(tmp_path))
    # A named endpoint of the tests would be for DynamoDB alone; this is for all.
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    def write(left: timedelta) -> None:
        token = {
            "accessToken": {
                "accessKeyId": "ASIAEXAMPLE",
                "secretAccessKey": "secret",
                "sessionToken": "token",
                "accountId": "123456789012",
                "expiresAt": (datetime.now(UTC) + left).isoformat(),
            },
            "clientId": "arn:aws:signin:::devtools/same-device",
            "refreshToken": "refresh",
            "dpopKey": private_key(),
        }
        name = sha256(SESSION.encode()).hexdigest()
        (tmp_path / f"{name}.json").write_text(json.dumps(token), encoding="utf-8")

    return write


def private_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    written = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return written.decode()


def test_a_session_of_aws_login_is_found(signed_in: Callable[[timedelta], None]) -> None:
    signed_in(timedelta(minutes=15))
    found = boto3.Session(region_name="eu-central-1").get_credentials()
    assert found is not None
    assert (found.method, found.get_frozen_credentials().access_key) == ("login", "ASIAEXAMPLE")


@pytest.mark.usefixtures("sign_in")
def test_a_session_that_is_over_says_so(signed_in: Callable[[timedelta], None]) -> None:
    signed_in(timedelta(minutes=-1))
    with pytest.raises(AccountError, match=r"^the session of `aws login` is over: run it again\.$"):
        Account(OPTIONS)


@pytest.mark.usefixtures("signed_in")
def test_a_session_that_was_ended_by_aws_logout_says_so() -> None:
    with pytest.raises(AccountError, match="`aws login` is over"):
        Account(OPTIONS)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoCredentialsError(), r"no AWS credentials: run `aws login` \(or `aws sso login`"),
        (UnauthorizedSSOTokenError(), "`aws sso login` is over"),
        (TokenRetrievalError(provider="sso", error_msg="expired"), "`aws sso login` is over"),
        (ClientError({"Error": {"Code": "ExpiredToken"}}, "GetCallerIdentity"), "have expired"),
        (ClientError({"Error": {"Code": "InvalidClientTokenId"}}, "x"), "has to be switched on"),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "GetParameter"), "AWS refused the test"),
    ],
)
def test_each_way_in_is_one_line(error: Exception, said: str) -> None:
    with pytest.raises(AccountError, match=said) as raised, map_errors("the test"):
        raise error
    assert "\n" not in str(raised.value)


def test_what_signs_it_is_installed_for_deployments_alone() -> None:
    assert find_spec("awscrt.crypto")
    having = {
        path.stem
        for path in (ROOT / "requirements").glob("*.txt")
        if re.search("^awscrt==", path.read_text("utf-8"), re.MULTILINE)
    }
    assert having == {"infra"}
