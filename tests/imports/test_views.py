"""Importing a file: upload, columns, dry run, import, undo."""

import re
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.accounts import security_record
from crm.accounts.models import User
from crm.accounts.security_events import DATA_ACTS, Kind
from crm.dynamodb import calls
from crm.tables import RECORDS
from leads import keys, repository
from leads.csv_escaping import BROKEN
from leads.imports import context, views
from leads.imports.run import staging
from leads.imports.run import steps as work
from leads.imports.run.models import BusyError, Duplicates, ImportState, ImportStateError, Run
from leads.models import Status
from leads.repository import Filter
from tests.imports import workbooks
from tests.web.pages import (
    HTMX,
    NASTY,
    add_lead,
    change_behind,
    current,
    said,
    signed_out_goes_to_sign_in,
    text,
)

URL = "/leads/import/"
FILE = """First Name,Last Name,Email,Company,Lead Status,Created
Bo,Ek,bo@example.com,Acme,Working - Contacted,25/1/2026
Cy,Dahl,cy@example.com,=1+1,Hot,26/1/2026
,,,Nobody,,
"""


def form(
    content: str | bytes = FILE, name: str = "leads.csv", **more: str
) -> dict[str, str | SimpleUploadedFile]:
    data = content.encode() if isinstance(content, str) else content
    return {"file": SimpleUploadedFile(name, data), **more}


def uploaded(web: Client, content: str | bytes = FILE, name: str = "leads.csv") -> str:
    """Upload a file; returns the address of its import."""
    response = web.post(URL, form(content, name))
    assert response.status_code == 302, text(response)
    return str(response["Location"])


def import_of(url: str) -> Run:
    return staging.load(url.strip("/").rpartition("/")[2])


def chosen(*targets: str, duplicates: str = "skip", dates: str = "day") -> dict[str, str]:
    columns = {f"column-{index}": target for index, target in enumerate(targets)}
    return {"action": "check", "duplicates": duplicates, "dates": dates, **columns}


ALL = ("first_name", "last_name", "email", "company", "status", "created_at")


def work_through(web: Client, url: str) -> Run:
    while import_of(url).state.is_working:
        assert web.post(f"{url}step/").status_code == 302
    return import_of(url)


def imported(web: Client, content: str = FILE, duplicates: str = "skip") -> str:
    """Take a file through all of it; returns the address of its import."""
    url = uploaded(web, content)
    web.post(url, chosen(*ALL, duplicates=duplicates))
    run = work_through(web, url)
    web.post(url, {"action": "import", "options": str(run.options)})
    work_through(web, url)
    return url


def stored() -> dict[str, Status]:
    return {lead.email: lead.status for lead in repository.listing(Filter()).leads}


def test_the_whole_way(web: Client, sales: User) -> None:
    url = uploaded(web)
    page = text(web.get(url))
    assert "Working - Contacted" in page
    assert page.count("selected") >= len(ALL)
    assert 'value="day" required checked' in page or 'value="day"' in page

    response = web.post(url, chosen(*ALL))
    assert (response.status_code, response["Location"]) == (302, url)
    assert import_of(url).state is ImportState.CHECKING
    assert not stored()
    assert f'hx-post="{url}step/"' in text(web.get(url))
    run = work_through(web, url)
    assert run.state is ImportState.CHECKED
    page = text(web.get(url))
    assert "Import 2 leads" in page
    assert "It has no e-mail address." in page
    assert "“Hot” is none of ours" in page
    assert not stored()

    response = web.post(url, {"action": "import", "options": str(run.options)})
    assert response["Location"] == url
    assert work_through(web, url).state is ImportState.DONE
    assert stored() == {"bo@example.com": Status.CONTACTED, "cy@example.com": Status.NEW}
    page = text(web.get(url))
    assert "Remarks on 1 row<" in page
    assert "“Hot” is none of ours" in page
    assert "Undo this import" in page
    assert sales.name in page
    lead = repository.listing(Filter(email="bo@example.com")).leads[0]
    assert (lead.name, lead.created_at[:10]) == ("Bo Ek", "2026-01-25")
    assert (
        current(repository.listing(Filter(email="cy@example.com")).leads[0].lead_id).company
        == "=1+1"
    )


