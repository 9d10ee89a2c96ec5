"""What failed for good, as admins see it."""

import re

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from crm.accounts.models import User
from crm.dynamodb.calls import put
from crm.jobs import store
from crm.jobs.models import attributes
from crm.jobs.running import Outcome, run_due
from crm.tables import RECORDS
from tests.crm.accounts.conftest import signed_in
from tests.crm.jobs.conftest import job, now
from tests.crm.jobs.tasks import give_up, note

URL = "/ops/jobs/"
NASTY = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _site(tables: None, settings: LazySettings) -> None:
    settings.ROOT_URLCONF = "tests.crm.accounts.site"


@pytest.fixture
def web(admin: User) -> Client:
    """Return a browser in which the admin is signed in."""
    return signed_in(admin)


def failed(name: str = "one", text: str = "Ada") -> str:
    """Let a job fail for good, and return where it is tried again."""
    store.ask(give_up, {"text": text}, name=name, due=now())
    run_due()
    return address_of(name)


def address_of(name: str) -> str:
    stopped = job(name)
    assert stopped
    return reverse("job_again", args=[stopped.address])


def test_it_says_what_failed_of_what_and_why(web: Client) -> None:
    failed(text=NASTY)
    page = web.get(URL).text
    assert "tests.crm.jobs.tasks.give_up" in page
    assert NASTY not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; cannot be done." in page


def test_nothing_has_failed(web: Client) -> None:
    assert "Nothing has failed." in web.get(URL).text


def test_it_is_tried_again(web: Client) -> None:
    again = failed()
    store.ask(note, {"text": "waits"}, name="another", due=now())
    page = web.post(again, follow=True)
    assert page.redirect_chain == [(URL, 302)]
    assert "It is tried again now." in page.text
    assert "Nothing has failed." in page.text
    assert run_due().outcomes == {Outcome.FAILED: 1, Outcome.DONE: 1}


@pytest.mark.parametrize("address", ["none", "x" * 3000, "a b", "ü" * 600])
def test_what_is_no_address_of_a_job_is_not_found(web: Client, address: str) -> None:
    assert web.post(reverse("job_again", args=[address])).status_code == 404


def test_what_has_not_failed_is_not_found(web: Client) -> None:
    store.ask(note, {"text": "waits"}, name="one", due=now())
    assert web.post(address_of("one")).status_code == 404


def test_an_item_that_is_a_job_beside_what_it_is_is_tried_again(
    web: Client, settings: LazySettings
) -> None:
    settings.TASKS_OF_ITEMS = {"TALK#": "tests.crm.jobs.tasks.give_up_item"}
    put(RECORDS, {"PK": "TALK#1", "SK": "a/b", "text": "kept", **attributes(now())})
    assert run_due().outcomes == {Outcome.FAILED: 1}
    page = web.get(URL).text
    assert "<code>TALK#1</code>, <code>a/b</code>" in page
    found = re.search(r'action="(/ops/jobs/[^"]+/again/)"', page)
    assert found
    assert [web.post(found[1]).status_code for _ in range(2)] == [302, 404]
    assert run_due().outcomes == {Outcome.FAILED: 1}


def test_twice_is_once(web: Client) -> None:
    again = failed()
    assert [web.post(again).status_code for _ in range(2)] == [302, 404]


def test_from_page_to_page(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PAGE", 1)
    failed("first", "Ada")
    failed("second", "Bob")
    first = web.get(URL)
    assert "Bob" in first.text
    assert "Ada" not in first.text
    older = web.get(first.context["older_url"])
    assert "Ada" in older.text
    assert older.context["newest_url"] == URL
    assert web.get(f"{URL}?cursor=nonsense").status_code == 400


def test_only_admins_come_in(web: Client, sales: User, viewer: User) -> None:
    again = failed()
    for user in (sales, viewer):
        other = signed_in(user)
        assert (other.get(URL).status_code, other.post(again).status_code) == (403, 403)
    assert Client().get(URL)["Location"] == f"/accounts/login/?next={URL}"
    assert store.failed().jobs


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(web: Client, method: str) -> None:
    again = failed()
    assert getattr(web, method)(URL).status_code == 405
    assert [web.post(URL).status_code, web.get(again).status_code] == [405, 405]


def test_a_copy_is_asked_for_again(web: Client) -> None:
    assert "no-cache" in web.get(URL)["Cache-Control"]
