"""Whose word counts for who a sender is."""

import pytest
from pytest_django import Settings

from crm.inbound import read
from tests.crm.inbound.messages import with_results

MX = "mx.example.com"


@pytest.fixture(autouse=True)
def _server(settings: Settings) -> None:
    settings.INBOUND_AUTHSERV_ID = MX


@pytest.mark.parametrize(
    "results",
    [
        f"{MX}; dmarc=pass (p=reject dis=none) header.from=visitor.example",
        f"{MX.upper()} 1; dkim=fail header.d=other.example; dmarc=pass header.from=Visitor.Example",
        f"{MX} (a; comment (in one)); dkim=pass header.d=visitor.example header.s=k",
        f"{MX}; dkim=pass header.i=@visitor.example header.b=abc",
        f"{MX}; spf=pass smtp.mailfrom=bounces@visitor.example; dkim=none",
        f'{MX}; spf=pass reason="ok; really" smtp.mailfrom="visitor.example"',
    ],
)
def test_verified(results: str) -> None:
    assert read(with_results(results)).is_verified


@pytest.mark.parametrize(
    "results",
    [
        "other.example; dmarc=pass header.from=visitor.example",
        f"{MX}.other.example; dmarc=pass header.from=visitor.example",
        f"{MX}; none",
        f"{MX}; dmarc=fail header.from=visitor.example; dkim=pass header.d=visitor.example",
        f"{MX}; dmarc=pass header.from=other.example",
        f"{MX}; dkim=pass header.d=other.example",
        f"{MX}; dkim=pass header.d=example",
        f"{MX}; dkim=pass header.d=sub.visitor.example",
        f"{MX}; dkim=pass header.d=evilvisitor.example",
        f"{MX}; spf=pass smtp.mailfrom=other.example",
        f"{MX}; spf=pass smtp.helo=visitor.example",
        f"{MX}; dkim=fail (dmarc=pass header.from=visitor.example) header.d=visitor.example",
        f'{MX}; dkim=fail reason="; dmarc=pass header.from=visitor.example"',
        f"{MX}; (((((",
        "",
    ],
)
def test_not_verified(results: str) -> None:
    assert not read(with_results(results)).is_verified


def test_only_the_topmost_word_counts() -> None:
    forged = f"Authentication-Results: {MX}; dmarc=pass header.from=visitor.example"
    assert not read(with_results("other.example; none", forged)).is_verified


@pytest.mark.parametrize(
    "senders",
    [
        "From: mira@visitor.example\nFrom: jo@other.example",
        "From: jo@other.example, mira@visitor.example",
        "From: <<mira@visitor.example",
        "From: nobody",
    ],
)
def test_a_sender_who_is_not_clear_is_never_verified(senders: str) -> None:
    results = f"{MX}; dmarc=pass header.from=visitor.example"
    assert not read(with_results(results, senders)).is_verified


def test_nobody_is_verified_where_no_server_is_named(settings: Settings) -> None:
    settings.INBOUND_AUTHSERV_ID = ""
    assert not read(with_results("; dmarc=pass header.from=visitor.example")).is_verified
