"""Threads speak the language of whoever starts them."""

from collections.abc import Callable

import pytest
from django.utils.translation import get_language, override

from crm.dynamodb import batch
from crm.dynamodb.calls import Put
from crm.dynamodb.parallel import settle, submit
from crm.tables import LEADS


def _settled() -> str | None:
    [found] = settle([get_language])
    return found


def _sent() -> str | None:
    found: list[str | None] = []
    put = Put(table=LEADS, item={"leadId": "1"})
    batch._send_all([[put]], lambda _part: found.append(get_language()))  # noqa: SLF001 -- its threads
    return found[0]


@pytest.mark.parametrize(
    "in_thread",
    [lambda: submit(get_language).result(), _settled, _sent],
    ids=["pool", "bulk", "batch"],
)
def test_a_thread_speaks_the_language_of_the_caller(in_thread: Callable[[], str | None]) -> None:
    assert in_thread() == "en"
    with override("de"):
        assert in_thread() == "de"
    assert in_thread() == "en"
