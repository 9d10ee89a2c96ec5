"""Totals and search tokens are exact after everybody has written at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from uuid import uuid4

import pytest

from crm.dynamodb import calls
from crm.tables import LEADS
from leads import repository
from leads.demo_data.run import seed_leads
from leads.models import STAGES, Actor, Lead, LeadFields
from leads.repository import LeadNotFoundError, StaleLeadError
from tests.maintenance.helpers import expected_tokens, leads, run, tokens
from tests.make import published, recount, totals
from tests.plugins.parts import aside

pytestmark = pytest.mark.usefixtures("tables")

ANN = Actor(id="u-ann", name="Ann")
STATUSES = list(STAGES)
WORDS = ("Anchor", "Birch", "Copper", "Dune", "Ember", "Flint")
PEOPLE = 6
ACTS = 50
OTHERS = 60
CHUNK = 150
SEEDED = 225


class Person:
    """Somebody who creates, moves, edits and deletes leads, on few of which all work."""

    def __init__(self, number: int) -> None:
        self.dice = Random(number)  # noqa: S311 -- the same choices each time

    @aside()
    def work(self) -> None:
        for _ in range(ACTS):
            kinds = [self.create, self.move, self.edit, self.delete]
            (kind,) = self.dice.choices(kinds, weights=[3, 5, 4, 1])
            try:
                kind()
            except (StaleLeadError, LeadNotFoundError):
                continue

    def create(self) -> None:
        repository.create(
            self._fields(),
            submission=uuid4().hex,
            actor=ANN,
            source="test",
            status=self.dice.choice(STATUSES),
        )

    def move(self) -> None:
        if lead := self._any():
            to = self.dice.choice([status for status in STATUSES if status != lead.status])
            repository.move(lead.lead_id, to, version=lead.version, actor=ANN, write_id=uuid4().hex)

    def edit(self) -> None:
        if lead := self._any():
            changes = {"company": self._fields().company, "subject": self._fields().subject}
            repository.edit(
                lead.lead_id, changes, version=lead.version, actor=ANN, write_id=uuid4().hex
            )

    def delete(self) -> None:
        if lead := self._any():
            repository.delete(lead.lead_id, version=lead.version, actor=ANN, write_id=uuid4().hex)

    def _fields(self) -> LeadFields:
        company, subject, name = self.dice.sample(WORDS, 3)
        return LeadFields(
            name=name, email=f"{name.lower()}@example.com", company=company, subject=subject
        )

    def _any(self) -> Lead | None:
        leads = repository.by_status(self.dice.choice(STATUSES), limit=10).leads
        return self.dice.choice(leads) if leads else None


def seed() -> None:
    for _ in seed_leads(1, SEEDED):
        pass


@aside()
def write_as_others() -> None:
    """Store leads as a program does that knows nothing of versions, counters and tokens."""
    for number in range(OTHERS):
        status = STATUSES[number % 4].value
        calls.put(LEADS, published(uuid4().hex, name=WORDS[number % 6], status=status))


def adopt() -> None:
    run("adopt_leads")


def at_once(*works: Callable[[], None]) -> None:
    with ThreadPoolExecutor(len(works)) as pool:
        for future in [pool.submit(work) for work in works]:
            future.result()


@pytest.mark.slow
def test_seeding_working_adopting_and_other_programs_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("leads.demo_data.run.CHUNK", CHUNK)
    write_as_others()
    at_once(seed, write_as_others, adopt, *(Person(number).work for number in range(PEOPLE)))
    adopt()
    stored = leads()
    assert len(stored) > SEEDED
    assert all(lead.version for lead in stored)
    assert totals() == recount()
    assert sum(totals().values()) == len(stored)
    assert tokens() == expected_tokens()
