"""Files of an embedded engine with any number of leads, made once and kept."""

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import orjson

from benchmarks.pages import VISITOR
from benchmarks.sampling import BenchError
from benchmarks.scale.dataset import (
    PART,
    RUN,
    Part,
    fingerprint,
    open_compressed,
    settled_records,
    write_parts,
)
from crm.accounts.models import Role, User
from crm.dynamodb.client import send
from crm.dynamodb.creation import table_request
from crm.dynamodb.engine import find_binary
from crm.dynamodb.errors import ConflictError
from crm.dynamodb.export import line
from crm.tables import EPHEMERAL, HELD, LEADS, RECORDS, TABLES
from leads import repository
from leads.models import Actor

type Say = Callable[[str], None]

TEAM_ROLE = Role.SALES
CLEANER = Actor(id="", name="Benchmark")


def database(folder: Path, count: int, say: Say) -> Path:
    """Return an engine's file with ``count`` leads, made unless it is there.

    A large file is used again, a small one made anew. Raises ``BenchError``.
    """
    here = folder / fingerprint()
    file = here / f"{count}.db"
    if count > PART and file.exists():
        return file
    parts = _parts(here / "parts", count, say)
    say(f"Importing {count:,} leads …")
    source = here / f"import-{count}"
    try:
        _lay_out(source, parts)
        # Beside its source, so that nothing of an import that is cut off stays.
        unfinished = source / "leads.db"
        _import(source, unfinished)
        _remove(file)
        unfinished.replace(file)
    except OSError as error:
        raise BenchError(f"The leads could not be imported: {error}") from error
    finally:
        shutil.rmtree(source, ignore_errors=True)
    return file


def add_empty_tables() -> None:
    """Make the tables that nothing is imported into, unless they are there.

    The engine counts a table's items whenever it describes it: those of a million leads
    take longer than a request may, so ``create_tables`` cannot look at them.
    """
    for table in (EPHEMERAL, HELD):
        with suppress(ConflictError):
            send("create_table", **table_request(table))


def add_workers(email: str, password: str) -> str:
    """Store the accounts that own leads, and return the id of the first, who can sign in."""
    for number, worker in enumerate(RUN.team):
        user = User.objects.find(worker.id) or User(
            id=worker.id, email=f"{number}{email}" if number else email, name=worker.name
        )
        user.role = TEAM_ROLE
        user.set_password(password if not number else None)
        user.save()
    return RUN.team[0].id


def remove_visitors() -> None:
    """Delete the leads that measuring the form has left in a file that is used again."""
    while leads := repository.by_email(VISITOR["email"]):
        for lead in leads:
            repository.delete(
                lead.lead_id, version=lead.version, actor=CLEANER, write_id=uuid4().hex
            )


def _parts(folder: Path, count: int, say: Say) -> list[Part]:
    parts = []
    for part in write_parts(folder, count):
        parts.append(part)
        if len(parts) % 10 == 0 or part.end - part.start < PART:
            say(f"{sum(one.end - one.start for one in parts):,} of {count:,} leads written")
    return sorted(parts, key=lambda part: part.start)


def _lay_out(source: Path, parts: list[Part]) -> None:
    """Arrange files as an export does: ``source/<table>/data/*.json.gz``."""
    shutil.rmtree(source, ignore_errors=True)
    for table in TABLES:
        (source / table.name / "data").mkdir(parents=True)
    for part in parts:
        for table, file in ((LEADS, part.leads), (RECORDS, part.records)):
            os.link(file, source / table.name / "data" / file.name)
    with open_compressed(source / RECORDS.name / "data" / "settled.json.gz") as settling:
        settling.writelines(map(line, settled_records(parts)))
    requests = [table_request(table) for table in TABLES]
    for request in requests:
        request.pop("StreamSpecification", None)  # see crm.dynamodb.creation
    schema = [{"Table": request} for request in requests]
    (source / "schema.json").write_bytes(orjson.dumps(schema))


def _import(source: Path, file: Path) -> None:
    command: list[str | Path] = [find_binary(), "import", "--force", "--source", source]
    done = subprocess.run(
        [*command, "--output", file, "--schema", source / "schema.json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        said = lines[-1] if lines else "it said nothing"
        raise BenchError(f"The engine could not import the leads: {said}")


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)
