"""What was typed while a session ended: sent on by the same account, shown to any other."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.conf import LazySettings
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client, RequestFactory

from crm.accounts import drafts
from crm.accounts.models import User
from leads import repository
from leads.imports.run import staging
from leads.models import Lead
from tests import make
from tests.conftest import PASSWORD
from tests.web.pages import hidden

LOGIN = "/accounts/login/"
MESSAGE = "First line\r\n\r\n<b>second</b> \"line\" & 'more'"


@pytest.fixture
def lead(tables: None) -> Lead:
    return make.add()


def browser(user: User) -> Client:
    """Return a browser that checks tokens, in which a user has seen a page."""
    web = Client(enforce_csrf_checks=True)
    web.force_login(user)
    web.get("/leads/add/")
    return web


def end_session(web: Client) -> None:
    web.session.delete(web.session.session_key)


def saved_without_session(web: Client, lead: Lead) -> str:
    """Save what was typed after the session has ended, and return the page that comes."""
    posted = typed(web, lead)
    end_session(web)
    return web.post(f"/leads/{lead.lead_id}/edit/", posted).text


def fields(page: str, form: str = "<form") -> dict[str, str]:
    """Return the hidden inputs of the last form of a page that ``form`` begins."""
    part = page.rsplit(form, maxsplit=1)[-1]
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', part)
    return {name: unescape(value) for name, value in inputs}


def typed(web: Client, lead: Lead) -> dict[str, str]:
    """Return what a browser sends of the form of a lead with another message."""
    page = web.get(f"/leads/{lead.lead_id}/edit/").text
    texts = {"name": lead.name, "email": lead.email, "subject": lead.subject, "owner_id": ""}
    return fields(page, 'class="form"') | texts | {"message": MESSAGE, "_save": "1"}


def sign_in(web: Client, page: str, user: User) -> str:
    """Fill in the sign-in page, and return what comes."""
    given = fields(page) | {"username": user.email, "password": PASSWORD}
    response = web.post(LOGIN, given)
    assert response.status_code == 200
    return response.text


def send(web: Client, page: str, *, status: int) -> str:
    """Press the button of the page on which a draft waits, and return what comes."""
    (action,) = re.findall(r'action="([^"]+)"[^>]* data-send', page)
    response = web.post(unescape(action), fields(page))
    assert response.status_code == status
    return response.text


def message(lead: Lead) -> str:
    return repository.get(lead.lead_id, consistent=True).message


def test_the_same_account_sends_it_on(sales: User, lead: Lead) -> None:
    web = browser(sales)
    posted = typed(web, lead)
    end_session(web)
    page = web.post(f"/leads/{lead.lead_id}/edit/", posted)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "Your session has ended" in page.text
    assert message(lead) == lead.message
    after = sign_in(web, page.text, sales)
    assert "is sent now" in after
    assert PASSWORD not in after
    send(web, after, status=302)
    assert message(lead) == MESSAGE.replace("\r\n", "\n")


def test_who_cannot_sign_in_can_copy_it(sales: User, lead: Lead) -> None:
    web = browser(sales)
    posted = typed(web, lead)
    sales.is_active = False
    sales.save()
    page = web.post(f"/leads/{lead.lead_id}/edit/", posted).text
    wrong = web.post(LOGIN, fields(page) | {"username": sales.email, "password": PASSWORD}).text
    for shown in (page, wrong):
        text = shown.partition(">Message</dt>")[2].partition("</dd>")[0]
        assert unescape(text.partition(">")[2]) == MESSAGE
    assert "Message</dt>" not in web.get(LOGIN).text


def test_a_wrong_password_takes_it_along(sales: User, lead: Lead) -> None:
    web = browser(sales)
    page = saved_without_session(web, lead)
    wrong = web.post(LOGIN, fields(page) | {"username": sales.email, "password": "wrong"}).text
    send(web, sign_in(web, wrong, sales), status=302)
    assert message(lead) == MESSAGE.replace("\r\n", "\n")


def test_another_account_sees_it_first(sales: User, admin: User, lead: Lead) -> None:
    web = browser(sales)
    page = saved_without_session(web, lead)
    shown = send(web, sign_in(web, page, admin), status=200)
    assert "Nothing was saved yet" in shown
    assert "&lt;b&gt;second&lt;/b&gt;" in shown
    assert message(lead) == lead.message


def test_a_role_that_may_not_sends_nothing(sales: User, viewer: User, lead: Lead) -> None:
    web = browser(sales)
    page = saved_without_session(web, lead)
    refused = send(web, sign_in(web, page, viewer), status=403)
    assert "&lt;b&gt;second&lt;/b&gt;" in refused
    assert message(lead) == lead.message


def test_a_new_lead_and_a_move_are_sent_on(sales: User, lead: Lead) -> None:
    web = browser(sales)
    new = fields(web.get("/leads/add/").text, 'class="form"')
    new |= {"name": "Ada New", "email": "new@example.com", "status": "new", "owner_id": ""}
    move = fields(web.get(f"/leads/{lead.lead_id}/").text, 'class="move') | {"status": "qualified"}
    for path, posted in (("/leads/add/", new), (f"/leads/{lead.lead_id}/move/", move)):
        posted["csrfmiddlewaretoken"] = fields(web.get("/leads/add/").text)["csrfmiddlewaretoken"]
        end_session(web)
        send(web, sign_in(web, web.post(path, posted).text, sales), status=302)
    assert [lead.name for lead in repository.by_email("new@example.com")] == ["Ada New"]
    assert repository.get(lead.lead_id).status == "qualified"


def test_after_a_sign_in_in_another_tab_it_stands_in_its_form(sales: User, lead: Lead) -> None:
    web = browser(sales)
    posted = typed(web, lead)
    web.cookies["csrftoken"] = "n" * 32
    response = web.post(f"/leads/{lead.lead_id}/edit/", posted)
    assert response.status_code == 403
    assert "Nothing was saved yet" in response.text
    assert "&lt;b&gt;second&lt;/b&gt;" in response.text
    assert message(lead) == lead.message
    again = posted | fields(response.text, 'class="form"')
    assert again["csrfmiddlewaretoken"] != posted["csrfmiddlewaretoken"]
    assert web.post(f"/leads/{lead.lead_id}/edit/", again).status_code == 302
    assert message(lead) == MESSAGE.replace("\r\n", "\n")


def test_an_account_is_edited_after_a_sign_in(admin: User, sales: User) -> None:
    web = browser(admin)
    path = f"/accounts/users/{sales.id}/"
    posted = fields(web.get(path).text, 'class="form"')
    posted |= {"name": "Sally Sails", "role": "sales", "is_active": "on"}
    web.cookies["csrftoken"] = "n" * 32
    refused = web.post(path, posted)
    assert refused.status_code == 403
    assert 'value="Sally Sails"' in refused.text
    stored = User.objects.find(sales.id)
    assert stored
    assert stored.name == sales.name
    posted |= fields(refused.text, 'class="form"')
    end_session(web)
    send(web, sign_in(web, web.post(path, posted).text, admin), status=302)
    edited = User.objects.find(sales.id)
    assert edited
    assert edited.name == "Sally Sails"


def test_a_new_account_stands_in_its_form_again_without_its_password(admin: User) -> None:
    web = browser(admin)
    posted = fields(web.get("/accounts/users/add/").text, 'class="form"')
    posted |= {"email": "new@example.com", "name": "New Person", "role": "sales"}
    posted |= {"password1": PASSWORD, "password2": PASSWORD}
    end_session(web)
    page = web.post("/accounts/users/add/", posted).text
    assert "it stands in its form again" in page
    after = sign_in(web, page, admin)
    assert PASSWORD not in after
    shown = send(web, after, status=200)
    assert 'value="new@example.com"' in shown
    assert 'value="New Person"' in shown
    assert len(User.objects.everyone()) == 1
    web.cookies["csrftoken"] = "n" * 32
    refused = web.post("/accounts/users/add/", posted)
    assert refused.status_code == 403
    assert 'value="New Person"' in refused.text
    assert PASSWORD not in refused.text


def test_what_columns_become_is_checked_after_a_sign_in(sales: User, admin: User) -> None:
    web = browser(sales)
    file = SimpleUploadedFile("a.csv", b"Name,E-mail,Extra\nAda,ada@example.com,ADA-1\n")
    token = fields(web.get("/leads/import/").text)["csrfmiddlewaretoken"]
    url = web.post("/leads/import/", {"file": file, "csrfmiddlewaretoken": token})["Location"]
    posted = fields(web.get(url).text, 'class="form"')
    posted |= {"column-0": "name", "column-1": "email", "column-2": "subject", "dates": "day"}
    posted |= {"duplicates": "create", "zone": "Asia/Tokyo", "action": "check"}
    end_session(web)
    page = web.post(url, posted).text
    shown = send(web, sign_in(web, page, admin), status=200)
    assert '<option value="subject" selected>' in shown
    assert 'value="Asia/Tokyo"' in shown
    assert "What would happen" not in web.get(url).text
    posted |= fields(shown, 'class="form"')
    end_session(web)
    send(web, sign_in(web, web.post(url, posted).text, admin), status=302)
    mapping = staging.load(url.split("/")[-2]).mapping
    assert mapping
    assert (mapping["columns"], mapping["zone"]) == (
        {"0": "name", "1": "email", "2": "subject"},
        "Asia/Tokyo",
    )


def test_how_a_file_is_read_stands_in_its_form_again(sales: User) -> None:
    web = browser(sales)
    file = SimpleUploadedFile("a.csv", b"Name,E-mail\nAda,ada@example.com\n")
    token = fields(web.get("/leads/import/").text)["csrfmiddlewaretoken"]
    url = web.post("/leads/import/", {"file": file, "csrfmiddlewaretoken": token})["Location"]
    web.cookies["csrftoken"] = "n" * 32
    refused = web.post(url, {"action": "read", "header": "2", "csrfmiddlewaretoken": token})
    assert refused.status_code == 403
    assert "Nothing was saved yet" in refused.text


def test_columns_of_an_import_that_went_on_lead_to_it(sales: User) -> None:
    web = Client()
    web.force_login(sales)
    file = SimpleUploadedFile("a.csv", b"Name,E-mail\nAda,ada@example.com\n")
    url = web.post("/leads/import/", {"file": file})["Location"]
    chosen = {"column-0": "name", "column-1": "email", "dates": "day", "duplicates": "skip"}
    web.post(url, chosen | {"action": "check"})
    web.post(f"{url}step/")
    web.post(url, {"action": "import", "options": str(staging.load(url.split("/")[-2]).options)})
    response = web.post(url, chosen | {"action": "check", drafts.SHOW: "1"})
    assert (response.status_code, response["Location"]) == (302, url)


def test_a_move_of_before_a_sign_in_in_another_tab_is_refused(sales: User, lead: Lead) -> None:
    web = browser(sales)
    web.cookies["csrftoken"] = "n" * 32
    posted = {"status": "qualified", "version": "1"}
    response = web.post(f"/leads/{lead.lead_id}/move/", posted)
    assert response.status_code == 403
    assert "signed in anew" in response.text
    assert "Location" not in response
    assert response["X-Refused"] == "token"
    assert "not moved yet" in web.get(f"/leads/{lead.lead_id}/").text
    assert repository.get(lead.lead_id).version == 1


def test_without_session_and_token_one_signs_in_and_presses_the_button(
    sales: User, lead: Lead
) -> None:
    web = browser(sales)
    posted = typed(web, lead)
    end_session(web)
    web.cookies["csrftoken"] = "n" * 32
    page = web.post(f"/leads/{lead.lead_id}/edit/", posted)
    assert page.status_code == 403
    shown = send(web, sign_in(web, page.text, sales), status=200)
    assert "&lt;b&gt;second&lt;/b&gt;" in shown
    assert message(lead) == lead.message


def test_a_sign_in_page_too_old_takes_it_along(sales: User, lead: Lead) -> None:
    web = browser(sales)
    page = saved_without_session(web, lead)
    web.cookies["csrftoken"] = "n" * 32
    response = web.post(LOGIN, fields(page) | {"username": sales.email, "password": PASSWORD})
    assert response.status_code == 403
    send(web, sign_in(web, response.text, sales), status=302)
    assert message(lead) == MESSAGE.replace("\r\n", "\n")


def test_what_another_site_posts_is_never_shown(sales: User, lead: Lead) -> None:
    web = browser(sales)
    for origin in ("https://evil.example", "null", "http://["):
        response = web.post(
            f"/leads/{lead.lead_id}/edit/", {"message": MESSAGE}, headers={"Origin": origin}
        )
        assert response.status_code == 403
        assert "second" not in response.text
    assert message(lead) == lead.message


@pytest.mark.parametrize(
    ("path", "posted"),
    [
        ("/leads/{}/delete/", {"version": "1"}),
        ("/leads/bulk/", {"action": "move", "status": "new", "lead": "1:x"}),
        ("/leads/import/", {}),
        ("/accounts/password-change/", {"old_password": PASSWORD}),
        ("/accounts/users/add/", {"password1": PASSWORD}),
        ("/accounts/users/x/password/", {"new_password1": PASSWORD}),
        ("/leads/import/x/", {"action": "import", "options": "1"}),
    ],
)
def test_passwords_uploads_deletions_and_bulk_acts_are_never_kept(
    admin: User, lead: Lead, path: str, posted: dict[str, str]
) -> None:
    web = Client()
    web.force_login(admin)
    web.get("/leads/add/")
    end_session(web)
    response = web.post(path.format(lead.lead_id), posted)
    assert response.status_code == 302
    assert response["Location"] == LOGIN
    assert make.stored(lead.lead_id)


def test_nothing_is_kept_for_a_browser_that_nobody_used(lead: Lead) -> None:
    response = Client().post(f"/leads/{lead.lead_id}/edit/", {"message": MESSAGE})
    assert (response.status_code, response["Location"]) == (302, LOGIN)


def test_a_file_is_never_kept(sales: User) -> None:
    file = SimpleUploadedFile("a.txt", b"text")
    request = RequestFactory().post("/leads/add/", {"name": "Ada", "other": file})
    assert drafts.sign(request, sales.id) == ""
    assert drafts.sign(RequestFactory().post("/leads/add/", {"name": "Ada"}), sales.id)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        signing.dumps(["/leads/add/", [], "u"]),
        signing.dumps(["/leads/add/", [], "u"], salt="crm.accounts.drafts", key="another key"),
    ],
    # Signatures tell the time.
    ids=["nothing", "nonsense", "another salt", "another key"],
)
def test_what_the_server_did_not_sign_is_no_draft(text: str, sales: User) -> None:
    assert drafts.read(text) is None
    given = {"username": sales.email, "password": PASSWORD, "draft": text}
    assert Client().post(LOGIN, given)["Location"] == "/board/"


def test_a_draft_is_good_for_a_day(monkeypatch: pytest.MonkeyPatch, sales: User) -> None:
    text = drafts.sign(RequestFactory().post("/leads/add/", {"name": "Ada"}), sales.id)
    assert drafts.read(text) == ("/leads/add/", [("name", "Ada")], sales.id)
    monkeypatch.setattr(drafts, "MAX_AGE", -1)
    assert drafts.read(text) is None


def test_too_much_text_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MAX_LENGTH", 10)
    assert drafts.sign(RequestFactory().post("/leads/add/", {"name": "Ada"})) == ""


def test_the_account_is_remembered_out_of_reach_of_scripts(
    client_for: Callable[[User], Client], sales: User
) -> None:
    web = client_for(sales)
    cookie = web.get("/board/").cookies["account"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert "account" not in web.get("/board/").cookies
    web.cookies["account"] = "forged:1:1"
    assert "account" in web.get("/board/").cookies


def test_cookies_over_https_are_bound_to_the_host(sales: User, settings: LazySettings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME = "__Host-sessionid"
    settings.CSRF_COOKIE_NAME = "__Host-csrftoken"
    web = Client(enforce_csrf_checks=True)
    token = hidden(web.get(LOGIN, secure=True), "csrfmiddlewaretoken")
    given = {"username": sales.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
    here = {"Referer": f"https://testserver{LOGIN}"}
    assert web.post(LOGIN, given, secure=True, headers=here).status_code == 302
    assert web.get("/board/", secure=True).status_code == 200
    assert set(web.cookies) >= {"__Host-sessionid", "__Host-csrftoken", "__Host-account"}
    assert all(name.startswith("__Host-") for name in web.cookies)
    for cookie in web.cookies.values():
        assert (cookie["path"], cookie["domain"], cookie["secure"]) == ("/", "", True)
    web.session.delete(web.session.session_key)
    token = hidden(web.get(LOGIN, secure=True), "csrfmiddlewaretoken")
    typed = {"name": "Ada", "csrfmiddlewaretoken": token}
    ended = web.post("/leads/add/", typed, secure=True, headers=here)
    draft = drafts.read(hidden(ended, "draft"))
    assert draft
    assert draft.account == sales.id
    # The cookie of a session that has ended goes in the same way.
    gone = ended.cookies["__Host-sessionid"]
    assert (gone.value, gone["path"], gone["secure"]) == ("", "/", True)


def test_a_post_is_shown_only_if_it_asks_for_it() -> None:
    factory = RequestFactory()
    shown = drafts.to_be_shown(QueryDict("name=Ada"))
    assert drafts.is_shown(factory.post("/", shown.dict()))
    assert not drafts.is_shown(factory.post("/", {"name": "Ada"}))
    assert not drafts.is_shown(factory.get(f"/?{drafts.SHOW}=1"))
