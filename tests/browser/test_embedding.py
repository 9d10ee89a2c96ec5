"""A form on the company's own site, which is another one than ours: the four ways to have it."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import override

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from crm.accounts.models import User
from leads import repository
from leads.models import Lead, Status
from tests.browser.conftest import PHONE, Visit
from tests.browser.test_accessibility import ALL, RUN, axe
from tests.forms.making import added

__all__ = ["axe"]
SHIFTS = """new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) sum += shift.value;
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})"""


class OtherSite:
    """A site on ``localhost``, which is another one than ``127.0.0.1``; pages by their path."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {"/thanks": "<title>Ours</title><h1>Thank you from us</h1>"}
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = pages.get(self.path.partition("?")[0], "").encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(b"<!doctype html><link rel=icon href=data:,>" + body)

            @override
            def log_message(self, *_words: object) -> None:
                """Write nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self.server.server_port}"


@pytest.fixture
def other() -> Iterator[OtherSite]:
    """Serve another site."""
    site = OtherSite()
    thread = Thread(target=site.server.serve_forever, daemon=True)
    thread.start()
    yield site
    site.server.shutdown()
    site.server.server_close()
    thread.join()


@pytest.fixture
def look(visit: Visit, other: OtherSite, expects: Callable[..., None]) -> Callable[..., Page]:
    """Open a page of the other site with some markup in it."""

    def opened(markup: str, query: str = "", **options: object) -> Page:
        page = visit("/contact/", **options)
        expects(f"leaves the site: {other.address}")
        other.pages["/"] = f"<meta name=viewport content=width=device-width>{markup}<p>Below</p>"
        page.goto(f"{other.address}/{query}")
        return page

    return opened


def fill(frame: FrameLocator | Page) -> None:
    frame.get_by_label("Name").fill("Ada Li")
    frame.get_by_label("E-mail").fill("ada@example.com")
    frame.get_by_label("Subject").fill("A question")
    frame.get_by_label("Message").fill("Twelve")


@pytest.fixture
def snippet(visit: Visit, admin: User) -> Callable[[str], str]:
    """Return what an admin copies, once it was measured."""

    def copied(label: str) -> str:
        page = visit("/forms/quote/", admin)
        expect(page.locator("iframe.form-measure")).to_have_count(0)
        page.locator("summary", has_text=re.compile(f"^{label}$")).click()
        expect(page.locator("details[open] code")).to_be_visible()
        return page.locator("details[open] code").inner_text()

    return copied


def only_lead() -> Lead:
    (lead,) = repository.by_status(Status.NEW).leads
    return repository.get(lead.lead_id)


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE, "has_touch": True, "is_mobile": True}])
def test_by_a_script(
    snippet: Callable[[str], str],
    other: OtherSite,
    look: Callable[..., Page],
    expects: Callable[..., None],
    options: dict[str, object],
) -> None:
    added(origins=(other.address,), thanks_url=f"{other.address}/thanks")
    copied = snippet("Script")
    assert len(re.findall(r"\d+:\d+", copied)) > 5
    page = look(copied, "?utm_source=news&gclid=1#x", **options)
    frame = page.frame_locator("iframe")
    button = frame.get_by_role("button", name="Send message")
    expect(button).to_be_visible()
    iframe = page.locator("iframe")
    expect(iframe).to_have_css("color-scheme", "light")
    high = iframe.bounding_box()
    assert high
    # All of it fits, and hardly more was reserved.
    inner = page.frames[1].evaluate("document.body.getBoundingClientRect().height")
    assert inner <= high["height"] <= inner + 40
    assert page.evaluate(SHIFTS) <= 0.02
    assert page.frames[1].evaluate(SHIFTS) == 0
    expects("422")
    button.click()
    expect(frame.get_by_role("alert")).to_contain_text("things need your attention")
    page.wait_for_function(
        "before => document.querySelector('iframe').clientHeight > before", arg=high["height"]
    )
    fill(frame)
    button.click()
    expect(frame.get_by_role("heading", name="Thank you")).to_be_visible()
    lead = only_lead()
    assert lead.attribution.utm_source == "news"
    assert lead.attribution.page == f"{other.address}/"
    frame.get_by_role("link", name="Continue").click()
    expect(page).to_have_url(f"{other.address}/thanks")


def test_by_a_frame_alone_and_without_javascript(
    snippet: Callable[[str], str], other: OtherSite, look: Callable[..., Page]
) -> None:
    added(origins=(other.address,))
    page = look(snippet("Frame"), java_script_enabled=False)
    expect(page.locator("iframe")).to_have_css("color-scheme", "light")
    frame = page.frame_locator("iframe")
    fill(frame)
    frame.get_by_role("button", name="Send message").click()
    expect(frame.get_by_role("heading", name="Thank you")).to_be_visible()
    assert only_lead().attribution.referrer == other.address


def test_a_site_that_is_not_listed_reads_why(
    server: str, look: Callable[..., Page], expects: Callable[..., None], axe: str
) -> None:
    added(origins=("https://www.example.com",))
    frame = f'<iframe src="{server}/contact/quote/?embed" referrerpolicy="origin"></iframe>'
    page = look("")
    expects("403", "frame-ancestors")
    page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", frame)
    inside = page.frame_locator("iframe")
    expect(inside.get_by_text("Sites that may show this form")).to_be_visible()
    page.frames[1].evaluate(axe)
    assert not page.frames[1].evaluate(RUN, ["html", ALL])


def test_by_html_of_the_site(
    snippet: Callable[[str], str], other: OtherSite, look: Callable[..., Page]
) -> None:
    added(origins=(other.address,), thanks_url=f"{other.address}/thanks")
    page = look(unescape(snippet("HTML")), java_script_enabled=False)
    fill(page)
    page.get_by_role("button", name="Send message").click()
    expect(page).to_have_url(f"{other.address}/thanks")
    only_lead()


def test_our_own_page_leads_to_the_thank_you_page_of_the_site(
    visit: Visit, other: OtherSite, expects: Callable[..., None]
) -> None:
    added(origins=(other.address,), thanks_url=f"{other.address}/thanks")
    page = visit("/contact/quote/")
    expects(f"leaves the site: {other.address}")
    fill(page)
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("heading", name="Thank you from us")).to_be_visible()
    only_lead()


def test_by_fetch(
    snippet: Callable[[str], str],
    other: OtherSite,
    look: Callable[..., Page],
    expects: Callable[..., None],
) -> None:
    form = added(origins=(other.address,))
    added("elsewhere", origins=("https://www.example.com",))
    example = snippet("JSON").replace("const answer = await", "return")
    example = example.replace('"email": "…"', '"email": "ada@example.com"')
    page = look("")
    run = f"(async () => {{ const key = '1'; {example}\n }})().then((answer) => answer.status)"
    assert page.evaluate(run) == 201
    assert only_lead().attribution.form == form.slug
    expects("CORS", "403", "Failed to load")
    refused = run.replace("form=quote", "form=elsewhere").replace(
        "answer.status)", "0, () => 'no')"
    )
    assert page.evaluate(refused) == "no"
