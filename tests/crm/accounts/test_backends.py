"""What ``django.contrib.auth`` asks of a backend and of a user, also asynchronously."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import LazySettings
from django.contrib.auth import aauthenticate, authenticate
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.tokens import default_token_generator

from crm.accounts.backends import DynamoDBBackend
from crm.accounts.models import User
from tests.conftest import PASSWORD
from tests.crm.accounts.conftest import reread, signed_in

BACKEND = DynamoDBBackend()


def run[T](work: Coroutine[None, None, T]) -> T:
    """Run something asynchronous in a thread of its own, where there is no event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_the_right_password_gives_the_user(sales: User) -> None:
    assert authenticate(username=sales.email, password=PASSWORD) == sales
    assert authenticate(email=sales.email, password=PASSWORD) == sales
    assert authenticate(username=sales.email, password="wrong") is None
    assert authenticate(username="nobody@example.com", password=PASSWORD) is None
    assert run(aauthenticate(username=sales.email, password=PASSWORD)) == sales
    assert run(aauthenticate(username="nobody@example.com", password=PASSWORD)) is None


def test_an_unknown_user_costs_the_same_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(User, "set_password", lambda _user, password: hashed.append(password))
    assert authenticate(username="nobody@example.com", password=PASSWORD) is None
    assert hashed == [PASSWORD]


def test_users_by_id(sales: User) -> None:
    assert BACKEND.get_user(sales.id) == sales
    assert run(BACKEND.aget_user(sales.id)) == sales
    assert BACKEND.get_user("0" * 32) is None
    assert BACKEND.get_user("1") is None
    sales.is_active = False
    sales.save()
    assert BACKEND.get_user(sales.id) is None


def test_permissions_come_from_the_role(sales: User) -> None:
    wanted = {"accounts.viewer", "accounts.sales"}
    assert BACKEND.get_all_permissions(sales) == sales.get_all_permissions() == wanted
    assert BACKEND.has_perm(sales, "accounts.sales")
    assert BACKEND.has_module_perms(sales, "accounts")
    assert BACKEND.get_user_permissions(sales, obj=sales) == set()
    assert run(BACKEND.aget_all_permissions(sales)) == wanted
    assert run(BACKEND.ahas_perm(sales, "accounts.sales"))


def test_strangers_have_no_permissions() -> None:
    nobody = AnonymousUser()
    assert BACKEND.get_all_permissions(nobody) == set()
    assert not nobody.has_perm("accounts.viewer")
    assert not nobody.has_module_perms("accounts")


def test_an_outdated_hash_is_renewed_without_ending_a_session_elsewhere(
    settings: LazySettings, sales: User
) -> None:
    prefix = "django.contrib.auth.hashers."
    settings.PASSWORD_HASHERS = [prefix + "ScryptPasswordHasher", prefix + "MD5PasswordHasher"]
    assert authenticate(username=sales.email, password=PASSWORD) == sales
    assert reread(sales).password.startswith("scrypt")
    assert reread(sales).version == 1


def test_secret_key_rotation_keeps_people_signed_in(settings: LazySettings, sales: User) -> None:
    web = signed_in(sales)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 50
    assert web.get("/board/").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert web.get("/board/").status_code == 200
    settings.SECRET_KEY = "m" * 50
    assert web.get("/board/").status_code == 302


def test_reset_tokens_work_once(sales: User) -> None:
    token = default_token_generator.make_token(sales)
    assert default_token_generator.check_token(reread(sales), token)
    sales.set_password("another password")
    sales.save()
    assert not default_token_generator.check_token(reread(sales), token)
