"""Leads to look at, and what two answers have in common."""

import re
from itertools import count
from typing import Protocol

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb import calls
from crm.tables import LEADS
from leads import repository
from leads.models import Actor, Lead, LeadFields, Status

HTMX = {"HX-Request": "true"}
SOMEBODY = Actor(id="somebody", name="Somebody Else")
NASTY = "<script>alert('1')</script> \"O'Neill\" & Söhne 🦊"
_numbers = count()


class Answer(Protocol):
    """What Django's test client gives."""

    @property
    def wsgi_request(self) -> HttpRequest:
        """What it answers."""
        ...

    @property
    def content(self) -> bytes:
        """The body."""
        ...

    def get(self, header: str, alternate: str, /) -> str:
        """Return a header."""
        ...


def add_lead(
    name: str = "Ada Li",
    *,
    email: str = "ada@example.com",
    status: Status = Status.NEW,
    owner: User | None = None,
    message: str = "Hello\n\nthere",
) -> Lead:
    """Store a lead as the contact form does."""
    made = repository.create(
        LeadFields(name=name, email=email, company="Acme", subject="Desks", message=message),
        submission=f"test-{next(_numbers)}",
        actor=SOMEBODY,
        source="contact-form",
        status=status,
        owner_id=owner.id if owner else None,
    )
    return current(made.lead_id)


def add_foreign(lead_id: str = "theirs", **attributes: str) -> Lead:
    """Store what a program leaves that knows only the published attributes."""
    moment = "2026-01-02T03:04:05.678Z"
    item: calls.Item = {
        "leadId": lead_id,
        "name": "Fran",
        "email": "fran@example.com",
        "subject": "Chairs",
        "message": "Hello",
        "status": "new",
        "createdAt": moment,
        "updatedAt": moment,
        **attributes,
    }
    calls.put(LEADS, {name: value for name, value in item.items() if value != ""})
    return current(lead_id)


def current(lead_id: str) -> Lead:
    """Read a lead as it is now."""
    return repository.get(lead_id, consistent=True)


def change_behind(lead: Lead, **fields: str) -> Lead:
    """Let somebody else edit a lead."""
    version = current(lead.lead_id).version
    return repository.edit(
        lead.lead_id, fields, version=version, actor=SOMEBODY, write_id=f"else-{next(_numbers)}"
    )


def exists(lead: Lead) -> bool:
    """Tell whether a lead is still there."""
    return bool(repository.get_many([lead.lead_id]))


def rows(response: Answer) -> list[str]:
    """Return the ids of the leads on a page, in order."""
    return re.findall(r'<tr data-lead-id="([^"]*)"', response.content.decode())


def text(response: Answer) -> str:
    """Return a page without what differs from one answer to the next."""
    return re.sub(
        r'(csrfmiddlewaretoken" value=|x-csrftoken": )"\w+"', "", response.content.decode()
    )


def hidden(response: Answer, name: str) -> str:
    """Return the value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    assert found, name
    return found[1]


def said(response: Answer) -> list[str]:
    """Return the messages that an answer leaves for the next page."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def signed_out_goes_to_sign_in(path: str, *, method: str = "get") -> bool:
    """Tell whether somebody who is not signed in is sent to sign in."""
    response = getattr(Client(), method)(path)
    return bool(response.status_code == 302 and response["Location"].startswith("/accounts/login"))
