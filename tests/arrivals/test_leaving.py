"""Where open leads go when somebody is deactivated, or may only read any more."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from crm import remember
from crm.accounts.models import Role, User
from crm.jobs import store
from crm.jobs.models import key
from crm.jobs.running import Outcome
from leads import repository
from leads.models import Actor, ClosedAs, EventType, Lead, Status
from leads.repository import acts, steps
from leads.repository.acts import Wanted
from leads.repository.large_act import LargeAct
from leads.web import digest
from tests.arrivals.conftest import do, now, person, waiting_jobs
from tests.crm.accounts.conftest import reread
from tests.make import ANN, BOB, act, add, finished

type Browsers = Callable[[User], Client]


@pytest.fixture
def desk(client_for: Browsers, admin: User) -> Client:
    """Return the browser of an admin."""
    return client_for(admin)


@pytest.fixture
def ada(tables: None) -> User:
    """Somebody who leaves."""
    return person("ada")


def url(user: User) -> str:
    return f"/accounts/users/{user.id}/"


def deactivation(user: User, **more: str) -> dict[str, str]:
    return {"name": user.name, "role": user.role, "version": str(user.version)} | more


def leads_of(user: User) -> list[Lead]:
    """Return one lead in each stage, and a closed one."""
    found = [add(status, user.id) for status in Status if status is not Status.CLOSED]
    closed = add(owner_id=user.id)
    repository.close(closed.lead_id, ClosedAs.LOST, version=1, actor=BOB, write_id=act())
    return [*found, closed]


def owners(leads: list[Lead]) -> list[str | None]:
    return [now(one.lead_id).owner_id for one in leads]


def demotion(user: User, **more: str) -> dict[str, str]:
    return deactivation(user, is_active="on", role=Role.VIEWER.value, **more)


def test_it_asks_who_may_only_read_any_more(desk: Client, ada: User) -> None:
    leads, bea = leads_of(ada), person("bea")
    page = desk.post(url(ada), demotion(ada))
    assert "Let Ada only read?" in page.text
    assert "Ada has 3 open leads" in page.text
    assert reread(ada).role == Role.SALES
    # The page posts again what it was asked with.
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    fields.pop("csrfmiddlewaretoken", None)
    assert fields == demotion(ada)
    desk.post(url(ada), {**fields, "heir": bea.id})
    assert (reread(ada).role, reread(ada).is_active) == (Role.VIEWER, True)
    do()
    assert owners(leads) == [bea.id] * 3 + [ada.id] * 2


def test_it_asks_nobody_who_works_on(desk: Client, ada: User) -> None:
    leads_of(ada)
    for role in ("admin", "sales"):
        posted = deactivation(reread(ada), is_active="on") | {"role": role}
        assert desk.post(url(ada), posted).status_code == 302
        assert reread(ada).role == role


def test_who_only_read_and_still_has_some_is_asked_when_they_leave(desk: Client, ada: User) -> None:
    leads_of(ada)
    desk.post(url(ada), demotion(ada, heir="none"))
    assert desk.post(url(ada), deactivation(reread(ada))).status_code == 200
    assert reread(ada).is_active


def test_it_asks_first(desk: Client, ada: User) -> None:
    bea, viewer = person("bea"), person("cai", role=Role.VIEWER)
    gone = person("dan", is_active=False)
    leads_of(ada)
    page = desk.post(url(ada), deactivation(ada))
    assert page.status_code == 200
    assert "Ada has 3 open leads" in page.text
    offered = set(re.findall(r'<option value="(\w*)"', page.text))
    assert {"", "none", bea.id} <= offered
    assert not {ada.id, viewer.id, gone.id} & offered
    assert reread(ada).is_active
    assert not waiting_jobs()


@pytest.mark.parametrize("to", ["a colleague", "nobody"])
def test_open_leads_go_where_the_admin_says(desk: Client, admin: User, ada: User, to: str) -> None:
    leads, others = leads_of(ada), [add(owner_id=BOB.id)]
    heir = person("bea").id if to == "a colleague" else ""
    page = desk.post(url(ada), deactivation(ada, heir=heir or "none"), follow=True)
    assert "step by step" in page.text
    assert not reread(ada).is_active
    assert owners(leads) == [ada.id] * 5
    do()
    assert owners(leads) == [heir or None] * 3 + [ada.id] * 2
    assert owners(others) == [BOB.id]
    found = acts.page(Wanted(kind=EventType.ASSIGNED)).acts
    assert [one.actor for one in found] == [Actor(admin.id, admin.name)]
    assert reread(ada).version == 2


def test_it_can_be_undone(desk: Client, ada: User) -> None:
    leads = leads_of(ada)
    desk.post(url(ada), deactivation(ada, heir="none"))
    do()
    (done,) = acts.page(Wanted(kind=EventType.ASSIGNED)).acts
    undo = steps.begin_undo(done.id, actor=ANN, write_id=act())
    assert isinstance(undo, LargeAct)
    finished(undo)
    assert owners(leads) == [ada.id] * 5


def test_who_has_nothing_open_is_deactivated_at_once(desk: Client, ada: User) -> None:
    add(Status.CONVERTED, ada.id)
    assert desk.post(url(ada), deactivation(ada))["Location"] == "/accounts/users/"
    assert not reread(ada).is_active
    assert not waiting_jobs()


def test_what_is_changed_meanwhile_goes_too(
    desk: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = add(owner_id=ada.id)
    desk.post(url(ada), deactivation(ada, heir="none"))
    begin, left = steps.begin, ["once"]

    def changed_after(*given: object, **more: object) -> object:
        begun = begin(*given, **more)  # type: ignore[arg-type]
        if left:
            left.pop()
            repository.edit(lead.lead_id, {"company": "Acme"}, version=1, actor=BOB, write_id=act())
        return begun

    monkeypatch.setattr(steps, "begin", changed_after)
    do()
    assert owners([lead]) == [None]
    assert now(lead.lead_id).company == "Acme"


def test_many_go_step_by_step(
    desk: Client, ada: User, few_at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = [add(owner_id=ada.id) for _ in range(7)]
    desk.post(url(ada), deactivation(ada, heir="none"))
    monkeypatch.setattr("crm.jobs.stepping.GO_ON_SECONDS", -1)
    assert do().outcomes[Outcome.GOES_ON] >= 1
    assert owners(leads) == [None] * 7


def test_who_is_back_by_then_keeps_them(desk: Client, admin: User, ada: User) -> None:
    leads = leads_of(ada)
    desk.post(url(ada), deactivation(ada, heir="none"))
    back = reread(ada)
    back.is_active = True
    back.save(by=admin)
    do()
    assert owners(leads) == [ada.id] * 5


def test_the_heir_is_told_in_the_morning_in_their_own_zone(
    desk: Client, admin: User, ada: User
) -> None:
    leads_of(ada)
    with timezone.override("Asia/Tokyo"):
        digest.ask(admin.id, by=admin.id)
    remember.forget_all()
    desk.post(url(ada), deactivation(ada, heir=admin.id))
    do()
    job = store.claim(key(f"digest {admin.id}"), datetime(2099, 1, 1, tzinfo=UTC))
    assert job
    assert job.arguments["zone"] == "Asia/Tokyo"


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.VIEWER}])
def test_an_heir_who_works_no_more_by_then_gets_nothing(
    desk: Client, admin: User, ada: User, change: dict[str, object]
) -> None:
    leads, bea = leads_of(ada), person("bea")
    desk.post(url(ada), deactivation(ada, heir=bea.id))
    gone = reread(bea)
    for name, value in change.items():
        setattr(gone, name, value)
    gone.save(by=admin)
    do()
    assert owners(leads)[:3] == [None] * 3


@pytest.mark.parametrize("heir", ["", "x", "self", "viewer"])
def test_a_bad_heir_changes_nothing(desk: Client, ada: User, heir: str) -> None:
    leads_of(ada)
    ids = {"": "", "x": "x", "self": ada.id, "viewer": person("cai", role=Role.VIEWER).id}
    page = desk.post(url(ada), deactivation(ada, heir=ids[heir]))
    assert page.status_code == 422
    assert ("Choose to whom they go" if not heir else "There is no such person") in page.text
    assert reread(ada).is_active
    assert not waiting_jobs()


def test_a_stale_version_changes_nothing(desk: Client, admin: User, ada: User) -> None:
    leads_of(ada)
    posted = deactivation(ada, heir="none")
    other = reread(ada)
    other.name = "Ada Li"
    other.save(by=admin)
    assert desk.post(url(ada), posted).status_code == 409
    assert reread(ada).is_active
    assert not waiting_jobs()


def test_only_admins_hand_over(client_for: Browsers, sales: User, ada: User) -> None:
    leads_of(ada)
    assert client_for(sales).post(url(ada), deactivation(ada, heir="none")).status_code == 403
    assert Client().post(url(ada), deactivation(ada, heir="none")).status_code == 302
    assert not waiting_jobs()


def test_run_due_by_hand_does_it_too(desk: Client, ada: User) -> None:
    leads, bea = leads_of(ada), person("bea")
    desk.post(url(ada), deactivation(ada, heir=bea.id))
    call_command("run_due", stdout=StringIO())
    assert owners(leads)[:3] == [bea.id] * 3
