"""An installation of the release before works before, while and after it is brought up to date."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client

from crm import remember
from crm.accounts.models import Role, User
from crm.dynamodb import calls
from crm.dynamodb.calls import Item
from crm.dynamodb.engine import Engine
from crm.dynamodb.index_creation import add_indexes
from crm.tables import LEADS, RECORDS, TABLES
from leads import repository
from leads.maintenance.recount import filing
from leads.models import STAGES, Actor, Lead, Standing
from tests.conftest import PASSWORD, make_table, speak_to
from tests.maintenance.helpers import run
from tests.make import act, recount, recount_of, totals
from tests.upgrade import older

LEADS_BEFORE = 160
FILED = "Totals: all are right.\nBoards of owners: all are filed.\nSearch tokens: all are right."


class CutOffError(Exception):
    """The process ends here."""


@pytest.fixture
def team(
    engine: Engine, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[User]]:
    """Return three people whose installation is of the release before, with its leads."""
    speak_to(engine.url, monkeypatch)
    for table in older.TABLES:
        setattr(settings, table.setting, f"{table.default}-{uuid4().hex}")
        make_table(table)
    remember.forget_all()
    people = [
        User.objects.create_user(f"{name}@example.com", PASSWORD, name=name, role=Role.SALES)
        for name in ("ann", "bob", "eve")
    ]
    older.fill(LEADS_BEFORE)
    yield people
    remember.forget_all()


def own(user: User) -> Actor:
    return Actor(id=user.id, name=user.name)


def board_ids(owner_id: str | None) -> dict[Standing, set[str]]:
    """Return the leads of whole columns, as the board reads them."""
    found = repository.board(dict.fromkeys(STAGES, LEADS_BEFORE), owner_id=owner_id)
    return {stage: {lead.lead_id for lead in found.columns[stage].leads} for stage in STAGES}


def real_ids(owner_id: str | None) -> dict[Standing, set[str]]:
    """Return them as the table has them."""
    leads = [Lead.from_item(item) for item in older.everything(LEADS)]
    return {
        stage: {
            lead.lead_id
            for lead in leads
            if lead.status is stage and owner_id in {None, lead.owner_id or ""}
        }
        for stage in STAGES
    }


def assert_boards_are_right(team: list[User]) -> None:
    for owner_id in (None, "", *(user.id for user in team)):
        assert board_ids(owner_id) == real_ids(owner_id)
    assert totals() == recount()


def work(browser: Client, user: User) -> None:
    """Move a lead, take one, and give one back, as pages do."""
    first, second = (lead for lead in repository.by_status(STAGES[0], limit=2).leads)
    moved = browser.post(
        f"/leads/{first.lead_id}/move/",
        {"status": "contacted", "version": first.version},
        headers={"HX-Request": "true"},
    )
    assert moved.status_code == 200
    assert repository.get(first.lead_id, consistent=True).status is STAGES[1]
    by = own(user)
    repository.assign(second.lead_id, user.id, version=second.version, actor=by, write_id=act())
    owned = next(iter(board_ids(user.id)[STAGES[2]]))
    seen = repository.get(owned, consistent=True)
    repository.assign(owned, None, version=seen.version, actor=by, write_id=act())
    shown = browser.get(f"/leads/?owner={user.id}")
    assert second.lead_id in shown.content.decode()


def assert_exported(user: User, path: Path) -> None:
    call_command("export_leads", "--owner", user.email, "--output", str(path))
    exported = path.read_text("utf-8")
    assert all(lead_id in exported for lead_id in set().union(*real_ids(user.id).values()))


def past() -> list[Item]:
    """Return all timelines."""
    return [item for item in older.everything(RECORDS) if str(item["PK"]).startswith("LEAD#")]


def cut_off_after(number: int) -> Callable[..., object]:
    """Return an ``update`` that works so many times."""
    left = iter(range(number))

    def update(*arguments: object, **more: object) -> object:
        if next(left, None) is None:
            raise CutOffError
        return calls.update(*arguments, **more)  # type: ignore[arg-type]

    return update


@pytest.mark.slow
def test_an_older_installation_works_before_while_and_after(
    team: list[User],
    client_for: Callable[[User], Client],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    ann, bob, eve = team
    before = {str(item["leadId"]): item for item in older.everything(LEADS)}
    assert len(before) == LEADS_BEFORE
    events = past()
    assert_boards_are_right(team)
    assert client_for(ann).get("/board/").status_code == 200
    work(client_for(ann), ann)
    assert_boards_are_right(team)
    assert_exported(ann, tmp_path / "leads.csv")
    assert "create_tables --add-indexes adds it" in run("recount")
    assert not repository.counts(consistent=True).is_filed

    assert add_indexes(TABLES, lambda _line: None) == 3
    work(client_for(bob), bob)
    assert_boards_are_right(team)

    with monkeypatch.context() as patch:
        patch.setattr(filing, "update", cut_off_after(40))
        with pytest.raises(CutOffError):
            run("recount")
    assert not repository.counts(consistent=True).is_filed
    work(client_for(eve), eve)
    assert_boards_are_right(team)

    assert "were not filed by owner: filed" in run("recount")
    remember.forget_all()
    assert repository.counts(consistent=True).is_filed
    assert_boards_are_right(team)
    for user in (None, *team):
        owner_id = user.id if user else ""
        assert repository.counts(consistent=True).of(owner_id) == recount_of(owner_id)
    work(client_for(ann), ann)
    assert_boards_are_right(team)
    assert run("recount").startswith(FILED)

    after = {str(item["leadId"]): item for item in older.everything(LEADS)}
    assert after.keys() == before.keys()
    untouched = [key for key, item in after.items() if item["version"] == before[key]["version"]]
    assert len(untouched) > LEADS_BEFORE - 20
    for key in untouched:
        assert older.without(after[key], older.NEW_ATTRIBUTES) == before[key]
    assert [event for event in past() if event in events] == events
