"""Leads that are imported as files are those that seeding would have stored."""

from pathlib import Path

import pytest

from benchmarks.browser import Answer
from benchmarks.floor import Cost
from benchmarks.pages import VISITOR
from benchmarks.sampling import Page, Samples
from benchmarks.scale import dataset, filling
from benchmarks.scale.report import report
from benchmarks.scale.run import Result, Weight
from crm.accounts.models import User
from crm.dynamodb import calls, client
from crm.dynamodb.creation import create_tables
from crm.dynamodb.engine import Engine
from crm.tables import LEADS, TABLES
from leads import keys, repository
from leads.demo_data.history import seeded_lead
from leads.demo_data.run import seed_leads
from leads.models import STANDINGS, LeadFields
from leads.repository import Filter
from leads.repository.changes import lead_item

pytestmark = pytest.mark.usefixtures("_small_parts")


@pytest.fixture
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "PART", 20)
    monkeypatch.setattr(filling, "PART", 20)


@pytest.mark.slow
def test_only_missing_parts_are_written(tmp_path: Path) -> None:
    first = list(dataset.write_parts(tmp_path, 45))
    assert sorted((part.start, part.end) for part in first) == [(0, 20), (20, 40), (40, 45)]
    for part in first:
        part.leads.write_bytes(b"kept")
    first[0].totals.unlink()
    assert set(dataset.write_parts(tmp_path, 45)) == set(first)
    rewritten = [part for part in first if part.leads.read_bytes() != b"kept"]
    assert rewritten == first[:1]


@pytest.mark.slow
def test_seeding_goes_on_from_an_imported_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    file = filling.database(tmp_path, 45, said.append)
    assert filling.database(tmp_path, 45, said.append) == file
    assert said.count("Importing 45 leads …") == 1
    with Engine(file) as engine:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", engine.url)
        client.reset()
        filling.add_empty_tables()
        filling.add_empty_tables()
        assert all(line.startswith(("exists", "differs")) for line in create_tables(TABLES))
        one = seeded_lead(dataset.RUN, 44)
        assert calls.get(LEADS, keys.lead(one.lead.lead_id)) == lead_item(one.lead)
        assert len(repository.timeline(one.lead.lead_id).events) == one.lead.version
        assert sum(repository.counts().totals.values()) == 45
        assert list(seed_leads(dataset.SEED, 70)) == [45, 70]
        counted = repository.counts(consistent=True).totals
        listed = repository.listing(Filter(), size=100).leads
        assert counted == {
            standing: sum(lead.standing is standing for lead in listed) for standing in STANDINGS
        }
        assert sum(counted.values()) == 70
        assert repository.search(one.lead.name).leads
        visitor = LeadFields.model_validate(VISITOR)
        for number in range(30):
            repository.create(visitor, submission=str(number), actor=filling.CLEANER, source="test")
        filling.remove_visitors()
        assert sum(repository.counts(consistent=True).totals.values()) == 70
        worker = filling.add_workers("worker@example.com", "a good long password")
        assert filling.add_workers("worker@example.com", "a good long password") == worker
        assert len(User.objects.everyone()) == len(dataset.RUN.team)
        assert repository.listing(Filter(owner_id=worker)).leads
    client.reset()


def _samples(name: str, leads: int, time: float, rru: float) -> Samples:
    page = Page(
        name, 200, ask=lambda: Answer(200, "", b"", is_compressed=False, cost=Cost()), plan=list
    )
    return Samples(page, leads, [time], [0.0], [Cost(7, rru)], [Cost()])


def test_what_grows_is_named() -> None:
    samples = [
        _samples("board", 1_000, 10, 6),
        _samples("board", 1_000_000, 11, 6),
        _samples("list", 1_000, 10, 6),
        _samples("list", 1_000_000, 12, 7),
    ]
    result = Result(samples, [Weight(1_000, 10_000_000, 9_000_000)], 80_000_000)
    text = report(result, markdown=False)
    assert "met by 1 of 2 pages, MISSED by list 1.20" in text
    assert "the same capacity: met by 1 of 2 pages, MISSED by list" in text
    assert "1.17" in text
