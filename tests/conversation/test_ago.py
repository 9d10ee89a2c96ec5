"""The tooltips of ages."""

from collections.abc import Callable

from django.test import Client

from crm.accounts.models import User
from tests.web.pages import add_lead


def test_what_came_this_minute_is_said_to_be_of_just_now(
    client_for: Callable[[User], Client], sales: User
) -> None:
    lead = add_lead()
    web = client_for(sales)
    for address in ("/leads/", f"/leads/{lead.lead_id}/"):
        text = web.get(address).text
        assert 'title="just now"' in text
        assert "now ago" not in text
