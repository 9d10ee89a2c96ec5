# ruff: noqa: RUF001 -- characters that only look like others are meant
"""One person is one person, at whichever door they come in and whoever spelled their address."""

import json
from collections.abc import Callable, Sequence
from io import BytesIO

import pytest
from django.test import Client

from crm.accounts.models import User
from leads import repository
from leads.imports.columns.mapping import suggest
from leads.imports.run.models import Duplicates, Run
from leads.imports.run.staging import sample, set_options, stage
from leads.models import Status
from tests.imports import workbooks
from tests.imports.files import csv_of, imported
from tests.maintenance.helpers import expected_tokens, leads, run, tokens
from tests.make import ANN, act, add
from tests.web.pages import HTMX, add_foreign, current, hidden, rows

ADDRESS = "mira.o@bäcker.test"
SPELLINGS = [
    "MIRA.O@BÄCKER.TEST",
    "mira.o@ba\u0308cker.test",
    "Mira.O@XN--BCKER-GRA.Test.",
    "\ufeffmira.\u200bo@b\u00adäcker.test\u2069",
    "\u00a0mira.o@bäcker.test\u3000",
    "ｍｉｒａ．ｏ＠bäcker。ｔｅｓｔ",
    "„mira.o@bäcker.test“",
    "「mira.o@bäcker.test」",
    "<mailto:mira.o%40b%C3%A4cker.test?cc=uma@x.test&subject=Hello%2C%20you>",
    'Toland, Mira (Sales) <"Mira.O"@bäcker.test>',
    "mira.o@bäcker.test (Toland, Mira)",
    "[mira.o@xn--bcker-gra.test](mailto:mira.o@xn--bcker-gra.test)",
    "\u202aMira@home <MIRA.O@ba\u0308cker.test>\u202c;",
]
NULL = "mira.o@bäcker.test\x00"
OTHERS = ["mirao@bäcker.test", "mira.o+news@bäcker.test", "mira.o@backer.test"]
KEYS = ["name", "email", "subject"]


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


def lines_of(addresses: Sequence[str]) -> bytes:
    people = [{"name": "Mira", "email": address, "subject": "Hi"} for address in addresses]
    return "\n".join(map(json.dumps, people)).encode()


def workbook_of(addresses: Sequence[str]) -> bytes:
    written = [workbooks.row(1, *KEYS)]
    written += [workbooks.row(n, "Mira", one, "Hi") for n, one in enumerate(addresses, 2)]
    return workbooks.xlsx({"Leads": "".join(written)})


def table_of(addresses: Sequence[str]) -> bytes:
    return csv_of([["Mira", address, "Hi"] for address in addresses], KEYS).getvalue()


FILES = {"leads.csv": table_of, "leads.jsonl": lines_of, "leads.xlsx": workbook_of}


def staged(name: str, contents: bytes, duplicates: Duplicates) -> Run:
    found = stage(name, BytesIO(contents), ANN)
    mapping = suggest(found.header, sample(found.import_id, 80))
    return set_options(found.import_id, mapping, duplicates)


@pytest.mark.parametrize("spelling", [*SPELLINGS, NULL])
def test_at_each_door_an_address_is_the_same(web: Client, spelling: str) -> None:
    mira = {"name": "Mira", "email": spelling, "subject": "Hi", "message": "Hello"}
    assert web.post("/contact/", mira).status_code == 303
    assert web.post("/api/v1/leads", mira, "application/json").status_code == 201
    assert web.post("/leads/add/", mira | {"status": "new"}).status_code == 302
    lead = add(email="before@x.test")
    page = web.get(f"/leads/{lead.lead_id}/edit/")
    seen = {name: hidden(page, name) for name in ("version", "seen")}
    edited = {"name": lead.name, "subject": lead.subject, "message": lead.message}
    sent = edited | seen | {"email": spelling, "company": "", "phone": "", "owner_id": ""}
    assert web.post(f"/leads/{lead.lead_id}/edit/", sent).status_code == 302
    assert [lead.email for lead in leads()] == [ADDRESS] * 4
    assert tokens() == expected_tokens()


@pytest.mark.parametrize("name", FILES)
def test_a_file_has_each_person_once(tables: None, name: str) -> None:
    done = imported(staged(name, FILES[name]([*SPELLINGS, *OTHERS]), Duplicates.SKIP))
    assert (done.tally.created, done.tally.skipped) == (4, len(SPELLINGS) - 1)
    assert sorted(lead.email for lead in leads()) == sorted([ADDRESS, *OTHERS])


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_person_is_found_by_any_spelling(web: Client, spelling: str) -> None:
    mine = add(email=ADDRESS).lead_id
    add_foreign("normal", email=ADDRESS)
    add_foreign("adopted", email="Mira.O@xn--bcker-gra.test")
    repository.move("adopted", Status.QUALIFIED, version=0, actor=ANN, write_id=act())
    add_foreign("other", email=OTHERS[0])
    everybody = {mine, "normal", "adopted"}
    assert set(rows(web.get("/leads/", {"email": spelling}))) == everybody
    assert set(rows(web.get("/leads/", {"q": spelling}))) == everybody
    assert {one.lead_id for one in repository.by_email(spelling)} == everybody
    suggested = web.get("/leads/search/", {"q": spelling}, headers=HTMX).content.decode()
    assert all(f"/leads/{lead_id}/" in suggested for lead_id in everybody)


@pytest.mark.parametrize("spelling", [*SPELLINGS, f"{ADDRESS} "])
def test_another_programs_lead_is_found_by_exactly_what_is_stored_and_then_by_any_spelling(
    web: Client, spelling: str
) -> None:
    add_foreign("theirs", email=spelling)
    for asked in ({"email": spelling}, {"q": spelling}):
        assert rows(web.get("/leads/", asked)) == ["theirs"]
    run("adopt_leads")
    assert current("theirs").email == spelling
    for asked in ({"email": ADDRESS}, {"q": ADDRESS}, {"q": SPELLINGS[0]}):
        assert rows(web.get("/leads/", asked)) == ["theirs"]
    done = imported(staged("leads.csv", table_of(SPELLINGS), Duplicates.UPDATE))
    assert done.tally.created == 0
    assert current("theirs").email == spelling
    run("adopt_leads", "--addresses")
    assert current("theirs").email == ADDRESS
    assert tokens() == expected_tokens()


def test_a_whole_address_of_the_longest_kind_can_be_looked_for(web: Client) -> None:
    address = f"{'m' * 242}@x.example"
    lead = add(email=address)
    assert rows(web.get("/leads/", {"q": address})) == [lead.lead_id]
