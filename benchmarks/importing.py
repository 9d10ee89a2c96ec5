"""Import, bare writes of the same items and undo, in turn. Django has to be set up before."""

from contextlib import closing
from pathlib import Path

from types_boto3_dynamodb import DynamoDBClient

from benchmarks.floor import bare_client
from benchmarks.import_rate import Measurement
from benchmarks.seeding import store_bare
from benchmarks.sites import Say, endpoint, prepare
from crm.dynamodb.engine import Engine
from leads.imports.columns.mapping import suggest
from leads.imports.run.chunks import read_chunk, read_plan
from leads.imports.run.create import create_leads
from leads.imports.run.models import Duplicates, ImportState, Run
from leads.imports.run.plan import works
from leads.imports.run.staging import sample, set_options, stage
from leads.imports.run.steps import begin_work, step
from leads.models import Actor
from leads.repository.changes import lead_item

ACTOR = Actor(id="", name="Benchmark")
SAMPLE_ROWS = 80
PARTS = 10


def measure(measured: Measurement, path: Path, duplicates: str, say: Say) -> None:
    """Stage a file, try it, import it and take it back, on an engine of its own."""
    # In memory, where the disk hides nothing of what the import itself costs.
    with Engine() as engine, Engine() as bare:
        prepare(bare)
        prepare(engine)
        with endpoint(engine.url), closing(bare_client(bare.url)) as boto, path.open("rb") as file:
            run = measured.time_part("staging", lambda: stage(path.name, file, ACTOR))
            mapping = suggest(run.header, sample(run.import_id, SAMPLE_ROWS))
            set_options(run.import_id, mapping, Duplicates(duplicates))
            say("Dry run …")
            _work(measured, run, "dry run", ImportState.CHECKING)
            say("Import …")
            _import(measured, run, boto)
            say("Undo …")
            _work(measured, run, "undo", ImportState.UNDOING)


def _work(measured: Measurement, run: Run, name: str, work: ImportState) -> None:
    run = begin_work(run.import_id, work, ACTOR)
    import_id = run.import_id
    while run.state.is_working:
        run = measured.time_part(name, lambda: step(import_id))


def _import(measured: Measurement, run: Run, boto: DynamoDBClient) -> None:
    run = begin_work(run.import_id, ImportState.IMPORTING, ACTOR)
    import_id = run.import_id
    measured.remember_memory()
    while run.state.is_working:
        run = measured.time_part("import", lambda: step(import_id))
        measured.add("bare writes", _store_bare(boto, run))
        if run.done % max(1, run.chunks // PARTS) == 0:
            measured.remember_memory()


def _store_bare(boto: DynamoDBClient, run: Run) -> float:
    """Store the leads of the last chunk again, elsewhere, and return the seconds."""
    chunk = works(run, read_chunk(run, run.done - 1))
    made = create_leads(run, chunk, read_plan(run, run.done - 1) or [])
    records = (item for one in made for item in one.writes.record_items)
    return store_bare(boto, records, (lead_item(one.lead) for one in made))
