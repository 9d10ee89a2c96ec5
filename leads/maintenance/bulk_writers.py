"""Writers of many leads, and what they have not counted yet: seeding, imports, their undoing."""

from dataclasses import dataclass
from itertools import batched

from crm.dynamodb.calls import batch_get, query_all
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.imports.run.chunks import read_plan
from leads.imports.run.models import ImportState, Outcome, Run
from leads.imports.run.remove import is_deleted
from leads.repository.counters import number

BATCH_GET = 100


@dataclass(frozen=True)
class Bulk:
    """How far each of them is.

    ``open`` tells what to do about those that did what they have not counted; ``arriving``
    are leads whose search tokens may be stored before them.
    """

    marks: frozenset[str]
    open: list[str]
    arriving: frozenset[str]


def bulk() -> Bulk:
    """Read the records of all seeds and imports."""
    seeds = query_all(RECORDS, "#PK = :pk", {"pk": keys.SEEDS}, consistent=True)
    marks = {f"{seed['SK']!s} {seed['done']!s} {seed['writing']!s}" for seed in seeds}
    unfinished = [
        f"seed_leads --seed {str(seed['SK']).partition('#')[2]} has not ended: run it to its end"
        for seed in seeds
        if number(seed["writing"]) > number(seed["done"])
    ]
    arriving: set[str] = set()
    listed = query_all(RECORDS, "#PK = :pk", {"pk": keys.IMPORTS}, consistent=True)
    for part in batched(listed, BATCH_GET):
        wanted = [keys.import_run(str(line["importId"])) for line in part]
        for run in map(Run.model_validate, batch_get(RECORDS, wanted, consistent=True)):
            marks.add(f"{run.import_id} {run.state} {run.done} {run.attempt}")
            if run.state is ImportState.IMPORTING:
                arriving |= _leads_of_chunk(run, run.done)
            if run.state is ImportState.UNDOING and _is_uncounted(run):
                name = run.file_name[:100]
                unfinished.append(f"The import of {name!r} is half undone: let its undo end")
    return Bulk(frozenset(marks), unfinished, frozenset(arriving))


def _leads_of_chunk(run: Run, chunk: int) -> set[str]:
    """Return the leads that a chunk makes, if that is decided."""
    planned = read_plan(run, chunk) or []
    return {one.lead_id for one in planned if one.outcome is Outcome.CREATED}


def _is_uncounted(run: Run) -> bool:
    """Tell whether an undo removed leads, and was cut off before it counted them."""
    made = _leads_of_chunk(run, run.done - 1) if run.done else set()
    found = batch_get(LEADS, [keys.lead(lead_id) for lead_id in made], consistent=True)
    gone = made - {str(item["leadId"]) for item in found}
    return not all(map(is_deleted, gone))
