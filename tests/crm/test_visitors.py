"""Whom and how much of an address the logs tell."""

from types import SimpleNamespace

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory

from crm import visitors


def request_from(rf: RequestFactory, address: str, user: object = None) -> HttpRequest:
    request = rf.get("/", REMOTE_ADDR=address)
    if user is not None:
        request._cached_user = user  # type: ignore[attr-defined] # noqa: SLF001
    return request


@pytest.mark.parametrize(
    ("address", "whole", "network"),
    [
        ("203.0.113.77", "203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown", "unknown"),
        ("evil\n", "unknown", "unknown"),
    ],
)
def test_staff_are_told_whole_and_strangers_by_network(
    rf: RequestFactory, address: str, whole: str, network: str
) -> None:
    staff = SimpleNamespace(pk="1")
    assert visitors.logged_address(request_from(rf, address, staff)) == whole
    assert visitors.logged_address(request_from(rf, address)) == network
    assert visitors.logged_address(request_from(rf, address, AnonymousUser())) == network


def test_nobody_is_looked_up_for_the_log(rf: RequestFactory) -> None:
    class Lazy:
        @property
        def pk(self) -> str:
            raise AssertionError

    request = rf.get("/")
    request.user = Lazy()  # type: ignore[assignment] # nobody has asked for it
    assert visitors.known_user_id(request) == ""


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [("10.0.0.1, 198.51.100.7", "198.51.100.7"), ("nonsense", "203.0.113.77")],
)
def test_the_proxy_is_believed_where_there_is_one(
    rf: RequestFactory, settings: LazySettings, forwarded: str, expected: str
) -> None:
    request = rf.get("/", REMOTE_ADDR="203.0.113.77", headers={"X-Forwarded-For": forwarded})
    assert visitors.sender_address(request) == "203.0.113.77"
    settings.BEHIND_TLS_PROXY = True
    assert visitors.sender_address(request) == expected
