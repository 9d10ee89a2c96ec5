"""Other sites: which may frame a form, read the answers of the API, and are led back to."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from crm import bodies, remember
from crm.accounts.models import User
from crm.dynamodb.errors import UnavailableError
from leads import repository
from leads.definitions import BUILT_IN
from leads.held import refused_sites
from leads.intake.taking import IntakeFullError
from leads.models import Status
from leads.repository import forms as store
from leads.web_addresses import origin
from tests.forms.making import MESSAGE, added, changed

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = pytest.mark.usefixtures("tables")
SITE, API = "https://www.example.com", "/api/v1/leads?form=quote"
URL, FRAMED, THANKS = "/contact/quote/", "/contact/quote/?embed", "/contact/quote/thanks/"
THANKS_URL = f"{SITE}/thanks"
ALLOWED = "Access-Control-Allow-Origin"
REFUSED = (
    "null",
    "*",
    "http://www.example.com",
    "https://example.com",
    "https://a.www.example.com",
    "https://www.example.com:8443",
    "https://www.example.com.evil.example",
    "https://WWW.example.com",
    "https://www.example.com/",
    "https://www.exämple.com",
)


@pytest.fixture
def visitor() -> Client:
    """Return the browser of a stranger."""
    return Client()


def sent(visitor: Client, site: str = "", address: str = API) -> "Answer":
    headers = {"Origin": site} if site else {}
    return visitor.post(address, MESSAGE, "application/json", headers=headers)


def asked(visitor: Client, site: str, address: str = API) -> "Answer":
    return visitor.options(
        address, headers={"Origin": site, "Access-Control-Request-Method": "POST"}
    )


def ancestors(answer: "Answer") -> str:
    return directive(answer, "frame-ancestors")


def directive(answer: "Answer", name: str) -> str:
    parts = answer["Content-Security-Policy"].split("; ")
    return next(part.removeprefix(f"{name} ") for part in parts if part.startswith(f"{name} "))


# --- CORS -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (SITE, SITE),
        ("https://WWW.Example.com:443/form", SITE),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://Straße.example", "https://xn--strae-oqa.example"),
        ("https://a.b.example:8443", "https://a.b.example:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
    ],
)
def test_a_site_of_the_form_reads_the_answer(visitor: Client, typed: str, told: str) -> None:
    added(origins=(origin(typed),))
    preflight, answer = asked(visitor, told), sent(visitor, told)
    assert (preflight.status_code, answer.status_code) == (204, 201)
    for one in (preflight, answer):
        assert one[ALLOWED] == told
        assert "Origin" in one["Vary"]
        assert "Access-Control-Allow-Credentials" not in one
    assert preflight["Access-Control-Allow-Methods"] == "POST"
    assert "idempotency-key" in preflight["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("told", REFUSED)
def test_another_site_is_refused(visitor: Client, told: str) -> None:
    added(origins=(SITE,))
    for answer in (asked(visitor, told), sent(visitor, told)):
        assert answer.status_code == 403
        assert ALLOWED not in answer
        assert "Origin" in answer["Vary"]
    assert not repository.by_status(Status.NEW, limit=9).leads


def test_a_program_and_a_page_of_ours_are_no_other_site(visitor: Client) -> None:
    added(origins=(SITE,))
    for told in ("", "http://testserver"):
        answer = sent(visitor, told)
        assert answer.status_code == 201
        assert ALLOWED not in answer


@pytest.mark.parametrize("address", [API, "/api/v1/leads"])
def test_without_origins_it_is_as_before(visitor: Client, address: str) -> None:
    added()
    assert (
        asked(visitor, SITE, address).status_code,
        sent(visitor, SITE, address).status_code,
    ) == (
        405,
        201,
    )
    assert ALLOWED not in sent(visitor, SITE, address)


def test_a_site_reads_what_went_wrong(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    form = added(origins=(SITE,))

    def answers(status: int, body: object = MESSAGE, kind: str = "application/json") -> None:
        headers = {"Origin": SITE, "Idempotency-Key": "the same"}
        answer = visitor.post(API, body, kind, headers=headers)
        assert (answer.status_code, answer[ALLOWED]) == (status, SITE)
        assert answer["Access-Control-Expose-Headers"] == "Retry-After"
        assert "Origin" in answer["Vary"]
        assert ("Retry-After" in answer) is (status in {429, 503})

    answers(201)
    answers(200)
    answers(422, MESSAGE | {"message": "Thirteen"})
    answers(422, {})
    answers(400, "{")
    answers(413, MESSAGE | {"message": "x" * 1_100_000})
    # What a page may send without asking first is no JSON.
    answers(415, "{}", "text/plain")
    with monkeypatch.context() as broken:
        broken.setattr("leads.intake.api.take", failing(UnavailableError("gone")))
        answers(503)
        broken.setattr("leads.intake.api.take", failing(IntakeFullError(60)))
        answers(429)
    store.switch(form.slug, is_on=False)
    monkeypatch.setattr("leads.intake.meant.Listed.is_in_grace", lambda *_: False)
    answers(410)


def test_an_unknown_form_has_no_sites(visitor: Client) -> None:
    answer = sent(visitor, SITE, "/api/v1/leads?form=none")
    assert answer.status_code == 404
    assert ALLOWED not in answer


# --- Frames -----------------------------------------------------------------------------


def failing(error: Exception) -> object:
    def fail(*_words: object, **_parts: object) -> None:
        raise error

    return fail


def may_be_framed(answer: "Answer") -> bool:
    """Tell whether the form's site may frame a page: one of two headers is not enough."""
    is_framed = ancestors(answer) == SITE
    assert ("X-Frame-Options" not in answer) is is_framed
    return is_framed


