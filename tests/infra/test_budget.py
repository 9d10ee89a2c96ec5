"""The budget by its own API: made once, brought up to date, deleted."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from infra import budget
from infra.options import Options

if TYPE_CHECKING:
    from types_boto3_budgets import BudgetsClient

ACCOUNT = "123456789012"
OPTIONS = Options("dev", "eu-north-1", "ops@example.com", budget=25)
NAME = "leadbook-dev-eu-north-1"
NAMED = {"AccountId": ACCOUNT, "BudgetName": NAME}
BUDGET = {
    "BudgetName": NAME,
    "BudgetType": "COST",
    "TimeUnit": "MONTHLY",
    "BudgetLimit": {"Amount": "25", "Unit": "USD"},
}
NOTIFICATIONS = [
    {
        "NotificationType": kind,
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": percent,
        "ThresholdType": "PERCENTAGE",
    }
    for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
]
ASKED = "describe_subscribers_for_notification"


@pytest.fixture
def client() -> "BudgetsClient":
    return boto3.Session("test", "test").client("budgets", budget.API_REGION)


@pytest.fixture
def api(client: "BudgetsClient") -> Iterator[Stubber]:
    """Yield what answers in the API's place, in this order; all of it has to be asked."""
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def subscribers(mail: str) -> list[dict[str, str]]:
    return [{"SubscriptionType": "EMAIL", "Address": mail}]


def told(notification: dict[str, object], mail: str) -> dict[str, object]:
    return {**NAMED, "Notification": notification, "Subscribers": subscribers(mail)}


def is_there_already(api: Stubber, limit: str = "25") -> None:
    api.add_client_error("create_budget", "DuplicateRecordException")
    changed = {**BUDGET, "BudgetLimit": {"Amount": limit, "Unit": "USD"}}
    api.add_response("update_budget", {}, {"AccountId": ACCOUNT, "NewBudget": changed})


def test_it_is_made(client: "BudgetsClient", api: Stubber) -> None:
    api.add_response("create_budget", {}, {"AccountId": ACCOUNT, "Budget": BUDGET})
    for notification in NOTIFICATIONS:
        api.add_client_error(ASKED, "NotFoundException")
        api.add_response("create_notification", {}, told(notification, OPTIONS.mail))
    budget.put(client, ACCOUNT, OPTIONS)


def test_one_that_is_there_gets_the_new_limit(client: "BudgetsClient", api: Stubber) -> None:
    is_there_already(api, limit="30")
    for notification in NOTIFICATIONS:
        asked = {**NAMED, "Notification": notification}
        api.add_response(ASKED, {"Subscribers": subscribers(OPTIONS.mail)}, asked)
    budget.put(client, ACCOUNT, replace(OPTIONS, budget=30))


def test_another_address_takes_the_place_of_the_first(
    client: "BudgetsClient", api: Stubber
) -> None:
    is_there_already(api)
    for notification in NOTIFICATIONS:
        asked = {**NAMED, "Notification": notification}
        api.add_response(ASKED, {"Subscribers": subscribers("old@example.com")}, asked)
        api.add_response("delete_notification", {}, asked)
        api.add_response("create_notification", {}, told(notification, OPTIONS.mail))
    budget.put(client, ACCOUNT, OPTIONS)


def test_it_is_deleted_once(client: "BudgetsClient", api: Stubber) -> None:
    api.add_response("delete_budget", {}, NAMED)
    assert budget.delete(client, ACCOUNT, OPTIONS)
    api.add_client_error("delete_budget", "NotFoundException")
    assert not budget.delete(client, ACCOUNT, OPTIONS)
