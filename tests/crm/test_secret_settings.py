"""Secrets that AWS keeps: read at start, rotated while people work, and what goes wrong."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import SimpleNamespace
from typing import override

import boto3
import pytest
from django.conf import LazySettings
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.core.exceptions import MiddlewareNotUsed
from django.test import Client
from django.utils.http import urlsafe_base64_encode
from moto import mock_aws

from crm import aws_secrets, mail_services, remember, secret_settings
from crm.accounts.models import Role, User
from crm.dynamodb import client, cursor
from crm.env import SettingError
from tests.crm.test_settings import GOOD, KEY, run

OLD = "old-" + KEY
NEW = "new-" + KEY
ORIGIN = "origin-secret-of-forty-characters-or-so-"
NAMES = {
    "SECRET_KEY_PARAMETER": "/leadbook/test/secret-key",
    "ORIGIN_SECRET_PARAMETER": "/leadbook/test/origin-secret",
}

type Put = Callable[[str, str], None]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Systems Manager and Secrets Manager inside moto."""
    with mock_aws():
        client.reset()
        yield
    client.reset()


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch, moto_tables: None, settings: LazySettings) -> Put:
    """Provide a site whose secrets are parameters, and the way to change one."""
    now = [1_000_000.0]
    monkeypatch.setattr(remember, "time", lambda: now[0])
    monkeypatch.setattr(secret_settings, "refresh", secret_settings.Refresh())
    store = boto3.client("ssm", "us-east-1")

    def change(name: str, value: str) -> None:
        place = NAMES[f"{name}_PARAMETER"]
        store.put_parameter(Name=place, Value=value, Type="SecureString", Overwrite=True)
        now[0] += secret_settings.PERIOD

    for variable, place in NAMES.items():
        monkeypatch.setenv(variable, place)
    change("SECRET_KEY", OLD)
    change("ORIGIN_SECRET", ORIGIN)
    # What is set while the test runs goes with its fixture.
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    settings.ORIGIN_SECRET = [ORIGIN]
    settings.MAILERS = {}
    return change


