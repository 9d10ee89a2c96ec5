"""Answering leads by mail, and putting off when to get back to them, as the benchmark does it.

Both change leads that no other page changes.
"""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from benchmarks import requests
from benchmarks.browser import Answer, Browser
from benchmarks.floor import Plan
from benchmarks.pages import (
    MOVED,
    Fields,
    Form,
    Mover,
    Step,
    Work,
    newest,
    next_stage,
    send,
    signed_in_plan,
)
from benchmarks.sampling import Page
from benchmarks.server import ROOT
from leads.models import Lead

DUE = 50
# Prose, as people write it: how small it becomes counts.
BODY = (ROOT / "docs" / "adr" / "0048-what-is-erased-and-how.md").read_text(encoding="utf-8")[
    :2_900
]


def answers(browser: Browser, user_id: str) -> list[Page]:
    """Return putting off and answering; the agenda was filled by those pages."""
    leads, start = newest(4 * MOVED), signed_in_plan(browser, user_id)
    due, others = leads[:DUE], leads[3 * MOVED :]

    def work(given: list[Lead]) -> Work:
        half = len(given) // 2
        return Work(browser, start, Mover(given[:half]), Mover(given[half:]))

    def answered(lead: Lead) -> Fields:
        return next_stage(lead) | {"owner_id": None if lead.owner_id == user_id else user_id}

    put_off = work(due).page("put off", _put_off, _follow_up_form, wru=16)
    return [put_off, _answer(work(others), answered)]


def _put_off(lead: Lead) -> Fields:
    """Put a lead off from one day to another; both are on the agenda."""
    today = timezone.localdate()
    days = (today.isoformat(), (today + timedelta(days=1)).isoformat())
    return {"follow_up_at": days[lead.follow_up_at == days[0]]}


def _follow_up_form(after: Lead) -> Form:
    return "follow-up", {"due": after.follow_up_at}


def _answer(work: Work, answered: Step) -> Page:
    """Return answers from the panel that move a lead and change its owner; nothing is due then."""

    def ask() -> Answer:
        before, after = work.ours.change(answered)
        fields = {
            "panel": "1",
            "version": str(before.version),
            "token": uuid4().hex,
            "body": f"{BODY}{uuid4().hex}",
            "status": after.status.value,
            "owner": "me" if after.owner_id else "",
            "due": "",
        }
        return send(work.browser, f"/leads/{before.lead_id}/reply/", fields)

    def plan() -> Plan:
        before, after = work.theirs.change(answered)
        read = requests.lead(before.lead_id)
        write = requests.reply(before, after, f"{BODY}{uuid4().hex}")
        totals = requests.counters(consistent=True)
        shown = requests.lead_and_history(before.lead_id)
        return [*work.start, [read], [read], [write], [totals], shown]

    return Page("answer", 200, ask, plan, wru=24)
