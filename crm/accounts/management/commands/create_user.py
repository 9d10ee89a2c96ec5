"""Make an account from the command line."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import override

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand

from crm.accounts.errors import DuplicateEmailError
from crm.accounts.identity import clean_email, clean_name, name_from_email
from crm.accounts.models import Role, User
from crm.cli import one_line_refusals, refusal


class Command(BaseCommand):
    """``create_user EMAIL``; every refusal is one line and exit status 2."""

    help = "Makes an account that can sign in. Asks for the password, twice."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", choices=[role.value for role in Role], default=Role.VIEWER)
        parser.add_argument("--name", default="", help="made from the address if left out")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from the first line of standard input",
        )

    @override
    def handle(
        self, *, email: str, role: str, name: str, password_stdin: bool, **_options: object
    ) -> None:
        try:
            address = clean_email(email)
            user = User(email=address, name=clean_name(name) if name else name_from_email(address))
            password = _read_line() if password_stdin else _ask_twice()
            validate_password(password, user)
            with one_line_refusals("look whether the account is there before you run it again"):
                User.objects.create_user(address, password, name=user.name, role=Role(role))
        except ValidationError as error:
            raise refusal(" ".join(error.messages)) from error
        except DuplicateEmailError as error:
            message = f"There is already an account with the e-mail address {address}."
            raise refusal(message) from error
        self.stdout.write(f"{user.name} can sign in as {address} with the role {role}.")


def _read_line() -> str:
    try:
        password = sys.stdin.readline().rstrip("\r\n")
        password.encode()
    except UnicodeError as error:
        message = "The password is not valid UTF-8."
        raise refusal(message) from error
    return password


def _ask_twice() -> str:
    if not sys.stdin.isatty():
        message = "There is no terminal to ask for the password: use --password-stdin."
        raise refusal(message)
    try:
        password, again = getpass("Password: "), getpass("Password again: ")
    except (EOFError, KeyboardInterrupt) as error:
        message = "No account was made."
        raise refusal(message) from error
    if password != again:
        message = "The two passwords differ."
        raise refusal(message)
    return password
