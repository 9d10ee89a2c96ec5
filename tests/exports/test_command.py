"""``manage.py export_leads``: files that are whole or not there, and tables as DynamoDB JSON."""

import gzip
import json
import os
import re
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crm.accounts.models import User
from crm.accounts.security_events import DATA_ACTS
from crm.accounts.security_log import command_line
from crm.accounts.security_record import Filter, read_page
from crm.dynamodb import calls, client
from crm.dynamodb.engine import Engine, find_binary, free_port
from crm.dynamodb.export import line
from crm.dynamodb.scan import wire_pages
from crm.dynamodb.schema import Table
from crm.tables import LEADS, RECORDS
from leads.attribution import Attribution
from leads.exports import files
from leads.models import STAGES, Lead, Status
from leads.repository import desk_settings
from tests.make import add, add_from, published, write

type Typed = dict[str, Any]
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?(E[+-]?[0-9]+)?")
# The values of DynamoDB JSON that hold no others, as the documentation has them.
SCALARS: dict[str, Callable[[Any], bool]] = {
    "S": lambda raw: isinstance(raw, str),
    "N": lambda raw: bool(NUMBER.fullmatch(raw)),
    "B": lambda raw: b64encode(b64decode(raw, validate=True)).decode() == raw,
    "BOOL": lambda raw: isinstance(raw, bool),
    "NULL": lambda raw: raw is True,
}


def run(**options: object) -> str:
    """Run the command; returns what it said on standard error."""
    said = StringIO()
    call_command("export_leads", stderr=said, **options)
    return said.getvalue()


def refusal(**options: object) -> str:
    with pytest.raises(CommandError) as caught:
        run(**options)
    assert caught.value.returncode == 2
    message = str(caught.value)
    assert "\n" not in message
    return message


def everything(table: Table) -> list[dict[str, Typed]]:
    """Return all items as they are on the wire."""
    found = [item for page in wire_pages(table, segment=0, segments=1) for item in page]
    return sorted(found, key=lambda item: json.dumps(item, sort_keys=True))


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("kind", ["csv", "dynamodb-json"])
def test_the_security_log_tells_who_exported(kind: str, tmp_path: Path) -> None:
    run(format=kind, output=str(tmp_path / "export"))
    [event] = read_page(Filter(DATA_ACTS)).events
    assert (event.who, event.address) == (command_line(), "")
    assert event.details == {"format": kind}


