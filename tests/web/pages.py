"""Leads to look at, and what two answers have in common."""

import re
from itertools import count
from typing import Protocol

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.test import Client

from crm.accounts.models import User
from leads import repository
from leads.models import Lead, Status
from tests import make
from tests.make import SOMEBODY

HTMX = {"HX-Request": "true"}
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
    """Take in a lead as the contact form does."""
    texts = {"name": name, "email": email, "company": "Acme", "subject": "Desks"}
    owner_id = owner.id if owner else None
    source = "contact-form"
    return make.add(status, owner_id, actor=SOMEBODY, source=source, message=message, **texts)


def add_foreign(lead_id: str = "theirs", **attributes: str) -> Lead:
    """Store a lead of another program; what is empty is not there."""
    texts = {"name": "Fran", "email": "fran@example.com", "company": "", "subject": "Chairs"}
    item = make.published(lead_id, **(texts | {"status": "new", "message": "Hello"} | attributes))
    return make.write({name: value for name, value in item.items() if value != ""})


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
