"""A form on the company's own site, which is another one than ours: the four ways to have it."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import override

import pytest
from playwright.sync_api import Frame, FrameLocator, Page, expect

from crm.accounts.models import User
from leads import repository
from leads.models import Lead, Status
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import ALL, RUN, axe
from tests.forms.making import MESSAGE, added

__all__ = ["axe"]

NARROW = {"width": 360, "height": 800}

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

    def opened(markup: str, query: str = "", *expected: str, **options: object) -> Page:
        page = visit("/contact/", **options)
        expects(f"leaves the site: {other.address}", *expected)
        other.pages["/"] = f"<meta name=viewport content=width=device-width>{markup}<p>Below</p>"
        page.goto(f"{other.address}/{query}")
        return page

    return opened


def fill(frame: FrameLocator | Page) -> None:
    """Fill in a form of whatever language."""
    for name, text in MESSAGE.items():
        frame.locator(f"[name={name}]").fill(text)


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


def problems(page: Page, axe: str) -> list[str]:
    """Return what axe-core finds in the frame of a page."""
    page.frames[1].evaluate(axe)
    found: list[str] = page.frames[1].evaluate(RUN, ["html", ALL])
    return found


def only_lead() -> Lead:
    (lead,) = repository.by_status(Status.NEW).leads
    return repository.get(lead.lead_id)


def fits(page: Page, width: int) -> float:
    """Return how high a frame is in a window of some width, into which all of the form fits."""
    page.set_viewport_size({"width": width, "height": 800})
    page.reload()
    expect(page.frame_locator("iframe").get_by_role("button")).to_be_visible()
    # It stood free before the script was there: what follows it did not move.
    reserved, high = page.evaluate(
        "[...document.querySelectorAll('div > div, iframe')].map((one) => one.offsetHeight)"
    )
    assert reserved == high
    # Hardly more than it takes.
    inner = page.frames[1].evaluate("document.body.getBoundingClientRect().height")
    assert inner <= high <= inner + 40
    assert page.evaluate(SHIFTS) <= 0.02
    assert page.frames[1].evaluate(SHIFTS) == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    return float(high)


@pytest.mark.parametrize("language", ["ja", "ar"])
def test_by_a_script(
    snippet: Callable[[str], str],
    other: OtherSite,
    look: Callable[..., Page],
    axe: str,
    language: str,
) -> None:
    touch = language == "ar"
    thanks_url = f"{other.address}/thanks"
    added(language=language, origins=(other.address,), thanks_url=thanks_url, consent="OK?")
    copied = snippet("Script")
    assert len(re.findall(r"\d+:\d+", copied)) > 5
    address = "?utm_source=news&gclid=1#x"
    page = look(copied, address, "422", has_touch=touch, is_mobile=touch)
    fits(page, 1440)
    high = fits(page, 360)
    expect(page.locator("iframe")).to_have_css("color-scheme", "light")
    frame = page.frame_locator("iframe")
    frame.get_by_role("button").click()
    expect(frame.get_by_role("alert")).to_be_focused()
    page.wait_for_function(
        "before => document.querySelector('iframe').clientHeight > before", arg=high
    )
    assert page.frames[1].evaluate("document.documentElement.lang") == language
    assert not problems(page, axe)
    fill(frame)
    frame.get_by_role("checkbox").check()
    frame.get_by_role("button").click()
    # The visitor stays on the page of the site until they go on.
    onward = frame.locator(f"a[href='{thanks_url}']")
    expect(onward).to_be_visible()
    assert not problems(page, axe)
    lead = only_lead()
    assert lead.attribution.utm_source == "news"
    assert lead.attribution.page == f"{other.address}/"
    onward.click()
    expect(page).to_have_url(thanks_url)


def test_by_a_frame_alone_and_without_javascript(
    snippet: Callable[[str], str], other: OtherSite, look: Callable[..., Page]
) -> None:
    added(language="ar", origins=(other.address,), thanks="Gracias")
    page = look(snippet("Frame"), java_script_enabled=False, viewport=NARROW)
    expect(page.locator("iframe")).to_have_css("color-scheme", "light")
    frame = page.frame_locator("iframe")
    fill(frame)
    frame.get_by_role("button").click()
    expect(frame.get_by_text("Gracias")).to_be_visible()
    assert only_lead().attribution.referrer == other.address


def test_a_site_that_is_not_listed_reads_why(
    server: str,
    look: Callable[..., Page],
    expects: Callable[..., None],
    axe: str,
) -> None:
    added(origins=("https://www.example.com",))
    frame = f'<iframe src="{server}/contact/quote/?embed" referrerpolicy="origin"></iframe>'
    page = look("")
    expects("403", "frame-ancestors")
    page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", frame)
    inside = page.frame_locator("iframe")
    expect(inside.get_by_text("Sites that may show this form")).to_be_visible()
    assert not problems(page, axe)


def test_by_html_of_the_site(
    snippet: Callable[[str], str], other: OtherSite, look: Callable[..., Page]
) -> None:
    added(language="ja", origins=(other.address,), thanks_url=f"{other.address}/thanks")
    page = look(unescape(snippet("HTML")), java_script_enabled=False, viewport=NARROW)
    fill(page)
    page.get_by_role("button").click()
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


def test_a_copy_of_long_ago_and_the_form_understand_each_other(
    server: str, other: OtherSite, look: Callable[..., Page]
) -> None:
    """What pages of companies have, and what is said between them and the form, stays for ever."""
    added(origins=(other.address,))
    copied = f'<script src="{server}/static/embed.js" data-form="quote"></script>'
    more = f'<iframe src="{server}/contact/quote/?embed"></iframe><iframe src="/thanks"></iframe>'
    markup = f'<div style="min-height:640px">{copied}</div>{more}'
    page = look(markup, "?utm_medium=mail", "does not match the recipient window")
    form, second, beside = page.frames[1:]
    iframe = page.locator("iframe").first
    where = f"{other.address}/".replace(":", "%3A").replace("/", "%2F")
    asked = f"{server}/contact/quote/?embed=1&page={where}&utm_medium=mail"
    expect(iframe).to_have_attribute("src", asked)

    def high() -> int:
        return int(iframe.evaluate("frame => frame.clientHeight"))

    assert high() == 800
    page.evaluate(
        """() => {
          window.heard = [];
          addEventListener("message", ({ data }) => heard.push(data));
        }"""
    )
    # Nothing is asked of the form itself before: Chromium would take that for an act.
    beside.evaluate("parent.frames[0].postMessage({ leadbook: 'shown', acted: true }, '*')")
    page.evaluate("frames[0].postMessage({ leadbook: 'shown', acted: false }, '*')")
    page.evaluate("frames[0].postMessage({ leadbook: 'shown', acted: true }, '*')")
    page.wait_for_function("heard.length")
    (told,) = page.evaluate("heard.splice(0)")
    assert told == {"leadbook": "height", "height": told["height"]}
    assert 500 < told["height"] < 800

    def hears(frame: Frame, height: str) -> int:
        frame.evaluate(f"parent.postMessage({{ leadbook: 'height', height: {height} }}, '*')")
        page.wait_for_function(f"heard.splice(0).some((told) => told.height === {height})")
        return high()

    assert hears(beside, "3000") == hears(second, "3000") == 800
    assert hears(form, "1234") == hears(form, "'x'") == 1234
    # What another site shows in the frame is none of ours, and is told nothing.
    iframe.evaluate("(frame, address) => { frame.src = address; }", f"{other.address}/thanks")
    expect(page.frame_locator("iframe").first.get_by_text("Thank you from us")).to_be_visible()
    assert hears(form, "3000") == 1234
