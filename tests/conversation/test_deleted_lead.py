"""What people wrote about a lead goes with it, and comes back with it."""

import pytest
from django.test import Client

from leads import repository
from leads.repository import conversation
from tests.make import add


@pytest.mark.parametrize("at_once", [25, 1])
def test_deleting_a_lead_lets_its_notes_expire_and_undoing_keeps_them(
    web: Client, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(conversation, "ENDED_AT_ONCE", at_once)
    lead = add()
    for text in ("They called.", "They called again."):
        web.post(f"/leads/{lead.lead_id}/notes/", {"kind": "note", "text": text})
    gone = web.post(f"/leads/{lead.lead_id}/delete/", {"version": "1"})
    entries = conversation.newest_entries(lead.lead_id, 5, consistent=True).items
    assert ["expiresAt" in entry for entry in entries] == [True, True]
    assert web.post(f"/changes/{gone.headers['X-Act']}/undo/").status_code == 302
    entries = conversation.newest_entries(lead.lead_id, 5, consistent=True).items
    assert ["expiresAt" in entry for entry in entries] == [False, False]
    assert repository.get(lead.lead_id, consistent=True).note == "They called again."
