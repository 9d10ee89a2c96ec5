"""Who may see a view, and redirects to the sign-in page that lead back."""

import pytest
from django.test import Client

from crm.accounts.models import User
from tests.crm.accounts.conftest import signed_in

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/viewers/", {"viewer", "sales", "admin"}),
        ("/sales/7/", {"sales", "admin"}),
        ("/permitted/", {"sales", "admin"}),
        ("/admins/", {"admin"}),
    ],
)
def test_a_role_includes_the_lower_ones(
    path: str, allowed: set[str], admin: User, sales: User, viewer: User
) -> None:
    statuses = {user.role: signed_in(user).get(path).status_code for user in (admin, sales, viewer)}
    assert statuses == {role: 200 if role in allowed else 403 for role in statuses}


def test_arguments_of_the_address_reach_the_view(sales: User) -> None:
    assert signed_in(sales).get("/sales/7/").content == b"Sales Person 7"


@pytest.mark.parametrize("path", ["/viewers/", "/decorated/", "/board/"])
def test_others_are_sent_to_sign_in(path: str) -> None:
    response = Client().get(path + "?status=new&q=a%20b")
    assert response.status_code == 302
    wanted = f"/accounts/login/?next={path}%3Fstatus%3Dnew%26q%3Da%2520b"
    assert response["Location"] == wanted
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize("path", ["/viewers/", "/decorated/"])
def test_htmx_is_sent_to_sign_in_as_a_whole_page(path: str) -> None:
    headers = HTMX | {"HX-Current-URL": "http://testserver/board/?status=new"}
    response = Client().post(path, headers=headers)
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/accounts/login/?next=/board/%3Fstatus%3Dnew"
    assert "Location" not in response
    assert response.content == b""
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize(
    "headers",
    [
        HTMX,
        HTMX | {"HX-Current-URL": "https://evil.example/board/"},
        HTMX | {"HX-Current-URL": "http://["},
    ],
)
def test_htmx_from_an_unknown_page_leads_to_no_other_host(headers: dict[str, str]) -> None:
    response = Client().get("/board/", headers=headers)
    assert response["HX-Redirect"] == "/accounts/login/"


def test_a_form_post_leads_back_to_the_page_of_the_form() -> None:
    headers = {"Referer": "http://testserver/board/?status=new"}
    response = Client().post("/posted/", headers=headers)
    assert response["Location"] == "/accounts/login/?next=/board/%3Fstatus%3Dnew"


@pytest.mark.parametrize(
    "headers", [{}, {"Referer": "http://evil.example/x"}, {"Referer": "http://["}]
)
def test_a_form_post_from_elsewhere_leads_to_the_start(headers: dict[str, str]) -> None:
    response = Client().post("/posted/", headers=headers)
    assert response["Location"] == "/accounts/login/"


def test_other_redirects_are_left_alone(sales: User) -> None:
    response = signed_in(sales).post("/accounts/logout/", headers=HTMX)
    assert response["Location"] == "/accounts/login/"


def test_templates_see_the_permissions(sales: User) -> None:
    assert signed_in(sales).get("/perms/").content == b"True False False"
