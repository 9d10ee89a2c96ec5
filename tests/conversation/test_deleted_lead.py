"""What people wrote about a lead goes with it, and comes back with it."""

from django.test import Client

from leads import keys, repository
from leads.repository import conversation
from tests.make import add


def test_deleting_a_lead_lets_its_notes_expire_and_undoing_keeps_them(web: Client) -> None:
    lead = add()
    web.post(f"/leads/{lead.lead_id}/notes/", {"kind": "note", "text": "They called."})
    gone = web.post(f"/leads/{lead.lead_id}/delete/", {"version": "1"})
    (item,) = conversation.newest_entries(lead.lead_id, 5, consistent=True).items
    assert item["PK"] == keys.conversation(lead.lead_id)
    assert "expiresAt" in item
    assert web.post(f"/changes/{gone.headers['X-Act']}/undo/").status_code == 302
    (item,) = conversation.newest_entries(lead.lead_id, 5, consistent=True).items
    assert "expiresAt" not in item
    assert repository.get(lead.lead_id, consistent=True).note == "They called."
