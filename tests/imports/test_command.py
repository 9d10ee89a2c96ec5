"""``import_leads`` as people run it: what it says, what it refuses, and after kill -9."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import override
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from crm.accounts import security_record
from crm.accounts.security_events import DATA_ACTS, Kind
from crm.accounts.security_log import command_line
from crm.dynamodb.engine import Engine
from crm.dynamodb.errors import ThrottledError
from crm.dynamodb.pace import Pace
from crm.tables import TABLES
from leads import repository
from leads.imports.run.models import BusyError, ImportState
from leads.imports.run.staging import load, recent, stage
from leads.imports.run.steps import begin_work, step
from leads.models import Status
from tests import ROOT
from tests.imports import workbooks
from tests.imports.files import HISTORY, csv_of, leads, row, stored
from tests.make import ANN, BOB, add, recount, totals

ROWS = [
    row("ada@x.example", name="Ada", status="Qualified"),
    row("", name="Nobody", company="=cmd()"),
    row("bo@x.example", created="soon"),
    row("ADA@x.example", name="Ada again"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    path.write_bytes(csv_of(ROWS, HISTORY).getvalue())
    return path


def said(*arguments: object) -> str:
    out = StringIO()
    call_command("import_leads", *map(str, arguments), stdout=out)
    return out.getvalue()


def refused(*arguments: object) -> str:
    """Return the one line of a refusal with exit status 2."""
    with pytest.raises(CommandError) as refusal:
        call_command("import_leads", *map(str, arguments), stdout=StringIO())
    assert refusal.value.returncode == 2
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.usefixtures("tables")
def test_a_dry_run_an_import_and_its_undo(file: Path, tmp_path: Path) -> None:
    text = said(file, "--dry-run")
    assert "1 would be created, 0 would be updated, 1 would be skipped, 2 would be rejected" in text
    assert "line 3 rejected: It has no e-mail address." in text
    assert leads() == []
    errors = tmp_path / "errors.csv"
    text = said(file, "--errors", errors)
    assert "1 created, 0 updated, 1 skipped, 2 rejected." in text
    rejected = errors.read_text(encoding="utf-8-sig").splitlines()
    assert rejected[0] == ",".join(f'"{name}"' for name in ("Line", "Problem", *HISTORY))
    assert rejected[1].startswith('"3","It has no e-mail address.","Nobody","","\'=cmd()"')
    assert rejected[2].startswith('"4","Received:')
    assert "nothing to do" in said(file)
    (run,) = recent()
    assert "1 leads removed" in said("--undo", run.import_id)
    assert "nothing to do" in said("--undo", run.import_id)
    assert leads() == []
    assert "1 created" in said(file)
    assert totals() == recount()


@pytest.mark.usefixtures("tables")
def test_the_file_itself_is_not_written_over(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(file)
    before = file.read_bytes()
    for errors in (file, link):
        assert "is the file to import" in refused(file, "--errors", errors)
    assert file.read_bytes() == before
    assert recent() == []


@pytest.mark.usefixtures("tables")
def test_a_name_that_is_no_text_is_taken_all_the_same(file: Path) -> None:
    path = file.with_name(os.fsdecode(b"l\xff.csv"))
    file.rename(path)
    assert "1 created" in said(path)
    (run,) = recent()
    assert run.file_name == "l\ufffd.csv"


@pytest.mark.usefixtures("tables")
def test_columns_are_told_and_remembered(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("Wer;Wohin;a=b\nAda;ada@x.example;Hello\n", encoding="cp1252")
    assert "--map" in refused(path)
    told = ["--map", "wer=name", "--map", "Wohin=email", "--map", "a=b=message"]
    assert "'Wohin' is email" in said(path, *told, "--dry-run", "--delimiter", ";")
    assert "1 created" in said(path, "--map", "Wer=", "--encoding", "cp1252")
    (lead,) = leads()
    assert (lead.name, lead.message) == ("ada", "Hello")


@pytest.mark.usefixtures("tables")
def test_rejected_text_formulas_can_be_mended_and_imported(tmp_path: Path) -> None:
    path, errors = tmp_path / "excel.csv", tmp_path / "errors.csv"
    path.write_text('email,name,phone\nada@,="Ada",="0044"\n', encoding="utf-8")
    assert "1 rejected" in said(path, "--errors", errors)
    mended = errors.read_text(encoding="utf-8-sig").replace('"ada@"', '"ada@x.example"')
    path.write_text(mended, encoding="utf-8")
    said(path)
    (lead,) = leads()
    assert (lead.name, lead.phone) == ("Ada", "0044")


@pytest.mark.usefixtures("tables")
def test_two_columns_may_be_the_address_and_no_two_the_name(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("A;B;Email\n;ada@x.example;eve@x.example\n", encoding="utf-8")
    assert "name already" in refused(path, "--map", "A=name", "--map", "B=name")
    assert "1 created" in said(path, "--map", "A=email", "--map", "B=email")
    (lead,) = leads()
    assert lead.email == "ada@x.example"


@pytest.mark.usefixtures("tables")
def test_a_workbook_is_read_from_the_sheet_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    head = workbooks.row(1, "Name", "E-mail")
    formula = head + workbooks.row(2, "<c><f>1</f></c>", "ada@x.example")
    path.write_bytes(
        workbooks.xlsx({"People": formula, "Old": head + workbooks.row(2, "Eve", "eve@x.example")})
    )
    text = said(path, "--dry-run")
    assert "Sheet People is read. --sheet chooses among: 1 People, 2 Old." in text
    assert "Formulas without a value: 1." in text
    assert "no sheet “New”" in refused(path, "--sheet", "New")
    assert "1 created" in said(path, "--sheet", "2")
    assert [lead.email for lead in leads()] == ["eve@x.example"]


@pytest.mark.usefixtures("tables")
def test_a_guessed_encoding_is_said_with_a_name_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "pl.csv"
    path.write_text(
        "Name;E-mail\nŁukasz Wiśniewski;lw@x.example\nŻaneta Król;zk@x.example\n", "cp1250"
    )
    text = said(path, "--dry-run")
    assert "a guess, Central European (Windows-1250): it reads" in text
    assert "Łukasz Wiśniewski" in text
    assert "a guess" not in said(path, "--dry-run", "--encoding", "cp1250")


@pytest.mark.usefixtures("tables")
def test_an_unsure_encoding_is_asked_by_what_the_likely_ones_show(tmp_path: Path) -> None:
    path = tmp_path / "tr.csv"
    path.write_text("Name;E-mail\nCan Doğan;cd@x.example\nEda Ağa;ea@x.example\n", "cp1254")
    out = StringIO()
    with pytest.raises(
        CommandError, match="say which of these is right with --encoding"
    ) as refusal:
        call_command("import_leads", str(path), stdout=out)
    assert refusal.value.returncode == 2
    listed = [line.split(maxsplit=2) for line in out.getvalue().splitlines()[1:]]
    assert ["--encoding", "cp1254", "Can Doğan · Eda Ağa"] in listed
    assert ["--encoding", "cp1252", "Can Doðan · Eda Aða"] in listed
    assert len(listed) <= 6
    assert recent() == []
    with path.open("rb") as file:
        stage("tr.csv", file, ANN)
    assert "say which of these is right" in refused(path)
    assert "2 created" in said(path, "--encoding", "cp1254")
    assert {lead.name for lead in leads()} == {"Can Doğan", "Eda Ağa"}


@pytest.mark.usefixtures("tables")
def test_the_header_is_said_and_can_be_told(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("Exported today\nName,E-mail\nAda,ada@x.example\n", "utf-8")
    assert "The header is line 2." in said(path, "--dry-run")
    text = said(path, "--dry-run", "--header-line", "0", "--map", "Column 2=email")
    assert "No line names the columns" in text
    assert "1 would be created" in text
    assert "2 would be rejected" in text
    assert "holds no names of columns" in refused(path, "--header-line", "9")
    assert "whole number" in refused(path, "--header-line", "first")


@pytest.mark.usefixtures("tables")
def test_times_that_say_no_zone_are_in_the_one_told(tmp_path: Path) -> None:
    path = tmp_path / "times.csv"
    for zone, time in (("UTC", "14:05"), ("Europe/Berlin", "13:05")):
        path.write_text(f"Email,Created\n{zone[:3]}@x.example,2026-03-02 14:05\n")
        told = ["--timezone", zone] if zone != "UTC" else []
        assert f"Times that say no zone are in {zone}." in said(path, *told)
        (lead,) = repository.by_email(f"{zone[:3]}@x.example")
        assert lead.created_at == f"2026-03-02T{time}:00.000Z"


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("told", "month"), [([], "April"), (["--day-first"], "April"), (["--no-day-first"], "March")]
)
def test_the_order_of_dates_is_said_and_can_be_told(
    tmp_path: Path, told: list[str], month: str
) -> None:
    path = tmp_path / "anfragen.csv"
    path.write_text("Vorname;Nachname;E-Mail;Datum\nMaya;Orr;maya@x.example;3/4/2026\n")
    assert f"3/4/2026 is in {month}." in said(path, "--dry-run", *told)


@pytest.mark.usefixtures("tables")
def test_only_workbooks_have_sheets(file: Path) -> None:
    assert "no workbook" in refused(file, "--sheet", "1")


@pytest.mark.usefixtures("tables")
def test_it_goes_on_where_the_page_stopped(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 1)
    said(file, "--dry-run")
    (run,) = recent()
    begin_work(run.import_id, ImportState.IMPORTING, ANN)
    step(run.import_id)
    assert "nothing to try out" in refused(file, "--dry-run")
    assert "Going on" in said(file)
    assert load(run.import_id).state is ImportState.DONE
    begin_work(run.import_id, ImportState.UNDOING, ANN)
    assert f"--undo {run.import_id}" in refused(file)


@pytest.mark.usefixtures("tables")
def test_kept_leads_are_listed(file: Path) -> None:
    said(file)
    (lead,) = leads()
    repository.move(lead.lead_id, Status.NEW, version=1, actor=BOB, write_id="w-1")
    (run,) = recent()
    text = said("--undo", run.import_id)
    assert "1 left alone" in text
    assert f"line 2, lead {lead.lead_id}: Somebody changed the lead" in text


class Terminal(StringIO):
    """A stream that claims to be one."""

    @override
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("tables")
def test_a_terminal_gets_a_bar(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 1)
    monkeypatch.setattr("crm.cli.BAR_SECONDS", 0)
    out = Terminal()
    call_command("import_leads", str(file), stdout=out)
    assert "2 of 4 rows" in out.getvalue()
    assert out.getvalue().count("\r") == 5


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Which file?"),
        (["{tmp}/none.csv"], "No such file"),
        (["{tmp}"], "Is a directory"),
        (["{tmp}/empty.csv"], "empty"),
        (["{tmp}/header.csv"], "no rows"),
        (["{tmp}/binary.csv"], "not a text file"),
        (["{file}\0"], "null"),
        (["{file}", "--duplicates", "merge"], "skip, update, create"),
        (["{file}", "--map", "email"], "HEADER=FIELD"),
        (["{file}", "--map", "none=email"], "There is no column 'none'"),
        (["{file}", "--map", "email=mail"], "There is no field 'mail'"),
        (["{file}", "--map", "email="], "e-mail address"),
        (["{file}", "--delimiter", "long"], "one character"),
        (["{file}", "--encoding", "klingon"], "no encoding"),
        (["{file}", "--errors", "{tmp}/none/errors.csv"], "Cannot write"),
        (["{file}", "--max-wru", "0"], "--max-wru must be a whole number from 1"),
        (["{file}", "--timezone", "Mars/Olympus"], "There is no zone 'Mars/Olympus'"),
        (["{file}", "--timezone", "../../etc/passwd"], "There is no zone"),
        (["--undo", "none"], "There is no import 'none'"),
        (["--undo", "0" * 24], "There is no import"),
        (["--undo", ""], "There is no import ''"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], message: str, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "header.csv").write_text("Name,E-mail\n")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 8)
    given = [one.format(tmp=tmp_path, file=file) for one in arguments]
    assert message in refused(*given)
    assert leads() == []


@pytest.mark.usefixtures("tables")
def test_writes_are_held_to_a_rate(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 1)
    waits: list[float] = []
    paces: list[Pace] = []

    def timeless(max_wru: float | None) -> Pace:
        paces.append(Pace(max_wru=max_wru, clock=lambda: 0.0, wait=waits.append))
        return paces[-1]

    monkeypatch.setattr("leads.imports.command.Pace", timeless)
    # At a time that stands still, all that is over the first second's 10 is owed in the end.
    assert "1 created" in said(file, "--max-wru", 10, "--duplicates", "update")
    (pace,) = paces
    assert len(waits) > 1
    assert waits[-1] == pytest.approx((pace.used.wru - 10) / 10)
    waits.clear()
    (run,) = recent()
    assert "1 leads removed" in said("--undo", run.import_id, "--max-wru", 5)
    assert waits[-1] == pytest.approx((paces[-1].used.wru - 5) / 5)
    waits.clear()
    said("--undo", run.import_id)
    assert not waits


@pytest.mark.usefixtures("tables")
def test_an_import_that_was_not_made_cannot_be_undone(file: Path) -> None:
    said(file, "--dry-run")
    (run,) = recent()
    assert "Nothing was imported" in refused("--undo", run.import_id)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (BusyError(), 2, "Another process works on this import"),
        (ThrottledError("too\nmuch"), 2, "DynamoDB failed, run it again to go on: too much"),
        (KeyboardInterrupt(), 130, "Run it again to go on."),
    ],
)
def test_what_stops_it_is_said_in_one_line(
    error: BaseException, status: int, message: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("leads.imports.command.step", Mock(side_effect=error))
        with pytest.raises(CommandError, match=message) as stopped:
            said(file)
    assert stopped.value.returncode == status
    assert "1 created" in said(file)


def test_missing_tables(file: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", engine.url)
    monkeypatch.setattr(settings, "RECORDS_TABLE_NAME", "no-such-table", raising=False)
    assert "run create_tables" in refused(file)


@pytest.fixture
def command(engine: Engine, tables: None) -> Callable[..., subprocess.Popen[str]]:
    """Run the command in a process of its own, at the tables of this test."""
    names = {table.setting: getattr(settings, table.setting) for table in TABLES}

    def run(*arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.imports.command", *map(str, arguments)],
            cwd=ROOT,
            env=os.environ | names | {"AWS_ENDPOINT_URL_DYNAMODB": engine.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return run


def killed(process: subprocess.Popen[str], at: str) -> None:
    """Kill the process as soon as it says ``at``."""
    assert process.stdout is not None
    for line in process.stdout:
        if re.search(at, line):
            break
    else:
        pytest.fail(f"It never said {at!r}.")
    process.kill()
    process.communicate()


def ended(process: subprocess.Popen[str]) -> str:
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0, text
    return text


@pytest.mark.slow
def test_killed_and_started_again(
    tmp_path: Path, command: Callable[..., subprocess.Popen[str]]
) -> None:
    """The process is killed with SIGKILL, in the import and in the undo, again and again."""
    add(email="e7@x.example", company="Old")
    before = stored()
    path = tmp_path / "big.csv"
    rows = [row(f"e{n % 360}@x.example", company=f"C{n}", notes="N") for n in range(400)]
    path.write_bytes(csv_of(rows, HISTORY).getvalue())
    arguments = [path, "--duplicates", "update"]
    for number in (96, 240):
        killed(command(*arguments), f"^{number} of 400")
    assert 240 <= recent()[0].rows_done < 400
    ended(command(*arguments))
    (run,) = recent()
    assert (run.tally.created, run.tally.updated) == (359, 41)
    assert set(Counter(lead.email for lead in leads()).values()) == {1}
    assert totals() == recount()
    killed(command("--undo", run.import_id), "^160 of 400")
    ended(command("--undo", run.import_id))
    assert load(run.import_id).undone.kept == 0
    assert stored() == before
    assert totals() == recount()


def test_the_security_log_tells_who_imported(tables: None, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(csv_of([row("e1@x.example")], HISTORY).getvalue())
    call_command("import_leads", str(path), dry_run=True)
    assert not security_record.read_page(security_record.Filter(DATA_ACTS)).events
    for _ in range(2):
        call_command("import_leads", str(path))
    [event] = security_record.read_page(security_record.Filter(DATA_ACTS)).events
    assert (event.kind, event.who) == (Kind.IMPORTED, command_line())
