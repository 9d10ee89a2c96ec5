"""Form, API and release ask for the job of an arrival; what is held or refused does not."""

import json
from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb.capacity import Usage
from crm.jobs import thread
from infra.policies import FORM
from leads import repository
from leads.arrivals.asking import PREFIX, arrive
from leads.held import limits, store
from leads.repository import Filter
from leads.repository.form_index import known_index
from tests.arrivals.conftest import do, person, set_rules, waiting_jobs
from tests.make import ANN

MESSAGE = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "company": "Engines",
    "subject": "A question",
    "message": "What I typed",
}


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch, tables: None) -> list[str]:
    """Return what tells that this process's thread was woken."""
    times: list[str] = []
    monkeypatch.setattr(thread, "wake", lambda: times.append("woken"))
    return times


def post(**given: str) -> int:
    return Client().post("/contact/", MESSAGE | given).status_code


def post_json(key: str = "") -> int:
    headers = {"Idempotency-Key": key} if key else {}
    sent = json.dumps(MESSAGE)
    return (
        Client()
        .post("/api/v1/leads", sent, content_type="application/json", headers=headers)
        .status_code
    )


def owners() -> list[str | None]:
    return [lead.owner_id for lead in repository.listing(Filter()).leads]


def test_the_form_asks_and_the_job_gives(woken: list[str]) -> None:
    ada = person("ada")
    set_rules(ada)
    assert post() == 303
    assert owners() == [None]
    assert woken
    do()
    assert owners() == [ada.id]


def test_the_api_asks_once_for_a_key(woken: list[str]) -> None:
    ada = person("ada")
    set_rules(ada)
    assert [post_json("the-same"), post_json("the-same")] == [201, 200]
    assert len(waiting_jobs()) == 1
    do()
    assert owners() == [ada.id]


def test_roles_settings_and_names_say_the_same(settings: LazySettings) -> None:
    assert {PREFIX: arrive.module_path} == settings.TASKS_OF_STRANGERS
    put = next(one for one in FORM if "JOB#" in one.keys)
    assert f"JOB#{PREFIX}*" in put.keys.split()


def test_what_is_refused_asks_for_nothing(woken: list[str]) -> None:
    assert post(email="nobody") == 422
    assert waiting_jobs() == woken == []


def test_the_form_reads_nothing_of_the_rules(tables: None, usage: Usage) -> None:
    set_rules(person("ada"))
    known_index()
    before = usage.rru
    post()
    assert usage.rru == before


@pytest.fixture
def one_an_hour(settings: LazySettings, tables: None) -> Iterator[None]:
    settings.INTAKE_PER_NETWORK = 1
    settings.BEHIND_TLS_PROXY = True
    yield
    limits.forget_all()


def test_what_is_held_arrives_when_it_is_released(
    one_an_hour: None, client_for: Callable[[User], Client]
) -> None:
    ada = person("ada")
    set_rules(ada)
    for text in ("One", "Two"):
        Client(REMOTE_ADDR="203.0.113.9").post("/contact/", MESSAGE | {"message": text})
    assert len(waiting_jobs()) == 1
    do()
    assert owners() == [ada.id]
    (held,) = store.page().messages
    store.release(held.lead_id, ANN)
    assert len(waiting_jobs()) == 1
    do()
    assert owners() == [ada.id, ada.id]
