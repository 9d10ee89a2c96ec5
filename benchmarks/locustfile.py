"""A load for Locust: a sales team at work, and visitors who write. ``make load`` runs it.

Every member of the team has the board open, which asks every five seconds as a browser's
does, and meanwhile looks at columns, lists and leads, searches, moves and edits. Nobody
needs a lead to be in a certain state: who comes too late is told so, and that is no error.
Set ``LOAD_EMAIL`` and ``LOAD_PASSWORD`` for another account than that of the demo.
"""

import logging
import os
import random
import re
from html import unescape
from http import HTTPStatus
from http.cookiejar import Cookie
from time import sleep
from typing import NamedTuple, override
from urllib.parse import urlsplit
from uuid import uuid4

import gevent
from gevent.lock import Semaphore
from locust import FastHttpUser, between, task
from locust.contrib.fasthttp import ResponseContextManager
from locust.exception import StopUser

logger = logging.getLogger(__name__)

EMAIL = os.environ.get("LOAD_EMAIL", "demo@example.com")
PASSWORD = os.environ.get("LOAD_PASSWORD", "leadbook-demo")
POLL_SECONDS = 5.0
KEYSTROKE_SECONDS = 0.25
TWICE = 0.1
FURTHER = 0.3
STAGES = ("new", "contacted", "qualified", "converted")
WORDS = ("question", "pricing", "hello", "foods", "logistics", "studio", "demo", "redwood")
HTMX = {"HX-Request": "true"}
# Of the session that all members of the team share.
_cookies: list[Cookie] = []
_signing_in = Semaphore()
_CARD = re.compile(r'data-lead-id="([^"]+)" data-status="([^"]+)" data-version="(\d+)"')
_MORE = re.compile(r'"(/board/column/[^"]+\?cursor=[^"]+)"')
_NEXT = re.compile(r'href="([^"]+)" rel="next"')
_FIELD = re.compile(
    r'<(?:input|textarea)[^>]* name="(\w+)"[^>]*?(?: value="([^"]*)")?[^>]*>([^<]*)'
)

_CHOSEN = re.compile(
    r'<select[^>]* name="(\w+)"(?:(?!</select>).)*?value="([^"]*)" selected', re.DOTALL
)


class Card(NamedTuple):
    """A card as the board showed it."""

    lead_id: str
    status: str
    version: str


class Visitor(FastHttpUser):
    """Somebody who opens the contact form and writes; one in ten presses the button twice."""

    weight = 3
    wait_time = between(3, 12)

    @task
    def write(self) -> None:
        """Fill in the form and send it."""
        self.client.get("/contact/")
        sleep(random.uniform(1, 3))
        number = random.randrange(10**6)
        fields = {
            "name": f"Load Visitor {number}",
            "email": f"visitor{number}@load.example",
            "company": random.choice(WORDS).title(),
            "subject": f"A {random.choice(WORDS)} about {random.choice(WORDS)}",
            "message": "We would like to know more about what you offer. " * 8,
            "submission": uuid4().hex,
        }
        for _ in range(2 if random.random() < TWICE else 1):
            self.client.post("/contact/", fields, allow_redirects=False)


