"""What pages and changes consume, against the budgets of ``docs/data-model.md``."""

from dataclasses import replace
from typing import cast

import pytest

from crm.dynamodb import calls
from crm.dynamodb.capacity import Usage, count_requests
from crm.dynamodb.size import check_size
from crm.tables import LEADS
from leads import repository
from leads.attribution import Attribution
from leads.mails import Mail
from leads.models import STAGES, Lead, Status
from leads.repository import desk_settings, replies
from leads.repository.actions import follow_up
from leads.repository.replies import Reply
from leads.repository.tokens import token_items
from tests import ROOT
from tests.dynamodb_local import UNITS
from tests.make import (
    ANN,
    SINCE,
    act,
    add,
    add_from,
    fields,
    lead_item_of,
    published,
    stored,
    write,
)

pytestmark = pytest.mark.usefixtures("tables")


TEXTS = {
    "name": "Augusta Ada King-Noel",
    "email": "augusta.ada@analytical-engines.example.com",
    "company": "Analytical Engines Ltd",
    "phone": "+44 20 7946 0958",
    "subject": "A quotation for twelve engines with punched cards",
}


def one_kilobyte(owner_id: str | None) -> tuple[Lead, Usage]:
    """Take in a lead whose item has just under 1 KB, and return what that cost."""
    with count_requests() as usage:
        intake = repository.create(
            fields(**TEXTS, message="m" * (360 if owner_id else 430)),
            submission=act(),
            actor=ANN,
            source="contact-form",
            owner_id=owner_id,
        )
    item = stored(intake.lead_id)
    assert 960 < sum(len(name) + len(str(value)) for name, value in item.items()) <= 1024
    check_size(item)
    return repository.get(intake.lead_id, consistent=True), usage


def fill(count: int) -> list[str]:
    items = [
        lead_item_of(
            f"{number:036}",
            fields(**TEXTS, message="m" * 400),
            source="contact-form",
            status=STAGES[number % 4],
            owner_id="u" * 32 if number % 2 else None,
            at=SINCE,
        )
        for number in range(count)
    ]
    calls.batch_put(LEADS, items)
    return [str(item["leadId"]) for item in items]


OWNERS = pytest.mark.parametrize("owner_id", [None, "u" * 32], ids=["unowned", "owned"])


@OWNERS
def test_intake(owner_id: str | None) -> None:
    lead, usage = one_kilobyte(owner_id)
    tokens = len(token_items(lead))
    assert tokens > 20
    assert usage.wru <= 12 + 2 * tokens
    assert (usage.requests, usage.rru) == (1, 0)


@OWNERS
def test_move(owner_id: str | None) -> None:
    lead, _ = one_kilobyte(owner_id)
    with count_requests() as usage:
        repository.move(lead.lead_id, Status.CONTACTED, version=1, actor=ANN, write_id=act())
    assert usage.wru <= 12
    assert (usage.requests, usage.rru) == (2, UNITS)


def test_an_edit_of_what_search_does_not_look_at_costs_no_more_than_a_move() -> None:
    lead, _ = one_kilobyte("u" * 32)
    with count_requests() as usage:
        repository.edit(lead.lead_id, {"message": "Thirteen"}, version=1, actor=ANN, write_id=act())
    assert usage.wru <= 11


def test_an_edit_of_the_phone_moves_one_token() -> None:
    lead, _ = one_kilobyte("u" * 32)
    changes = {"phone": "+1 415 555 0177"}
    with count_requests() as usage:
        repository.edit(lead.lead_id, changes, version=1, actor=ANN, write_id=act())
    assert usage.wru <= 11 + 2 * 2


def test_an_edit_of_words_writes_the_tokens_anew() -> None:
    before, _ = one_kilobyte("u" * 32)
    with count_requests() as usage:
        after = repository.edit(
            before.lead_id, {"subject": "Thirteen"}, version=1, actor=ANN, write_id=act()
        )
    buckets = {cast("str", item["PK"]) for lead in (before, after) for item in token_items(lead)}
    assert usage.wru <= 11 + 2 * len(buckets)


def test_the_first_change_of_another_programs_lead_writes_its_tokens() -> None:
    lead = write(published("foreign"))
    with count_requests() as usage:
        repository.move(lead.lead_id, Status.NEW, version=0, actor=ANN, write_id=act())
    assert usage.wru <= 11 + 2 * len(token_items(lead))


