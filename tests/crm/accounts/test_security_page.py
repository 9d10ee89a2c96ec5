"""The security log as admins see it: newest first, page by page, filtered."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client

from crm.accounts import refusal_counts, security_record
from crm.accounts.models import User
from crm.accounts.security_events import Details, Event, Kind, event_put
from crm.accounts.security_record import Filter
from crm.dynamodb import calls
from crm.dynamodb.capacity import Usage
from crm.dynamodb.cursor import InvalidCursorError
from crm.tables import RECORDS
from tests.crm.accounts.conftest import signed_in

URL = "/accounts/log/"
NOW = datetime.now(UTC)
MALICIOUS = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _no_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal_counts, "_waiting", Counter())


def moment() -> datetime:
    """Return the present moment once the one before is over: events are sorted by milliseconds."""
    begun = at = datetime.now(UTC)
    while at - begun < timedelta(milliseconds=1):
        at = datetime.now(UTC)
    return at


def put(
    at: datetime,
    kind: Kind = Kind.SIGNED_IN,
    *,
    who: str = "a",
    whom: str = "",
    details: Details | None = None,
) -> None:
    """Record an event of some time ago."""
    event = Event(kind, who, whom or who, "203.0.113.77", details or {}, at)
    calls.put(RECORDS, event_put(event).item)


def rows(page: str) -> list[list[str]]:
    """Return the cells of the events on a page, as texts."""
    table = page.partition('id="events"')[2].partition("</table>")[0]
    cell_text = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
    cells = [cell_text.findall(row) for row in table.split("<tr>")[2:]]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def all_events(wanted: Filter = Filter()) -> list[Event]:  # noqa: B008 -- immutable
    """Return the events of all pages."""
    found: list[Event] = []
    position = ""
    while True:
        page = security_record.read_page(wanted, position)
        found += page.events
        position = page.older
        if not position:
            return found


# --- The view --------------------------------------------------------------------------------


def test_only_admins_come_in(admin: User, sales: User, viewer: User) -> None:
    statuses = [signed_in(user).get(URL).status_code for user in (admin, sales, viewer)]
    assert statuses == [200, 403, 403]
    assert Client().get(URL)["Location"] == f"/accounts/login/?next={URL}"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_looked_at(admin_web: Client, method: str) -> None:
    assert getattr(admin_web, method)(URL).status_code == 405


def test_nobody_keeps_a_copy(admin_web: Client) -> None:
    assert "no-store" in admin_web.get(URL)["Cache-Control"]


def test_who_whom_what_from_where_and_when(admin_web: Client, admin: User, sales: User) -> None:
    admin_web.cookies["zone"] = "Asia/Kolkata"
    put(moment(), who=admin.id)
    at = moment()
    details = {"role": "viewer", "before": "sales"}
    put(at, Kind.ROLE_CHANGED, who=admin.id, whom=sales.id, details=details)
    page = admin_web.get(URL).content.decode()
    first, second = rows(page)[:2]
    assert first[:4] == [
        "Role changed from Sales to Viewer",
        "Admin Person",
        "Sales Person",
        "203.0.113.77",
    ]
    assert second[:3] == ["Signed in", "Admin Person", ""]
    local = at + timedelta(hours=5, minutes=30)
    assert local.strftime("%H:%M") in first[4]
    assert "Asia/Kolkata" in page
    assert "Kept for 90 days" in page


def test_names_are_shown_as_they_are(admin_web: Client, sales: User) -> None:
    sales.name = MALICIOUS
    sales.save()
    put(moment(), who=sales.id)
    put(moment(), who=f"command line: {MALICIOUS}")
    page = admin_web.get(URL).content.decode()
    assert MALICIOUS not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; on the command line" in page


@pytest.mark.parametrize(
    ("kind", "details", "text"),
    [
        (Kind.EXPORTED, {"format": "csv"}, "Exported as csv"),
        (Kind.IMPORTED, {"import_id": "x", "rows": 1}, "Import of 1 row"),
        (Kind.IMPORTED, {"import_id": "x", "rows": 2000}, "Import of 2,000 rows"),
        (Kind.SETTINGS_CHANGED, {}, "Settings of the desk changed"),
        (Kind.IMPORT_UNDONE, {"import_id": "x", "rows": 2}, "Import of 2 rows taken back"),
        (Kind.DELETED, {"number": 3}, "Deletion of 3 entries at once"),
        (Kind.ACCOUNT_ADDED, {"role": "admin"}, "Account added with the role Admin"),
        (Kind.PASSWORD_RESET, {}, "Password set through a link by mail"),
    ],
)
def test_what_happened_is_said(admin_web: Client, kind: Kind, details: Details, text: str) -> None:
    put(moment(), kind, details=details)
    assert text in [row[0] for row in rows(admin_web.get(URL).content.decode())]


def test_filters(admin_web: Client, admin: User, sales: User) -> None:
    put(moment(), Kind.EXPORTED, who=sales.id, details={"format": "csv"})
    page = admin_web.get(URL, {"what": "data"}).content.decode()
    assert [row[0] for row in rows(page)] == ["Exported as csv"]
    page = admin_web.get(URL, {"person": sales.id}).content.decode()
    assert [row[0] for row in rows(page)] == [
        "Exported as csv",
        "Account added with the role Sales",
    ]
    page = admin_web.get(URL, {"what": "sign-ins", "person": sales.id}).content.decode()
    assert not rows(page)
    assert "Nothing was recorded yet." in page


@pytest.mark.parametrize(
    "query", [{"what": "x"}, {"person": "x"}, {"what": MALICIOUS}, {"person": "a\x00"}]
)
def test_a_filter_that_is_none_is_named(admin_web: Client, query: dict[str, str]) -> None:
    response = admin_web.get(URL, query)
    assert response.status_code in {400, 422}
    assert MALICIOUS not in response.content.decode()


@pytest.mark.parametrize("cursor", ["x", "", "x" * 9000])
def test_a_page_address_that_was_altered(admin_web: Client, cursor: str) -> None:
    assert admin_web.get(URL, {"cursor": cursor}).status_code == (400 if cursor else 200)


def test_from_page_to_page(admin_web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security_record, "PAGE", 2)
    for number in range(4):
        put(moment(), who=f"user {number}")
    first = admin_web.get(URL).content.decode()
    assert [row[1] for row in rows(first)] == ["user 3", "user 2"]
    second = admin_web.get(_link(first, "page-older")).content.decode()
    assert [row[1] for row in rows(second)] == ["user 1", "user 0"]
    assert _link(second, "page-newest") == URL


def _link(page: str, name: str) -> str:
    found = re.search(rf'id="{name}" href="([^"]+)"', page)
    assert found
    return found[1].replace("&amp;", "&")


def test_refusals_stand_beside(admin_web: Client) -> None:
    for _ in range(3):
        Client().post("/accounts/login/", {"username": "x@example.com", "password": "wrong"})
    page = admin_web.get(URL).content.decode()
    refused = page.partition('id="refused"')[2]
    assert re.findall(r'class="tag">([^<]+)<', refused) == ["3 failed sign-ins"]


def test_nothing_was_refused(admin_web: Client) -> None:
    page = " ".join(admin_web.get(URL).content.decode().split())
    assert "Of the last 14 days, each in UTC." in page
    assert "There were none." in page


def test_admins_find_it(admin_web: Client, sales: User) -> None:
    assert f'href="{URL}"' in admin_web.get("/accounts/users/").content.decode()
    page = admin_web.get(f"/accounts/users/{sales.id}/").content.decode()
    assert f'href="{URL}?person={sales.id}"' in page


# --- The record ------------------------------------------------------------------------------


def test_months_follow_each_other_until_all_has_expired(
    tables: None, settings: LazySettings
) -> None:
    for days in (0, 40, 80, 89, 91, 140):
        put(NOW - timedelta(days=days), who=f"{days} days")
    assert [event.who for event in all_events()] == ["0 days", "40 days", "80 days", "89 days"]
    settings.SECURITY_LOG_DAYS = 3650
    assert len(all_events()) == 4  # each says itself when it expires


def test_no_event_is_lost_or_doubled_between_pages(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security_record, "PAGE", 3)
    monkeypatch.setattr(security_record, "FILTERED_READ", 4)
    for number in range(40):
        kind = Kind.EXPORTED if number % 3 == 0 else Kind.SIGNED_IN
        put(NOW - timedelta(days=2 * number), kind, who=f"user {number}")
    everybody = [f"user {number}" for number in range(40)]
    assert [event.who for event in all_events()] == everybody
    exports = all_events(Filter((Kind.EXPORTED,)))
    assert [event.who for event in exports] == everybody[::3]
    assert [event.who for event in all_events(Filter((), "user 39"))] == ["user 39"]


def test_many_events_of_one_moment(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security_record, "PAGE", 2)
    for number in range(7):
        put(NOW, who=str(number))
    assert sorted(event.who for event in all_events()) == [*"0123456"]


def test_what_a_page_costs(tables: None, usage: Usage) -> None:
    for _ in range(60):
        put(NOW)
    before = (usage.requests, usage.rru)
    assert len(security_record.read_page(Filter()).events) == 50
    assert usage.requests - before[0] == 1
    assert usage.rru - before[1] <= 2.5


def test_a_cursor_is_of_one_list(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security_record, "PAGE", 1)
    for _ in range(3):
        put(NOW)
    older = security_record.read_page(Filter()).older
    with pytest.raises(InvalidCursorError):
        security_record.read_page(Filter(person="a"), older)
