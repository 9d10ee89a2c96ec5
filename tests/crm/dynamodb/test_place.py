"""Where services are asked on Lambda: as botocore would, without a client of botocore's."""

from collections.abc import Iterator

import botocore.session
import pytest

from crm.aws_secrets import PARAMETERS, SECRETS
from crm.dynamodb import calls, client
from crm.dynamodb.client import DYNAMODB, place
from crm.dynamodb.engine import Engine
from crm.dynamodb.errors import NotFoundError, UnavailableError
from crm.dynamodb.transport import Service
from crm.tables import RECORDS

KEY = {"PK": "a", "SK": "b"}
REGIONS = [
    *("eu-central-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"),
    *("us-iso-east-1", "us-isob-east-1", "us-isof-south-1", "eu-isoe-west-1"),
]


@pytest.fixture
def on_lambda(engine: Engine, tables: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Yield the process's requests as Lambda sends them."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "leadbook-web")
    client.reset()
    yield
    client.reset()


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", [DYNAMODB, PARAMETERS, SECRETS])
def test_endpoints_are_those_of_botocore(
    monkeypatch: pytest.MonkeyPatch, service: Service, region: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "leadbook-web")
    made = botocore.session.get_session().create_client(service.name, region)
    assert place(service).url == made.meta.endpoint_url
    assert place(service).region == region


@pytest.mark.parametrize("service", [DYNAMODB, PARAMETERS, SECRETS])
@pytest.mark.parametrize("is_for_all", [True, False])
def test_an_endpoint_that_is_named_is_asked_as_by_botocore(
    monkeypatch: pytest.MonkeyPatch, service: Service, *, is_for_all: bool
) -> None:
    own = {"secretsmanager": "SECRETS_MANAGER"}.get(service.name, service.name.upper())
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1/all")
    if not is_for_all:
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{own}", "http://127.0.0.1:2/one")
    made = botocore.session.get_session().create_client(service.name, "eu-central-1")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "leadbook-web")
    assert place(service).url == made.meta.endpoint_url


@pytest.mark.parametrize("service", [DYNAMODB, PARAMETERS, SECRETS])
@pytest.mark.parametrize(
    ("variables", "host"),
    [
        (("AWS_USE_FIPS_ENDPOINT",), "{0}-fips.us-east-1.amazonaws.com"),
        (("AWS_USE_DUALSTACK_ENDPOINT",), "{0}.us-east-1.api.aws"),
        (
            ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"),
            "{0}-fips.us-east-1.api.aws",
        ),
    ],
    ids=["fips", "dual-stack", "both"],
)
@pytest.mark.parametrize("function", [None, "leadbook-web"])
def test_fips_and_dual_stack_endpoints_are_asked(
    monkeypatch: pytest.MonkeyPatch,
    service: Service,
    variables: tuple[str, ...],
    host: str,
    function: str | None,
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    for name in variables:
        monkeypatch.setenv(name, "true")
    if function:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", function)
    client.reset()
    made = botocore.session.get_session().create_client(service.name, "us-east-1")
    asked = place(service).url
    client.reset()
    assert asked == made.meta.endpoint_url
    assert asked == f"https://{host.format(service.name)}"


def test_lambda_makes_no_client(on_lambda: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "client", None)
    monkeypatch.setattr(client, "session", None)
    calls.put(RECORDS, {**KEY, "text": "ä"})
    assert calls.get(RECORDS, KEY) == {**KEY, "text": "ä"}


def test_errors_are_the_same(on_lambda: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.RECORDS_TABLE_NAME", "there-is-none")
    with pytest.raises(NotFoundError):
        calls.ping(RECORDS)


def test_nobody_answers(on_lambda: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.dynamodb.transport.sleep", lambda _seconds: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    client.reset()
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:9"):
        calls.ping(RECORDS)
