"""Leads on a board, and what the answers say about them."""

import re
from html import unescape

from crm.accounts.models import User
from leads.models import Lead, Status
from leads.web.cards import dom_id
from tests import make

URL = "/board/"
HTMX = {"HX-Request": "true"}
ODD_ID = "a/b \"c\" <d> & 'e' ü"
ODD_NAME = "<script>alert('hi')</script> \"O'Neill\" & Söhne"


def add(number: int = 1, status: Status = Status.NEW, owner: User | None = None) -> Lead:
    """Take in a lead called "Person <number>"."""
    texts = {"name": f"Person {number}", "email": f"p{number}@example.com", "company": "Acme"}
    owner_id = owner.id if owner else None
    return make.add(status, owner_id, actor=make.SOMEBODY, subject="Desks", message="", **texts)


def add_foreign(lead_id: str = ODD_ID, name: str = ODD_NAME, status: str = "new") -> Lead:
    """Store a lead of another program with odd texts."""
    texts = {"name": name, "email": "f@example.com", "subject": "<b>bold</b>", "status": status}
    return make.write(make.published(lead_id, **texts))


def move_url(text: str, lead: Lead) -> str:
    """Find the address that the card's form posts to."""
    card = text.split(f'id="{dom_id(lead.lead_id)}"')[1].split("</article>", maxsplit=1)[0]
    found = re.search(r'action="([^"]+/move/)"', card)
    assert found
    return unescape(found[1])


def cards_in(text: str) -> list[str]:
    return re.findall(r'data-lead-id="([^"]*)"', text)


def totals_in(text: str) -> dict[str, int]:
    found = re.findall(r'data-status="(\w+)" data-total="(\d+)"', text)
    return {status: int(total) for status, total in found}


def waiting_in(text: str) -> list[str]:
    """Return what each column says about leads that no total counts."""
    return re.findall(r'class="waiting"[^>]*>([^<]*)<', text)


def plain(text: str) -> str:
    """Leave out what differs from one rendering to the next: masked CSRF tokens and cursors."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    return re.sub(r"cursor=[\w:.-]+", "", text)


def columns_in(text: str) -> str:
    """Return the columns of a page or partial."""
    found = re.search(r'<div class="board" id="columns".*</section>\s*</div>', text, re.DOTALL)
    assert found
    return plain(found[0])


def whole_cards(text: str) -> list[str]:
    """Return the cards of a page or partial."""
    return re.findall(r"<article.*?</article>", plain(text), re.DOTALL)
