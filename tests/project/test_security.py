"""``docs/security.md`` says who may do what, and which tests hold it: both are true."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from crm.accounts.models import User
from tests import ROOT
from tests.web.pages import add_lead

TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROUTE = re.compile(r"^\| `(/[^`]*)` \| (.*) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
METHODS = ("GET", "POST")


def routes(
    patterns: list[URLPattern | URLResolver] | None = None, before: str = "/"
) -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + re.sub(r"<\w+:", "<", str(pattern.pattern)).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def table() -> dict[str, list[set[str]]]:
    """Return what the document says: the methods that are answered, by route and role."""
    return {
        route: [set(cell.split()) & set(METHODS) for cell in cells.split("|")]
        for route, cells in ROUTE.findall(TEXT)
    }


def is_allowed(client: Client, method: str, path: str) -> bool:
    response = client.generic(method, path, b"", "application/x-www-form-urlencoded")
    is_sign_in = response.get("Location", "").startswith("/accounts/login/")
    # These two lead there by themselves.
    asks_to_sign_in = is_sign_in and not path.startswith(("/accounts/login/", "/accounts/logout/"))
    return not asks_to_sign_in and response.status_code not in {403, 405}


def test_the_table_has_every_route() -> None:
    assert table().keys() == set(routes())


@pytest.mark.parametrize("route", sorted(table()))
def test_a_route_answers_who_it_says(
    client_for: Callable[[User], Client], viewer: User, sales: User, admin: User, route: str
) -> None:
    ids = {"lead_id": add_lead().lead_id, "status": "new", "user_id": viewer.id}
    path = re.sub(r"<(\w+)>", lambda found: ids.get(found[1], "x"), route)
    answered = []
    for user in (None, viewer, sales, admin):
        # A client for each: signing out is one of the routes.
        clients = {method: client_for(user) if user else Client() for method in METHODS}
        answered.append({name for name, one in clients.items() if is_allowed(one, name, path)})
    assert answered == table()[route]


def test_every_test_that_it_names_is_there() -> None:
    named = TEST.findall(TEXT)
    assert len(named) > 50
    missing = [f"{path}::{name}" for path, name in named if not exists(ROOT / path, name)]
    assert not missing


def exists(path: Path, name: str) -> bool:
    if not path.exists():
        return False
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return not name or any(
        isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(tree)
    )
