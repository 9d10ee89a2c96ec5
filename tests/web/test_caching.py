"""What a browser may keep of each page: nothing of accounts, and of others enough to go back."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from crm.accounts.models import User
from tests.web.pages import add_lead


def routes(resolver: URLResolver) -> Iterator[URLPattern]:
    """Yield every named route of the site."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern)
        elif pattern.name:
            yield pattern


def names() -> list[str]:
    return [str(route.name) for route in routes(get_resolver())]


@pytest.mark.parametrize("name", names())
def test_what_is_kept_of_a_page(
    name: str, client_for: Callable[[User], Client], admin: User
) -> None:
    known = {"lead_id": add_lead().lead_id, "user_id": admin.id, "status": "new"}
    (route,) = (route for route in routes(get_resolver()) if route.name == name)
    arguments = {one: known.get(one, "x") for one in route.pattern.converters}
    path = reverse(name, kwargs=arguments)
    query = {"format": "csv"} if name == "lead_export" else {}
    response = client_for(admin).get(path, query)
    b"".join(response)
    if response.status_code >= 400:
        return  # a page of ours that says so, and of nobody
    is_kept = "no-store" not in response.get("Cache-Control", "")
    # What is not kept cannot be gone back to at once, either.
    assert is_kept == (not path.startswith("/accounts/") and name != "lead_export")


def test_pages_of_every_kind_were_looked_at() -> None:
    assert {"board", "lead_list", "lead_detail", "user_list", "session_list"} <= set(names())


def test_traits_and_sign_in_stay_as_the_views_declare_them() -> None:
    users = [route.callback for route in routes(get_resolver()) if route.name == "user_add"]
    assert all(view.traits for view in users)  # type: ignore[attr-defined] # read by has_trait
    assert Client().get("/accounts/login/").status_code == 200
    assert Client().get("/accounts/users/").status_code == 302


def test_signing_out_empties_the_cache(web: Client) -> None:
    assert "Clear-Site-Data" not in web.get("/board/")
    response = web.post("/accounts/logout/")
    assert response["Clear-Site-Data"] == '"cache"'
    assert "no-store" in response["Cache-Control"]
