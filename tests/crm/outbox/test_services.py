"""Services of django-anymail: what they answer over HTTP, and what that means for a mail."""

import json
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import override

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMultiAlternatives, mailers

from crm import mail_services
from crm.dynamodb.engine import free_port
from crm.outbox.mailing import MOST_TEXT, Outcome, send

TAKEN = {
    "amazon_ses": '{"MessageId": "0102"}',
    "postmark": '{"ErrorCode": 0, "Message": "OK", "MessageID": "1", "To": "ada@example.com"}',
}

GIVEN = {"amazon_ses": "0102", "postmark": "1"}


class Service:
    """What a test sees of it: it answers ``status`` and ``answer``, and keeps what was ``asked``.

    With ``hangs_up`` it takes a request and ends the connection.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[tuple[str, bytes]] = []
        self.status = 200
        self.answer = ""
        self.kind = ""
        self.hangs_up = False


@pytest.fixture
def service() -> Iterator[Service]:
    """Yield a service on this machine that takes every mail until it is told otherwise."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            found.asked.append((self.path, self.rfile.read(length)))
            if found.hangs_up:
                self.close_connection = True
                return
            self.send_response(found.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(found.answer.encode())))
            if found.kind:
                self.send_header("x-amzn-ErrorType", found.kind)
            self.end_headers()
            self.wfile.write(found.answer.encode())

        @override
        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Service(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield found
        server.shutdown()


@pytest.fixture(params=TAKEN)
def name(
    request: pytest.FixtureRequest,
    service: Service,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """Send by a service over a library of its own, or by one of those over HTTP alone."""
    name: str = request.param
    service.answer = TAKEN[name]
    use(name, service.url, settings, monkeypatch)
    return name


def use(name: str, url: str, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send by a service at an address."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", url)
    secrets = dict.fromkeys(mail_services.secrets_of(name), "secret")
    mailer = mail_services.mailer(name, secrets, "eu-central-1")
    options = mailer["OPTIONS"]
    assert isinstance(options, dict)
    if name != mail_services.SES:
        options["api_url"] = url
    settings.MAILERS, settings.EMAIL_SERVICE = {"default": mailer}, name


def letter() -> EmailMultiAlternatives:
    headers = {"Message-ID": "<1@example.com>", "In-Reply-To": "<0@example.com>"}
    message = EmailMultiAlternatives(
        "Re: Desks",
        "Grüße,\nBen",
        '"Ben at Leadbook" <crm@example.com>',
        ["ada@example.com"],
        headers=headers,
        reply_to=["reply+1@in.example.com"],
    )
    message.attach_alternative("<p>Grüße,<br>Ben</p>", "text/html")
    return message


def refuse(name: str, service: Service, status: int, code: str = "MessageRejected") -> None:
    """Let a service answer an error as it words it."""
    service.status = status
    if name == mail_services.SES:
        service.kind, service.answer = code, '{"message": "Address is not verified"}'
    else:
        service.answer = '{"ErrorCode": 300, "Message": "Address is not verified"}'


def test_a_letter_is_handed_over_whole(name: str, service: Service) -> None:
    assert not send(letter()).reason
    ((_path, body),) = service.asked
    told = json.loads(body)
    if name == mail_services.SES:
        text = b64decode(told["Content"]["Raw"]["Data"]).decode()
        assert told["Destination"] == {"ToAddresses": ["ada@example.com"]}
        assert "FromEmailAddress" not in told  # The role may use the address of the header.
        for line in (
            "From: Ben at Leadbook <crm@example.com>",
            "In-Reply-To: <0@example.com>",
            "Reply-To: reply+1@in.example.com",
        ):
            assert line in text
    else:
        assert told["From"] == "Ben at Leadbook <crm@example.com>"
        assert told["TextBody"] == "Grüße,\nBen"
        assert {"Name": "In-Reply-To", "Value": "<0@example.com>"} in told["Headers"]


def test_the_id_that_a_service_gives_in_place_of_ours_is_told(name: str, service: Service) -> None:
    assert send(letter()) == Outcome(given_id=GIVEN[name])


def test_no_other_id_of_a_service_is_one_of_the_mail(
    service: Service, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use("mandrill", service.url, settings, monkeypatch)
    service.answer = '[{"email": "ada@example.com", "status": "sent", "_id": "abc123"}]'
    assert send(letter()) == Outcome()


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_mail_that_is_refused_is_not_tried_again(
    name: str, service: Service, status: int
) -> None:
    refuse(name, service, status)
    outcome = send(letter())
    assert (outcome.is_final, outcome.is_doubtful) == (True, False)
    assert "Address is not verified" in outcome.reason
    assert "\n" not in outcome.reason
    assert len(service.asked) == 1


@pytest.mark.parametrize("status", [401, 402, 403, 408, 429, 500, 503])
def test_what_is_no_fault_of_the_mail_is_tried_again(
    name: str, service: Service, status: int
) -> None:
    refuse(name, service, status, "SomethingElse")
    outcome = send(letter())
    assert outcome.reason
    assert (outcome.is_final, outcome.is_doubtful) == (False, False)
    # By us alone, who tell of it: no library sends a second mail in silence.
    assert len(service.asked) == 1


@pytest.mark.parametrize("code", ["SendingPausedException", "LimitExceededException"])
def test_an_account_that_may_not_send_at_aws_is_no_fault_of_the_mail(
    service: Service, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    use(mail_services.SES, service.url, settings, monkeypatch)
    refuse(mail_services.SES, service, 400, code)
    assert send(letter()) == Outcome(f"{code}: Address is not verified")


@pytest.mark.parametrize("status", [502, 504])
def test_behind_a_gateway_nobody_knows(
    service: Service, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    use("postmark", service.url, settings, monkeypatch)
    service.status, service.answer = status, "<html>" + "x" * 10_000
    outcome = send(letter())
    assert (outcome.is_final, outcome.is_doubtful) == (False, True)
    assert len(outcome.reason) <= MOST_TEXT


def test_receivers_who_are_refused_in_an_answer_without_error(
    service: Service, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use("mandrill", service.url, settings, monkeypatch)
    service.answer = '[{"email": "ada@example.com", "status": "rejected", "_id": "1"}]'
    outcome = send(letter())
    assert (outcome.is_final, outcome.is_doubtful) == (True, False)
    assert outcome.reason.startswith("AnymailRecipientsRefused: All message recipients were")


def test_a_lost_answer_is_doubtful(name: str, service: Service) -> None:
    service.hangs_up = True
    outcome = send(letter())
    assert outcome.reason
    assert (outcome.is_final, outcome.is_doubtful) == (False, True)
    assert len(service.asked) == 1


@pytest.mark.parametrize("name", TAKEN)
def test_where_nobody_listens_nothing_was_sent(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    use(name, f"http://127.0.0.1:{free_port()}", settings, monkeypatch)
    outcome = send(letter())
    assert outcome.reason
    assert (outcome.is_final, outcome.is_doubtful) == (False, False)


def test_without_credentials_nothing_was_sent(
    service: Service, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(mail_services.SES, service.url, settings, monkeypatch)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    outcome = send(letter())
    assert "Unable to locate credentials" in outcome.reason
    assert (outcome.is_final, outcome.is_doubtful) == (False, False)


def test_an_option_that_a_service_does_not_know_is_told(settings: LazySettings) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "anymail.backends.postmark.EmailBackend",
            "OPTIONS": {"server_token": "x", "colour": "blue"},
        }
    }
    outcome = send(letter())
    assert "colour" in outcome.reason
    assert (outcome.is_final, outcome.is_doubtful) == (False, False)


@pytest.mark.parametrize("name", mail_services.SERVICES)
def test_every_service_is_one_of_anymail(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    found = mail_services.SERVICES[name]
    for option in (*found.needed, *found.options):
        value = "https://api.example.com" if option.endswith("_url") else "value"
        monkeypatch.setenv(f"{name}_{option}".upper(), value)
    use_options = mail_services.mailer(
        name, dict.fromkeys(mail_services.secrets_of(name), "secret"), "eu-central-1"
    )
    settings.MAILERS = {"default": use_options}
    backend = mailers["default"]
    called: str = backend.esp_name  # type: ignore[attr-defined]
    assert called.upper().replace(" ", "_") == name.upper()
    for option in (*found.secrets, *found.needed, *found.options):
        if option != "api_url":  # which anymail completes
            assert getattr(backend, option, "value") in {"secret", "value"}
