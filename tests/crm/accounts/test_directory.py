"""Names and initials of everyone, remembered for a minute."""

import pytest

from crm import remember
from crm.accounts import directory
from crm.accounts.directory import Person
from crm.accounts.models import User
from crm.dynamodb import calls
from crm.dynamodb.calls import Item
from crm.dynamodb.capacity import count_requests
from crm.tables import RECORDS
from tests.conftest import PASSWORD


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    directory.forget()


def test_everyone_by_id(sales: User) -> None:
    assert directory.people() == {sales.id: Person(sales.id, "Sales Person", "SP", is_active=True)}


def test_it_is_read_once_a_minute(sales: User, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(remember, "time", lambda: now)
    directory.people()
    with count_requests() as usage:
        now += 59
        assert sales.id in directory.people()
        assert usage.requests == 0
        now += 2
        directory.people()
        assert usage.requests == 1


def test_changes_made_here_show_at_once(sales: User, admin: User) -> None:
    directory.people()
    sales.name = "New Name"
    sales.save()
    assert directory.people()[sales.id].initials == "NN"
    sales.is_active = False
    sales.save(by=admin)
    assert not directory.people()[sales.id].is_active
    other = User.objects.create_user("new@example.com", PASSWORD, name="New")
    assert other.id in directory.people()


def test_what_was_read_before_a_change_is_not_remembered(
    sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = calls.query_all

    def changed_meanwhile(*args: object, **options: object) -> list[Item]:
        items = read(*args, **options)  # type: ignore[arg-type]
        monkeypatch.setattr(calls, "query_all", read)
        sales.name = "New Name"
        sales.save()
        return items

    monkeypatch.setattr(calls, "query_all", changed_meanwhile)
    directory.people()
    assert directory.people()[sales.id].name == "New Name"


def test_owners_to_choose_from_are_active_and_by_name(
    admin: User, sales: User, viewer: User
) -> None:
    sales.is_active = False
    sales.save()
    assert [person.id for person in directory.active_people()] == [admin.id, viewer.id]
    can_work = [person.id for person in directory.active_people() if person.can_work]
    assert can_work == [admin.id]


def test_the_address_pointers_are_not_people(sales: User) -> None:
    items = calls.query_all(RECORDS, "#PK = :pk", {"pk": "EMAIL#sales@example.com"})
    assert [item["userId"] for item in items] == [sales.id]
    assert len(directory.people()) == 1
