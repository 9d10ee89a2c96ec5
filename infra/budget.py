"""The budget of a stage where CloudFormation makes none: through its own API, the same for all.

Budgets have no region; their API is asked in us-east-1.
"""

from typing import TYPE_CHECKING, Literal

from infra import naming
from infra.options import Options

if TYPE_CHECKING:
    from types_boto3_budgets import BudgetsClient
    from types_boto3_budgets.type_defs import (
        BudgetUnionTypeDef,
        NotificationTypeDef,
        SubscriberTypeDef,
    )

API_REGION = "us-east-1"
# In percent of the budget. What is forecast is told before it is spent.
WARNINGS: tuple[tuple[Literal["ACTUAL", "FORECASTED"], int], ...] = (
    ("ACTUAL", 80),
    ("FORECASTED", 100),
)


def put(client: "BudgetsClient", account: str, options: Options) -> None:
    """Make the budget of the stage, or bring it up to date. Raises botocore's errors."""
    budget = _budget(options)
    try:
        client.create_budget(AccountId=account, Budget=budget)
    except client.exceptions.DuplicateRecordException:
        client.update_budget(AccountId=account, NewBudget=budget)
    for notification in _notifications():
        _put_notification(client, account, options, notification)


def delete(client: "BudgetsClient", account: str, options: Options) -> bool:
    """Delete the budget of the stage; return whether there was one."""
    try:
        client.delete_budget(AccountId=account, BudgetName=naming.budget(options))
    except client.exceptions.NotFoundException:
        return False
    return True


def _put_notification(
    client: "BudgetsClient", account: str, options: Options, notification: "NotificationTypeDef"
) -> None:
    """Let the mail address, and no other, hear of it; what is so already hears nothing twice."""
    name = naming.budget(options)
    wanted: list[SubscriberTypeDef] = [{"SubscriptionType": "EMAIL", "Address": options.mail}]
    try:
        found = client.describe_subscribers_for_notification(
            AccountId=account, BudgetName=name, Notification=notification
        )
        if found["Subscribers"] == wanted:
            return
        client.delete_notification(AccountId=account, BudgetName=name, Notification=notification)
    except client.exceptions.NotFoundException:
        pass
    client.create_notification(
        AccountId=account, BudgetName=name, Notification=notification, Subscribers=wanted
    )


def _budget(options: Options) -> "BudgetUnionTypeDef":
    return {
        "BudgetName": naming.budget(options),
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": str(options.budget), "Unit": "USD"},
    }


def _notifications() -> "list[NotificationTypeDef]":
    return [
        {
            "NotificationType": kind,
            "ComparisonOperator": "GREATER_THAN",
            "Threshold": percent,
            "ThresholdType": "PERCENTAGE",
        }
        for kind, percent in WARNINGS
    ]
