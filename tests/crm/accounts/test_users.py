"""The accounts, for admins."""

import re

import pytest
from django.test import Client

from crm.accounts import throttle
from crm.accounts.models import Role, User
from tests.conftest import PASSWORD
from tests.crm.accounts.conftest import reread, signed_in

LIST = "/accounts/users/"
ADD = "/accounts/users/add/"
MALICIOUS = "<script>alert(1)</script>"
NEW = {
    "email": "New@Example.com",
    "name": " New  Person ",
    "role": "sales",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


def edit_url(user: User) -> str:
    """Return the address of the page of an account."""
    return f"{LIST}{user.id}/"


def edit(web: Client, user: User, **changes: str) -> int:
    """Post the form of an account as shown, with changes, and return the status."""
    data = {"name": user.name, "role": str(user.role), "version": str(user.version)}
    if user.is_active:
        data["is_active"] = "on"
    return web.post(edit_url(user), data | changes).status_code


def paths(user: User) -> list[str]:
    """Return all addresses that are for admins alone."""
    return [LIST, ADD, edit_url(user), edit_url(user) + "password/"]


def test_only_admins_come_in(admin: User, sales: User, viewer: User) -> None:
    webs = {"admin": signed_in(admin), "sales": signed_in(sales), "viewer": signed_in(viewer)}
    for path in paths(viewer):
        statuses = {name: web.get(path).status_code for name, web in webs.items()}
        assert statuses == {"admin": 200, "sales": 403, "viewer": 403}
        assert webs["sales"].post(path, NEW).status_code in {403, 405}
        assert Client().get(path)["Location"] == f"/accounts/login/?next={path}"
    assert len(User.objects.everyone()) == 3


@pytest.mark.parametrize("bad", ["0" * 32, "1", "x" * 3000, "%3Cscript%3E", "é"])
def test_missing_and_bad_ids(admin_web: Client, bad: str) -> None:
    for path in (f"{LIST}{bad}/", f"{LIST}{bad}/password/"):
        assert admin_web.get(path).status_code == 404
        assert admin_web.post(path, {}).status_code == 404


def test_a_zero_byte_is_no_id(admin_web: Client) -> None:
    assert admin_web.get(f"{LIST}a%00b/").status_code in {400, 404}


def test_wrong_methods(admin_web: Client, sales: User) -> None:
    assert admin_web.post(LIST).status_code == 405
    for path in paths(sales)[1:]:
        assert admin_web.delete(path).status_code == 405


def test_the_list_shows_everyone(admin_web: Client, sales: User) -> None:
    sales.name, sales.is_active = MALICIOUS, False
    sales.save()
    page = admin_web.get(LIST).content.decode()
    assert "Admin Person" in page
    assert "&lt;script&gt;alert(1)" in page
    assert MALICIOUS not in page
    assert "Inactive" in page
    assert edit_url(sales) in page


def test_adding(admin_web: Client) -> None:
    response = admin_web.post(ADD, NEW, follow=True)
    assert response.redirect_chain == [(LIST, 302)]
    assert "The account of New Person was added." in response.content.decode()
    user = User.objects.find_by_email("new@example.com")
    assert user
    assert (user.name, user.role, user.is_active) == ("New Person", "sales", True)
    assert user.check_password(PASSWORD)
    assert (
        admin_web.post(ADD, NEW | {"email": "b@example.com", "_addanother": "1"})["Location"] == ADD
    )


@pytest.mark.parametrize(
    ("field", "value", "blamed"),
    [
        ("email", "nobody", "email"),
        ("email", "ADMIN@example.com", "email"),
        ("email", "x" * 100_000, "email"),
        ("email", "", "email"),
        ("name", "", "name"),
        ("name", "a\x00b", "name"),
        ("name", "x" * 101, "name"),
        ("role", "owner", "role"),
        ("role", "", "role"),
        ("password1", "different phrase", "password2"),
        ("password2", "", "password2"),
    ],
)
def test_bad_fields_are_named_and_nothing_is_added(
    admin_web: Client, field: str, value: str, blamed: str
) -> None:
    response = admin_web.post(ADD, NEW | {field: value})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [blamed]
    assert 'aria-invalid="true"' in response.content.decode()
    assert len(User.objects.everyone()) == 1


def test_weak_passwords_are_refused(admin_web: Client) -> None:
    for weak in ("short", "new@example.com", "1234567890123"):
        response = admin_web.post(ADD, NEW | {"password1": weak, "password2": weak})
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["password2"]


def test_what_was_typed_is_kept_but_never_a_password(admin_web: Client) -> None:
    page = admin_web.post(ADD, NEW | {"role": "owner", "name": MALICIOUS}).content.decode()
    assert 'value="New@Example.com"' in page
    assert "&lt;script&gt;" in page
    assert MALICIOUS not in page
    assert PASSWORD not in page


def test_an_empty_post_is_refused(admin_web: Client, sales: User) -> None:
    for path in (ADD, edit_url(sales), edit_url(sales) + "password/"):
        assert admin_web.post(path, {}).status_code == 422


def test_changing(admin_web: Client, sales: User) -> None:
    assert edit(admin_web, sales, name="New Name", role="viewer") == 302
    assert (reread(sales).name, reread(sales).role) == ("New Name", "viewer")
    assert "New Name was changed" in admin_web.get(LIST).content.decode()
    data = {"name": "Other", "role": "sales", "version": "2", "is_active": "on", "_continue": "1"}
    assert admin_web.post(edit_url(sales), data)["Location"] == edit_url(sales)


@pytest.mark.parametrize(
    "bad",
    [
        {"role": "owner"},
        {"name": ""},
        {"name": "x" * 101},
        {"version": "x"},
        {"version": "9" * 400},
        {"version": ""},
    ],
)
def test_bad_changes_are_refused(admin_web: Client, sales: User, bad: dict[str, str]) -> None:
    assert edit(admin_web, sales, **bad) == 422
    assert reread(sales).version == 1


def test_a_stale_change_shows_the_account_as_it_is(admin_web: Client, sales: User) -> None:
    edit(admin_web, sales, name="First")
    data = {"name": "Second", "role": "sales", "is_active": "on", "version": "1"}
    response = admin_web.post(edit_url(sales), data)
    assert response.status_code == 409
    page = response.content.decode()
    assert "Somebody else has changed this account" in page
    assert 'value="First"' in page
    assert 'name="version" value="2"' in page
    assert reread(sales).name == "First"


def test_a_stale_change_stands_beside_the_account(admin_web: Client, sales: User) -> None:
    edit(admin_web, sales, name="First")
    page = admin_web.post(edit_url(sales), {"name": MALICIOUS, "role": "viewer", "version": "1"})
    found = re.findall(r'data-posted="(\w+)">.*?written">(.*?)</div>', page.text, re.DOTALL)
    assert found == [
        ("name", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("role", "Viewer"),
        ("is_active", "inactive"),
    ]


def test_deactivating_ends_sessions_and_reactivating_lets_in(
    admin_web: Client, sales: User
) -> None:
    web = signed_in(sales)
    assert edit(admin_web, sales, is_active="") == 302
    assert web.get("/board/").status_code == 302
    assert edit(admin_web, reread(sales), is_active="on") == 302
    assert web.get("/board/").status_code == 302
    assert signed_in(reread(sales)).get("/board/").status_code == 200


def test_admins_can_neither_demote_nor_deactivate_themselves(
    admin: User, admin_web: Client
) -> None:
    data = {"name": "New Me", "role": "viewer", "version": "1"}
    assert admin_web.post(edit_url(admin), data).status_code == 302
    stored = reread(admin)
    assert (stored.name, stored.role, stored.is_active) == ("New Me", "admin", True)
    page = admin_web.get(edit_url(admin)).content.decode()
    assert page.count("disabled") == 2


def test_who_is_demoted_meanwhile_is_refused(
    admin: User, sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = signed_in(admin)
    find = User.objects.find

    def demoted_meanwhile(user_id: str) -> User | None:
        found = find(user_id)
        if user_id == sales.id:
            admin.role = Role.VIEWER
            admin.save()
        return found

    monkeypatch.setattr(User.objects, "find", demoted_meanwhile)
    assert edit(web, sales, role="admin") == 403
    assert reread(sales).role == "sales"


def test_setting_a_password_ends_the_sessions(admin_web: Client, sales: User) -> None:
    web = signed_in(sales)
    data = {"new_password1": "quite another phrase", "new_password2": "quite another phrase"}
    response = admin_web.post(edit_url(sales) + "password/", data, follow=True)
    assert response.redirect_chain == [(edit_url(sales), 302)]
    assert "has a new password" in response.content.decode()
    assert web.get("/board/").status_code == 302
    assert reread(sales).check_password("quite another phrase")


def test_a_password_set_by_an_admin_can_be_used_at_once(admin_web: Client, sales: User) -> None:
    counters = throttle.sign_in(sales.email, "192.0.2.1")[1:]
    while not throttle.reserve(counters):
        pass
    data = {"new_password1": "quite another phrase", "new_password2": "quite another phrase"}
    admin_web.post(edit_url(sales) + "password/", data)
    assert throttle.reserve(counters) == 0


def test_bad_passwords_are_not_set(admin_web: Client, sales: User) -> None:
    for one, two in (("short", "short"), ("quite another phrase", "else"), ("", "")):
        data = {"new_password1": one, "new_password2": two}
        response = admin_web.post(edit_url(sales) + "password/", data)
        assert response.status_code == 422
    assert reread(sales).password == sales.password


def test_ones_own_password_is_changed_elsewhere(admin: User, admin_web: Client) -> None:
    response = admin_web.get(edit_url(admin) + "password/")
    assert response["Location"] == "/accounts/password-change/"


def test_forms_need_their_token(admin: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)
    assert strict.post(ADD, NEW).status_code == 403