@pytest.mark.usefixtures("tables")
class TestLeads:
    def test_goes_to_standard_output(self, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        lead = add(name="Ada")
        said = run(format="jsonl")
        (read,) = capfdbinary.readouterr().out.splitlines()
        assert json.loads(read)["leadId"] == lead.lead_id
        assert said.startswith("1 leads exported in ")

    def test_narrows_like_the_list(self, tmp_path: Path) -> None:
        owner = User.objects.create_user("ann@example.com", "correct horse battery")
        add(name="Ada")
        lead = add(Status.CONTACTED, owner.id, name="Bo", email="bo@example.com")
        path = tmp_path / "leads.csv"
        for options in (
            {"status": "contacted"},
            {"owner": "Ann@example.com"},
            {"email": "bo@example.com"},
            {"q": "bo"},
            {"status": "contacted", "since": "2020-01-01", "q": "bo"},
        ):
            run(output=str(path), **options)
            rows = path.read_text("utf-8-sig").splitlines()
            assert len(rows) == 2, options
            assert rows[1].startswith(f'"{lead.lead_id}"')
            assert "ann@example.com" in rows[1]
        run(output=str(path), until="2020-01-01")
        assert len(path.read_text().splitlines()) == 1
        assert names(tmp_path) == ["leads.csv"]

    def test_tells_where_leads_came_from_and_narrows_by_it(self, tmp_path: Path) -> None:
        desk_settings.save(replace(desk_settings.read(), sources=("ads",)))
        told = Attribution(form="shop", utm_source="ads", page="https://shop.example/a")
        lead = add_from(told)
        add_from(Attribution(form="contact"))
        for narrowed in ({"form": "shop"}, {"source": "ads"}):
            path = tmp_path / "leads.jsonl"
            run(format="jsonl", output=str(path), **narrowed)
            (row,) = map(json.loads, path.read_text().splitlines())
            assert row["leadId"] == lead.lead_id
            assert [row[name] for name in ("form", "utmSource", "page", "utmTerm")] == [
                "shop",
                "ads",
                "https://shop.example/a",
                "",
            ]
        assert "--source" in refusal(source="friend")

    def test_a_failure_leaves_the_file_that_was_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "leads.csv"
        path.write_text("yesterday's")
        for number in range(3):
            add(name=f"Person {number}")
        monkeypatch.setattr(files, "PAGE", 1)
        monkeypatch.setattr(files, "get_many", _interrupted)
        with pytest.raises(CommandError) as caught:
            run(output=str(path))
        assert caught.value.returncode == 130
        assert path.read_text() == "yesterday's"
        assert names(tmp_path) == ["leads.csv"]

    @pytest.mark.slow
    def test_nobody_reading_on_is_no_error(self, engine: Engine) -> None:
        for number in range(5):
            add(name=f"Person {number}", message="x" * 9_000)
        program = (
            "import os, sys; from django.conf import settings; import django; django.setup();"
            f"settings.TABLE_NAME, settings.RECORDS_TABLE_NAME = {LEADS.name!r}, {RECORDS.name!r};"
            "from leads.exports import files; files.PAGE = 1; os.close(0);"
            "from django.core.management import call_command; call_command('export_leads')"
        )
        command = [sys.executable, "-c", program]
        with subprocess.Popen(command, stdout=-1, stderr=-1, env=_environment(engine)) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            said = process.stderr.read()
            assert process.wait(60) == 141, said
        [line] = said.splitlines()
        assert line.startswith(b"INFO crm.security.command: exported by 'command line: ")

    def test_says_what_it_does_not_take(self, tmp_path: Path) -> None:
        assert "csv, jsonl, dynamodb-json" in refusal(format="xlsx")
        assert refusal(status="lost") == "--status: There is no such stage."
        assert refusal(since="soon").startswith("--since: ")
        assert refusal(owner="nobody@example.com") == "--owner: There is no such person."
        assert "before the first day" in refusal(since="2026-02-02", until="2026-02-01")
        missing = tmp_path / "missing" / "leads.csv"
        assert "No such file or directory" in refusal(output=str(missing))
        assert "--output" in refusal(format="dynamodb-json")
        assert "--q" in refusal(format="dynamodb-json", output="x", q="ada")
        assert "exists" in refusal(format="dynamodb-json", output=str(tmp_path))


@pytest.mark.usefixtures("tables")
class TestTables:
    def test_have_the_documented_form(self, tmp_path: Path) -> None:
        lead = add()
        write(published("odd", raw=b"\x00\xff", tags={"b", "a"}, price=Decimal("1.50")))
        directory = tmp_path / "export"
        said = run(format="dynamodb-json", output=str(directory))
        assert names(tmp_path) == ["export"]
        assert names(directory) == sorted([LEADS.name, RECORDS.name, "schema.json"])
        items = _items(directory, LEADS)
        assert {item["leadId"]["S"] for item in items} == {"odd", lead.lead_id}
        total = len(items) + len(_items(directory, RECORDS))
        assert said.startswith(f"{total:,} items exported in ")
        parameters = json.loads((directory / LEADS.name / "table.json").read_text())
        assert parameters["TableName"] == LEADS.name
        # What ImportTable takes as TableCreationParameters, and nothing else.
        assert parameters.keys() <= {
            "TableName",
            "AttributeDefinitions",
            "KeySchema",
            "BillingMode",
            "GlobalSecondaryIndexes",
        }

    @pytest.mark.slow
    def test_come_back_byte_for_byte(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(40):
            add(
                STAGES[number % 4],
                name=f"Person {number} “\u2028” 🦊",
                email=f"p{number}@b.cc",
            )
        for lead in _odd():
            calls.put(LEADS, lead)
        # As other programs write numbers; our own writing would make them tidy.
        client.client().put_item(
            TableName=LEADS.name,
            Item={"leadId": {"S": "n"}, "n": {"N": "1.500"}, "ns": {"NS": ["2.0", "10"]}},
        )
        directory, database = tmp_path / "export", tmp_path / "back.db"
        run(format="dynamodb-json", output=str(directory))
        before = {table.name: everything(table) for table in (LEADS, RECORDS)}
        command: list[str | Path] = [find_binary(), "import", "--schema", directory / "schema.json"]
        command += ["--source", directory, "--output", database]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        with Engine(database) as copy:
            monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", copy.url)
            client.reset()
            after = {table.name: everything(table) for table in (LEADS, RECORDS)}
        monkeypatch.undo()
        client.reset()
        assert after == before

    @pytest.mark.slow
    def test_a_failure_leaves_no_directory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add()
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port()}")
        client.reset()
        said = refusal(format="dynamodb-json", output=str(tmp_path / "export"))
        assert said.startswith("DynamoDB failed, nothing complete was written: ")
        assert names(tmp_path) == []
        monkeypatch.undo()
        client.reset()


def test_a_line_is_one_item_of_typed_values() -> None:
    item = {
        "s": "two\nlines",
        "n": Decimal("1.50"),
        "b": b"\x00\xff",
        "l": [None, True, {"m": b"1"}],
        "ss": {"a"},
        "bs": {b"1"},
        "ns": {Decimal(2)},
    }
    written = line(item)  # type: ignore[arg-type] # sets of other things are allowed, but not ours
    assert written.endswith(b"\n")
    assert written.count(b"\n") == 1
    assert json.loads(written) == {
        "Item": {
            "s": {"S": "two\nlines"},
            "n": {"N": "1.50"},
            "b": {"B": "AP8="},
            "l": {"L": [{"NULL": True}, {"BOOL": True}, {"M": {"m": {"B": "MQ=="}}}]},
            "ss": {"SS": ["a"]},
            "bs": {"BS": ["MQ=="]},
            "ns": {"NS": ["2"]},
        }
    }


def _items(directory: Path, table: Table) -> list[dict[str, Typed]]:
    """Read a table's files, and check each value against the documented form."""
    items = []
    for path in (directory / table.name / "data").iterdir():
        assert path.name.endswith(".json.gz")
        for text in gzip.decompress(path.read_bytes()).decode().splitlines():
            (key, item), *others = json.loads(text).items()
            assert key == "Item"
            assert not others
            for value in item.values():
                _check(value)
            items.append(item)
    return items


def _check(value: Typed) -> None:
    ((kind, raw),) = value.items()
    if kind in SCALARS:
        assert SCALARS[kind](raw), value
        return
    assert kind in {"SS", "NS", "BS", "L", "M"}
    assert isinstance(raw, dict if kind == "M" else list)
    assert raw or kind in {"L", "M"}
    for part in raw.values() if isinstance(raw, dict) else raw:
        _check(part if kind in {"L", "M"} else {kind[0]: part})


def _odd() -> Iterator[calls.Item]:
    """Yield what other programs may store: every type, empty and nested, and long."""
    yield published("1", raw=b"", data=b"\x00\xff\n", tags={"b", "a", "'"}, none=None, yes=True)
    yield published("2", list=[1, "x", [b"1", {"deep": {"er": [None]}}]], empty=[], void={})
    yield published("ü/#? \u2028 \x00", Item={"S": "no"}, n=10**37) | {"odd name 🦊": "x"}
    yield published("long", message="\r\n\t\x01é" * 40_000, stub=Decimal("-1E-130"))
    yield {"leadId": "bare"}


def _interrupted(_ids: list[str]) -> list[Lead]:
    raise KeyboardInterrupt


def _environment(engine: Engine) -> dict[str, str]:
    return os.environ | {
        "AWS_ENDPOINT_URL_DYNAMODB": engine.url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
