"""Every writer of leads, and what is announced of what it writes: real records of a stream."""

from collections.abc import Callable

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb import calls
from crm.dynamodb.engine import Engine
from crm.dynamodb.items import Item, Value
from crm.tables import LEADS
from leads import keys, repository
from leads.demo_data.run import seed_leads
from leads.imports.run.models import Duplicates
from leads.models import STAGES, Lead, Status
from tests.imports.files import imported, row, staged, undone
from tests.infra.events_stream import Stream
from tests.infra.events_workflow import URL, is_taken
from tests.maintenance.helpers import run
from tests.make import ANN, act, add, published, write

FORM = {
    "name": "Ada Lovelace",
    "email": "Ada@Example.com",
    "company": "Engines & Sons",
    "subject": "A question",
    "message": "First line\r\nsecond line",
}
CREATED = "lead.created"
CONVERTED = "lead.converted"


@pytest.fixture
def stream(tables: None, engine: Engine) -> Stream:
    """Return the stream of an empty leads table."""
    return Stream(engine.url)


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


def move(web: Client, lead: Lead, to: Status) -> Lead:
    sent = {"status": to.value, "version": lead.version}
    assert web.post(f"/leads/{lead.lead_id}/move/", sent).status_code == 302
    return repository.get(lead.lead_id, consistent=True)


def edit(lead: Lead, **fields: str) -> Lead:
    version = lead.version
    return repository.edit(lead.lead_id, fields, version=version, actor=ANN, write_id=act())


def only_lead() -> Lead:
    (lead,) = (lead for status in STAGES for lead in repository.by_status(status, limit=9).leads)
    return repository.get(lead.lead_id, consistent=True)


def without_status(lead_id: str) -> Item:
    return {name: value for name, value in published(lead_id).items() if name != "status"}


def test_the_form(stream: Stream) -> None:
    assert Client().post("/contact/", FORM).status_code == 303
    (said,) = stream.said()
    lead = only_lead()
    assert said.brief == (CREATED, "new", "contact-form")
    assert said.is_mailed
    assert said.subject == "New lead: Ada Lovelace"
    assert said.message == "\n".join(
        [
            "New lead: Ada Lovelace",
            "",
            "Company: Engines & Sons",
            "E-mail: ada@example.com",
            "Subject: A question",
            "Status: New",
            "Source: contact-form",
            f"When: {lead.created_at[:10]} {lead.created_at[11:16]} UTC",
            "",
            "First line",
            "second line",
            "",
            f"{URL}/leads/{lead.lead_id}/",
        ]
    )


def test_the_api_announces_a_lead_once(stream: Stream) -> None:
    headers = {"Idempotency-Key": "one-request"}
    for status in (201, 200):
        answer = Client().post(
            "/api/v1/leads", FORM, content_type="application/json", headers=headers
        )
        assert answer.status_code == status
    (said,) = stream.said()
    assert said.brief == (CREATED, "new", "api")
    assert said.is_mailed


def test_staff_at_work(web: Client, stream: Stream) -> None:
    sent = {"name": "Cy", "email": "cy@example.com", "message": "", "status": "qualified"}
    assert web.post("/leads/add/", sent).status_code == 302
    assert stream.briefly() == [(CREATED, "qualified", "staff")]
    lead = move(web, only_lead(), Status.CONTACTED)
    lead = edit(lead, phone="030 1234")
    assert stream.said() == []
    lead = move(web, lead, Status.CONVERTED)
    (said,) = stream.said()
    assert said.brief == (CONVERTED, "converted", "staff")
    assert said.is_mailed
    assert said.subject == "Lead converted: Cy"
    assert said.message == "\n".join(
        [
            "Lead converted: Cy",
            "",
            "E-mail: cy@example.com",
            "Phone: 030 1234",
            "Status: Converted",
            "Source: staff",
            f"When: {lead.updated_at[:10]} {lead.updated_at[11:16]} UTC",
            "",
            f"{URL}/leads/{lead.lead_id}/",
        ]
    )
    lead = move(web, edit(lead, name="Cyd"), Status.QUALIFIED)
    assert stream.said() == []
    lead = move(web, lead, Status.CONVERTED)
    assert stream.briefly() == [(CONVERTED, "converted", "staff")]
    assert web.post(f"/leads/{lead.lead_id}/delete/", {"version": lead.version}).status_code == 302
    assert [(one["eventName"], is_taken(one)) for one in stream.records()] == [("REMOVE", False)]


def test_a_bulk_move_announces_those_that_it_moved(web: Client, stream: Stream) -> None:
    leads = [add(), add(Status.QUALIFIED), add(Status.CONVERTED)]
    stream.records()
    picked = [f"{lead.version}:{lead.lead_id}" for lead in leads]
    web.post("/leads/bulk/", {"action": "move", "status": "converted", "lead": picked})
    assert stream.briefly() == [(CONVERTED, "converted", "staff")] * 2


