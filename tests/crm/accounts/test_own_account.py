"""The page on which people set what is theirs."""

import pytest
from django.test import Client

from crm.accounts import keys
from crm.accounts.models import User
from crm.dynamodb import calls
from crm.dynamodb.capacity import Usage
from crm.tables import RECORDS
from tests.crm.accounts.conftest import reread, signed_in

ME = "/accounts/me/"
OFF = 'data-single-keys="off"'


def posted(user: User, **changes: str) -> dict[str, str]:
    """Return what a browser sends of the form as shown, with changes; "" is a box unticked."""
    data = {"name": user.name, "zone": user.zone, "version": str(user.version)}
    boxes = {
        "single_keys": "on",
        "take_by_moving": "on",
        "mail_arrivals": "on",
        "mail_digest": "on",
    }
    sent = data | boxes | changes
    return {name: text for name, text in sent.items() if text or name not in boxes}


def own_settings(user: User) -> tuple[str, str, bool, bool]:
    now = reread(user)
    return now.name, now.zone, now.single_keys, now.take_by_moving


def test_everything_is_stored_with_one_write(sales: User, usage: Usage) -> None:
    web = signed_in(sales)
    web.get(ME)
    before = usage.requests, usage.wru
    changes = {"zone": "Europe/Berlin", "single_keys": "", "take_by_moving": ""}
    response = web.post(ME, posted(sales, name="Ada  Li", **changes))
    # The session and the user are read; account and event are one transaction.
    assert (usage.requests - before[0], usage.wru - before[1]) == (3, 4)
    assert response["Location"] == ME
    assert own_settings(sales) == ("Ada Li", "Europe/Berlin", False, False)
    page = web.get(ME).text
    assert "Your account was changed." in page
    assert 'value="Europe/Berlin"' in page
    assert OFF in page


def test_an_account_of_before_has_what_is_usual(sales: User) -> None:
    names = {"zone", "singleKeys", "takeByMoving", "awayUntil", "mailArrivals", "mailDigest"}
    item = calls.get(RECORDS, keys.user(sales.id), consistent=True)
    assert item
    calls.put(RECORDS, {name: value for name, value in item.items() if name not in names})
    assert own_settings(sales) == (sales.name, "", True, True)
    web = signed_in(sales)
    assert OFF not in web.get(ME).text
    web.post(ME, posted(sales, take_by_moving=""))
    assert own_settings(sales) == (sales.name, "", True, False)


def test_a_signature_has_several_lines(sales: User) -> None:
    web = signed_in(sales)
    assert web.post(ME, posted(sales, signature="Ada Li\r\nAcme")).status_code == 302
    now = User.objects.find(sales.id)
    assert now
    assert now.signature == "Ada Li\nAcme"
    for bad, told in (("a\x01", "Control characters"), ("x" * 501, "at most 500 characters")):
        response = web.post(ME, posted(now, signature=bad))
        assert response.status_code == 422
        assert told in response.text


def test_a_viewer_is_not_asked_about_moves_or_mails(viewer: User) -> None:
    web = signed_in(viewer)
    for name in ("take_by_moving", "signature"):
        assert name not in web.get(ME).text
    assert web.post(ME, posted(viewer, single_keys="")).status_code == 302
    assert own_settings(viewer) == (viewer.name, "", False, True)


def test_who_is_not_signed_in_signs_in_first() -> None:
    assert Client().get(ME)["Location"] == f"/accounts/login/?next={ME}"
    assert Client().post(ME, {}).status_code == 302


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "  "},
        {"name": "x" * 101},
        {"zone": "Nowhere/Here"},
        {"zone": "../../etc/passwd"},
        {"zone": "E" * 65},
        {"version": ""},
        {"version": "x"},
    ],
)
def test_bad_input_says_what_is_wrong(sales: User, bad: dict[str, str]) -> None:
    response = signed_in(sales).post(ME, posted(sales, **bad))
    assert response.status_code == 422
    assert "One thing needs your attention." in response.text
    assert reread(sales).version == sales.version


def test_a_stale_version_keeps_both(admin: User, sales: User) -> None:
    web = signed_in(sales)
    sales.name = "As An Admin Says"
    sales.save(by=admin)
    mine = posted(sales, name="As I Say", single_keys="") | {"version": "1"}
    response = web.post(ME, mine)
    assert response.status_code == 409
    assert "Your account has changed meanwhile." in response.text
    assert response.text.count("As I Say") == 1
    assert 'data-posted="single_keys"' in response.text
    assert OFF not in response.text
    assert own_settings(sales) == ("As An Admin Says", "", True, True)


def test_an_admin_does_not_overwrite_what_somebody_set_meanwhile(
    admin_web: Client, sales: User
) -> None:
    signed_in(sales).post(ME, posted(sales, name="As I Say"))
    given = {"name": "As An Admin Says", "role": "sales", "is_active": "on", "version": "1"}
    assert admin_web.post(f"/accounts/users/{sales.id}/", given).status_code == 409
    assert reread(sales).name == "As I Say"


def test_what_was_typed_outlives_the_session(sales: User) -> None:
    web = signed_in(sales)
    web.get(ME)
    web.session.delete(web.session.session_key)
    page = web.post(ME, posted(sales, name="Typed"))
    assert [one.text for one in page.context["typed"]] == ["Typed"]


def test_wrong_methods_and_forged_posts(sales: User) -> None:
    assert signed_in(sales).put(ME).status_code == 405
    forger = Client(enforce_csrf_checks=True)
    forger.force_login(sales)
    assert forger.post(ME, posted(sales, name="Mallory")).status_code == 403
    assert reread(sales).name == sales.name


def test_the_menu_leads_there(sales: User) -> None:
    assert f'href="{ME}"' in signed_in(sales).get("/accounts/sessions/").text


def test_when_somebody_is_away_and_whether_they_want_mails(sales: User) -> None:
    web = signed_in(sales)
    web.post(ME, posted(sales, away_until="2026-12-24", mail_arrivals=""))
    now = reread(sales)
    assert (now.away_until, now.mail_arrivals) == ("2026-12-24", False)
    assert 'value="2026-12-24"' in web.get(ME).text
    web.post(ME, posted(now, mail_arrivals="on", away_until=""))
    assert (reread(sales).away_until, reread(sales).mail_arrivals) == ("", True)
    assert signed_in(sales).post(ME, posted(reread(sales), away_until="soon")).status_code == 422


def test_a_viewer_is_not_asked_about_absences(viewer: User) -> None:
    page = signed_in(viewer).get(ME).text
    assert "away_until" not in page
    assert "mail_arrivals" not in page
    assert "mail_digest" not in page