def test_a_file_without_header_loses_nobody(web: Client) -> None:
    url = uploaded(web, "Ada Li,ada@example.com\nBo Ek,bo@example.com\n")
    page = text(web.get(url))
    assert "No line of the file names its columns" in page
    assert (import_of(url).rows, import_of(url).header) == (2, ["Name", "E-mail"])
    assert "names its columns" not in text(web.get(uploaded(web)))


def test_the_header_below_other_lines_is_said_and_can_be_changed(web: Client) -> None:
    url = uploaded(web, f"Exported today\n\n{FILE}")
    page = text(web.get(url))
    assert "The columns are named in line 3 of the file." in page
    assert 'name="header_line"' in page
    response = web.post(url, {"action": "read", "encoding": "utf-8", "header_line": "4"})
    assert (response.status_code, response["Location"]) == (302, url)
    run = import_of(url)
    assert (run.header_line, run.rows, run.header[0]) == (4, 2, "Bo")
    web.post(url, {"action": "read", "encoding": "utf-8", "header_line": "0"})
    run = import_of(url)
    assert (run.header_line, run.rows) == (0, 5)
    web.post(url, {"action": "read", "encoding": "utf-8", "header_line": "3"})
    assert import_of(url).header == FILE.partition("\n")[0].split(",")
    web.post(url, chosen(*ALL))
    assert work_through(web, url).check.created == 2


def test_a_workbook_is_imported_from_the_sheet_that_is_chosen(web: Client) -> None:
    head = workbooks.row(1, "Name", "E-mail")
    first = (
        head
        + workbooks.row(2, "Ada Li", "ada@example.com")
        + workbooks.row(3, "<c><f>A2</f></c>", "bo@x.example")
    )
    sheets = {
        "People": first,
        "Old": head + workbooks.row(2, "Eve Po", "eve@x.example"),
        "Secret": head,
    }
    url = uploaded(web, workbooks.xlsx(sheets, hidden=("Secret",)), "leads.xlsx")
    page = text(web.get(url))
    assert "Sheet <bdi>People</bdi>" in page
    assert "1 formula of the sheet has no value" in page
    assert '<option value="Old">' in page
    assert "Secret" not in page
    assert import_of(url).rows == 2
    web.post(url, {"action": "read", "sheet": "Old", "header_line": "1"})
    run = import_of(url)
    assert (run.sheet, run.rows, run.unfilled) == ("Old", 1, 0)
    assert "of the sheet has no value" not in text(web.get(url))
    web.post(url, chosen("name", "email"))
    assert work_through(web, url).check.created == 1
    response = web.post(url, {"action": "read", "sheet": "Secret", "header_line": "1"})
    assert response.status_code == 422


def test_a_workbook_that_cannot_be_read_is_refused_by_a_line(web: Client) -> None:
    far = workbooks.row(1, "a") + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    response = web.post(URL, form(workbooks.xlsx({"A": far}), "leads.xlsx"))
    assert response.status_code == 422
    assert "The sheet reaches far beyond its table" in text(response)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"encoding": "klingon"}, "Select a valid choice"),
        ({"header_line": "-1"}, "greater than or equal to 0"),
        ({"header_line": "first"}, "Enter a whole number"),
        ({"header_line": "99"}, "Line 99 of the file holds no names of columns."),
    ],
)
def test_a_file_cannot_be_read_anyhow(web: Client, given: dict[str, str], told: str) -> None:
    url = uploaded(web)
    before = import_of(url)
    asked = {"action": "read", "encoding": "utf-8", "header_line": "1"} | given
    response = web.post(url, asked)
    assert response.status_code == 422
    assert told in text(response)
    assert import_of(url) == before


def test_what_was_imported_is_not_read_otherwise(web: Client) -> None:
    url = imported(web)
    before = import_of(url)
    asked = {"action": "read", "encoding": "cp1250", "header_line": "1"}
    assert "cannot be read otherwise any more" in said(web.post(url, asked))[0]
    assert import_of(url) == before


def test_what_was_undone_can_be_read_otherwise_and_imported_again(web: Client) -> None:
    url = imported(web)
    web.post(f"{url}undo/")
    before = work_through(web, url)
    web.post(url, {"action": "read", "encoding": "cp1252", "header_line": "1"})
    run = import_of(url)
    assert (run.state, run.attempt) == (ImportState.STAGED, before.attempt + 1)
    web.post(url, chosen(*ALL))
    run = work_through(web, url)
    web.post(url, {"action": "import", "options": str(run.options)})
    assert work_through(web, url).tally.created == 2
    assert len(stored()) == 2


