"""Settings come from the environment: what is missing or malformed stops the start in a line."""

import os
import subprocess
import sys
from pathlib import Path
from runpy import run_path
from unittest.mock import patch

import pytest

from crm.env import SettingError
from tests import ROOT

KEY = "correct-horse-battery-staple-0123456789-abcdefghijklmnop"
GOOD = {
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "crm.example.com",
    "AWS_REGION": "eu-west-1",
    "AWS_CONFIG_FILE": "/nonexistent",
}
DEVELOPMENT = {"DEBUG": "1"}
SERVICE = {
    "EMAIL_SERVICE": "postmark",
    "POSTMARK_SERVER_TOKEN": "secret",
    "DEFAULT_FROM_EMAIL": "crm@example.com",
}
MAILGUN = {**SERVICE, "EMAIL_SERVICE": "mailgun", "MAILGUN_API_KEY": "secret"}


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *(arguments or ("version",))]
    clean = {"PATH": os.environ["PATH"], **env}
    return subprocess.run(
        command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False, timeout=60
    )


def value(env: dict[str, str], expression: str) -> str:
    """Return what a settings expression prints under an environment."""
    code = f"from crm import settings as s; print({expression})"
    clean = {"PATH": os.environ["PATH"], **env}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"INTAKE_PER_NETWORK": "-1"}, "INTAKE_PER_NETWORK"),
        ({"INTAKE_TOTAL": "many"}, "INTAKE_TOTAL"),
        ({"INTAKE_CEILING": "299"}, "INTAKE_CEILING"),
        ({"INTAKE_CEILING": "1000001"}, "INTAKE_CEILING"),
        ({"INTAKE_TRUSTED": "203.0.113.0/24, example.com"}, "INTAKE_TRUSTED"),
        ({"INTAKE_TRUSTED": "203.0.113.0/33"}, "INTAKE_TRUSTED"),
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY"),
        ({"SECRET_KEY": "django-insecure-" + KEY}, "SECRET_KEY"),
        ({"SECRET_KEY": f"{KEY}\nshort"}, "SECRET_KEY"),
        ({"ORIGIN_SECRET": "short"}, "ORIGIN_SECRET"),
        ({"ORIGIN_SECRET": f"{KEY} short"}, "ORIGIN_SECRET"),
        ({"PUBLIC_URL": "crm.example.com"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "http://crm.example.com"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://crm.example.com/leads"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://crm.example.com@evil.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://a.example https://b.example"}, "PUBLIC_URL"),
        ({"SECRET_KEY_FILE": "/nonexistent"}, "SECRET_KEY"),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/nonexistent"}, "SECRET_KEY_FILE"),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/"}, "SECRET_KEY_FILE"),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/dev/null"}, "SECRET_KEY_FILE"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": " , "}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"AWS_REGION": ""}, "AWS_REGION"),
        ({"DEBUG": "maybe"}, "DEBUG"),
        ({"DEBUG": "1"}, "ALLOWED_HOSTS"),
        ({"DEMO": "1"}, "ALLOWED_HOSTS"),
        ({"DEMO": "1", "ALLOWED_HOSTS": "localhost", "HOST": "192.0.2.1"}, "HOST"),
        ({"DEMO": "1", "DEBUG": "1", "ALLOWED_HOSTS": "localhost"}, "DEMO"),
        ({"BEHIND_TLS_PROXY": "2"}, "BEHIND_TLS_PROXY"),
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"PORT": "-1"}, "PORT"),
        ({"WEB_CONCURRENCY": "0"}, "WEB_CONCURRENCY"),
        ({"WEB_THREADS": "many"}, "WEB_THREADS"),
        ({"CSRF_TRUSTED_ORIGINS": "crm.example.com"}, "CSRF_TRUSTED_ORIGINS"),
        ({"EMAIL_HOST": "mail", "EMAIL_PORT": "x"}, "EMAIL_PORT"),
        ({**SERVICE, "EMAIL_SERVICE": "heliograph"}, "EMAIL_SERVICE"),
        ({**SERVICE, "EMAIL_HOST": "mail.example.com"}, "EMAIL_SERVICE and EMAIL_HOST"),
        ({**SERVICE, "DEFAULT_FROM_EMAIL": ""}, "DEFAULT_FROM_EMAIL"),
        ({**SERVICE, "POSTMARK_SERVER_TOKEN": ""}, "POSTMARK_SERVER_TOKEN"),
        ({**SERVICE, "POSTMARK_SERVER_TOKEN_FILE": "/x"}, "POSTMARK_SERVER_TOKEN"),
        ({**SERVICE, "EMAIL_SERVICE": "scaleway", "SCALEWAY_SECRET_KEY": "x"}, "SCALEWAY_PROJ"),
        ({**MAILGUN, "MAILGUN_API_URL": "http://api.example.com"}, "MAILGUN_API_URL"),
        ({"SECURITY_LOG_DAYS": "0"}, "SECURITY_LOG_DAYS"),
        ({"PHONE_REGION": "UK"}, "PHONE_REGION"),
        ({"PHONE_REGION": "Germany"}, "PHONE_REGION"),
        ({"INBOUND_ADDRESS": "in.example.com"}, "INBOUND_ADDRESS"),
        ({"INBOUND_ADDRESS": "answers-to-us@in.example.com"}, "INBOUND_ADDRESS"),
    ],
)
def test_a_bad_setting_is_refused_in_one_line_that_names_it(
    change: dict[str, str], named: str
) -> None:
    with (
        patch.dict(os.environ, {**GOOD, **change}, clear=True),
        pytest.raises(SettingError, match=named) as caught,
    ):
        run_path(str(ROOT / "crm" / "settings.py"))
    assert len(str(caught.value).splitlines()) == 1


