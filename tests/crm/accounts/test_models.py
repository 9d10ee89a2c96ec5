"""Users: how they are stored, and that an address belongs to one of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.exceptions import ImproperlyConfigured, ValidationError

from crm.accounts.errors import (
    AccountError,
    DuplicateEmailError,
    NotAdminError,
    StaleUserError,
    UserNotFoundError,
)
from crm.accounts.models import Role, User
from crm.dynamodb import calls
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.transaction import Write
from tests.conftest import PASSWORD
from tests.crm.accounts.conftest import reread


def test_a_user_is_read_as_it_was_made() -> None:
    made = User.objects.create_user(" Ada@Example.com", PASSWORD, name="Ada Li", role=Role.SALES)
    read = reread(made)
    assert read == made
    assert (read.email, read.name, read.role, read.is_active) == (
        "ada@example.com",
        "Ada Li",
        "sales",
        True,
    )
    assert read.check_password(PASSWORD)
    assert abs((read.created_at - made.created_at).total_seconds()) < 0.001
    assert read.version == 1
    assert (read.initials, str(read), read.get_full_name()) == ("AL", "ada@example.com", "Ada Li")


def test_a_user_is_found_by_any_form_of_the_address(sales: User) -> None:
    assert User.objects.get_by_natural_key(" SALES@Example.com ") == sales
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key("nobody@example.com")


@pytest.mark.parametrize("strange", ["", "x" * 100_000, "a\x00b", "\u2603", "<script>"])
def test_strange_addresses_and_ids_are_of_nobody(strange: str) -> None:
    assert User.objects.find_by_email(strange) is None
    assert User.objects.find(strange) is None


def test_everyone_comes_by_name(admin: User, sales: User, viewer: User) -> None:
    assert User.objects.everyone() == [admin, sales, viewer]


def test_an_address_belongs_to_one_user(sales: User) -> None:
    with pytest.raises(DuplicateEmailError):
        User.objects.create_user("SALES@example.com", PASSWORD, name="Other")
    assert User.objects.everyone() == [sales]


def test_of_many_at_once_one_gets_the_address() -> None:
    def make(number: int) -> bool:
        try:
            User.objects.create_user("ada@example.com", PASSWORD, name=f"Ada {number}")
        except DuplicateEmailError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(16)))
    assert made.count(True) == 1
    [stored] = User.objects.everyone()
    assert stored == User.objects.find_by_email("ada@example.com")
    assert stored.name == f"Ada {made.index(True)}"


def test_a_lost_answer_is_no_duplicate(monkeypatch: pytest.MonkeyPatch) -> None:
    transact = calls.transact

    def answered_late(writes: list[Write], token: str) -> None:
        transact(writes, token)
        transact(writes, token + "x")

    monkeypatch.setattr(calls, "transact", answered_late)
    user = User.objects.create_user("ada@example.com", PASSWORD, name="Ada")
    assert User.objects.everyone() == [user]


def test_bad_fields_are_refused_before_anything_is_stored() -> None:
    for email, name in (("nobody", "Ada"), ("ada@example.com", "x" * 101)):
        with pytest.raises(ValidationError):
            User.objects.create_user(email, PASSWORD, name=name)
    assert User.objects.everyone() == []


def test_saving_writes_only_what_has_changed(sales: User) -> None:
    old, other = reread(sales), reread(sales)
    other.is_active = False
    other.save()
    old.set_password("another password")
    old.save()
    stored = reread(sales)
    assert not stored.is_active
    assert stored.check_password("another password")


def test_saving_named_fields_leaves_the_others(sales: User) -> None:
    sales.name, sales.role = "New Name", Role.ADMIN
    sales.save(update_fields=["name"])
    assert (reread(sales).name, reread(sales).role) == ("New Name", "sales")


def test_saving_nothing_writes_nothing(sales: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(calls, "update")
    sales.save()


def test_a_user_who_does_not_exist_cannot_be_changed(sales: User) -> None:
    sales.id = "0" * 32
    sales.name = "Ghost"
    with pytest.raises(UserNotFoundError):
        sales.save()


def test_a_stale_change_by_an_admin_is_refused(admin: User, sales: User) -> None:
    old, new = reread(sales), reread(sales)
    new.name = "First"
    new.save(by=admin)
    old.name = "Second"
    with pytest.raises(StaleUserError):
        old.save(by=admin)
    assert (reread(sales).name, reread(sales).version) == ("First", 2)
    new.name = "Third"
    new.save(by=admin)
    assert reread(sales).version == new.version == 3


def test_only_an_active_admin_changes_accounts(admin: User, sales: User, viewer: User) -> None:
    viewer.role = Role.SALES
    with pytest.raises(NotAdminError):
        viewer.save(by=sales)
    sales.name = "Own"
    with pytest.raises(NotAdminError):
        sales.save(by=sales)
    with pytest.raises(NotAdminError):
        User.objects.create_user("new@example.com", PASSWORD, name="New", by=sales)
    admin.is_active = False
    admin.save()
    with pytest.raises(NotAdminError):
        viewer.save(by=admin)
    assert reread(viewer).role == "viewer"
    assert User.objects.find_by_email("new@example.com") is None


def test_two_admins_cannot_remove_each_other_at_once(admin: User) -> None:
    second = User.objects.create_user("b@example.com", PASSWORD, name="B", role=Role.ADMIN)

    def demote(pair: tuple[User, User]) -> str:
        by, target = pair
        target.role = Role.VIEWER
        try:
            target.save(by=by)
        except AccountError as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(2) as pool:
        pairs = [(reread(admin), reread(second)), (reread(second), reread(admin))]
        results = list(pool.map(demote, pairs))
    assert sorted(results) == ["NotAdminError", "done"]
    assert [user.role for user in User.objects.everyone()].count("admin") == 1


def test_other_refusals_of_a_transaction_are_told_apart(admin: User, sales: User) -> None:
    sales.id = "0" * 32
    sales.name = "Ghost"
    with pytest.raises(UserNotFoundError) as caught:
        sales.save(by=admin)
    assert isinstance(caught.value.__cause__, TransactionRefusedError)


@pytest.mark.parametrize(
    ("role", "can_work", "is_admin"),
    [(Role.VIEWER, False, False), (Role.SALES, True, False), (Role.ADMIN, True, True)],
)
def test_roles(role: Role, *, can_work: bool, is_admin: bool) -> None:
    user = User(role=role)
    assert (user.can_work, user.is_admin) == (can_work, is_admin)
    assert user.has_perm("accounts.viewer")
    assert user.has_perm("accounts.admin") is is_admin
    assert user.has_perms(["accounts.viewer", "accounts.sales"]) is can_work
    assert user.has_module_perms("accounts")
    assert not user.has_module_perms("leads")
    user.is_active = False
    assert (user.can_work, user.get_all_permissions()) == (False, set())


def test_django_knows_the_model() -> None:
    assert get_user_model() is User
    assert not User._meta.managed  # noqa: SLF001 -- Django's name
    assert checks.run_checks(include_deployment_checks=False) == []


def test_stray_queries_are_errors(sales: User) -> None:
    with pytest.raises(ImproperlyConfigured):
        User.objects.all().count()
    with pytest.raises(ImproperlyConfigured):
        sales.refresh_from_db()
