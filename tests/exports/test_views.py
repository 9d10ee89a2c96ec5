"""The list as a file: who gets it, what is in it, and what a failure looks like."""

import csv
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any, cast

import pytest
from django.test import Client

from crm.accounts import directory
from crm.accounts.models import User
from crm.accounts.security_events import DATA_ACTS, Kind
from crm.accounts.security_record import Filter, read_page
from crm.dynamodb import client
from crm.dynamodb.capacity import Usage
from crm.dynamodb.errors import UnavailableError
from leads.attribution import ATTRIBUTES
from leads.csv_escaping import BROKEN
from leads.exports import files
from leads.models import STAGES, Lead, Status
from tests.web.pages import add_foreign, add_lead, signed_out_goes_to_sign_in, text

URL = "/leads/export/"
CSV = {"format": "csv"}
LOG = "leads.exports.views"


def rows(web: Client, **query: str) -> list[dict[str, str]]:
    """Return the leads of a CSV export, by column."""
    response = web.get(URL, CSV | query)
    assert response.status_code == 200
    return list(csv.DictReader(StringIO(response.getvalue().decode("utf-8-sig"), newline="")))


def streamed(response: object) -> Iterator[bytes]:
    """Return the chunks of an answer as the server reads them."""
    return iter(cast("Iterator[bytes]", response))


def test_gives_whole_leads_newest_first_with_published_names(web: Client, sales: User) -> None:
    first = add_lead("Ada Li", status=Status.QUALIFIED, owner=sales, message="One\n\n“two”, 3")
    second = add_lead("Bo")
    response = web.get(URL, CSV)
    assert response["Content-Type"].startswith("text/csv")
    today = datetime.now(UTC).date()
    assert response["Content-Disposition"] == f'attachment; filename="leads-{today}.csv"'
    assert "no-store" in response["Cache-Control"]
    assert response.streaming
    response.close()
    found = rows(web)
    assert [row["leadId"] for row in found] == [second.lead_id, first.lead_id]
    assert found[1] == {
        "leadId": first.lead_id,
        "name": "Ada Li",
        "email": "ada@example.com",
        "company": "Acme",
        "phone": "",
        "subject": "Desks",
        "message": "One\n\n“two”, 3",
        "status": "qualified",
        "createdAt": first.created_at,
        "updatedAt": first.updated_at,
        "owner": "sales@example.com",
        "source": "contact-form",
        "outcome": "",
        "reason": "",
        "closedAt": "",
        **dict.fromkeys([*ATTRIBUTES.values(), "marks.seconds", "marks.honeypot"], ""),
        "customOther": "",
    }


def test_json_lines_hold_the_same(web: Client) -> None:
    add_lead("=Ada")
    response = web.get(URL, {"format": "jsonl"})
    assert response["Content-Type"].startswith("application/jsonl")
    assert response["Content-Disposition"].endswith('.jsonl"')
    (line,) = response.getvalue().splitlines()
    # Programs read these: nothing is put before a text that spreadsheets take for a formula.
    assert json.loads(line) == rows(web)[0] | {"name": "=Ada"}


def test_a_spreadsheet_runs_nothing(web: Client) -> None:
    add_lead("=HYPERLINK(0)", message="+1")
    (row,) = rows(web)
    assert (row["name"], row["message"]) == ("'=HYPERLINK(0)", "'+1")


def test_the_filters_are_those_of_the_list(web: Client, sales: User) -> None:
    add_lead("Ada")
    moved = add_lead("Bo", email="bo@example.com", status=Status.CONTACTED, owner=sales)
    add_foreign(createdAt="2020-01-01T00:00:00.000Z")
    directory.forget()
    for query in (
        {"status": "contacted"},
        {"owner": sales.id},
        {"email": "BO@example.com"},
        {"q": "bo"},
        {"q": "bo", "email": "bo@example.com", "status": "contacted"},
    ):
        assert [row["leadId"] for row in rows(web, **query)] == [moved.lead_id], query
    assert [row["name"] for row in rows(web, until="2020-01-01")] == ["Fran"]
    assert rows(web, status="converted") == []
    assert rows(web, q="nobody") == []


