"""What a first visit to the board moves over the network."""

import gzip
import json

from playwright.sync_api import Response, expect

from crm.accounts.models import User
from leads.models import STAGES
from tests import ROOT
from tests.browser.board import add_many
from tests.browser.conftest import Visit

FIRST_LOAD = 120 * 1024
OUR_SCRIPTS = 16 * 1024
STATIC = ROOT / "static"


def moved(answer: Response) -> int:
    """Return the bytes of an answer: as sent, or as production sends static files, compressed."""
    sizes = answer.request.sizes()
    is_static = "/static/" in answer.url
    body = len(gzip.compress(answer.body())) if is_static else sizes["responseBodySize"]
    return sizes["responseHeadersSize"] + body


def test_a_first_load_with_a_hundred_cards(visit: Visit, sales: User) -> None:
    for number, status in enumerate(STAGES):
        add_many(25, status, start=1 + 25 * number)
    page = visit("about:blank", sales)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - it sets attributes
    page.goto("/board/")
    expect(page.locator(".card")).to_have_count(100)
    page.wait_for_load_state("networkidle")
    sizes = {answer.url: moved(answer) for answer in answers}
    assert len([url for url in sizes if url.endswith((".css", ".js"))]) == 4
    assert sum(sizes.values()) <= FIRST_LOAD, sizes


def test_our_scripts_are_small() -> None:
    sizes = {file.name: len(gzip.compress(file.read_bytes())) for file in STATIC.rglob("*.js")}
    # What other sites, a form in a frame and the page of a form have is no part of a board.
    others = [sizes.pop(name) for name in ("embed.js", "frame.js", "forms.js")]
    assert sum(sizes.values()) < OUR_SCRIPTS
    assert max(others) < OUR_SCRIPTS / 16


def test_a_move_restyles_what_it_changes_and_not_each_card(visit: Visit, sales: User) -> None:
    for number, status in enumerate(STAGES):
        add_many(25, status, start=1 + 25 * number)
    page = visit("/board/", sales)
    expect(page.locator(".card")).to_have_count(100)
    browser = page.context.browser
    assert browser
    browser.start_tracing(page=page, categories=["devtools.timeline"])
    page.get_by_label("Move Person 1 to").select_option("Converted")
    expect(page.locator("#column-converted")).to_have_attribute("data-total", "26")
    expect(page.locator(".card.pending")).to_have_count(0)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    counts = [
        event["args"]["elementCount"] for event in events if event["name"] == "UpdateLayoutTree"
    ]
    assert counts
    assert max(counts) < page.locator(".card *").count() / 4


def test_cards_that_come_later_bring_their_stages_when_they_are_needed(
    visit: Visit, sales: User
) -> None:
    """A browser that fills in forms reads every list at each change of a page: for seconds."""
    add_many(60)
    page = visit("/board/", sales)
    cards = page.locator("#column-new .card")
    expect(cards).to_have_count(25)
    for number in (50, 60):
        cards.last.scroll_into_view_if_needed()
        expect(cards).to_have_count(number)
    assert page.locator("#column-new select").count() == 25
    cards.nth(40).hover()
    stages = cards.nth(40).get_by_label("Move Person")
    stages.select_option("Qualified")
    expect(page.locator("#column-qualified .card")).to_have_count(1)
    cards.nth(58).get_by_role("link").first.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#column-contacted .card")).to_have_count(1)
