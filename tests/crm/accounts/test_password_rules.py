"""Passwords that are refused wherever one is chosen."""

from io import StringIO

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from crm.accounts.models import User
from tests.conftest import PASSWORD
from tests.crm.accounts.conftest import reread, signed_in
from tests.crm.accounts.test_passwords import link

GUESSABLE = [
    "leadbook2026",
    "Leadbook!!!",
    "2026-LEADBOOK",
    "L3adb00k-2026",
    "lead book 2026",
    "leadbookleadbook",
    "Leadbook-Password1",
    "password2026!",
    "P@ssw0rd2026",
    "Password Password",
    "qwertyuiop[]",
    "Iloveyou2026",
    "we1come!!2026",
]
PERSONAL = ["Zoë Quillfeather", "Quillfeather1", "zoe.quillfeather!", "zoequillfeather99"]
COMPANY = ["Northwind-2026", "2026northwind!", "zoenorthwind1", "zoe@northwind.example"]
GOOD = ["correct horse battery", "leadbook tames the walrus", "Quillfeather paints barns", "x" * 99]
PERSON = {"name": "Zoë Quillfeather", "email": "zoe@northwind.example"}


@pytest.mark.parametrize("password", [*GUESSABLE, *PERSONAL, *COMPANY])
def test_the_guessable_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(**PERSON))


@pytest.mark.parametrize("password", [*GOOD, "9-4471-0325-8816", "пароль из четырёх слов"])
def test_others_are_not(password: str) -> None:
    validate_password(password, User(**PERSON))


def test_what_is_guessable_of_one_is_not_of_another() -> None:
    validate_password("quillfeather99")
    validate_password("quillfeather99", User(name="Li Na", email="na@example.com"))


def test_a_very_long_one_is_looked_at_in_one_go() -> None:
    validate_password("ab" * 500_000 + "c", User(**PERSON))


@pytest.mark.parametrize("password", ["Leadbook2026!", "Password2026!", "{name}-2026"])
def test_every_way_to_a_password_has_the_same_rules(
    sales: User, admin: User, password: str
) -> None:
    sales.name = "Quillfeather"
    sales.save()
    bad = password.format(name=sales.name)
    web, of_admin = signed_in(sales), signed_in(admin)
    twice = {"new_password1": bad, "new_password2": bad}
    web.post("/accounts/password-change/", {"old_password": PASSWORD, **twice})
    of_admin.post(f"/accounts/users/{sales.id}/password/", twice)
    stranger = Client()
    stranger.post(stranger.get(link(sales))["Location"], twice)
    assert reread(sales).password == sales.password
    new = {"email": "new@example.com", "name": sales.name, "role": "sales"}
    of_admin.post("/accounts/users/add/", new | {"password1": bad, "password2": bad})
    assert User.objects.find_by_email("new@example.com") is None


def test_the_command_has_them_too(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("Quillfeather-2026\n"))
    arguments = ["new@example.com", "--name", "Zoë Quillfeather", "--password-stdin"]
    with pytest.raises(CommandError, match="with something added"):
        call_command("create_user", *arguments)