def test_an_import_mails_nobody_and_its_undo_is_silent(web: Client, stream: Stream) -> None:
    known = [add(email="ada@x.example"), add(Status.CONVERTED, email="bo@x.example")]
    stream.records()
    rows = [
        row("ada@x.example", status="converted"),
        row("bo@x.example", status="qualified", name="Bob"),
        row("new@x.example", status="converted"),
        row("old@x.example"),
    ]
    done = imported(staged(rows, Duplicates.UPDATE))
    said = stream.said()
    assert sorted(one.brief for one in said) == [
        (CONVERTED, "converted", "import"),
        (CREATED, "converted", "import"),
        (CREATED, "new", "import"),
    ]
    assert not any(one.is_mailed for one in said)
    (old,) = repository.by_email("old@x.example")
    move(web, repository.get(old.lead_id, consistent=True), Status.CONVERTED)
    (said_by_staff,) = stream.said()
    assert said_by_staff.brief == (CONVERTED, "converted", "staff")
    assert said_by_staff.is_mailed
    undone(done)
    restored = [repository.get(lead.lead_id, consistent=True).status for lead in known]
    assert restored == [Status.NEW, Status.CONVERTED]
    assert stream.said() == []


def test_what_an_undo_brings_back_is_no_news(stream: Stream) -> None:
    lead = add(Status.CONVERTED)
    stream.records()
    moved = repository.move(lead.lead_id, Status.NEW, version=1, actor=ANN, write_id="away")
    repository.undo(repository.act_of(moved, "away"), actor=ANN, write_id="back")
    gone = repository.delete(lead.lead_id, version=3, actor=ANN, write_id="gone")
    repository.undo(gone, actor=ANN, write_id="again")
    assert repository.get(lead.lead_id, consistent=True).status is Status.CONVERTED
    assert stream.said() == []


def test_an_undo_gives_another_programs_lead_its_status_back_in_silence(stream: Stream) -> None:
    write(published("theirs", status="converted", email="ada@x.example"))
    done = imported(staged([row("ada@x.example", status="qualified")], Duplicates.UPDATE))
    stream.records()
    undone(done)
    assert repository.get("theirs", consistent=True).version == 0
    (record,) = stream.records()
    assert is_taken(record)
    assert stream.said() == []


def test_demo_leads_mail_nobody(stream: Stream) -> None:
    list(seed_leads(1, 20))
    said = stream.said()
    assert {(one.event, one.source) for one in said} == {(CREATED, "seed")}
    assert len(said) == 20
    assert not any(one.is_mailed for one in said)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, "contacted"),
        ({"status": "Open"}, "new"),
        ({"status": "CONVERTED "}, "converted"),
        ({"name": None, "subject": 3, "message": ["Hi"], "updatedAt": 1790000000}, "contacted"),
        ({"source": "landing page\n№ 7"}, "contacted"),
    ],
)
def test_another_programs_lead(stream: Stream, given: dict[str, Value], status: str) -> None:
    calls.put(LEADS, published("theirs", **given))
    (said,) = stream.said()
    assert said.brief == (CREATED, status, "other")
    assert said.is_mailed


def test_another_program_converts(web: Client, stream: Stream) -> None:
    """Whether the lead is its own or ours, and however it writes the word."""
    mine = add()
    for lead_id in ("first", "second"):
        calls.put(LEADS, published(lead_id))
    calls.put(LEADS, without_status("third"))
    stream.records()
    for lead_id, word in (
        ("first", "Converted"),
        ("second", "converted"),
        ("third", "converted"),
        (mine.lead_id, "CONVERTED"),
    ):
        key, values = keys.lead(lead_id), {"word": word}
        calls.update(LEADS, key, "SET #status = :word", values=values)
    assert stream.briefly() == [(CONVERTED, "converted", "other")] * 4
    calls.update(LEADS, keys.lead("first"), "SET #status = :word", values={"word": "converted"})
    assert stream.said() == []


def test_a_lead_without_a_status_is_converted_by_staff(web: Client, stream: Stream) -> None:
    lead = write(without_status("theirs"))
    stream.records()
    move(web, lead, Status.CONVERTED)
    assert stream.briefly() == [(CONVERTED, "converted", "staff")]


def test_adopting_and_a_first_edit_convert_nobody(stream: Stream) -> None:
    words = ["Converted", " converted ", "converted", "Won"]
    for number, word in enumerate(words):
        calls.put(LEADS, published(f"f-{number}", status=word))
    lead = write(published("edited", status="CONVERTED"))
    stream.records()
    edit(lead, name="Somebody")
    run("adopt_leads")
    assert repository.get("f-0", consistent=True).status is Status.CONVERTED
    assert len(stream.records()) == len(words) + 1
    assert stream.said() == []
