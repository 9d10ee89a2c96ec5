"""A telephone number is found however it is written, from every door that it came in by."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb import calls
from crm.tables import RECORDS
from leads import keys
from leads.imports.run import staging
from tests.maintenance.helpers import expected_tokens, leads, run, tokens
from tests.make import add
from tests.web.pages import hidden, rows

NUMBER = "+44 20 7946 0001"
OTHERWISE = "020 7946 0001"
PERSON = {"name": "Mira", "email": "mira@x.example", "subject": "Hi", "message": "Hello"}


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


def found(web: Client, number: str) -> list[str]:
    return rows(web.get("/leads/", {"q": number}))


def test_a_lead_is_found_by_its_number_until_it_has_another(web: Client) -> None:
    web.post("/leads/add/", PERSON | {"status": "new", "phone": NUMBER})
    (lead,) = leads()
    assert found(web, OTHERWISE) == [lead.lead_id]
    page = web.get(f"/leads/{lead.lead_id}/edit/")
    seen = {name: hidden(page, name) for name in ("version", "seen")}
    sent = PERSON | seen | {"company": "", "phone": "+1 415 555 0100", "owner_id": ""}
    assert web.post(f"/leads/{lead.lead_id}/edit/", sent).status_code == 302
    assert found(web, OTHERWISE) == []
    assert found(web, "(415) 555-0100") == [lead.lead_id]
    assert tokens() == expected_tokens()


def test_a_number_that_a_file_brought_finds_its_lead(web: Client) -> None:
    table = f"Name,E-mail,Phone\nMira,mira@x.example,{NUMBER}\n".encode()
    response = web.post("/leads/import/", {"file": SimpleUploadedFile("leads.csv", table)})
    url = str(response["Location"])
    targets = {f"column-{at}": name for at, name in enumerate(("name", "email", "phone"))}
    web.post(url, {"action": "check", "duplicates": "skip", "dates": "day"} | targets)
    import_id = url.strip("/").rpartition("/")[2]
    while staging.load(import_id).state.is_working:
        web.post(f"{url}step/")
    web.post(url, {"action": "import", "options": str(staging.load(import_id).options)})
    while staging.load(import_id).state.is_working:
        web.post(f"{url}step/")
    (lead,) = leads()
    assert found(web, OTHERWISE) == [lead.lead_id]


def test_a_number_narrows_an_export(tables: None, tmp_path: Path) -> None:
    lead = add(phone=NUMBER)
    add(phone="+1 415 555 0100")
    path = tmp_path / "leads.csv"
    call_command("export_leads", output=str(path), q=OTHERWISE)
    (line,) = path.read_text("utf-8-sig").splitlines()[1:]
    assert lead.lead_id in line


def test_recount_files_numbers_anew(web: Client) -> None:
    lead = add(phone=NUMBER)
    position = keys.search_position(lead.created_at, lead.lead_id)
    calls.delete(RECORDS, {"PK": keys.phone("9460001"), "SK": position})
    calls.put(RECORDS, {"PK": keys.phone("5550100"), "SK": position})
    assert found(web, OTHERWISE) == []
    said = run("recount")
    assert "Search tokens: 1 of 1 leads were missing or wrong: written." in said
    assert "Search tokens: 1 were of no lead or no word: removed." in said
    assert found(web, OTHERWISE) == [lead.lead_id]
    assert tokens() == expected_tokens()
