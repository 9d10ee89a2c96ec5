"""Writers that store leads first and count them later: seeding, imports and their undoing."""

from dataclasses import dataclass
from itertools import batched

from crm.dynamodb.calls import batch_get, query_all
from crm.dynamodb.schema import RECORDS
from leads import keys
from leads.importing.records import ImportState
from leads.repository.counters import number

BATCH_GET = 100
_WORKING = {ImportState.IMPORTING.value, ImportState.UNDOING.value}


@dataclass(frozen=True)
class Bulk:
    """How far each of them is; ``open`` tells what to do about those that may not have counted."""

    marks: frozenset[str]
    open: list[str]


def bulk() -> Bulk:
    """Read the records of all seeds and imports."""
    seeds = query_all(RECORDS, "#PK = :pk", {"pk": keys.SEEDS}, consistent=True)
    marks = {f"{seed['SK']!s} {seed['done']!s} {seed['writing']!s}" for seed in seeds}
    unfinished = [
        f"seed_leads --seed {str(seed['SK']).partition('#')[2]} has not ended: run it to its end"
        for seed in seeds
        if number(seed["writing"]) > number(seed["done"])
    ]
    listed = query_all(RECORDS, "#PK = :pk", {"pk": keys.IMPORTS}, consistent=True)
    for part in batched(listed, BATCH_GET):
        wanted = [keys.import_run(str(line["importId"])) for line in part]
        for run in batch_get(RECORDS, wanted, consistent=True):
            marks.add(" ".join(str(run[name]) for name in ("PK", "state", "done", "attempt")))
            if run["state"] in _WORKING:
                name = str(run["file_name"])[:100]
                unfinished.append(f"The import of {name!r} has not ended: let it end, or undo it")
    return Bulk(frozenset(marks), unfinished)