class Sick(BaseHTTPRequestHandler):
    """An endpoint that refuses, and counts; a parameter that is ``well`` it gives."""

    asked: list[dict[str, object]] = []
    code = "AccessDeniedException"
    well: dict[str, str] = {}
    # What some other server answers.
    other = b""

    def do_POST(self) -> None:
        """Answer a request to AWS."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append({"target": self.headers["X-Amz-Target"], **body})
        refusal = {"__type": f"com.amazon#{self.code}", "message": "User is not authorized"}
        found = [{"Name": name, "Value": value} for name, value in self.well.items()]
        answer = self.other or json.dumps({"Parameters": found} if found else refusal).encode()
        self.send_response(200 if found or self.other else 400)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


@pytest.fixture
def sick() -> Iterator[str]:
    """Yield the address of an endpoint that refuses every request."""
    Sick.asked.clear()
    Sick.well.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Sick) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def signed_in() -> tuple[User, Client]:
    person = User.objects.create_user("ann@example.com", "x" * 12, name="Ann", role=Role.SALES)
    web = Client()
    web.force_login(person)
    return person, web


def reset_link(person: User) -> str:
    uid = urlsafe_base64_encode(person.id.encode())
    return f"/accounts/password-reset/{uid}/{default_token_generator.make_token(person)}/"


def is_signed_in(web: Client) -> bool:
    return web.get("/accounts/password-change/").status_code == 200


def is_good(link: str) -> bool:
    """Say whether a link to set a new password leads to the form."""
    return Client().get(link).status_code == 302


@pytest.mark.slow
def test_all_parameters_come_in_one_request_and_secrets_each_in_theirs(aws: None) -> None:
    store = boto3.client("ssm", "us-east-1")
    store.put_parameter(Name="/a/one", Value="1\n", Type="SecureString")
    store.put_parameter(Name="/a/two", Value="2", Type="String")
    arn = boto3.client("secretsmanager", "us-east-1").create_secret(Name="c", SecretString="3")
    places = {"A": "/a/one", "B": "/a/two", "AGAIN": "/a/one", "C": arn["ARN"]}
    assert aws_secrets.read(places) == {"A": "1", "B": "2", "AGAIN": "1", "C": "3"}


def test_a_parameter_may_be_named_by_its_arn(aws: None) -> None:
    store = boto3.client("ssm", "us-east-1")
    store.put_parameter(Name="/a/one", Value="1", Type="String")
    arn = store.get_parameter(Name="/a/one")["Parameter"]["ARN"]
    assert aws_secrets.read({"A": arn}) == {"A": "1"}


def test_what_is_missing_is_named(aws: None) -> None:
    with pytest.raises(SettingError, match=r"^SECRET_KEY_PARAMETER: .*'/a/b'"):
        aws_secrets.read({"SECRET_KEY": "/a/b"})
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf"
    with pytest.raises(SettingError, match=r"^EMAIL_HOST_PASSWORD_PARAMETER .*NotFound"):
        aws_secrets.read({"EMAIL_HOST_PASSWORD": arn})


@pytest.mark.slow
@pytest.mark.parametrize("on", ["a server", "Lambda"])
@pytest.mark.parametrize("network", [True, False])
def test_a_start_without_its_secrets_ends_in_one_line(sick: str, on: str, *, network: bool) -> None:
    env = {
        **({"AWS_LAMBDA_FUNCTION_NAME": "leadbook-web"} if on == "Lambda" else {}),
        **{name: text for name, text in GOOD.items() if name != "SECRET_KEY"},
        **NAMES,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",
        # A port that nobody listens on.
        "AWS_ENDPOINT_URL_SSM": sick if network else "http://127.0.0.1:1",
    }
    done = run(env)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("SECRET_KEY_PARAMETER, ORIGIN_SECRET_PARAMETER cannot be read: ")
    assert ("AccessDenied" if network else "127.0.0.1:1") in done.stderr
    assert [asked["target"] for asked in Sick.asked] == ["AmazonSSM.GetParameters"] * network


@pytest.mark.parametrize("on", ["a server", "Lambda"])
@pytest.mark.parametrize("text", [b"<html>Sign in</html>", b"[1]", b'{"Version": 1}'])
def test_what_is_not_aws_gives_no_secrets(
    sick: str, monkeypatch: pytest.MonkeyPatch, on: str, text: bytes
) -> None:
    monkeypatch.setattr(Sick, "other", text)
    monkeypatch.setattr(aws_secrets, "PAUSES", (0,))
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", sick)
    if on == "Lambda":
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "leadbook-web")
    client.reset()
    with pytest.raises(SettingError, match=r"^SECRET_KEY_PARAMETER"):
        aws_secrets.read({"SECRET_KEY": "/k"})


def test_a_start_on_lambda_reads_them_without_botocore(sick: str) -> None:
    Sick.well.update({"/k": f"{NEW}\n{OLD}", "/o": ORIGIN})
    code = (
        "import sys; from crm import settings as s\n"
        "print(s.SECRET_KEY, s.SECRET_KEY_FALLBACKS, s.ORIGIN_SECRET)\n"
        "print('botocore.session' in sys.modules)\n"
    )
    env = {
        **GOOD,
        "SECRET_KEY": "",
        "SECRET_KEY_PARAMETER": "/k",
        "ORIGIN_SECRET_PARAMETER": "/o",
        "AWS_LAMBDA_FUNCTION_NAME": "leadbook-web",
        "AWS_ENDPOINT_URL_SSM": sick,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"{NEW} ['{OLD}'] ['{ORIGIN}']\nFalse\n"
    (asked,) = Sick.asked
    names = {"Names": ["/k", "/o"], "WithDecryption": True}
    assert asked == {"target": "AmazonSSM.GetParameters", **names}


@pytest.mark.parametrize("other", ["SECRET_KEY", "SECRET_KEY_FILE"])
def test_a_secret_has_one_source(other: str) -> None:
    env = {**GOOD, "SECRET_KEY": "", "SECRET_KEY_PARAMETER": "/a/b", other: KEY}
    done = run(env)
    assert done.returncode == 2
    assert done.stderr == f"{other} and SECRET_KEY_PARAMETER are both set: keep one.\n"


@pytest.mark.slow
def test_a_start_with_parameters(aws: None) -> None:
    code = (
        "import boto3, moto; moto.mock_aws().start()\n"
        "store = boto3.client('ssm')\n"
        "def put(name, value): store.put_parameter(Name=name, Value=value, Type='SecureString')\n"
        f"put('/k', '{NEW}\\n{OLD}\\n'); put('/o', '{ORIGIN}'); put('/m', 'mail')\n"
        "from crm import settings as s\n"
        "print(s.SECRET_KEY, s.SECRET_KEY_FALLBACKS, s.ORIGIN_SECRET)\n"
        "print(s.MAILERS['default']['OPTIONS']['password'])\n"
    )
    env = {
        **GOOD,
        "SECRET_KEY": "",
        "SECRET_KEY_PARAMETER": "/k",
        "ORIGIN_SECRET_PARAMETER": "/o",
        "EMAIL_HOST_PASSWORD_PARAMETER": "/m",
        "EMAIL_HOST": "mail.example.com",
        "AWS_DEFAULT_REGION": GOOD["AWS_REGION"],
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"{NEW} ['{OLD}'] ['{ORIGIN}']\nmail\n"


def test_a_rotation_in_three_steps_signs_nobody_out(put: Put) -> None:
    person, web = signed_in()
    link, place = reset_link(person), cursor.encode({"new": "here"}, "list")

    put("SECRET_KEY", f"{OLD}\n{NEW}")
    assert is_signed_in(web)
    put("SECRET_KEY", f"{NEW}\n{OLD}")
    assert is_signed_in(web)
    assert is_good(link)
    assert cursor.decode(place, "list") == {"new": "here"}
    fresh = reset_link(person)

    put("SECRET_KEY", NEW)
    assert is_signed_in(web)
    assert is_good(fresh)
    assert not is_good(link)
    with pytest.raises(cursor.InvalidCursorError):
        cursor.decode(place, "list")


def test_whoever_was_away_for_the_whole_rotation_signs_in_again(put: Put) -> None:
    _person, web = signed_in()
    put("SECRET_KEY", NEW)
    assert not is_signed_in(web)


def test_another_process_that_is_five_minutes_behind_is_believed(
    put: Put, settings: LazySettings
) -> None:
    put("SECRET_KEY", f"{OLD}\n{NEW}")
    _person, web = signed_in()
    assert is_signed_in(web)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert is_signed_in(web)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, [NEW]
    assert is_signed_in(web)


def test_the_other_secrets_change_too(
    put: Put, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = boto3.client("secretsmanager", "us-east-1").create_secret(Name="m", SecretString="new")
    monkeypatch.setenv("EMAIL_HOST_PASSWORD_PARAMETER", arn["ARN"])
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "mail.example.com", "username": "me", "password": "old"},
        }
    }
    put("ORIGIN_SECRET", f"{ORIGIN}2 {ORIGIN}")
    Client().get("/contact/")
    assert [f"{ORIGIN}2", ORIGIN] == settings.ORIGIN_SECRET
    assert mail.mailers.default.password == "new"  # type: ignore[attr-defined]


def test_the_secret_of_a_service_that_sends_mail_changes_too(
    put: Put, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = boto3.client("ssm", "us-east-1")
    store.put_parameter(Name="/token", Value="new", Type="SecureString")
    monkeypatch.setenv("POSTMARK_SERVER_TOKEN_PARAMETER", "/token")
    settings.EMAIL_SERVICE = "postmark"
    old = mail_services.mailer("postmark", {"POSTMARK_SERVER_TOKEN": "old"}, None)
    settings.MAILERS = {"default": old}
    put("ORIGIN_SECRET", f"{ORIGIN}2 {ORIGIN}")
    Client().get("/contact/")
    assert mail.mailers.default.server_token == "new"  # type: ignore[attr-defined]


def test_the_public_address_comes_when_it_is_known(
    put: Put,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = "/leadbook/test/public-url"
    monkeypatch.setenv("PUBLIC_URL_PARAMETER", place)
    monkeypatch.setitem(NAMES, "PUBLIC_URL_PARAMETER", place)
    settings.PUBLIC_URL = ""
    put("ORIGIN_SECRET", f"{ORIGIN}2")
    Client().get("/contact/")
    assert [f"{ORIGIN}2"] == settings.ORIGIN_SECRET
    assert settings.PUBLIC_URL == ""
    put("PUBLIC_URL", "https://d1.cloudfront.net/")
    Client().get("/contact/")
    assert settings.PUBLIC_URL == "https://d1.cloudfront.net"
    put("PUBLIC_URL", "ftp://evil.example")
    Client().get("/contact/")
    assert settings.PUBLIC_URL == "https://d1.cloudfront.net"
    assert [line for line in caplog.messages if "old ones stay: PUBLIC_URL" in line]


@pytest.mark.parametrize("value", ["short", f"{NEW}\nshort", "django-insecure-" + KEY])
def test_a_bad_value_changes_nothing_and_is_told_once(
    put: Put, settings: LazySettings, caplog: pytest.LogCaptureFixture, value: str
) -> None:
    _person, web = signed_in()
    put("ORIGIN_SECRET", "z" * 40)
    put("SECRET_KEY", value)
    assert is_signed_in(web)
    assert is_signed_in(web)
    assert (settings.SECRET_KEY, settings.ORIGIN_SECRET) == (OLD, [ORIGIN])
    warnings = [line for line in caplog.messages if "old ones stay" in line]
    assert len(warnings) == 1
    assert "SECRET_KEY" in warnings[0]
    assert KEY not in caplog.text


def test_a_refresh_that_fails_keeps_the_old_and_is_tried_again(
    put: Put,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    sick: str,
) -> None:
    put("SECRET_KEY", NEW)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", sick)
    client.reset()
    for _ in range(3):
        assert Client().get("/contact/").status_code == 200
    assert settings.SECRET_KEY == OLD
    assert len(Sick.asked) == 1
    assert caplog.text.count("AccessDenied") == 1
    monkeypatch.delenv("AWS_ENDPOINT_URL_SSM")
    client.reset()
    put("SECRET_KEY", NEW)
    Client().get("/contact/")
    assert settings.SECRET_KEY == NEW


def test_nothing_is_read_before_five_minutes_have_passed(
    put: Put, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    Client().get("/contact/")
    reads: list[dict[str, str]] = []
    monkeypatch.setattr(aws_secrets, "read", reads.append)
    Client().get("/contact/")
    assert reads == []


def test_requests_at_the_same_moment_read_once_and_do_not_wait(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret_settings.refresh()
    put("ORIGIN_SECRET", ORIGIN)
    reading, others_done = Event(), Event()
    reads = []

    def slow(places: dict[str, str]) -> dict[str, str]:
        reads.append(places)
        reading.set()
        assert others_done.wait(30)
        return {}

    monkeypatch.setattr(aws_secrets, "read", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(secret_settings.refresh)
        assert reading.wait(30)
        for _ in range(5):
            secret_settings.refresh()
        others_done.set()
        first.result()
    assert len(reads) == 1


def test_who_missed_a_rotation_lets_nobody_in_before_it_has_caught_up(
    put: Put, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two requests at once to a process that was idle; others have let the new key sign."""
    person, _web = signed_in()
    settings.SECRET_KEY = NEW
    web = Client()
    web.force_login(person)
    settings.SECRET_KEY = OLD
    put("SECRET_KEY", f"{OLD}\n{NEW}")
    put("SECRET_KEY", f"{NEW}\n{OLD}")
    reading, second_waits = Event(), Event()
    read, refresh, lock = aws_secrets.read, secret_settings.refresh, secret_settings.refresh._lock  # noqa: SLF001

    def slow(places: dict[str, str]) -> dict[str, str]:
        reading.set()
        assert second_waits.wait(30)
        return read(places)

    def acquire(*, blocking: bool) -> bool:
        if blocking:
            second_waits.set()
        return lock.acquire(blocking=blocking)

    def second() -> bool:
        try:
            return is_signed_in(web)
        finally:
            second_waits.set()

    monkeypatch.setattr(aws_secrets, "read", slow)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(refresh)
        assert reading.wait(30)
        seen = SimpleNamespace(acquire=acquire, release=lock.release)
        monkeypatch.setattr(refresh, "_lock", seen)
        assert pool.submit(second).result(30)
        first.result(30)


