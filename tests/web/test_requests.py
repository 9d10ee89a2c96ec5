from typing import cast

import pytest
from django.test import RequestFactory

from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import User
from leads.web.requests import (
    actor,
    address_in,
    came_from,
    page_behind,
    posted_version,
    write_id,
)

TOKEN = "0123abcd-token"


def post(user_id: str = "u-1", name: str = "Ann", **data: str) -> AuthenticatedHttpRequest:
    request = RequestFactory().post("/", data)
    request.user = User(id=user_id, name=name, email="ann@example.com")
    return cast("AuthenticatedHttpRequest", request)


def test_the_same_form_for_the_same_thing_is_the_same_act() -> None:
    assert write_id(post(), "move", "lead", 1) == write_id(post(), "move", "lead", 1)


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        (post("u-2"), ("move", "lead", 1)),
        (post(), ("move", "lead", 2)),
        (post(), ("move", "other", 1)),
        (post(), ("delete", "lead", 1)),
        (post(token=TOKEN), ("move", "lead", 1)),
        (post(token=TOKEN), ("edit", "lead", 1)),
    ],
)
def test_anything_else_is_another_act(
    request_: AuthenticatedHttpRequest, what: tuple[object, ...]
) -> None:
    assert write_id(request_, *what) != write_id(post(), "move", "lead", 1)


def test_a_token_tells_two_clicks_apart() -> None:
    assert write_id(post(token=TOKEN), 1) == write_id(post(token=TOKEN), 1)
    assert write_id(post(token=TOKEN), 1) != write_id(post(token=TOKEN + "2"), 1)
    assert write_id(post("u-1", token=TOKEN), 1) != write_id(post("u-2", token=TOKEN), 1)


@pytest.mark.parametrize("address", ["http://[", "http://]/board/", "", "::::", "/leads/?q=["])
def test_a_header_that_is_no_address_of_ours_is_none(address: str) -> None:
    headers = {"HX-Current-URL": address, "Referer": address}
    request = RequestFactory().get("/", headers=headers)
    assert page_behind(request) in {"/board/", address}
    assert came_from(request) == ""
    assert address_in(request, "HX-Current-URL").netloc == ""


@pytest.mark.parametrize("token", ["", "short", "x" * 65, "with space", "ümläut-12", "a\n" * 10])
def test_a_malformed_token_is_none(token: str) -> None:
    assert write_id(post(token=token), 1) == write_id(post(), 1)


def test_an_act_has_a_name_of_fixed_length() -> None:
    assert len(write_id(post(token=TOKEN), "x" * 1000)) == 32


def test_the_actor_is_the_user_by_name_or_address() -> None:
    assert (actor(post()).id, actor(post()).name) == ("u-1", "Ann")
    assert actor(post(name="")).name == "ann@example.com"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("0", 0),
        ("12", 12),
        ("", -1),
        ("-1", -1),
        ("1.5", -1),
        ("abc", -1),
        ("²", -1),
        ("٣", -1),
        ("1\n", -1),
        ("9" * 10, -1),
    ],
)
def test_versions_of_forms(text: str, version: int) -> None:
    assert posted_version(post(version=text)) == version


def test_a_form_without_a_version() -> None:
    assert posted_version(post()) == -1