def test_more_than_a_page_comes_whole_and_once(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PAGE", 3)
    stages = STAGES
    leads = [add_lead(f"Person {n}", status=stages[n % 3]) for n in range(11)]
    expected = [lead.lead_id for lead in reversed(leads)]
    assert [row["leadId"] for row in rows(web)] == expected
    assert [row["leadId"] for row in rows(web, q="person")] == expected


def test_needs_sign_in() -> None:
    assert signed_out_goes_to_sign_in(f"{URL}?format=csv")


def test_viewers_do_not_export_and_see_no_button(
    client_for: Callable[[User], Client], viewer: User
) -> None:
    add_lead()
    assert client_for(viewer).get(URL, CSV).status_code == 403
    assert URL not in text(client_for(viewer).get("/leads/"))


def test_the_list_links_to_the_export_of_its_filters(web: Client) -> None:
    page = text(web.get("/leads/", {"status": "new", "since": "2026-01-01"}))
    assert f"{URL}?status=new&amp;since=2026-01-01&amp;format=csv" in page
    assert f"{URL}?format=jsonl" in text(web.get("/leads/"))


@pytest.mark.parametrize("method", ["post", "put", "delete", "head"])
def test_other_methods_are_refused(web: Client, method: str) -> None:
    assert getattr(web, method)(f"{URL}?format=csv").status_code == 405


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({}, "format=csv or format=jsonl"),
        ({"format": "xlsx"}, "format=csv or format=jsonl"),
        ({"format": "csv", "status": "lost"}, "There is no such stage."),
        ({"format": "csv", "since": "2026-02-30"}, "Enter a valid date."),
        ({"format": "csv", "owner": "nobody"}, "There is no such person."),
        ({"format": "csv", "since": "2026-02-02", "until": "2026-02-01"}, "before the first day"),
    ],
)
def test_what_it_cannot_read_is_named(web: Client, query: dict[str, str], says: str) -> None:
    response = web.get(URL, query)
    assert response.status_code == 422
    assert says in text(response)
    assert "Content-Disposition" not in response


def test_a_store_that_fails_at_once_is_a_page(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "listing", _failing)
    response = web.get(URL, CSV)
    assert response.status_code == 503
    assert "Content-Disposition" not in response


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_failure_in_the_middle_does_not_look_complete(
    web: Client, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    lead = add_lead()
    monkeypatch.setattr(files, "pages", lambda *_: _broken(lead))
    response = web.get(URL, {"format": kind})
    received: list[bytes] = []
    # The server ends the connection without the last chunk that a whole answer has.
    with pytest.raises(UnavailableError):
        received.extend(streamed(response))
    # Where a proxy hides that, the file says so itself.
    assert BROKEN in received[-1].decode()
    assert lead.lead_id in received[0].decode()


def test_what_it_cost_is_logged_when_it_ends(
    web: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PAGE", 1)
    for number in range(3):
        add_lead(f"Person {number}")
    with caplog.at_level(logging.INFO, LOG):
        response = web.get(URL, CSV, headers={"X-Request-ID": "not-ours-12345"})
        assert not [record for record in caplog.records if record.name == LOG]
        response.getvalue()
    (record,) = [record for record in caplog.records if record.name == LOG]
    fields: dict[str, Any] = record.__dict__["fields"]
    assert fields["complete"] is True
    assert fields["requests"] >= 4 * 3
    assert fields["rru"] > 0


def test_who_stops_reading_stops_the_export(
    web: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PAGE", 1)
    for number in range(5):
        add_lead(f"Person {number}")
    with caplog.at_level(logging.INFO, LOG):
        response = web.get(URL, CSV)
        next(streamed(response))
        response.close()
    (record,) = [record for record in caplog.records if record.name == LOG]
    assert record.__dict__["fields"]["complete"] is False


def test_never_scans(web: Client, usage: Usage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    send = client.send

    def watched(operation: str, **parameters: object) -> dict[str, object]:
        asked.append(operation)
        return send(operation, **parameters)

    for module in ("calls", "batch"):
        monkeypatch.setattr(f"crm.dynamodb.{module}.send", watched)
    add_lead("Ada")
    rows(web)
    rows(web, q="ada")
    assert "batch_get_item" in asked
    assert "scan" not in asked


def _failing(*_args: object) -> None:
    raise UnavailableError


def _broken(lead: Lead) -> Iterator[list[Lead]]:
    yield [lead]
    raise UnavailableError


def test_the_security_log_tells_who_exported(web: Client, sales: User) -> None:
    web.get(URL, CSV, REMOTE_ADDR="203.0.113.77").close()
    [event] = read_page(Filter(DATA_ACTS)).events
    assert (event.kind, event.who, event.address) == (Kind.EXPORTED, sales.id, "203.0.113.77")
    assert event.details == {"format": "csv"}


def test_nothing_is_exported_unrecorded(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    add_lead("Ada Li")

    def refuse(*_: object, **__: object) -> None:
        raise UnavailableError("no answer")

    monkeypatch.setattr("crm.accounts.security_log.event_put", refuse)
    response = web.get(URL, CSV)
    assert response.status_code == 503
    assert "Ada Li" not in text(response)


def test_a_refused_export_is_none(web: Client) -> None:
    web.get(URL, {"format": "xlsx"})
    assert not read_page(Filter(DATA_ACTS)).events