def test_a_guessed_encoding_is_said_with_a_name_of_the_file(web: Client) -> None:
    content = "Name;E-mail\nŁukasz Wiśniewski;lw@example.com\nŻaneta Król;zk@example.com\n"
    url = uploaded(web, content.encode("cp1250"))
    page = text(web.get(url))
    assert "The encoding of the file is a guess: Central European (Windows-1250)" in page
    assert "Łukasz Wiśniewski" in page
    web.post(url, {"action": "read", "encoding": "cp1252", "header_line": "1"})
    page = text(web.get(url))
    assert "£ukasz Wiœniewski" in page
    assert "is a guess" not in page


UNSURE = "Name;E-mail\nCan Doğan;cd@example.com\nEda Ağa;ea@example.com\n".encode("cp1254")


def test_an_unsure_encoding_is_asked_before_the_dry_run(web: Client) -> None:
    url = uploaded(web, UNSURE)
    page = text(web.get(url))
    assert "Which is right?" in page
    assert re.search(r'value="cp1254"[^>]*>\s*Can Doğan · Eda Ağa — Turkish', page)
    assert re.search(r'value="cp1252"[^>]*>\s*Can Doðan · Eda Aða — Western European', page)
    assert 2 <= page.count('type="radio"') <= 6
    assert " checked" not in page
    assert 'name="column-0"' not in page
    response = web.post(url, chosen("name", "email"))
    assert "Say first how the file is to be read." in said(response)[0]
    response = web.post(url, {"action": "read"})
    assert response.status_code == 422
    assert "Choose one of these." in text(response)
    web.post(url, {"action": "read", "encoding": "cp1254"})
    page = text(web.get(url))
    assert "Which is right?" not in page
    assert "Can Doğan" in page
    web.post(url, chosen("name", "email"))
    assert work_through(web, url).check.created == 2


def test_the_language_of_the_browser_decides_what_is_offered_first(web: Client) -> None:
    turkish = {"Accept-Language": "tr-TR,tr;q=0.9,en;q=0.5"}
    url = str(web.post(URL, form(UNSURE), headers=turkish)["Location"])
    assert import_of(url).encoding == "cp1254"


def test_an_unsure_file_that_is_gone_says_so(web: Client) -> None:
    url = uploaded(web, UNSURE)
    calls.delete(RECORDS, keys.import_file(import_of(url).import_id, 0))
    response = web.post(url, {"action": "read", "encoding": "cp1254"})
    assert "upload it again" in said(response)[0]


def test_the_rows_tell_how_dates_are_written_and_not_an_earlier_file(web: Client) -> None:
    american = FILE.replace("25/1/", "1/25/").replace("26/1/", "1/26/")
    web.post(uploaded(web, american), chosen(*ALL, dates="month"))
    assert re.search(r'value="day"[^>]* checked', text(web.get(uploaded(web))))


