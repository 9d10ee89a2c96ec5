"""From a request to what CloudWatch reads in its log line."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import time

import pytest
from django.conf import LazySettings
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from crm import env, metrics, remember
from crm.accounts.models import User
from crm.dynamodb.errors import UnavailableError
from infra.costs.bill import OWN_METRICS
from leads import repository
from leads.models import STAGES
from tests.crm.emf import Metric, extracted, written
from tests.held.helpers import set_time

MESSAGE = {"name": "Ada", "email": "ada@example.com", "subject": "Bridges", "message": "How much?"}
API = "/api/v1/leads"


@pytest.fixture
def lines(settings: LazySettings) -> Iterator[list[str]]:
    """Yield the log lines of a stage called "test"."""
    settings.STAGE = "test"
    with written() as kept:
        yield kept


def values(line: str) -> dict[str, float]:
    """Return a request's values by metric; all of them are of the stage alone."""
    found = extracted(line)
    expected = {Metric("Leadbook", metric.name, (("Stage", "test"),)) for metric in found}
    assert set(found) == expected
    return {metric.name: value for metric, value in found.items()}


def test_a_request_tells_how_long_it_took(tables: None, client: Client, lines: list[str]) -> None:
    client.get("/contact/")
    (line,) = lines
    found = values(line)
    assert found.keys() == {"Latency", "Errors"}
    assert found["Latency"] == json.loads(line)["ms"]
    assert found["Errors"] == 0


@pytest.mark.parametrize("name", ["login", "password_reset"])
def test_what_waits_for_its_moment_is_not_slow(
    tables: None, client: Client, lines: list[str], name: str
) -> None:
    client.post(reverse(name), {"username": "x@example.com", "password": "x"})
    (line,) = lines
    assert values(line) == {"Errors": 0}


def test_an_accepted_message_is_counted(tables: None, client: Client, lines: list[str]) -> None:
    client.post("/contact/", MESSAGE)
    client.post(API, MESSAGE, content_type="application/json")
    for line in lines:
        assert values(line) | {"Latency": 0} == {
            "Latency": 0,
            "Errors": 0,
            "FormSubmissions": 1,
            "FormErrors": 0,
            "FormHeld": 0,
            "FormRefused": 0,
        }
    assert len(lines) == 2
    assert not [text for text in MESSAGE.values() if text in "".join(lines)]


def test_a_held_message_and_a_refused_one_are_told_apart(
    tables: None,
    settings: LazySettings,
    client: Client,
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_time(monkeypatch, datetime(2026, 11, 29, 12, tzinfo=UTC))
    settings.INTAKE_PER_NETWORK, settings.INTAKE_TOTAL, settings.INTAKE_CEILING = 1, 2, 2
    for _ in range(3):
        client.post("/contact/", MESSAGE, REMOTE_ADDR="203.0.113.1")
    found = [values(line) for line in lines if "status" in json.loads(line)]
    names = ("FormSubmissions", "FormHeld", "FormRefused", "FormErrors", "Errors")
    assert [[one[name] for name in names] for one in found] == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [0, 0, 1, 1, 0],
    ]
    client.post(API, MESSAGE, content_type="application/json", REMOTE_ADDR="203.0.113.1")
    assert values(lines[-1])["FormRefused"] == 1


def test_a_site_that_is_refused_is_counted_and_costs_no_metric_more(
    tables: None, client: Client, lines: list[str]
) -> None:
    referer = {"Referer": "https://elsewhere.example/"}
    assert client.get("/contact/?embed", headers=referer).status_code == 403
    found = values(lines[-1])
    assert (found["FormRefused"], found["Errors"]) == (1, 0)
    client.post("/contact/", MESSAGE)
    names = {metric.name for line in lines for metric in extracted(line)}
    assert len(names) + len(STAGES) == OWN_METRICS


def test_what_is_refused_for_what_it_says_is_no_error(client: Client, lines: list[str]) -> None:
    assert client.post("/contact/", {**MESSAGE, "email": "nowhere"}).status_code == 422
    assert client.post(API, "{", content_type="application/json").status_code == 400
    for line in lines:
        found = values(line)
        assert (found["Errors"], found["FormSubmissions"], found["FormErrors"]) == (0, 0, 0)
    assert len(lines) == 2


