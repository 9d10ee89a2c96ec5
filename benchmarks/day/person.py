"""Somebody at the desk: what they do next is drawn by lot, the same for the same seed."""

import re
from collections import Counter
from random import Random
from typing import NamedTuple

from benchmarks.browser import CSRF_COOKIE, Answer, Browser
from benchmarks.sampling import BenchError

STAGES = ("new", "contacted", "qualified", "converted")
OUTCOMES = ("lost", "spam", "duplicate")
# Of a hundred acts; a day is more reading than anything else.
ACTS = {"read": 30, "poll": 10, "take": 16, "note": 14, "move": 18, "close": 4, "undo": 8}
DONE = {200, 204, 303}
# Somebody was faster, or deleted nothing but closed it: what the page says then is fine.
OVERTAKEN = {404, 409}
_CARD = re.compile(r'data-lead-id="([^"]+)" data-status="([a-z]+)" data-version="(\d+)"')


class Card(NamedTuple):
    """A lead as the board shows it."""

    lead_id: str
    status: str
    version: str


class Person:
    """One of those who work; ``done`` and ``overtaken`` count their acts by kind."""

    def __init__(self, browser: Browser, name: str, seed: int) -> None:
        self._browser = browser
        self._name = name
        self._dice = Random(f"{seed}/{name}")
        self._tag = ""
        self._cards: list[Card] = []
        self._acts: list[str] = []
        self.done: Counter[str] = Counter()
        self.overtaken: Counter[str] = Counter()

    def act(self) -> None:
        """Do one thing. Raises ``BenchError`` for an answer that nobody expects."""
        kind = self._dice.choices(list(ACTS), list(ACTS.values()))[0]
        if not self._cards:
            self._look()
        answer = getattr(self, f"_{kind}")()
        if answer.status in OVERTAKEN and kind != "read":
            self.overtaken[kind] += 1
            # As the page of a conflict does: what is there is shown.
            self._look()
            return
        if answer.status not in DONE:
            message = f"{self._name}: {kind} was answered with {answer.status}."
            raise BenchError(message)
        self.done[kind] += 1
        if answer.act:
            self._acts.append(answer.act)

    def _look(self) -> Answer:
        answer = self._browser.get("/board/", HX_Request="true")
        self._tag = answer.board_tag
        self._cards = [Card(*found) for found in _CARD.findall(answer.text)]
        if not self._cards:
            message = f"{self._name} sees no leads: the board answered {answer.status}."
            raise BenchError(message)
        return answer

    def _any(self) -> Card:
        # Everybody likes the newest ones: they meet there.
        return self._cards[int(len(self._cards) * self._dice.random() ** 2)]

    def _read(self) -> Answer:
        return self._browser.get(f"/leads/{self._any().lead_id}/panel/", HX_Request="true")

    def _poll(self) -> Answer:
        answer = self._browser.get("/board/", HX_Request="true", X_Board_Tag=self._tag)
        return answer if answer.status == 204 else self._look()  # noqa: PLR2004 -- No Content

    def _take(self) -> Answer:
        card = self._any()
        owner = self._dice.choice(["me", "me", "me", ""])
        return self._send(card, "assign", owner=owner, version=card.version)

    def _note(self) -> Answer:
        text = f"{self._name} spoke to them: {self._dice.randrange(10**6)}"
        return self._send(self._any(), "notes", kind="note", text=text)

    def _move(self) -> Answer:
        card = self._any()
        to = self._dice.choice([stage for stage in STAGES if stage != card.status])
        return self._send(card, "move", status=to, version=card.version)

    def _close(self) -> Answer:
        card = self._any()
        outcome = self._dice.choice(OUTCOMES)
        return self._send(card, "close", outcome=outcome, version=card.version)

    def _undo(self) -> Answer:
        if not self._acts:
            return self._look()
        return self._post(f"/changes/{self._acts.pop()}/undo/", {})

    def _send(self, card: Card, what: str, **fields: str) -> Answer:
        answer = self._post(f"/leads/{card.lead_id}/{what}/", fields)
        if answer.status in DONE and what != "notes":
            # Its version is another one now.
            self._cards.remove(card)
        return answer

    def _post(self, path: str, fields: dict[str, str]) -> Answer:
        token = self._browser.cookies[CSRF_COOKIE]
        return self._browser.post(path, fields, HX_Request="true", X_CSRFToken=token)