def test_undo_asks_first_and_keeps_what_somebody_changed(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = imported(web)
    lead = repository.listing(Filter(email="bo@example.com")).leads[0]
    change_behind(current(lead.lead_id), company=NASTY)
    page = text(web.get(f"{url}undo/"))
    assert "2 leads that it created are removed" in page
    assert import_of(url).state is ImportState.DONE
    assert web.post(f"{url}undo/")["Location"] == url
    run = work_through(web, url)
    assert run.state is ImportState.UNDONE
    assert list(stored()) == ["bo@example.com"]
    page = text(web.get(url))
    assert "Kept" in page
    assert f"/leads/{lead.lead_id}/" in page
    monkeypatch.setattr(views, "MOST_CHUNKS", 0)
    page = text(web.get(url))
    assert f"/leads/{lead.lead_id}/" not in page
    assert f'href="{url}kept.csv"' in page
    # Twice is once, and it can be imported again.
    assert web.post(f"{url}undo/").status_code == 302
    assert import_of(url).state is ImportState.UNDONE
    assert 'name="column-0"' in text(web.get(f"{url}?columns"))
    kept = b"".join(web.get(f"{url}kept.csv")).decode()
    assert lead.lead_id in kept


def test_undo_gives_back_what_a_lead_was(web: Client) -> None:
    lead = add_lead("Bo", email="bo@example.com")
    url = imported(web, duplicates=Duplicates.UPDATE)
    assert current(lead.lead_id).name != "Bo"
    web.post(f"{url}undo/")
    assert work_through(web, url).undone.restored == 1
    assert current(lead.lead_id).name == "Bo"


@pytest.mark.slow
def test_htmx_gets_the_progress_and_asks_again(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{number},x,p{number}@example.com,,,\n" for number in range(200))
    url = uploaded(web, FILE.partition("\n")[0] + "\n" + rows)
    web.post(url, chosen(*ALL))
    monkeypatch.setattr(views, "STEP_SECONDS", 0)
    seen = []
    while import_of(url).state.is_working:
        page = text(web.post(f"{url}step/", headers=HTMX))
        assert "<html" not in page
        assert 'id="import"' in page
        seen.append('hx-trigger="load' in page)
    assert len(seen) > 1
    assert seen == [True] * (len(seen) - 1) + [False]
    assert "checked." in page
    assert "Import 200 leads" in page


def test_two_at_once_do_it_once(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    url = uploaded(web)
    web.post(url, chosen(*ALL))

    def taken(import_id: str) -> Run:
        raise BusyError

    monkeypatch.setattr(views, "step", taken)
    page = text(web.post(f"{url}step/", headers=HTMX))
    assert "Somebody else is running this import" in page
    assert 'hx-trigger="load delay:2s' in page
    assert web.post(f"{url}step/").status_code == 302


def test_repeats_do_no_harm(web: Client) -> None:
    url = imported(web)
    before = import_of(url)
    assert uploaded(web) == url
    for _ in range(2):
        assert web.post(f"{url}step/").status_code == 302
        web.post(url, {"action": "import", "options": str(before.options)})
        web.post(url, chosen(*ALL))
    assert import_of(url) == before
    assert len(stored()) == 2


def test_the_security_log_tells_who_imported_and_took_it_back(web: Client, sales: User) -> None:
    url = imported(web)
    rows = import_of(url).rows
    for _ in range(2):
        web.post(f"{url}undo/")
    events = security_record.read_page(security_record.Filter(DATA_ACTS)).events
    assert [event.kind for event in events] == [Kind.IMPORT_UNDONE, Kind.IMPORTED]
    for event in events:
        assert event.who == sales.id
        assert event.details == {"import_id": import_of(url).import_id, "rows": rows}


def test_the_same_file_again_says_so(web: Client) -> None:
    url = imported(web)
    response = web.post(URL, form())
    assert response["Location"] == url
    assert "uploaded before" in said(response)[0]


@pytest.mark.parametrize("is_checked", [True, False])
def test_what_somebody_else_chose_meanwhile_is_not_imported_unseen(
    web: Client, *, is_checked: bool
) -> None:
    url = uploaded(web)
    web.post(url, chosen(*ALL))
    seen = work_through(web, url).options
    web.post(url, chosen("", "", "email", "", "", ""))
    if is_checked:
        work_through(web, url)
    before = import_of(url)
    response = web.post(url, {"action": "import", "options": str(seen)})
    assert "Somebody else changed this import" in said(response)[0]
    assert import_of(url) == before


@pytest.mark.parametrize(("takes", "steps"), [(0.2, 4), (0.6, 1), (3.0, 1)])
def test_no_step_begins_that_would_end_too_late(
    web: Client, monkeypatch: pytest.MonkeyPatch, takes: float, steps: int
) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 1)
    rows = "".join(f"x,y,p{number}@example.com,,,\n" for number in range(20))
    url = uploaded(web, FILE.partition("\n")[0] + "\n" + rows)
    web.post(url, chosen(*ALL))
    clock = [0.0]

    def slow(import_id: str) -> Run:
        clock[0] += takes
        return work.step(import_id)

    monkeypatch.setattr(views, "step", slow)
    monkeypatch.setattr(views, "monotonic", lambda: clock[0])
    web.post(f"{url}step/", headers=HTMX)
    assert import_of(url).progress == steps


def without_rows(url: str) -> None:
    """Delete what was staged, as somebody may by hand."""
    run = import_of(url)
    for chunk in range(run.chunks):
        calls.delete(RECORDS, keys.import_rows(run.import_id, chunk))


def test_an_import_whose_rows_were_deleted_says_so(web: Client) -> None:
    url = uploaded(web)
    web.post(url, chosen(*ALL))
    without_rows(url)
    asked = [web.get(f"{url}?columns"), web.get(f"{url}errors.csv")]
    asked += [web.post(f"{url}step/"), web.post(f"{url}step/", headers=HTMX)]
    for response in asked:
        assert response.status_code == 409
        assert "Rows of this import were deleted" in text(response)
    assert "Rows of this import were deleted" in said(web.post(url, chosen(*ALL)))[0]


def test_an_undo_whose_rows_were_deleted_says_so(web: Client) -> None:
    url = imported(web)
    web.post(f"{url}undo/")
    without_rows(url)
    assert web.post(f"{url}step/").status_code == 409
    assert web.get(url).status_code == 200


def test_a_file_of_rejected_rows_that_breaks_off_says_so(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 1)
    url = imported(web)
    calls.delete(RECORDS, keys.import_rows(import_of(url).import_id, 2))
    received: list[bytes] = []
    with pytest.raises(ImportStateError):
        received.extend(web.get(f"{url}errors.csv"))
    assert BROKEN.encode() in received[-1]


@pytest.mark.parametrize("duplicates", list(Duplicates))
def test_duplicates_are_treated_as_chosen(web: Client, duplicates: Duplicates) -> None:
    lead = add_lead("Bo", email="bo@example.com")
    url = imported(web, duplicates=duplicates)
    tally = import_of(url).tally
    counts = (tally.created, tally.updated, tally.skipped)
    assert counts == {"skip": (1, 0, 1), "update": (1, 1, 0), "create": (2, 0, 0)}[duplicates]
    assert (current(lead.lead_id).version == 1) is (duplicates is not Duplicates.UPDATE)


def test_rejected_rows_can_be_had_as_a_file(web: Client) -> None:
    url = imported(web)
    response = web.get(f"{url}errors.csv")
    assert response["Content-Type"].startswith("text/csv")
    assert "attachment" in response["Content-Disposition"]
    assert response["Cache-Control"] == "private, no-store"
    body = b"".join(response).decode()
    lines = body.removeprefix("\ufeff").splitlines()
    assert lines == [
        '"Line","Problem","First Name","Last Name","Email","Company","Lead Status","Created"',
        '"4","It has no e-mail address.","","","","Nobody","",""',
    ]


def test_formulas_of_rejected_rows_are_shielded(web: Client) -> None:
    url = imported(web, FILE + "=cmd(),,,,,\n")
    body = b"".join(web.get(f"{url}errors.csv")).decode()
    assert ',"\'=cmd()",' in body


@pytest.mark.parametrize("cell", ["=1", "'=1", "+49", "'+49", "'plain", "\t=1"])
def test_rejected_rows_mended_are_what_they_were_meant_to_be(web: Client, cell: str) -> None:
    url = imported(web, f"{FILE.partition(chr(10))[0]}\nBo,Ek,,{cell},,\n")
    body = b"".join(web.get(f"{url}errors.csv")).decode("utf-8-sig")
    mended = body.replace('"Bo","Ek","",', '"Bo","Ek","bo@example.com",')
    url = uploaded(web, mended)
    web.post(url, chosen("", "", *ALL))
    run = work_through(web, url)
    web.post(url, {"action": "import", "options": str(run.options)})
    assert work_through(web, url).tally.created == 1
    (lead,) = repository.by_email("bo@example.com")
    assert lead.company == {"'=1": "=1", "'+49": "+49"}.get(cell, cell.strip())


def test_columns_are_remembered_for_files_like_it(web: Client) -> None:
    url = uploaded(web)
    web.post(url, chosen("company", "", "email", "first_name", "", "", dates="month"))
    other = uploaded(web, FILE + "Di,Ek,di@example.com,,,\n")
    assert other != url
    page = text(web.get(other))
    first = page[page.index('name="column-0"') : page.index('name="column-1"')]
    assert 'value="company" selected' in first


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        (("name", "", "", "", "", ""), "holds the e-mail address"),
        (("company", "", "email", "company", "", ""), "Another column is the company already"),
        (("nonsense", "", "email", "", "", ""), "There is no such field"),
        ((NASTY, "", "email", "", "", ""), "There is no such field"),
    ],
)
def test_columns_that_make_no_sense_are_refused(
    web: Client, targets: tuple[str, ...], told: str
) -> None:
    url = uploaded(web)
    response = web.post(url, chosen(*targets))
    assert response.status_code == 422
    assert told in text(response)
    assert 'role="alert"' in text(response)
    assert "<script>alert" not in text(response)
    assert import_of(url).state is ImportState.STAGED


