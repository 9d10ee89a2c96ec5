"""Files of leads as tests import them, and all that is stored, comparable."""

import csv
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO

from crm.dynamodb.items import Item
from crm.dynamodb.scan import scan
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.imports.columns.mapping import Mapping, suggest
from leads.imports.run.models import Duplicates, ImportState, Run
from leads.imports.run.staging import load, sample, set_options, stage
from leads.imports.run.steps import begin_work, step
from leads.models import Lead
from leads.repository import registry
from tests.make import ANN

HEADER = ["name", "email", "company", "phone", "subject", "message"]
HISTORY = [*HEADER, "status", "created", "owner", "notes", "reason"]
# How often a counter was written.
CHANGES = {"rev", "filed"}


def csv_of(rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER) -> BytesIO:
    text = StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return BytesIO(text.getvalue().encode())


def row(email: str, **given: str) -> list[str]:
    """Return a row of a file with the columns of ``HISTORY``."""
    texts = {"name": email.partition("@")[0].title(), "email": email} | given
    return [texts.get(name, "") for name in HISTORY]


def staged(
    rows: Iterable[Sequence[str]],
    duplicates: Duplicates = Duplicates.SKIP,
    header: Sequence[str] = HISTORY,
) -> Run:
    """Stage a file, with options."""
    run = stage("leads.csv", csv_of(rows, header), ANN)
    custom = registry.current().living
    mapping = suggest(run.header, sample(run.import_id, 80), custom=custom)
    return set_options(run.import_id, mapping, duplicates)


def worked(import_id: str, work: ImportState) -> Run:
    """Begin work or go on with it, to its end."""
    run = begin_work(import_id, work, ANN)
    while run.state.is_working:
        run = step(import_id)
    return run


def checked(run: Run) -> Run:
    return worked(run.import_id, ImportState.CHECKING)


def imported(run: Run) -> Run:
    return worked(run.import_id, ImportState.IMPORTING)


def undone(run: Run) -> Run:
    return worked(run.import_id, ImportState.UNDOING)


def again(run: Run) -> Run:
    """Open another attempt at an import that was undone."""
    run = load(run.import_id)
    return set_options(run.import_id, Mapping.model_validate(run.mapping), run.duplicates)


def everything() -> dict[str, Item]:
    """Return all that an undo brings back, by key.

    Left out is what ADR 15 names: timelines, the records of imports, remembered columns, how
    often counters were written, and version and write id of leads; and the security log, and
    the jobs that go on with imports.
    """
    found: dict[str, Item] = {}
    for item in scan(LEADS, where="#leadId <> :none", values={"none": ""}):
        if Lead.from_item(item).version:
            item |= {"version": 1, "writeId": ""}
        found[str(item["leadId"])] = item
    for item in scan(RECORDS, where="#PK <> :none", values={"none": ""}):
        if not str(item["PK"]).startswith(("LEAD#", "IMPORT", "COLUMNS", "JOB#", "SECURITY#")):
            found[f"{item['PK']!s} {item['SK']!s}"] = {
                name: value for name, value in item.items() if name not in CHANGES
            }
    return found


def trail() -> dict[str, Item]:
    """Return every item of every timeline, by key."""
    items = scan(RECORDS, where="begins_with(#PK, :leads)", values={"leads": keys.timeline("")})
    return {f"{item['PK']!s} {item['SK']!s}": item for item in items}


def told(before: dict[str, Item]) -> dict[str, int]:
    """Return how many events of each type there are since; nothing told ``before`` may change."""
    now = trail()
    assert {key: now.get(key) for key in before} == before
    return Counter(str(item["type"]) for key, item in now.items() if key not in before)


def is_nothing(item: Item) -> bool:
    """Tell whether an item is a counter at zero."""
    return str(item.get("PK", "")).startswith("COUNTERS") and not any(
        value for name, value in item.items() if name not in {"PK", "SK", *CHANGES}
    )


def stored() -> str:
    """Return ``everything`` as a text; a counter at zero is as good as none."""
    items = {
        key: {name: value for name, value in item.items() if str(value) != "0"}
        for key, item in everything().items()
        if not is_nothing(item)
    }
    return json.dumps(items, sort_keys=True, default=str, indent=1)


def leads() -> list[Lead]:
    """Return all leads that are stored, by e-mail and creation."""
    items = scan(LEADS, where="#leadId <> :none", values={"none": ""})
    return sorted(map(Lead.from_item, items), key=lambda lead: (lead.email, lead.created_at))
