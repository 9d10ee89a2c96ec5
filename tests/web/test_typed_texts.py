"""Whatever goes wrong with a post, what was typed stands on the page that says so."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb.errors import ConflictError, ItemTooLargeError, NotFoundError, UnavailableError
from leads import repository
from tests import make
from tests.conftest import PASSWORD

MESSAGE = "First line\n\n<b>second</b> \"line\" & 'more'"
POSTED = {"name": "Ada Li", "email": "ada@example.com", "message": MESSAGE, "version": "1"}


def texts(page: str) -> dict[str, str]:
    """Return the texts of a page that are there to be copied."""
    found = re.findall(
        r'<textarea id="typed-(\w+)"[^>]* readonly>\n(.*?)</textarea>', page, re.DOTALL
    )
    return {name: unescape(text) for name, text in found}


@pytest.fixture
def web(sales: User, client_for: Callable[[User], Client]) -> Client:
    browser = client_for(sales)
    browser.raise_request_exception = False
    return browser


def test_of_a_lead_that_is_gone(web: Client) -> None:
    lead = make.add()
    repository.delete(lead.lead_id, version=1, actor=make.ANN, write_id=make.act())
    for path in (f"/leads/{lead.lead_id}/edit/", "/leads/never/edit/"):
        response = web.post(path, POSTED)
        assert response.status_code == 404
        assert "was deleted meanwhile" in response.text
        assert texts(response.text) == {
            "name": "Ada Li",
            "email": "ada@example.com",
            "message": MESSAGE,
        }
    plain = web.get(path).text
    assert "What you typed" not in plain
    assert "the address is wrong" in plain


def test_of_a_lead_that_goes_while_it_is_saved(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = make.add()

    def gone(*_: object, **__: object) -> None:
        raise repository.LeadNotFoundError(lead.lead_id)

    monkeypatch.setattr(repository, "edit", gone)
    response = web.post(f"/leads/{lead.lead_id}/edit/", POSTED)
    assert response.status_code == 404
    assert texts(response.text)["message"] == MESSAGE


def test_of_a_role_that_was_lost(web: Client, sales: User, admin: User) -> None:
    lead = make.add()
    sales.role = "viewer"
    sales.save()
    for path in (f"/leads/{lead.lead_id}/edit/", "/leads/add/"):
        response = web.post(path, POSTED)
        assert response.status_code == 403
        assert texts(response.text)["message"] == MESSAGE
    for path in ("/accounts/users/add/", f"/accounts/users/{admin.id}/"):
        response = web.post(path, {"name": "New Person", "password1": PASSWORD})
        assert response.status_code == 403
        assert texts(response.text) == {"name": "New Person"}
        assert PASSWORD not in response.text


def test_of_a_form_too_old_for_a_lead_that_is_gone(sales: User) -> None:
    web = Client(enforce_csrf_checks=True)
    web.force_login(sales)
    response = web.post("/leads/never/edit/", POSTED)
    assert response.status_code == 404
    assert texts(response.text)["message"] == MESSAGE
    sales.role = "viewer"
    sales.save()
    response = web.post("/leads/add/", POSTED)
    assert response.status_code == 403
    assert texts(response.text)["message"] == MESSAGE


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnavailableError("secret"), 503),
        (ConflictError("secret"), 503),
        (NotFoundError("secret"), 503),
        (ValueError("secret"), 500),
    ],
    ids=["unavailable", "conflict", "no table", "ours"],
)
def test_of_a_store_in_trouble(
    web: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    lead = make.add()

    def fail(*_: object, **__: object) -> None:
        raise error

    for name in ("create", "edit", "get"):
        monkeypatch.setattr(repository, name, fail)
    for path in ("/leads/add/", f"/leads/{lead.lead_id}/edit/"):
        response = web.post(path, POSTED | {"status": "new"})
        assert response.status_code == status
        assert texts(response.text)["message"] == MESSAGE
        assert "secret" not in response.text


def test_of_a_visitor(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ItemTooLargeError("secret")

    monkeypatch.setattr(repository, "create", fail)
    response = Client(raise_request_exception=False).post(
        "/contact/", POSTED | {"subject": "A question", "version": ""}
    )
    assert response.status_code == 413
    assert texts(response.text)["message"] == MESSAGE


def test_but_not_of_another_site(sales: User) -> None:
    web = Client(enforce_csrf_checks=True)
    web.force_login(sales)
    response = web.post("/leads/add/", POSTED, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert texts(response.text) == {}
    assert "second" not in response.text
