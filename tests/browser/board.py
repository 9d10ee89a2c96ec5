"""What the tests of the board say about it: leads, columns, cards."""

import re

from playwright.sync_api import Locator, Page, Response, Route

from leads import repository
from leads.models import Lead, Status
from tests.board.leads import add
from tests.make import SOMEBODY

REFRESH = re.compile(r"/board/\?show=")


def add_many(count: int, status: Status = Status.NEW, start: int = 1) -> list[Lead]:
    """Take in leads called "Person <number>", the oldest first."""
    return [add(number, status) for number in range(start, start + count)]


def moved_by_somebody(lead: Lead, to: Status) -> Lead:
    """Move a lead behind the back of every open board."""
    return repository.move(
        lead.lead_id, to, version=lead.version, actor=SOMEBODY, write_id=f"else-{lead.version}"
    )


def stored(lead: Lead) -> Lead:
    """Read a lead as it is now."""
    return repository.get(lead.lead_id, consistent=True)


def column(page: Page, status: Status) -> Locator:
    """Find a column."""
    return page.locator(f"#column-{status}")


def total(page: Page, status: Status) -> Locator:
    """Find a column's total."""
    return page.locator(f"#total-{status}")


def card(
    page: Page, lead: Lead, status: Status | None = None, version: int | None = None
) -> Locator:
    """Find a lead's card, if asked only in that column and with that version."""
    where = f"#column-{status} " if status else ""
    what = f'[data-version="{version}"]' if version else ""
    return page.locator(f'{where}.card:not(.dragging)[data-lead-id="{lead.lead_id}"]{what}')


def link(page: Page, lead: Lead) -> Locator:
    """Find the link that has the focus when a card is chosen by keyboard."""
    return card(page, lead).locator(".card-name a")


def hold(page: Page, address: str | re.Pattern[str]) -> list[Route]:
    """Keep requests on their way; see :func:`taken`."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(address, keep)
    return held


def taken(page: Page, held: list[Route]) -> Route:
    """Wait for a request that :func:`hold` keeps, and take it out."""
    while not held:
        page.wait_for_timeout(10)  # Playwright delivers events only while one waits.
    return held.pop()


def ask(page: Page) -> None:
    """Let the board ask for changes now, as it does when its tab is shown again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def refresh(page: Page) -> Response:
    """Let the board ask for changes now, and return the answer."""
    with page.expect_response(REFRESH) as answer:
        ask(page)
    return answer.value


def centre(locator: Locator) -> tuple[float, float]:
    """Return the middle of an element."""
    box = locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, moved: Locator, to: Locator) -> None:
    """Drag with the mouse and hold."""
    x, y = centre(moved)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y + 5, steps=2)
    page.mouse.move(*centre(to), steps=5)