def test_deleting_removes_the_tokens() -> None:
    lead, _ = one_kilobyte("u" * 32)
    with count_requests() as usage:
        repository.delete(lead.lead_id, version=1, actor=ANN, write_id=act())
    assert usage.wru <= 11 + 2 * len(token_items(lead))


def test_a_stale_change_costs_no_write() -> None:
    lead, _ = one_kilobyte(None)
    with count_requests() as usage, pytest.raises(repository.StaleLeadError):
        repository.move(lead.lead_id, Status.NEW, version=7, actor=ANN, write_id=act())
    assert usage.wru == 0


@pytest.mark.slow
@pytest.mark.parametrize("count", [200, 1000])
def test_pages_cost_the_same_with_many_leads(count: int) -> None:
    lead_ids = fill(count)
    one_kilobyte(None)
    with count_requests() as board:
        repository.board(dict.fromkeys(STAGES, 25))
    assert (board.requests, board.wru) == (5, 0)
    assert board.rru <= 7.5
    with count_requests() as first:
        page = repository.listing(repository.Filter())
    with count_requests() as later:
        repository.listing(repository.Filter(), page.cursor)
    assert max(first.rru, later.rru) <= 7
    # They share a moment: two stages may have all leads of the page, and are read on.
    assert max(first.requests, later.requests) == 7
    with count_requests() as column:
        repository.by_status(Status.NEW)
    assert column.rru <= 1.5
    with count_requests() as lead:
        repository.lead_and_timeline(lead_ids[0])
    assert (lead.requests, lead.rru <= 2.5) == (3, True)


def test_by_email() -> None:
    one_kilobyte(None)
    with count_requests() as usage:
        assert len(repository.by_email(TEXTS["email"])) == 1
    assert usage.rru <= 1.5
    with count_requests() as usage:
        assert len(repository.by_email(f"Ada <{TEXTS['email']}>")) == 1
    assert usage.rru <= 2


def test_totals() -> None:
    for _ in range(40):
        repository.create(fields(), submission=act(), actor=ANN, source="test")
    with count_requests() as usage:
        repository.counts()
    assert (usage.requests, usage.rru) == (1, 0.5 * UNITS)


def test_totals_of_forms_and_sources_cost_a_small_team_nothing() -> None:
    named = [f"source {number}" for number in range(5)]
    desk_settings.save(replace(desk_settings.read(), sources=tuple(named)))
    for owner in ("", *(str(number) * 32 for number in range(5))):
        for number in range(40):
            came = Attribution(form="contact", utm_source=named[number % 5])
            lead = add_from(came)
            if owner:
                repository.assign(lead.lead_id, owner, version=1, actor=ANN, write_id=act())
    with count_requests() as usage:
        counts = repository.counts()
    assert sum(counts.sources.values()) == sum(counts.forms.values()) == 240
    assert (usage.requests, usage.rru) == (1, 0.5 * UNITS)


def test_a_lead_with_a_long_timeline() -> None:
    lead, _ = one_kilobyte(None)
    for version in range(1, 16):
        to = STAGES[version % 4]
        repository.move(lead.lead_id, to, version=version, actor=ANN, write_id=act())
    with count_requests() as usage:
        assert len(repository.lead_and_timeline(lead.lead_id)[1].events) == 16
    assert usage.rru <= 2.5


def test_an_answer(tables: None) -> None:
    mail = Mail(
        to="augusta@example.com",
        subject="Re: A quotation",
        sender="ann@leads.example.com",
        sender_name="Ann",
        message_id=f"<{'m' * 80}@leads.example.com>",
    )
    follows = {"status": Status.CONTACTED.value, "owner_id": ANN.id}
    text = (ROOT / "docs" / "data-model.md").read_text()[:3_000]  # prose, as people write it
    # With a follow-up, which stands in two indexes, 4 more: see ADR 59.
    for more, most in (({}, 20), (follow_up("2031-03-03", "", ANN), 24)):
        lead = add(message="m" * 300)
        with count_requests() as usage:
            asked = Reply(mail, text, {**follows, **more})
            replies.reply(lead.lead_id, asked, version=1, actor=ANN, write_id=act())
        assert usage.requests == 2
        assert usage.wru <= most * UNITS
