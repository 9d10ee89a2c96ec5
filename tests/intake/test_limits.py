"""Floods of the public form and API: what is over a limit is held, never lost, never a lead."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb import calls, client
from crm.dynamodb.capacity import Usage
from crm.dynamodb.errors import UnavailableError
from crm.dynamodb.transport import Response, Transport
from crm.tables import EPHEMERAL, HELD, LEADS, RECORDS
from leads import keys, repository
from leads.held import clock, limits, store
from leads.models import Lead, Status
from leads.repository.form_index import known_index
from tests.held.helpers import NETWORK, STRANGER, set_time
from tests.make import ANN, act, add, only

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

type Answer = "_MonkeyPatchedWSGIResponse"

FORM, API, THANKS = "/contact/", "/api/v1/leads", "/contact/thanks/"
MESSAGE = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "company": "Engines",
    "subject": "A question",
    "message": "What I typed",
}
NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("tables", "noon")


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch, settings: LazySettings, tables: None) -> Iterator[None]:
    """One message an hour for a network, at an hour that does not end."""
    settings.INTAKE_PER_NETWORK = 1
    set_time(monkeypatch, NOON)
    yield
    limits.forget_all()


def post_form(submission: str = "", sender: str = STRANGER, **given: str) -> Answer:
    sent = MESSAGE | {"submission": submission or uuid4().hex} | given
    return Client(REMOTE_ADDR=sender).post(FORM, sent)


def post_json(key: str = "", sender: str = STRANGER, **given: str) -> Answer:
    headers = {"Idempotency-Key": key} if key else {}
    return Client(REMOTE_ADDR=sender).post(
        API, json.dumps(MESSAGE | given), content_type="application/json", headers=headers
    )


def all_leads() -> list[Lead]:
    return repository.by_status(Status.NEW, limit=100).leads


def held(network: str = "") -> int:
    return len(store.page(network=network, limit=1000).messages)


def test_a_form_over_the_limit_is_thanked_and_held() -> None:
    answers = [post_form() for _ in range(3)]
    assert {(one.status_code, one["Location"]) for one in answers} == {
        (HTTPStatus.SEE_OTHER, THANKS)
    }
    assert len(all_leads()) == 1
    assert repository.counts(consistent=True).totals[Status.NEW] == 1
    assert held() == held(NETWORK) == 2
    message = store.get(store.page().messages[0].lead_id)
    assert {name: message.text(name) for name in MESSAGE} == MESSAGE
    assert (message.source, message.reason) == ("contact-form", "network")


def test_json_over_the_limit_is_202_with_the_id_of_the_lead() -> None:
    post_json()
    answer = post_json("k")
    assert answer.status_code == HTTPStatus.ACCEPTED
    lead_id = answer.json()["leadId"]
    store.release(lead_id, ANN)
    assert repository.get(lead_id).source == "api"


def test_a_repeat_of_a_held_message_is_the_same_one() -> None:
    post_form()
    post_json()
    first = post_json("k").json()
    again = post_json("k")
    assert (again.status_code, again.json()) == (HTTPStatus.ACCEPTED, first)
    for _ in range(2):
        assert post_form("s" * 16).status_code == HTTPStatus.SEE_OTHER
    assert held() == 3


def test_a_held_key_with_other_contents_is_refused() -> None:
    post_json()
    post_json("k")
    answer = post_json("k", message="Other")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "used before" in answer.json()["detail"]
    assert held() == 1


def test_a_repeat_after_the_release_is_no_second_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    post_json()
    lead_id = post_json("k").json()["leadId"]
    store.release(lead_id, ANN)
    assert post_json("k").status_code == HTTPStatus.ACCEPTED
    set_time(monkeypatch, NOON + timedelta(hours=1))
    answer = post_json("k")
    assert (answer.status_code, answer.json()) == (HTTPStatus.OK, {"leadId": lead_id})
    assert (len(all_leads()), held()) == (2, 0)


def test_a_repeat_after_it_was_discarded_stays_discarded() -> None:
    post_form()
    post_form("s" * 16)
    (message,) = store.page().messages
    store.discard(message.lead_id, ANN)
    assert post_form("s" * 16)["Location"] == THANKS
    assert (len(all_leads()), held()) == (1, 0)


def test_a_message_whose_repeat_is_within_the_limit_ends_as_one_lead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post_form()
    post_form("s" * 16)
    set_time(monkeypatch, NOON + timedelta(hours=1))
    assert post_form("s" * 16)["Location"] == THANKS
    (message,) = store.page().messages
    assert store.release(message.lead_id, ANN).repeated
    assert (len(all_leads()), held()) == (2, 0)


def test_others_reach_the_board_while_one_floods() -> None:
    for _ in range(10):
        post_form()
    post_form(sender="198.51.100.1", name="Grace")
    assert {lead.name for lead in all_leads()} == {"Ada Lovelace", "Grace"}


def test_senders_within_their_limit_reach_the_board_while_others_exceed_the_total(
    settings: LazySettings,
) -> None:
    settings.INTAKE_TOTAL = 3
    for number in range(6):
        post_form(sender=f"192.168.1.{number}")
    limits.totals.wait()
    for number in range(4):
        post_form(sender=f"198.51.{number}.1", name="Grace")
    found = [lead.name for lead in all_leads()]
    assert (found.count("Ada Lovelace"), found.count("Grace")) == (3, 4)
    assert store.get(store.page().messages[0].lead_id).reason == "total"
    assert held() == 3


def test_the_form_above_the_ceiling_keeps_the_text(settings: LazySettings) -> None:
    settings.INTAKE_CEILING = 1
    post_form()
    answer = post_form("s" * 16)
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert answer["Retry-After"] == "3600"
    for text in MESSAGE.values():
        assert text in answer.text
    assert "s" * 16 in answer.text
    assert 'role="alert"' in answer.text
    assert "could not be sent" in answer.text
    assert (len(all_leads()), held()) == (1, 0)


def test_json_above_the_ceiling(settings: LazySettings) -> None:
    settings.INTAKE_CEILING = 1
    post_json()
    answer = post_json()
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert answer["Retry-After"] == "3600"
    assert "Nothing was stored" in answer.json()["detail"]


def test_what_is_malformed_is_in_no_count(settings: LazySettings) -> None:
    settings.INTAKE_CEILING = 1
    assert post_form(email="nowhere").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert post_json(email="nowhere").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert post_form()["Location"] == THANKS
    assert len(all_leads()) == 1


@pytest.mark.parametrize("post", [post_form, post_json])
def test_what_cannot_be_held_becomes_a_lead(
    monkeypatch: pytest.MonkeyPatch, post: Callable[[], Answer]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise UnavailableError("no answer")

    post()
    monkeypatch.setattr(calls, "put", fail)
    assert post().status_code in {HTTPStatus.SEE_OTHER, HTTPStatus.CREATED}
    assert len(all_leads()) == 2


def test_without_the_table_messages_become_leads(settings: LazySettings) -> None:
    real, settings.HELD_TABLE_NAME = HELD.name, "no-such-table"
    assert [post_form()["Location"] for _ in range(3)] == [THANKS] * 3
    settings.HELD_TABLE_NAME = real
    assert len(all_leads()) == 3


# --- What it costs ----------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, object]]]:
    """Note every request to DynamoDB: its operation and its parameters."""
    noted: list[tuple[str, dict[str, object]]] = []
    ask = Transport.ask

    def noting(
        transport: Transport,
        method: str,
        parameters: dict[str, object],
        *,
        is_repeatable: bool = True,
    ) -> Response:
        noted.append((method, parameters))
        return ask(transport, method, parameters, is_repeatable=is_repeatable)

    monkeypatch.setattr(Transport, "ask", noting)
    return noted


def tables_asked(asked: list[tuple[str, dict[str, object]]]) -> set[str]:
    text = json.dumps(asked, default=str)
    return {table.default for table in (LEADS, RECORDS, EPHEMERAL, HELD) if table.name in text}


def test_a_normal_message_costs_one_request_and_two_units_more(usage: Usage) -> None:
    known_index()
    usage.requests, usage.rru = 0, 0
    post_form(sender="127.0.0.1")
    before = (usage.requests, usage.wru)
    assert before[0] == 1
    post_form()
    assert usage.requests - before[0] <= before[0] + 1
    assert usage.wru - before[1] <= before[1] + 2
    assert usage.rru == 0


def test_a_held_message_asks_no_table_of_the_staff(
    asked: list[tuple[str, dict[str, object]]],
) -> None:
    post_form()
    post_form()
    asked.clear()
    post_form()
    post_json()
    assert [method for method, _ in asked] == ["put_item", "put_item"]
    assert tables_asked(asked) == {"CrmHeld"}


def test_the_form_asks_for_nothing_that_is_stored(
    asked: list[tuple[str, dict[str, object]]],
) -> None:
    known_index()
    asked.clear()
    for _ in range(12):
        post_form("s" * 16)
        post_form()
    limits.totals.wait()
    assert {method for method, _ in asked} == {"transact_write_items", "put_item", "update_item"}
    assert "ALL_OLD" not in json.dumps(asked, default=str)
    returned = {parameters.get("ReturnValues") for _, parameters in asked}
    assert returned == {None, "UPDATED_NEW"}


@pytest.mark.slow
def test_in_a_flood_every_move_succeeds(
    web: Client, sales: User, client_for: Callable[[User], Client]
) -> None:
    """Two hundred posts of one network, and twenty moves meanwhile."""
    client.client()
    found = [add() for _ in range(20)]

    def move(lead: Lead) -> int:
        moved = {"version": "1", "status": "contacted", "write_id": act()}
        return client_for(sales).post(f"/leads/{lead.lead_id}/move/", moved).status_code

    with ThreadPoolExecutor(10) as pool:
        posts = [pool.submit(post_form, sender=f"203.0.113.{n}") for n in range(200)]
        moves = [pool.submit(move, lead) for lead in found]
        answers = {one.result().status_code for one in posts}
        moved = [one.result() for one in moves]
    assert answers == {HTTPStatus.SEE_OTHER}
    assert max(moved) < HTTPStatus.BAD_REQUEST
    for lead in found:
        assert repository.get(lead.lead_id, consistent=True).status is Status.CONTACTED
    assert held() == 199
    assert repository.counts(consistent=True).totals == only(new=1, contacted=20)


def test_a_function_has_counted_before_it_answers(settings: LazySettings) -> None:
    """It is frozen after its answer, with all of its threads."""
    settings.ON_LAMBDA = True
    settings.INTAKE_TOTAL = 30
    totals = keys.intake_totals(clock.window().hour)
    post_form()
    assert (calls.get(HELD, totals, consistent=True) or {})["taken"] == 1
    post_json(sender="198.51.100.7")
    assert (calls.get(HELD, totals, consistent=True) or {})["taken"] == 2