def test_a_bad_setting_stops_the_start() -> None:
    done = run({**GOOD, "PORT": "http"})
    assert done.returncode == 2
    assert "PORT" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize("module", ["crm.wsgi", "crm.server"])
def test_a_server_that_imports_us_is_told_the_same(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}"],
        cwd=ROOT,
        env={**GOOD, "SECRET_KEY": "", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "SECRET_KEY" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("proxy", ["0", "1"])
@pytest.mark.parametrize("mail", [{}, {"EMAIL_HOST": "mail.example.com"}, SERVICE])
def test_deploy_checks_find_nothing_in_production(proxy: str, mail: dict[str, str]) -> None:
    env = {**GOOD, "BEHIND_TLS_PROXY": proxy, **mail}
    done = run(env, "check", "--deploy", "--fail-level", "DEBUG")
    assert "no issues" in done.stdout + done.stderr
    assert done.returncode == 0


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n", encoding="utf-8")
    env = {**GOOD, "SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key")}
    assert value(env, "s.SECRET_KEY") == KEY


@pytest.mark.parametrize(
    "url", ["https://crm.example.com", "https://crm:8443/", "http://localhost:8000"]
)
def test_links_in_mails_may_have_an_address(url: str) -> None:
    assert value({**GOOD, "PUBLIC_URL": url}, "s.PUBLIC_URL") == url.rstrip("/")


def test_links_in_mails_name_the_host_of_the_request_without_one() -> None:
    assert value(GOOD, "repr(s.PUBLIC_URL)") == "''"


def test_a_secret_key_may_have_predecessors() -> None:
    env = {**GOOD, "SECRET_KEY": f"{KEY}\n\n{KEY}-old\n"}
    assert value(env, "s.SECRET_KEY, s.SECRET_KEY_FALLBACKS") == f"{KEY} ['{KEY}-old']"


@pytest.mark.parametrize("region", ["GB", "gb"])
def test_telephone_numbers_may_have_a_country(region: str) -> None:
    assert value({**GOOD, "PHONE_REGION": region}, "s.PHONE_REGION") == "GB"