def test_other_choices_that_make_no_sense_are_refused(web: Client) -> None:
    url = uploaded(web)
    posted = chosen(*ALL, duplicates="all of them", dates="")
    assert web.post(url, posted).status_code == 422
    assert web.post(url, {}).status_code == 422
    assert import_of(url).state is ImportState.STAGED


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The file is empty."),
        (b" \n", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n\x00", "picture"),
        (b"PK\x03\x04" + bytes(100), "workbook"),
        (bytes(range(256)) * 4, "not a text file"),
        (b"name,email\n", "no rows"),
        (b"<html>", "web page"),
    ],
)
def test_files_that_are_none_are_refused_at_the_field(
    web: Client, content: bytes, told: str
) -> None:
    response = web.post(URL, form(content, "leads.xlsx"))
    page = text(response)
    assert response.status_code == 422
    assert told in page
    assert 'aria-describedby="id_file_helptext id_file_error"' in page
    assert 'aria-invalid="true"' in page


def test_no_file_is_refused(web: Client) -> None:
    response = web.post(URL, {})
    assert response.status_code == 422
    assert "Choose a file." in text(response)
    assert web.post(URL, {"file": "text"}).status_code == 422


def test_a_file_that_is_too_large_is_refused(web: Client, settings: LazySettings) -> None:
    settings.MAX_UPLOAD_MB = 0.2
    response = web.post(URL, form(FILE + "a,b,c@example.com,,,\n" * 20_000))
    assert response.status_code == 422
    assert "too large" in text(response)
    assert not staging.recent()