def test_a_password_for_no_mail_account_is_no_change(
    put: Put, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    arn = boto3.client("secretsmanager", "us-east-1").create_secret(Name="m", SecretString="new")
    monkeypatch.setenv("EMAIL_HOST_PASSWORD_PARAMETER", arn["ARN"])
    with caplog.at_level(logging.INFO, "crm.secret_settings"):
        Client().get("/contact/")
    assert "new values" not in caplog.text


def test_what_a_change_writes_in_the_log_is_no_secret(
    put: Put, caplog: pytest.LogCaptureFixture
) -> None:
    put("SECRET_KEY", NEW)
    with caplog.at_level(logging.DEBUG, "crm"):
        Client().get("/contact/")
    assert "Secrets have new values: SECRET_KEY" in caplog.messages
    assert KEY not in caplog.text


@pytest.mark.parametrize("text", ["short", f"{ORIGIN} short", "ä" * 40])
def test_an_origin_secret_is_long_and_fits_a_header(text: str) -> None:
    with pytest.raises(SettingError, match="ORIGIN_SECRET"):
        secret_settings.origin_secrets(text)


def test_the_middleware_is_left_out_where_aws_keeps_nothing() -> None:
    with pytest.raises(MiddlewareNotUsed):
        secret_settings.refresh_before_requests(lambda _request: None)  # type: ignore[arg-type, return-value]
