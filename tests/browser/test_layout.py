"""What does not move: the first paint of a page, and the height of what people write into."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from crm.accounts.models import User
from leads.models import STAGES, Status
from tests.browser.board import add_many
from tests.browser.conftest import DESK, PHONE, Visit
from tests.held.messages import NETWORK, hold

# Core Web Vitals call 0.1 good.
MOST_SHIFT = 0.02
# So slow that the browser paints the board while most of it is still on its way.
SLOW = {"offline": False, "latency": 20, "downloadThroughput": 60_000, "uploadThroughput": 60_000}
OBSERVE = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def slow_down(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("is_open", [False, True], ids=["board", "panel"])
def test_the_board_does_not_move_while_it_comes(
    visit: Visit, sales: User, viewport: ViewportSize, *, is_open: bool
) -> None:
    for number, status in enumerate(STAGES):
        leads = add_many(25, status, start=1 + 25 * number)
    page = visit("about:blank", sales, viewport=viewport)
    page.add_init_script(OBSERVE)
    slow_down(page)
    page.goto(f"/board/?lead={leads[9].lead_id}" if is_open else "/board/")
    expect(page.locator(".column")).to_have_count(4)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shift") <= MOST_SHIFT


def test_one_column_by_itself_has_all_the_room(visit: Visit, sales: User) -> None:
    add_many(1)
    for viewport in (DESK, PHONE):
        page = visit("/board/column/new/", sales, viewport=viewport)
        box = page.locator(".column").bounding_box()
        assert box
        assert box["width"] > viewport["width"] * 0.75


@pytest.mark.parametrize(
    ("address", "label"), [("/contact/", "Message"), ("/leads/add/", "Message")]
)
def test_a_message_box_is_as_high_under_a_finger(
    visit: Visit, sales: User, address: str, label: str
) -> None:
    heights = []
    for options in ({"viewport": DESK}, {"viewport": PHONE, "has_touch": True, "is_mobile": True}):
        box = visit(address, sales, **options).get_by_label(label).bounding_box()
        assert box
        heights.append(box["height"])
    assert heights[0] == heights[1] > 100


@pytest.mark.parametrize("width", [320, 481, 641, 720, 1024])
def test_a_page_fits_when_it_is_enlarged(
    visit: Visit, expects: Callable[..., None], admin: User, width: int
) -> None:
    """As wide as 1280 pixels at 400 %, 1440 at 200 %, where the header changes, and a tablet."""
    lead = add_many(1)[0]
    add_many(1, Status.CONTACTED, start=2)
    for _ in range(10):  # as much as the navigation can say
        hold("A name that is long", email=f"{'long' * 10}@example.com", message="x" * 200)
    page = visit("/board/", admin, viewport={"width": width, "height": 450})
    expects("404")
    for address in (
        "/board/",
        "/leads/",
        "/leads/add/",
        f"/leads/{lead.lead_id}/",
        f"/leads/{lead.lead_id}/edit/",
        "/leads/import/",
        "/held/",
        f"/held/?network={NETWORK}",
        "/accounts/me/",
        "/accounts/sessions/",
        "/accounts/sessions/end-others/",
        "/accounts/users/",
        "/accounts/users/add/",
        "/accounts/log/",
        "/settings/",
        "/contact/",
        f"/board/?lead={lead.lead_id}",
        "/changes/",
        "/ops/jobs/",
        "/nowhere/",
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_the_words_of_the_stages_have_room_on_the_smallest_screen(
    visit: Visit, sales: User
) -> None:
    lead = add_many(1)[0]
    page = visit(f"/leads/{lead.lead_id}/", sales, viewport={"width": 320, "height": 568})
    for button in page.locator(".stage-bar button").all():
        assert button.evaluate("button => button.scrollWidth <= button.clientWidth")


def test_nothing_moves_by_itself_once_a_lead_is_opened(visit: Visit, sales: User) -> None:
    """What a click moves within half a second is its answer, and counts for nothing."""
    for number, status in enumerate(STAGES):
        add_many(25, status, start=1 + 25 * number)
    page = visit("/board/", sales)
    page.evaluate(
        OBSERVE.replace("window.shift += ", "window.shift += entry.hadRecentInput ? 0 : ")
    )
    slow_down(page)
    page.locator(".card a").first.click()
    expect(page.locator("#lead-title")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("#panel:not([aria-busy]) #lead-title")).to_be_visible()
    assert page.evaluate("window.shift") <= MOST_SHIFT
