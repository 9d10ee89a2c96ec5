"""A Chromium, a server of this process, and people in front of them.

Each test has tables of its own and opens browsers with ``visit``. Whatever a page says to
the console, every script error and every request that leaves the site fails the test,
unless the test expects it (``Visitor.expects``).
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import Thread
from typing import TypedDict, Unpack

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test import Client
from django.test.testcases import QuietWSGIRequestHandler
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from crm.accounts.models import User

DESK = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
DISABLE = "--disable-features="
# What suggests addresses below the address bar: pages of Chromium's own, drawn anew for each
# window, which took a third of all processor time of a test.
ADDRESS_BAR = (
    "PreloadTopChromeWebUI",
    "WebUIOmniboxPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxAimPopup",
)
# A refresh comes every five seconds; a busy machine may take a few more.
expect.set_options(timeout=20_000)


class Options(TypedDict, total=False):
    """What a browser is like; the names are Playwright's."""

    viewport: ViewportSize
    has_touch: bool
    is_mobile: bool
    java_script_enabled: bool
    color_scheme: str
    reduced_motion: str
    timezone_id: str


@dataclass
class Visitor:
    """A browser window and what went wrong in it."""

    page: Page
    site: str
    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expects(self, *words: str) -> None:
        """Let messages that hold one of these words pass."""
        self.expected += words

    def unexpected(self) -> list[str]:
        """Return what nobody expected."""
        return [text for text in self.problems if not any(word in text for word in self.expected)]


type Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for each process of the test run."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.fail("No Chromium: run `make test`, which gets one, or set CHROMIUM to its path.")
    # Chromium's sandbox does not work for root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        launch = partial(playwright.chromium.launch, executable_path=path)
        # Chromium tells its command line to who says that it is automated.
        with launch(args=[*arguments, "--enable-automation"]) as plain:
            features = [*_disabled_features(plain), *ADDRESS_BAR]
        with launch(args=[*arguments, DISABLE + ",".join(features)]) as browser:
            yield browser


def _disabled_features(browser: Browser) -> list[str]:
    """Return what Playwright disables: Chromium takes the last such list alone."""
    told = browser.new_browser_cdp_session().send("Browser.getBrowserCommandLine")
    return [word.removeprefix(DISABLE) for word in told["arguments"] if word.startswith(DISABLE)]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Serve the site from threads of this process; yields its address."""
    listening = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    listening.daemon_threads = True
    listening.set_app(WSGIHandler())
    thread = Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()
    thread.join()


@pytest.fixture
def visitors(tables: None, chromium: Browser) -> Iterator[list[Visitor]]:
    """Everybody who opened a browser in this test; nothing may have gone wrong."""
    everybody: list[Visitor] = []
    yield everybody
    for context in chromium.contexts:
        context.close()
    assert [visitor.unexpected() for visitor in everybody] == [[] for _ in everybody]


@pytest.fixture
def visit(chromium: Browser, server: str, visitors: list[Visitor]) -> Visit:
    """Open an address in a new browser: ``visit("/board/", user, viewport=PHONE)``."""

    def opened(address: str, user: User | None = None, **options: Unpack[Options]) -> Page:
        settings: Options = {"viewport": DESK, **options}
        context = chromium.new_context(base_url=server, **settings)  # type: ignore[arg-type]
        if user:
            _sign_in(context, user, server)
        page = context.new_page()
        visitors.append(_watched(page, server))
        page.goto(address)
        return page

    return opened


@pytest.fixture
def expects(visitors: list[Visitor]) -> Callable[..., None]:
    """Say which messages of the console belong to this test, in every browser open now."""

    def say(*words: str) -> None:
        for visitor in visitors:
            visitor.expects(*words)

    return say


def _sign_in(context: BrowserContext, user: User, server: str) -> None:
    browser = Client()
    browser.force_login(user)
    for cookie in browser.cookies.values():
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": server}])


def _watched(page: Page, site: str) -> Visitor:
    visitor = Visitor(page, site)

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visitor.problems.append(f"console: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith((f"{site}/", "data:", "blob:")):
            visitor.problems.append(f"leaves the site: {request.url}")

    page.on("console", heard)
    page.on("pageerror", lambda error: visitor.problems.append(f"script: {error}"))
    page.on("request", asked)
    return visitor
