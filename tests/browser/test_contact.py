"""The public contact form, as visitors use it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crm.dynamodb.errors import UnavailableError
from leads import repository
from leads.intake.context import HONEYPOT
from leads.models import Lead, Status
from tests.browser.conftest import PHONE, Visit

MESSAGE = "First line\n\n<b>second</b> line"


def fill(page: Page, email: str = "ada@example.com") -> None:
    page.get_by_label("Name").fill("Ada Li")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Company").fill("Engines & Sons")
    page.get_by_label("Subject").fill("A question")
    page.get_by_label("Message").fill(MESSAGE)


def stored() -> list[Lead]:
    return repository.by_status(Status.NEW).leads


@pytest.mark.parametrize("java_script", [True, False])
def test_a_message_arrives_once(visit: Visit, java_script: bool) -> None:  # noqa: FBT001
    page = visit("/contact/", viewport=PHONE, java_script_enabled=java_script)
    fill(page)
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page).to_have_url("/contact/thanks/")
    page.reload()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.go_back()
    page.reload()
    (lead,) = stored()
    assert repository.get(lead.lead_id).message == MESSAGE
    assert page.context.cookies() == []


@pytest.mark.parametrize("java_script", [True, False])
def test_errors_stand_beside_their_fields_and_the_text_stays(
    visit: Visit,
    expects: Callable[..., None],
    java_script: bool,  # noqa: FBT001
) -> None:
    page = visit("/contact/", java_script_enabled=java_script)
    expects("422")
    fill(page, email="ada at example")
    page.get_by_label("Subject").fill("")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("alert")).to_contain_text("2 things need your attention.")
    email = page.get_by_label("E-mail address")
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_accessible_description(re.compile("This is not an e-mail address."))
    expect(page.get_by_label("Message")).to_have_value(MESSAGE)
    expect(email).to_have_value("ada at example")
    if java_script:
        expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("alert").get_by_role("link", name="E-mail address").click()
    expect(email).to_be_focused()
    email.fill("ada@example.com")
    page.get_by_label("Subject").fill("A question")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert len(stored()) == 1


def test_a_double_click_is_one_lead(visit: Visit) -> None:
    page = visit("/contact/")
    fill(page)
    page.get_by_role("button", name="Send message").dblclick()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert len(stored()) == 1


@pytest.mark.parametrize("java_script", [True, False])
def test_who_goes_back_and_sends_the_same_again_is_heard_once(
    visit: Visit,
    java_script: bool,  # noqa: FBT001
) -> None:
    """As browsers go back that keep no whole page in memory."""
    page = visit("/contact/", java_script_enabled=java_script)
    submission = page.locator("[name=submission]")
    first = submission.input_value()
    fill(page)
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.go_back()
    expect(submission).to_have_value(first)
    fill(page)
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert len(stored()) == 1


def test_an_outage_keeps_the_text(
    visit: Visit, expects: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit("/contact/")
    expects("503")
    fill(page)

    def fail(*_: object, **__: object) -> None:
        raise UnavailableError("No answer.")

    with monkeypatch.context() as broken:
        broken.setattr(repository, "create", fail)
        page.get_by_role("button", name="Send message").click()
        expect(page.get_by_role("alert")).to_contain_text("could not be sent just now")
        expect(page.get_by_role("alert")).to_be_focused()  # to be read out
    expect(page.get_by_label("Message")).to_have_value(MESSAGE)
    assert not stored()
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert len(stored()) == 1


def test_what_a_browser_fills_in_by_itself_is_no_mark(visit: Visit) -> None:
    page = visit("/contact/")
    tools = page.context.new_cdp_session(page)
    known = {
        "NAME_FULL": "Ada Lovelace",
        "EMAIL_ADDRESS": "ada@example.com",
        "COMPANY_NAME": "Analytical Engines",
        "PHONE_HOME_WHOLE_NUMBER": "+442079460958",
        "ADDRESS_HOME_LINE1": "12 St James's Square",
        "ADDRESS_HOME_CITY": "London",
        "ADDRESS_HOME_ZIP": "SW1Y 4JH",
        "ADDRESS_HOME_COUNTRY": "GB",
    }
    address = {"fields": [{"name": name, "value": value} for name, value in known.items()]}
    filled: list[dict[str, str]] = []
    tools.on("Autofill.addressFormFilled", lambda told: filled.extend(told["filledFields"]))
    tools.send("Autofill.enable")
    root = tools.send("DOM.getDocument")["root"]["nodeId"]
    name = tools.send("DOM.querySelector", {"nodeId": root, "selector": "#id_name"})
    node = tools.send("DOM.describeNode", name)["node"]
    tools.send("Autofill.trigger", {"fieldId": node["backendNodeId"], "address": address})
    expect(page.get_by_label("E-mail address")).to_have_value("ada@example.com")
    expect(page.get_by_label("Company")).to_have_value("Analytical Engines")
    expect(page.locator(f"[name={HONEYPOT}]")).to_have_value("")
    # Nor would it be if it were shown: it is taken for no part of an address.
    assert [one["autofillType"] for one in filled if one["name"] == HONEYPOT] == [""]
    page.get_by_label("Subject").fill("Engines")
    page.get_by_label("Message").fill(MESSAGE)
    page.get_by_role("button", name="Send message").click()
    expect(page).to_have_url("/contact/thanks/")
    (lead,) = stored()
    came = repository.get(lead.lead_id, consistent=True).attribution
    assert came.marks.keys() == {"seconds"}


def test_a_person_meets_nothing_of_what_goes_along(visit: Visit) -> None:
    page = visit("/contact/?utm_source=ads&page=https://shop.example/desks")
    tree = page.locator("body").aria_snapshot()
    assert tree.count("- textbox") == 5
    assert "topic" not in tree
    page.get_by_label("Name").focus()
    names = []
    for _ in range(6):
        names.append(page.evaluate("document.activeElement.getAttribute('name')"))
        page.keyboard.press("Tab")
    assert names == ["name", "email", "company", "subject", "message", None]
    fill(page)
    page.get_by_role("button", name="Send message").click()
    expect(page).to_have_url("/contact/thanks/")
    (lead,) = stored()
    came = repository.get(lead.lead_id, consistent=True).attribution
    assert (came.utm_source, came.page) == ("ads", "https://shop.example/desks")
    assert came.marks.keys() == {"seconds"}