def test_trusted_networks_may_be_single_addresses() -> None:
    env = {**GOOD, "INTAKE_TRUSTED": "203.0.113.5, 198.51.100.7/24,2001:db8::/32"}
    expression = "*map(str, s.INTAKE_TRUSTED)"
    assert value(env, expression) == "203.0.113.5/32 198.51.100.0/24 2001:db8::/32"


@pytest.mark.parametrize("profile", ["default", "work"])
def test_the_region_may_come_from_an_aws_profile(tmp_path: Path, profile: str) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nregion = a\n[profile work]\nregion = b\n", encoding="utf-8")
    env = {**GOOD, "AWS_REGION": "", "AWS_CONFIG_FILE": str(config), "AWS_PROFILE": profile}
    assert value(env, "s.AWS_REGION") == {"default": "a", "work": "b"}[profile]


@pytest.mark.slow
def test_neither_forwarded_header_nor_redirect_without_the_proxy() -> None:
    expression = "s.SECURE_PROXY_SSL_HEADER, s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE"
    assert value(GOOD, expression) == "None False True"
    behind = {**GOOD, "BEHIND_TLS_PROXY": "1"}
    assert value(behind, expression) == "('HTTP_X_FORWARDED_PROTO', 'https') True True"


@pytest.mark.slow
def test_cookies_are_bound_to_the_host_where_they_are_secure() -> None:
    names = "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME"
    of_messages = "__import__('crm.messages').messages.HostCookieStorage.cookie_name"
    django = {"DJANGO_SETTINGS_MODULE": "crm.settings"}
    for environment, prefix in ((GOOD, "__Host-"), (DEVELOPMENT, ""), ({"DEMO": "1"}, "")):
        told = value(environment | django, f"{names}, {of_messages}").split()
        assert told == [f"{prefix}{name}" for name in ("sessionid", "csrftoken", "messages")]


@pytest.mark.slow
def test_development_needs_nothing_and_is_for_this_machine() -> None:
    assert value(DEVELOPMENT, "s.ALLOWED_HOSTS") == "['localhost', '127.0.0.1', '[::1]']"
    assert value(DEVELOPMENT, "s.SESSION_COOKIE_SECURE, s.PASSWORD_RESET_BY_MAIL") == "False True"


@pytest.mark.slow
def test_password_reset_by_mail_only_where_mail_can_be_sent() -> None:
    assert value(GOOD, "s.PASSWORD_RESET_BY_MAIL, s.MAILERS") == "False {}"
    mail = {**GOOD, "EMAIL_HOST": "mail.example.com", "EMAIL_HOST_PASSWORD": "secret"}
    assert value(mail, "s.PASSWORD_RESET_BY_MAIL") == "True"
    assert value(mail, "s.MAILERS['default']['OPTIONS']['use_tls']") == "True"


@pytest.mark.slow
def test_a_service_sends_mail_as_a_server_does() -> None:
    shown = "s.PASSWORD_RESET_BY_MAIL, s.MAILERS['default']['BACKEND'], s.MAILERS['default']"
    assert value({**GOOD, **SERVICE, "POSTMARK_MESSAGE_STREAM": "desk"}, shown) == (
        "True anymail.backends.postmark.EmailBackend "
        "{'BACKEND': 'anymail.backends.postmark.EmailBackend', "
        "'OPTIONS': {'server_token': 'secret', 'message_stream': 'desk', 'timeout': 10}}"
    )
    ses = {**GOOD, "EMAIL_SERVICE": "amazon_ses", "DEFAULT_FROM_EMAIL": "crm@example.com"}
    region = "s.MAILERS['default']['OPTIONS']['client_params']['region_name']"
    assert value(ses, region) == "eu-west-1"


def test_a_service_whose_package_is_missing_stops_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crm.mail_services.find_spec", lambda _name: None)
    with (
        patch.dict(os.environ, {**GOOD, **SERVICE}, clear=True),
        pytest.raises(SettingError, match=r"EMAIL_SERVICE needs .+ install requirements/mail.txt"),
    ):
        run_path(str(ROOT / "crm" / "settings.py"))
