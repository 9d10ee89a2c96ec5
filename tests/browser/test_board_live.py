"""The board refreshes itself and disturbs nobody."""

import re
from http import HTTPStatus

import pytest
from playwright.sync_api import Page, Request, expect

from crm import remember
from crm.accounts.models import User
from crm.dynamodb import calls
from crm.tables import LEADS
from leads import keys, repository
from leads.models import STAGES, Status
from leads.repository.adoption import adopt
from tests import make
from tests.board.leads import add
from tests.browser.board import (
    REFRESH,
    add_many,
    ask,
    card,
    centre,
    column,
    drag,
    hold,
    link,
    moved_by_somebody,
    refresh,
    taken,
    total,
)
from tests.browser.conftest import Visit
from tests.make import SOMEBODY, published


def refreshes(page: Page) -> list[Request]:
    """Collect the requests for changes that the page makes from now on."""
    seen: list[Request] = []

    def noted(request: Request) -> None:
        if REFRESH.search(request.url):
            seen.append(request)

    page.on("request", noted)
    return seen


def hide(page: Page, *, hidden: bool) -> None:
    """Make the page believe that its tab is in the background, or in front again."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_other_peoples_changes_appear_and_are_announced(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    page = visit("/board/", sales)
    moved_by_somebody(leads[0], Status.QUALIFIED)
    refresh(page)
    expect(card(page, leads[0], Status.QUALIFIED, version=2)).to_have_class(re.compile("changed"))
    expect(page.locator("#announcer")).to_have_text("Person 1 is now in Qualified.")
    fresh = add(4)
    refresh(page)
    expect(card(page, fresh, Status.NEW)).to_have_count(1)
    expect(column(page, Status.NEW).locator(".card").first).to_have_attribute(
        "data-lead-id", fresh.lead_id
    )
    expect(page.locator("#announcer")).to_have_text("New in New: Person 4.")
    repository.delete(leads[1].lead_id, version=1, actor=SOMEBODY, write_id="deleted")
    refresh(page)
    expect(card(page, leads[1])).to_have_count(0)
    expect(page.locator("#announcer")).to_have_text("Person 2 is no longer in New.")
    expect(total(page, Status.NEW)).to_contain_text("2")
    expect(total(page, Status.QUALIFIED)).to_contain_text("1")


def test_after_a_refresh_the_board_is_that_of_a_reload(visit: Visit, sales: User) -> None:
    leads = add_many(30)
    page = visit("/board/", sales)
    for lead, to in zip(leads[3:30:3], [*Status, *Status], strict=False):
        moved_by_somebody(lead, to)
    add(31)
    refresh(page)
    expect(column(page, Status.QUALIFIED).locator(".card")).to_have_count(2)
    expect(page.locator("#announcer")).to_contain_text("leads have changed")
    live = _shown(page)
    page.reload()
    reloaded = _shown(page)
    # Cards further down than a first page may still be there.
    assert {name: cards[: len(reloaded[name])] for name, cards in live.items()} == reloaded


def test_the_focus_stays(visit: Visit, sales: User) -> None:
    leads = add_many(4)
    page = visit("/board/", sales)
    link(page, leads[1]).focus()
    moved_by_somebody(leads[2], Status.CONTACTED)
    repository.edit(
        leads[1].lead_id, {"subject": "Chairs"}, version=1, actor=SOMEBODY, write_id="edited-it"
    )
    add(5)
    refresh(page)
    expect(card(page, leads[1], Status.NEW, version=2)).to_contain_text("Chairs")
    expect(link(page, leads[1])).to_be_focused()
    moved_by_somebody(repository.get(leads[1].lead_id), Status.CONVERTED)
    refresh(page)
    expect(card(page, leads[1], Status.CONVERTED, version=3)).to_have_count(1)
    expect(link(page, leads[1])).to_be_focused()
    repository.delete(leads[1].lead_id, version=3, actor=SOMEBODY, write_id="deleted")
    refresh(page)
    expect(card(page, leads[1])).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".card-name a:focus")).to_have_count(1)


def test_what_one_reads_stays_where_it_is(visit: Visit, sales: User) -> None:
    leads = add_many(20)
    page = visit("/board/", sales)
    reading = card(page, leads[5])
    reading.evaluate("card => card.parentElement.scrollTo(0, card.offsetTop - 100)")
    before = centre(reading)
    add_many(3, start=21)
    moved_by_somebody(leads[19], Status.CONTACTED)
    refresh(page)
    expect(column(page, Status.NEW).locator(".card")).to_have_count(22)
    assert centre(reading) == pytest.approx(before, abs=1)


def test_a_drag_goes_on(visit: Visit, sales: User) -> None:
    """Neither a refresh that would start nor one that is on its way gets between."""
    leads = add_many(3)
    page = visit("/board/", sales)
    held = hold(page, REFRESH)
    with page.expect_request(REFRESH):
        ask(page)
    moved_by_somebody(leads[0], Status.CONVERTED)
    drag(page, card(page, leads[1]).locator(".card-about"), column(page, Status.QUALIFIED))
    expect(page.locator(".card.dragging")).to_have_count(1)
    with page.expect_response(REFRESH):
        taken(page, held).continue_()
    ask(page)
    page.unroute(REFRESH)
    expect(page.locator(".card.dragging")).to_have_count(1)
    expect(card(page, leads[0], Status.NEW, version=1)).to_have_count(1)
    page.mouse.up()
    expect(card(page, leads[1], Status.QUALIFIED, version=2)).to_have_count(1)
    expect(card(page, leads[0], Status.CONVERTED, version=2)).to_have_count(1)


def test_an_open_list_stays_open(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    page = visit("/board/", sales)
    choice = page.get_by_label("Move Person 2 to")
    choice.click()
    expect(page.locator("select:open")).to_have_count(1)
    moved_by_somebody(leads[1], Status.CONVERTED)
    add(4)
    seen = refreshes(page)
    ask(page)
    expect(page.locator("select:open")).to_have_count(1)
    expect(page.locator(".card")).to_have_count(3)
    assert not seen
    page.keyboard.press("Escape")
    expect(page.locator("select:open")).to_have_count(0)
    expect(card(page, leads[1], Status.CONVERTED, version=2)).to_have_count(1)


def test_an_unchanged_board_is_not_sent_again(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales)
    # What an index had not caught up with is asked for once more at first.
    statuses = [refresh(page).status for _ in range(4)]
    assert statuses[0] == 200
    assert statuses[-2:] == [204, 204]
    moved_by_somebody(lead, Status.CONTACTED)
    assert refresh(page).status == 200
    expect(card(page, lead, Status.CONTACTED)).to_have_count(1)


def test_every_few_seconds_and_never_in_a_hidden_tab(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("about:blank", sales)
    page.clock.install()
    page.goto("/board/")
    with page.expect_response(REFRESH):
        page.clock.fast_forward(6_000)
    hide(page, hidden=True)
    moved_by_somebody(lead, Status.CONTACTED)
    seen = refreshes(page)
    for _ in range(5):
        page.clock.fast_forward(6_000)
    expect(card(page, lead, Status.NEW, version=1)).to_have_count(1)
    with page.expect_response(REFRESH):
        hide(page, hidden=False)
    expect(card(page, lead, Status.CONTACTED, version=2)).to_have_count(1)
    assert len(seen) == 1


def test_scrolling_brings_every_card_once(visit: Visit, sales: User) -> None:
    leads = add_many(70)
    page = visit("/board/", sales)
    cards = column(page, Status.NEW).locator(".card")
    for shown in (25, 50, 70):
        expect(cards).to_have_count(shown)
        cards.last.scroll_into_view_if_needed()
        page.locator("#cards-new").evaluate("list => list.scrollTo(0, list.scrollHeight)")
    expect(column(page, Status.NEW).locator(".more")).to_have_count(0)
    ids = cards.evaluate_all("cards => cards.map(card => card.dataset.leadId)")
    assert ids == [lead.lead_id for lead in reversed(leads)]
    # A refresh knows all of them.
    moved_by_somebody(leads[2], Status.CONVERTED)
    refresh(page)
    expect(card(page, leads[2], Status.CONVERTED)).to_have_count(1)
    expect(cards).to_have_count(69)


def test_leads_of_another_program_appear_and_wait_to_be_counted(visit: Visit, sales: User) -> None:
    page = visit("/board/", sales)
    waiting = column(page, Status.CONTACTED).locator(".waiting")
    expect(waiting).to_be_hidden()
    calls.put(LEADS, published("theirs"))
    calls.put(LEADS, published("theirs-2"))
    lead = repository.get("theirs")
    page.reload()  # at once
    expect(card(page, lead, Status.CONTACTED)).to_have_count(1)
    expect(waiting).to_have_text("+2 not counted yet")
    expect(total(page, Status.CONTACTED)).to_contain_text("0")
    moved_by_somebody(lead, Status.QUALIFIED)
    refresh(page)
    expect(card(page, lead, Status.QUALIFIED, version=1)).to_have_count(1)
    expect(waiting).to_have_text("+1 not counted yet")
    expect(total(page, Status.QUALIFIED)).to_contain_text("1")
    adopt(calls.get(LEADS, keys.lead("theirs-2")) or {})
    refresh(page)
    expect(waiting).to_be_hidden()
    expect(total(page, Status.CONTACTED)).to_contain_text("1")


def test_an_open_board_notices_them(
    visit: Visit, sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit("/board/", sales)
    while refresh(page).status != HTTPStatus.NO_CONTENT:
        pass
    monkeypatch.setattr(remember.Remembered, "is_younger", lambda _self, _seconds: False)
    calls.put(LEADS, published("theirs"))
    refresh(page)
    expect(card(page, repository.get("theirs"), Status.CONTACTED)).to_have_count(1)
    expect(page.locator("#announcer")).to_have_text("New in Contacted: Grace.")


def _shown(page: Page) -> dict[str, list[str]]:
    return {
        str(status): column(page, status)
        .locator(".card")
        .evaluate_all("cards => cards.map(card => card.dataset.leadId + card.dataset.version)")
        for status in STAGES
    }


def test_a_lead_whose_time_cannot_be_read_never_becomes_new(visit: Visit, sales: User) -> None:
    make.write(make.published("theirs", status="new", createdAt="long ago"))
    page = visit("/board/", sales)
    shown = page.locator('.card[data-lead-id="theirs"]')
    expect(shown).to_have_count(1)
    page.evaluate("refreshAges()")
    expect(shown.locator(".card-times")).to_have_text("")