def test_reading_can_be_told(web: Client) -> None:
    content = "Name;E-mail\nZoë, Dr.;zoe@example.com\n".encode("cp1252")
    url = str(web.post(URL, form(content, delimiter="semicolon", encoding="cp1252"))["Location"])
    assert import_of(url).header == ["Name", "E-mail"]
    assert "Zoë, Dr." in text(web.get(url))
    response = web.post(URL, form(content, delimiter="nonsense"))
    assert response.status_code == 422


def test_the_token_against_forged_forms_is_checked(sales: User) -> None:
    web = Client(enforce_csrf_checks=True)
    web.force_login(sales)
    assert web.post(URL, form()).status_code == 403
    assert not staging.recent()


def test_names_and_cells_of_a_file_are_shown_as_text(web: Client) -> None:
    header = f'"{NASTY.replace(chr(34), chr(34) * 2)}",email,\n'
    url = uploaded(web, header + f'"{NASTY.replace(chr(34), chr(34) * 2)}",x,y\n', "<b>.csv")
    for address in (url, URL):
        page = text(web.get(address))
        assert "<script>alert" not in page
        assert "<b>" not in page
    assert "Column 3" in text(web.get(url))


def test_the_list_shows_what_became_of_each(web: Client, sales: User) -> None:
    imported(web)
    uploaded(web, "email\nx@example.com\n", "other.csv")
    page = text(web.get(URL))
    assert page.index("other.csv") < page.index("leads.csv")
    assert "2\xa0created · 1\xa0rejected" in page
    assert sales.name in page