class Staff(FastHttpUser):
    """Somebody of the team, with the board open in one tab and work in another."""

    weight = 5
    wait_time = between(2, 8)

    @override
    def on_start(self) -> None:
        """Open the board."""
        self.origin = {"Origin": "{0.scheme}://{0.netloc}".format(urlsplit(self.host or ""))}
        with _signing_in:
            self._sign_in()
        self.tag = ""
        self.cards: list[Card] = []
        self.more: list[str] = []
        self.board()
        self.polling = gevent.spawn(self._poll_for_ever)

    @override
    def on_stop(self) -> None:
        """Close the board."""
        if hasattr(self, "polling"):
            self.polling.kill()

    @task(4)
    def board(self) -> None:
        """Open the board anew."""
        self._read_board(self.client.get("/board/").text or "")

    @task(8)
    def column(self) -> None:
        """Scroll down a column."""
        if self.more:
            path = random.choice(self.more)
            self.client.get(path, headers=HTMX, name="/board/column/[status]/")

    @task(8)
    def list_and_next_page(self) -> None:
        """Look at the list, and at times at its next page."""
        page = self.client.get("/leads/").text or ""
        found = _NEXT.search(page)
        if found and random.random() < FURTHER:
            self.client.get(unescape(found[1]), name="/leads/?cursor=[…]")

    @task(8)
    def search(self) -> None:
        """Type a word, see results with each letter, and at times open all of them."""
        word = random.choice(WORDS)
        for end in range(2, len(word) + 1):
            self.client.get(f"/leads/search/?q={word[:end]}", headers=HTMX, name="/leads/search/")
            sleep(KEYSTROKE_SECONDS)
        if random.random() < FURTHER:
            self.client.get(f"/leads/?q={word}", name="/leads/?q=[word]")

    @task(20)
    def lead(self) -> None:
        """Open a lead that the board shows."""
        if self.cards:
            self._get_lead(random.choice(self.cards).lead_id)

    @task(12)
    def move(self) -> None:
        """Move a card to another column."""
        if not self.cards:
            return
        card = random.choice(self.cards)
        to = random.choice([stage for stage in STAGES if stage != card.status])
        fields = {"status": to, "version": card.version, "token": uuid4().hex}
        path = f"/leads/{card.lead_id}/move/"
        answer = self._change(path, fields, "/leads/[id]/move/", HTMX)
        if found := _CARD.search(answer):
            self.cards[self.cards.index(card)] = Card(*found.groups())

    @task(4)
    def edit(self) -> None:
        """Note a number to call."""
        if not self.cards:
            return
        card = random.choice(self.cards)
        path = f"/leads/{card.lead_id}/edit/"
        with self.client.get(path, name="/leads/[id]/edit/", catch_response=True) as answer:
            _accept(answer, HTTPStatus.NOT_FOUND)
            page = answer.text or ""
        fields = {
            name: unescape(value or text).strip() for name, value, text in _FIELD.findall(page)
        }
        fields |= dict(_CHOSEN.findall(page))
        if "version" in fields:
            fields["phone"] = f"+1 555 01{random.randrange(100):02}"
            self._change(path, fields, "/leads/[id]/edit/")

    def _sign_in(self) -> None:
        """Sign in once for all: an account has few attempts before it has to wait."""
        for cookie in _cookies:
            self.client.cookiejar.set_cookie(cookie)
        if _cookies:
            return
        self.client.get("/accounts/login/")
        form = {"username": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": self._token()}
        self.client.post("/accounts/login/", form, headers=self.origin, allow_redirects=False)
        if not any(cookie.name.endswith("sessionid") for cookie in self.client.cookiejar):
            logger.error("%s cannot sign in: set LOAD_EMAIL and LOAD_PASSWORD.", EMAIL)
            raise StopUser
        _cookies.extend(self.client.cookiejar)

    def _poll_for_ever(self) -> None:
        while True:
            sleep(POLL_SECONDS)
            headers = HTMX | ({"X-Board-Tag": self.tag} if self.tag else {})
            with self.client.get(
                "/board/", headers=headers, name="/board/ (poll)", catch_response=True
            ) as answer:
                if answer.status_code == HTTPStatus.OK:
                    self.tag = answer.headers.get("X-Board-Tag", "")
                    self._read_board(answer.text or "")

    def _read_board(self, page: str) -> None:
        self.cards = [Card(*found) for found in _CARD.findall(page)] or self.cards
        self.more = [unescape(found) for found in _MORE.findall(page)] or self.more

    def _get_lead(self, lead_id: str) -> None:
        with self.client.get(
            f"/leads/{lead_id}/", name="/leads/[id]/", catch_response=True
        ) as answer:
            _accept(answer, HTTPStatus.NOT_FOUND)

    def _change(
        self, path: str, fields: dict[str, str], name: str, headers: dict[str, str] | None = None
    ) -> str:
        """Send a form; somebody else may have been faster."""
        sent = self.origin | {"X-CSRFToken": self._token()} | (headers or {})
        with self.client.post(
            path, fields, headers=sent, name=name, allow_redirects=False, catch_response=True
        ) as answer:
            _accept(answer, HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND)
            return answer.text or ""

    def _token(self) -> str:
        found = (one.value for one in self.client.cookiejar if one.name.endswith("csrftoken"))
        return next(found, None) or ""


def _accept(answer: ResponseContextManager, *statuses: HTTPStatus) -> None:
    """Count these statuses as what may well happen, and no error."""
    if answer.status_code in statuses:
        answer.success()
