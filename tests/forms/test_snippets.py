"""What admins copy into the company's site: with the values of the form, and nothing to escape."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from crm.accounts.models import User
from leads.forms.snippets import snippets
from tests.forms.making import added, asking, definition
from tests.web.pages import NASTY

pytestmark = pytest.mark.usefixtures("tables")
SITE, ADDRESS = "https://crm.example.com", "https://crm.example.com/contact/quote/"


def test_they_name_the_address_where_people_reach_leadbook(
    client_for: Callable[[User], Client], admin: User, settings: LazySettings
) -> None:
    settings.PUBLIC_URL = SITE
    added(title=NASTY)
    page = client_for(admin).get("/forms/quote/").text
    script, frame, html, fetch = map(
        unescape, re.findall("<pre><code>(.*?)</code></pre>", page, re.DOTALL)
    )
    assert f'<script src="{SITE}/static/embed.js" data-form="quote"' in script
    assert f'<iframe src="{ADDRESS}?embed"' in frame
    assert f'<form method="post" action="{ADDRESS}">' in html
    assert f'fetch("{SITE}/api/v1/leads?form=quote"' in fetch
    # It is escaped for a page, and once more for the page that shows it.
    assert unescape(script).count("<script>") == 1
    assert script.count("<script") == 1


def test_the_html_has_the_fields_of_the_form_in_its_language() -> None:
    form = definition(language="en", consent="I agree.", button="Go")
    text = snippets(form, ADDRESS, SITE)[2].text
    names = ["name", "email", "company", "subject", "message", "consent"]
    assert re.findall(r' name="(\w+)"', text) == names
    assert "<button>Go</button>" in text
    assert "aria-" not in text


def test_the_html_has_the_words_that_a_field_is_described_by() -> None:
    form = definition(language="de", country="DE", fields=asking("name", "email", "phone"))
    text = snippets(form, ADDRESS, SITE)[2].text
    assert re.findall('aria-describedby="(.*?)"', text) == ["id_phone_helptext"]
    (words,) = re.findall('<small id="id_phone_helptext">(.*?)</small>', text)
    assert "+49" in words


def test_the_script_is_small() -> None:
    assert len(Path("static/embed.js").read_bytes()) <= 2048