@pytest.mark.parametrize("error", [UnavailableError("no answer"), RuntimeError("a bug")])
def test_a_message_that_was_not_stored_is_an_error(
    lines: list[str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def create(*_arguments: object, **_more: object) -> None:
        raise error

    monkeypatch.setattr(repository, "create", create)
    client = Client(raise_request_exception=False)
    for response in (
        client.post("/contact/", MESSAGE),
        client.post(API, MESSAGE, content_type="application/json"),
    ):
        assert response.status_code == (503 if isinstance(error, UnavailableError) else 500)
    of_requests = [line for line in lines if "status" in json.loads(line)]
    for line in of_requests:
        found = values(line)
        assert (found["Errors"], found["FormSubmissions"], found["FormErrors"]) == (1, 0, 1)
    assert len(of_requests) == 2


@pytest.mark.parametrize("name", ["lead_import", "lead_export"])
def test_work_on_a_file_is_no_slow_page(
    sales: User, client_for: Callable[[User], Client], lines: list[str], name: str
) -> None:
    client_for(sales).get(reverse(name))
    (line,) = lines
    assert values(line) == {"Errors": 0}


@pytest.mark.parametrize("address", ["/healthz", "/static/nothing.css"])
def test_probes_and_static_files_are_quiet(client: Client, lines: list[str], address: str) -> None:
    client.get(address)
    assert lines == []
    kept = logging.getLogger("crm.request")
    kept.setLevel(logging.DEBUG)
    try:
        client.get(address)
    finally:
        kept.setLevel(logging.NOTSET)
    assert "_aws" not in json.loads(lines[0])


def test_without_a_stage_no_line_has_metrics(
    settings: LazySettings, sales: User, client_for: Callable[[User], Client], lines: list[str]
) -> None:
    settings.STAGE = ""
    client_for(sales).get("/board/")
    (line,) = lines
    assert not {"_aws", "Stage", "Latency", "Errors"} & json.loads(line).keys()


def test_the_board_tells_the_leads_every_five_minutes(
    sales: User,
    client_for: Callable[[User], Client],
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = time()
    monkeypatch.setattr(remember, "time", lambda: now)
    browser = client_for(sales)
    browser.post("/contact/", MESSAGE)
    page = browser.get("/board/")

    found: dict[Metric, float] = {}
    for line in lines:
        if json.loads(line)["logger"] == "crm.metrics":
            found |= extracted(line)
    numbers = {"new": 1, "contacted": 0, "qualified": 0, "converted": 0}
    assert found == {
        Metric("Leadbook", "Leads", (("Stage", "test"), ("Status", status))): number
        for status, number in numbers.items()
    }

    def count() -> int:
        return sum(json.loads(line)["logger"] == "crm.metrics" for line in lines)

    now += 299
    browser.get("/board/")
    assert count() == 4
    now += 1
    unchanged = browser.get("/board/", headers={"If-None-Match": page["ETag"]})
    assert unchanged.status_code == 304
    assert count() == 8


def test_a_request_without_a_stage_costs_no_clock(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STAGE = ""
    monkeypatch.setattr(metrics, "time", pytest.fail)
    monkeypatch.setattr(remember, "time", pytest.fail)
    request: HttpRequest = RequestFactory().get("/board/")
    assert metrics.of_request(request, 200, 1.0) == {}
    metrics.write_leads({"new": 1})


@pytest.mark.parametrize("name", ["production", "dev-2", "a", "a" * 16, ""])
def test_a_stage_is_a_short_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("STAGE", name)
    assert env.label("STAGE") == name


@pytest.mark.parametrize("name", ["Production", "2nd", "-", "a" * 17, "ä", "a b", ":a"])
def test_another_stage_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("STAGE", name)
    with pytest.raises(env.SettingError, match="STAGE must be up to 16"):
        env.label("STAGE")