def all_answers(
    visitor: Client, query: str, monkeypatch: pytest.MonkeyPatch
) -> "Mapping[str, Answer]":
    """Return every answer that a form can give."""
    url = URL + query
    found: dict[str, Answer] = {"200": visitor.get(url), "303": visitor.post(url, MESSAGE)}
    found["thanks"] = visitor.get(f"{URL}thanks/{query}")
    found["422"] = visitor.post(url, {})
    found["413"] = visitor.post(url, {"message": "x" * 1_100_000})
    with monkeypatch.context() as broken:
        broken.setattr("leads.intake.views.take", failing(IntakeFullError(60)))
        found["429"] = visitor.post(url, MESSAGE)
        broken.setattr("leads.intake.views.take", failing(UnavailableError("gone")))
        found["503"] = visitor.post(url, MESSAGE)
    store.switch("quote", is_on=False)
    with monkeypatch.context() as later:
        later.setattr("leads.intake.meant.Listed.is_in_grace", lambda *_: False)
        found["410"] = visitor.post(url, MESSAGE)
    for name, answer in found.items():
        assert name in {"thanks", str(answer.status_code)}
    return found


def test_all_that_is_asked_for_in_a_frame_may_be_framed(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(origins=(SITE,), thanks_url=THANKS_URL)
    answers = all_answers(visitor, "?embed", monkeypatch)
    assert [name for name, answer in answers.items() if not may_be_framed(answer)] == []
    assert answers["303"]["Location"] == "/contact/quote/thanks/?embed"
    for name in ("200", "422", "429", "503"):
        assert f'action="{FRAMED}&amp;sent"' in answers[name].text
        assert directive(answers[name], "form-action") == "'self'"
    assert f'href="{THANKS_URL}" target="_top"' in answers["thanks"].text
    for name in ("thanks", "413"):
        assert f'href="{FRAMED}"' in answers[name].text


def test_nothing_else_may_be_framed(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    added(origins=(SITE,))
    answers = [*all_answers(visitor, "", monkeypatch).values(), visitor.get("/contact/none/?embed")]
    # Without sites it is the page that it was.
    plain = visitor.get("/contact/?embed")
    assert 'action="/contact/?sent"' in plain.text
    assert "app.js" in plain.text
    answers.append(plain)
    for answer in answers:
        assert ancestors(answer) == "'none'"
        assert answer["X-Frame-Options"] == "DENY"


def all_errors(
    visitor: Client, query: str, monkeypatch: pytest.MonkeyPatch
) -> "Mapping[str, Answer]":
    """Return what middleware and error handlers answer where a form is asked for."""
    url = URL + query
    found: dict[str, Answer] = {"405": visitor.put(url), "405 thanks": visitor.post(THANKS + query)}
    found["400 address"] = visitor.get(url + "&x=%00" if query else f"{url}?x=%00")
    found["400"] = visitor.post(url, "x", "multipart/form-data; boundary=")
    with monkeypatch.context() as broken:
        broken.setattr("leads.intake.views.meant", failing(UnavailableError("gone")))
        found["503"] = visitor.get(url)
        found["503 sent"] = visitor.post(url, MESSAGE)
        broken.setattr("leads.intake.views.meant", failing(ValueError("a bug")))
        found["500"] = visitor.post(url, MESSAGE)
    for name, answer in found.items():
        assert name.startswith(str(answer.status_code))
    return found


def test_a_frame_shows_errors_of_middleware_too(monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Client(raise_request_exception=False)
    first = added(origins=(SITE,), language="de")
    # Nothing is remembered yet: who may frame it is not known.
    with monkeypatch.context() as broken:
        broken.setattr("leads.intake.views.meant", failing(UnavailableError("gone")))
        assert not may_be_framed(visitor.get(FRAMED))
    visitor.get(FRAMED)
    errors = all_errors(visitor, "?embed", monkeypatch)
    assert [name for name, answer in errors.items() if not may_be_framed(answer)] == []
    for answer in errors.values():
        assert '<html lang="de">' in answer.text
        assert 'class="public framed"' in answer.text
    assert f'href="{FRAMED}"' in errors["503"].text
    assert "Twelve, please" in errors["503 sent"].text
    # A version that cannot be read: the one before tells.
    changed(first, title="Newer")
    monkeypatch.setattr("leads.repository.forms.get_unchanging", failing(UnavailableError("gone")))
    with monkeypatch.context() as broken:
        broken.setattr("leads.intake.views.meant", failing(UnavailableError("gone")))
        assert may_be_framed(visitor.get(FRAMED))


def test_a_server_that_is_busy_says_so_in_a_frame(visitor: Client) -> None:
    added(origins=(SITE,))
    visitor.get(FRAMED)
    for url, is_framed in ((FRAMED, True), (URL, False)):
        answer = visitor.post(url, MESSAGE, **{bodies.BUSY: True})  # type: ignore[arg-type]
        assert answer.status_code == 503
        assert may_be_framed(answer) is is_framed


def test_errors_elsewhere_may_not_be_framed(monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Client(raise_request_exception=False)
    added(origins=(SITE,))
    changed(BUILT_IN, origins=(SITE,))
    visitor.get(URL)
    visitor.get("/contact/")
    answers = [*all_errors(visitor, "", monkeypatch).values()]
    nowhere = ("none/", "logo/none", "brand/none.css", "a/b/", "quote", "?x=%00")
    answers += [visitor.get(f"/contact/{path}?embed") for path in nowhere]
    for answer in answers:
        assert ancestors(answer) == "'none'"
        assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("address", [FRAMED, f"{THANKS}?embed"])
@pytest.mark.parametrize("site", ["https://evil.example", "http://www.example.com"])
def test_a_frame_elsewhere_says_which_setting_it_lacks(
    visitor: Client, site: str, address: str
) -> None:
    added(origins=(SITE,), title="Our quotes", intro="Secret", thanks="Secret")
    answer = visitor.get(address, headers={"Referer": f"{site}/page?q=1"})
    assert answer.status_code == 403
    assert site in answer.text
    assert "Sites that may show this form" in answer.text
    assert not [word for word in ("<form", "Our quotes", "Secret", SITE) if word in answer.text]
    assert ancestors(answer) == "*"
    assert "X-Frame-Options" not in answer


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Referer": f"{SITE}/"},
        {"Referer": "http://testserver/contact/quote/"},
        {"Referer": "about:blank"},
        # A link to it.
        {"Referer": "https://evil.example/", "Sec-Fetch-Dest": "document"},
    ],
)
def test_other_frames_are_left_to_the_browser(visitor: Client, headers: dict[str, str]) -> None:
    added(origins=(SITE,))
    answer = visitor.get(FRAMED, headers=headers)
    assert answer.status_code == 200
    assert may_be_framed(answer)


# --- The thank-you page of the site -----------------------------------------------------


@pytest.mark.parametrize(
    ("told", "target"),
    [
        (SITE, THANKS_URL),
        ("http://testserver", THANKS_URL),
        ("", "/contact/quote/thanks/"),
        ("null", "/contact/quote/thanks/"),
        ("https://evil.example", "/contact/quote/thanks/"),
    ],
)
def test_every_plain_post_is_taken(visitor: Client, told: str, target: str) -> None:
    added(origins=(SITE,), thanks_url=THANKS_URL)
    headers = {"Origin": told} if told else {}
    answer = visitor.post(URL, MESSAGE, headers=headers)
    assert (answer.status_code, answer["Location"]) == (303, target)
    assert len(repository.by_status(Status.NEW, limit=9).leads) == 1


def test_the_page_of_a_form_leads_to_its_own_thank_you_page_alone(visitor: Client) -> None:
    added(origins=(SITE,), thanks_url=THANKS_URL)
    for answer in (visitor.get(URL), visitor.post(f"{URL}?thanks_url=https://evil.example", {})):
        assert directive(answer, "form-action") == f"'self' {SITE}"
        assert ancestors(answer) == "'none'"
    added("plain")
    assert directive(visitor.get("/contact/plain/"), "form-action") == "'self'"


# --- Who was refused --------------------------------------------------------------------


@pytest.fixture
def nobody_yet() -> Iterator[None]:
    """Begin and end with no site that was refused."""
    refused_sites.forget()
    yield
    refused_sites.forget()


@pytest.mark.usefixtures("nobody_yet")
def test_who_was_refused_is_kept_when_something_is_posted(
    visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    added(origins=(SITE,))
    for number in range(12):
        visitor.get(FRAMED, headers={"Referer": f"https://a{number:02}.example/secret"})
    assert "the form quote was refused to https://a00.example" in caplog.text
    assert "secret" not in caplog.text
    # Nor does the API write for who only looks.
    for method in ("GET", "HEAD"):
        visitor.generic(method, API, headers={"Origin": "https://a00.example"})
    assert refused_sites.recent("quote") == []
    visitor.post(URL, {})
    assert refused_sites.recent("quote") == [
        f"https://a{number:02}.example" for number in range(10)
    ]
    # Once a minute, and then no more than there are.
    asked(visitor, "https://b.example")
    assert len(refused_sites.recent("quote")) == 10
    remember.forget_all()
    asked(visitor, "https://b.example")
    assert len(refused_sites.recent("quote")) == 10


@pytest.mark.usefixtures("nobody_yet")
def test_the_page_of_a_form_names_them(
    visitor: Client, client_for: Callable[[User], Client], admin: User
) -> None:
    form = added(origins=(SITE,))
    # However it is told, a site stands there once; what is none does not.
    asked(visitor, "https://xn--bcher-kva.example")
    sent(visitor, "https://xn--bcher-kva.example")
    for told in ("null", "x" * 5_000, f"https://{'a.' * 800}example"):
        sent(visitor, told)
    head = client_for(admin)
    page = head.get("/forms/quote/").text
    assert re.findall("<bdi>(http.*?)</bdi>", page) == ["https://xn--bcher-kva.example"]
    # Not any more once an admin has let it.
    changed(form, origins=("https://xn--bcher-kva.example",))
    assert "wanted to show" not in head.get("/forms/quote/").text


@pytest.mark.usefixtures("nobody_yet")
def test_a_store_in_trouble_is_nobodys_trouble(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(origins=(SITE,))
    monkeypatch.setattr("leads.held.refused_sites.calls.update", failing(UnavailableError("gone")))
    assert asked(visitor, "https://evil.example").status_code == 403
