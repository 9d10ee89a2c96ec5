"""A lead that came in goes to whose turn it is, once, on every engine."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.test import Client

from crm.accounts.models import Role
from crm.dynamodb.capacity import count_requests
from crm.jobs.running import Outcome
from leads import repository
from leads.arrivals import arriving, rules
from leads.arrivals.asking import arrival_put
from leads.models import RULES, VISITOR, Change, ClosedAs, EventType, Lead, Status
from leads.repository import arrivals, desk_settings
from leads.repository.intake import AsksForJob
from tests.arrivals.conftest import arrive, ask_again, do, now, person, set_rules, waiting_jobs
from tests.maintenance.helpers import run
from tests.make import ANN, BOB, act, events, fields, only, recount_of


def test_without_rules_a_lead_stays_nobodys(store: str) -> None:
    lead = arrive()
    assert do().outcomes == {Outcome.DONE: 1}
    assert now(lead.lead_id) == lead
    assert len(events(lead.lead_id)) == 1
    assert not waiting_jobs()


def test_leads_go_to_people_in_turn(store: str) -> None:
    people = [person(name) for name in ("ada", "bea", "cai")]
    set_rules(*people)
    owners = []
    for _ in range(6):
        lead = arrive()
        do()
        owners.append(now(lead.lead_id).owner_id)
    in_turn = sorted(one.id for one in people)
    assert owners == [*in_turn, *in_turn]


def test_it_is_an_act_like_any_other_and_can_be_undone(store: str) -> None:
    ada = person("ada")
    set_rules(ada)
    lead = arrive()
    do()
    given = now(lead.lead_id)
    assert (given.owner_id, given.version) == (ada.id, 2)
    assert repository.counts(consistent=True).of(ada.id) == recount_of(ada.id) == only(new=1)
    event = events(lead.lead_id)[-1]
    assert (event.type, event.actor) == (EventType.ASSIGNED, RULES)
    assert event.changes == {"owner_id": Change(new=ada.id)}
    undone = repository.undo(repository.act_of(given, event.write_id), actor=ANN, write_id=act())
    assert [one.owner_id for one in undone.leads] == [None]
    ask_again(lead)
    do()
    assert now(lead.lead_id).owner_id is None


def test_done_twice_is_done_once(store: str) -> None:
    set_rules(person("ada"), person("bea"))
    lead = arrive()
    do()
    given = now(lead.lead_id)
    ask_again(lead)
    do()
    assert now(lead.lead_id) == given
    assert arrivals.turn().given == 1


@pytest.mark.parametrize("what", ["take", "give back", "move", "close", "delete"])
def test_what_somebody_did_meanwhile_stays(store: str, what: str) -> None:
    set_rules(person("ada"))
    lead = arrive()
    by = {"version": lead.version, "actor": BOB, "write_id": act()}
    if what in {"take", "give back"}:
        taken = repository.assign(lead.lead_id, BOB.id, **by)  # type: ignore[arg-type]
        if what == "give back":
            again = {**by, "version": taken.version, "write_id": act()}
            repository.assign(lead.lead_id, None, **again)  # type: ignore[arg-type]
    elif what == "move":
        repository.move(lead.lead_id, Status.CONTACTED, **by)  # type: ignore[arg-type]
    elif what == "close":
        repository.close(lead.lead_id, ClosedAs.SPAM, **by)  # type: ignore[arg-type]
    else:
        repository.delete(lead.lead_id, **by)  # type: ignore[arg-type]
    before = len(events(lead.lead_id))
    assert do().outcomes == {Outcome.DONE: 1}
    assert len(events(lead.lead_id)) == before
    assert arrivals.turn().given == 0


def test_a_correction_meanwhile_is_no_obstacle(store: str) -> None:
    ada = person("ada")
    set_rules(ada)
    lead = arrive()
    repository.edit(lead.lead_id, {"company": "Acme"}, version=1, actor=BOB, write_id=act())
    do()
    assert now(lead.lead_id).owner_id == ada.id
    assert now(lead.lead_id).company == "Acme"


def test_somebody_who_takes_it_at_the_same_moment_keeps_it(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_rules(person("ada"))
    lead = arrive()
    during_choice(monkeypatch, lambda: take(lead))
    do()
    assert now(lead.lead_id).owner_id == BOB.id


def test_two_at_once_go_to_different_people(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    set_rules(person("ada"), person("bea"))
    first, second = arrive(), arrive()
    during_choice(monkeypatch, lambda: arriving.arrive_now(second.lead_id))
    arriving.arrive_now(first.lead_id)
    owners = {now(one.lead_id).owner_id for one in (first, second)}
    assert len(owners) == 2
    assert None not in owners


def test_many_at_once_are_shared_and_keep_to_the_cap(tables: None) -> None:
    people = [person("ada"), person("bea")]
    set_rules(*people, most_open=2)
    leads = [arrive() for _ in range(6)]
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda one: arriving.arrive_now(one.lead_id), leads))
    owners = [now(one.lead_id).owner_id or "" for one in leads]
    assert sorted(owners.count(one.id) for one in people) == [2, 2]
    assert owners.count("") == 2


def test_who_has_as_many_open_leads_as_they_may_gets_none(store: str) -> None:
    ada = person("ada")
    set_rules(ada, most_open=1)
    first, second = arrive(), arrive()
    do()
    given = [one for one in map(now, (first.lead_id, second.lead_id)) if one.owner_id]
    assert len(given) == 1
    # What is won or closed is no open lead.
    repository.move(given[0].lead_id, Status.CONVERTED, version=2, actor=ANN, write_id=act())
    third = arrive()
    do()
    assert now(third.lead_id).owner_id == ada.id


def test_where_nobody_is_free_the_timeline_says_why_once(store: str) -> None:
    away = person("ada", away_until=datetime.now(UTC).date().isoformat())
    gone = person("bea", role=Role.VIEWER)
    set_rules(away, gone)
    lead = arrive()
    do()
    ask_again(lead)
    do()
    assert now(lead.lead_id) == lead
    _created, told = events(lead.lead_id)
    assert (told.type, told.actor) == (EventType.NOTED, RULES)
    (reasons,) = told.changes.values()
    assert sorted(reasons.new.split()) == ["away", "gone"]


def test_whose_account_is_gone_is_passed_over(store: str) -> None:
    ada, bea = person("ada"), person("bea", is_active=False)
    set_rules(ada, bea)
    for _ in range(2):
        lead = arrive()
        do()
        assert now(lead.lead_id).owner_id == ada.id


def test_what_it_costs(tables: None) -> None:
    ada = person("ada", mail_arrivals=False)
    set_rules(ada)
    lead = arrive()
    desk_settings.current()
    with count_requests() as usage:
        arriving.arrive_now(lead.lead_id)
    # The lead, the turn, the totals and the account; lead, event, act, two totals, the turn.
    assert usage.requests == 5
    assert usage.rru <= 4
    assert usage.wru <= 15


def test_a_form_post_gains_at_most_three_units(tables: None) -> None:
    def cost(submission: str, *jobs: AsksForJob) -> float:
        with count_requests() as usage:
            repository.create(
                fields(), submission=submission, actor=VISITOR, source="test", jobs=jobs
            )
        return usage.wru

    assert 0 < cost("one", arrival_put) - cost("two") <= 3


def test_the_owner_is_told_by_mail_once(
    store: str, mails: list[EmailMessage], settings: LazySettings
) -> None:
    settings.PUBLIC_URL = "https://crm.example.com"
    set_rules(person("ada"))
    lead = arrive(name="Zoë Li", company="Acme", message="Hello\nthere " * 100)
    for _ in range(2):
        do()
        ask_again(lead)
    (message,) = mails
    assert message.to == ["ada@example.com"]
    assert message.subject == "New lead for you: Zoë Li"
    text = str(message.body)
    assert "Company: Acme" in text
    assert f"https://crm.example.com/leads/{lead.lead_id}/" in text
    assert len(text) < 800
    assert "…" in text


@pytest.mark.parametrize("reason", ["switched off", "is told of all"])
def test_who_wants_no_mail_gets_none(
    tables: None, mails: list[EmailMessage], settings: LazySettings, reason: str
) -> None:
    ada = person("ada", mail_arrivals=reason != "switched off")
    settings.NEWS_MAIL = ada.email if reason == "is told of all" else ""
    set_rules(ada)
    lead = arrive()
    do()
    assert now(lead.lead_id).owner_id == ada.id
    assert not mails


def test_a_failing_rule_is_tried_again_and_fails_no_form(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_rules(person("ada"))
    lead = arrive()

    def fail(*_given: object) -> None:
        raise TimeoutError("The rules do not answer.")

    monkeypatch.setattr(arriving, "choose", fail)
    assert do().outcomes == {Outcome.RETRIED: 1}
    assert now(lead.lead_id) == lead


def during_choice(monkeypatch: pytest.MonkeyPatch, happening: Callable[[], object]) -> None:
    """Let something happen once, after somebody was chosen."""
    left = [happening]

    def chosen(*given: object) -> object:
        choice = rules.choose(*given)  # type: ignore[arg-type]
        if left:
            left.pop()()
        return choice

    monkeypatch.setattr(arriving, "choose", chosen)


def take(lead: Lead) -> None:
    repository.assign(lead.lead_id, BOB.id, version=lead.version, actor=BOB, write_id=act())


def test_the_timeline_and_the_acts_name_the_rules(web: Client) -> None:
    set_rules(person("ada"))
    given = arrive()
    do()
    page = web.get(f"/leads/{given.lead_id}/").text
    assert "<strong>Assignment rules</strong> gave it to <bdi>Ada</bdi>" in page
    assert "Assignment rules" in web.get("/changes/").text
    set_rules(person("bea", away_until="2999-01-01"))
    left = arrive()
    do()
    page = web.get(f"/leads/{left.lead_id}/").text
    assert "left it unassigned, since nobody was free: away" in page


def test_a_recount_finds_nothing_to_repair(tables: None) -> None:
    ada = person("ada")
    set_rules(ada, most_open=1)
    for _ in range(2):
        arrive()
        do()
    # It ends with status 1 if anything differs.
    run("recount", "--dry-run")
    assert repository.counts(consistent=True).of(ada.id) == recount_of(ada.id) == only(new=1)


def test_run_due_by_hand_does_it_too(tables: None) -> None:
    ada = person("ada")
    set_rules(ada, most_open=10)
    lead = arrive()
    call_command("run_due", stdout=StringIO())
    assert now(lead.lead_id).owner_id == ada.id
    set_rules(person("bea", away_until="2999-01-01"))
    left = arrive()
    call_command("run_due", stdout=StringIO())
    assert len(events(left.lead_id)) == 2