def test_what_is_not_known_of_an_import_leaves_its_cell_empty(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(web)
    assert 'data-label="Uploaded"></td>' not in text(web.get(URL))
    monkeypatch.setattr(context, "moment", lambda _text: None)
    assert 'data-label="Uploaded"></td>' in text(web.get(URL))


def test_the_way_in_is_on_the_list(
    web: Client, viewer: User, client_for: Callable[[User], Client]
) -> None:
    assert f'href="{URL}"' in text(web.get("/leads/"))
    assert f'href="{URL}"' not in text(client_for(viewer).get("/leads/"))


PAGES = ["", "step/", "undo/", "errors.csv", "kept.csv"]


def test_needs_sign_in_and_the_role(
    web: Client, client_for: Callable[[User], Client], viewer: User
) -> None:
    url = imported(web)
    browser = client_for(viewer)
    for address in [URL, *(f"{url}{page}" for page in PAGES)]:
        method = "post" if address.endswith("step/") else "get"
        assert signed_out_goes_to_sign_in(address, method=method)
        assert getattr(browser, method)(address).status_code == 403
    for address in (URL, url, f"{url}undo/"):
        assert browser.post(address).status_code == 403
    assert import_of(url).state is ImportState.DONE


@pytest.mark.parametrize("import_id", ["edit", "0" * 24, "x" * 3000, "%F0%9F%A6%8A", "a b"])
@pytest.mark.parametrize("page", PAGES)
def test_there_is_no_such_import(web: Client, import_id: str, page: str) -> None:
    method = web.post if page == "step/" else web.get
    assert method(f"{URL}{import_id}/{page}").status_code == 404
    if page in {"", "undo/"}:
        assert web.post(f"{URL}{import_id}/{page}").status_code == 404


def test_other_methods_are_refused(web: Client) -> None:
    url = uploaded(web)
    assert web.get(f"{url}step/").status_code == 405
    assert web.post(f"{url}errors.csv").status_code == 405
    for address in (URL, url, f"{url}undo/"):
        assert web.put(address).status_code == 405


def test_what_cannot_be_done_now_says_so(web: Client) -> None:
    url = uploaded(web)
    assert web.get(f"{url}undo/")["Location"] == url
    for page, posted in (("undo/", {}), ("", {"action": "import"})):
        assert said(web.post(f"{url}{page}", posted))
    assert import_of(url).state is ImportState.STAGED


@pytest.mark.slow
def test_a_step_costs_the_same_wherever_the_import_is(web: Client) -> None:
    rows = "".join(f"{number},x,p{number}@example.com,,,\n" for number in range(300))
    url = uploaded(web, FILE.partition("\n")[0] + "\n" + rows)
    web.post(url, chosen(*ALL))
    run = work_through(web, url)
    assert work.step(run.import_id) == run
    assert run.check.created == 300


@pytest.mark.parametrize(
    "name",
    [
        'filename="l\xff.csv"',
        "filename*=UTF-8''%ED%A0%80.csv",
        'filename="a\\"\r\nX-Evil: 1.csv"',
        'filename="../../etc/\x00passwd"',
        'filename="' + "x" * 250 + '.csv"',
    ],
)
def test_names_of_files_are_never_too_strange(web: Client, name: str) -> None:
    body = (
        f'--b\r\nContent-Disposition: form-data; name="file"; {name}\r\n\r\n{FILE}\r\n--b--\r\n'
    ).encode("latin-1")
    response = web.post(URL, data=body, content_type="multipart/form-data; boundary=b")
    assert response.status_code in {302, 422}
    assert web.get(URL).status_code == 200
    if response.status_code == 302:
        assert web.get(response["Location"]).status_code == 200


TIMES = "Email,Created\nbo@example.com,2026-03-02 14:05\ncy@example.com,2026-03-02\n"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (None, "2026-03-02T13:05:00.000Z"),
        ("Europe/Berlin", "2026-03-02T13:05:00.000Z"),
        ("Asia/Tokyo", "2026-03-02T05:05:00.000Z"),
    ],
)
def test_times_are_in_the_zone_of_the_browser_or_the_one_chosen(
    web: Client, given: str | None, stored: str
) -> None:
    web.cookies["zone"] = "Europe/Berlin"
    url = uploaded(web, TIMES)
    assert 'name="zone" value="Europe/Berlin"' in text(web.get(url))
    zone = {"zone": given} if given else {}
    web.post(url, chosen("email", "created_at") | zone)
    run = work_through(web, url)
    web.post(url, {"action": "import", "options": str(run.options)})
    work_through(web, url)
    (bo,), (cy,) = (repository.by_email(f"{name}@example.com") for name in ("bo", "cy"))
    assert (bo.created_at, cy.created_at) == (stored, "2026-03-02T00:00:00.000Z")


def test_a_zone_is_not_taken_from_who_imported_before(web: Client) -> None:
    web.cookies["zone"] = "Asia/Tokyo"
    web.post(uploaded(web, TIMES), chosen("email", "created_at"))
    web.cookies["zone"] = "Europe/Berlin"
    other = uploaded(web, TIMES.replace("14:05", "14:06"), "other.csv")
    assert 'name="zone" value="Europe/Berlin"' in text(web.get(other))


def test_a_zone_that_nobody_knows_is_refused_at_its_field(web: Client) -> None:
    url = uploaded(web, TIMES)
    response = web.post(url, chosen("email", "created_at") | {"zone": "Mars/Olympus"})
    assert response.status_code == 422
    assert "There is no such zone" in text(response)
