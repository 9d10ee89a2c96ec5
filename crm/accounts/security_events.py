"""What an event of the security log is, and how the append-only record stores it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from secrets import token_hex
from typing import cast

from django.conf import settings

from crm.accounts import keys
from crm.dynamodb.items import Item
from crm.dynamodb.transaction import Put
from crm.tables import RECORDS
from crm.timestamps import stored

DAY = 24 * 3600  # seconds

type Details = Mapping[str, str | int]


class Kind(StrEnum):
    """What happened; the value stands in the log and in the record."""

    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    SIGN_IN_FAILED = "sign-in-failed"
    THROTTLED = "throttled"
    RESET_ASKED = "reset-asked"
    PASSWORD_RESET = "password-reset"  # noqa: S105 -- none of these is a password
    PASSWORD_CHANGED = "password-changed"  # noqa: S105
    PASSWORD_SET = "password-set"  # noqa: S105
    ACCOUNT_ADDED = "account-added"
    NAME_CHANGED = "name-changed"
    ROLE_CHANGED = "role-changed"
    ACTIVATED = "activated"
    DEACTIVATED = "deactivated"
    EXPORTED = "exported"
    IMPORTED = "imported"
    IMPORT_UNDONE = "import-undone"
    DELETED = "deleted"
    SETTINGS_CHANGED = "settings-changed"


REFUSALS = (Kind.SIGN_IN_FAILED, Kind.THROTTLED, Kind.RESET_ASKED)
"""What strangers can do as often as they like: counted by day, one by one in the log alone."""
ACCOUNT_CHANGES = (
    Kind.PASSWORD_RESET,
    Kind.PASSWORD_CHANGED,
    Kind.PASSWORD_SET,
    Kind.ACCOUNT_ADDED,
    Kind.NAME_CHANGED,
    Kind.ROLE_CHANGED,
    Kind.ACTIVATED,
    Kind.DEACTIVATED,
)
DATA_ACTS = (Kind.EXPORTED, Kind.IMPORTED, Kind.IMPORT_UNDONE, Kind.DELETED)
RECORDED = (Kind.SIGNED_IN, *ACCOUNT_CHANGES, *DATA_ACTS, Kind.SETTINGS_CHANGED)


@dataclass(frozen=True)
class Event:
    """Something happened: ``who`` did it to the account ``whom``, from ``address``.

    ``who`` is the id of a user, "" for somebody who is not signed in, or what
    ``command_line()`` says. ``whom`` and ``address`` are "" where there is none.
    """

    kind: Kind
    who: str
    whom: str
    address: str
    details: Details = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def event_put(event: Event) -> Put:
    """Return the write that records an event, and replaces nothing."""
    at = stored(event.at)
    item: Item = {
        **keys.security_event(at, token_hex(8)),
        "kind": event.kind.value,
        "who": event.who,
        "whom": event.whom,
        "address": event.address,
        "details": dict(event.details),
        "at": at,
        "expiresAt": int(event.at.timestamp()) + settings.SECURITY_LOG_DAYS * DAY,
    }
    return Put(table=RECORDS, item=item, condition="attribute_not_exists(#PK)")


def event_of_item(item: Item) -> Event:
    """Return the event that an item records."""
    return Event(
        kind=Kind(str(item["kind"])),
        who=str(item["who"]),
        whom=str(item["whom"]),
        address=str(item["address"]),
        details=_details(cast("dict[str, str | Decimal]", item["details"])),
        at=datetime.fromisoformat(str(item["at"])),
    )


def _details(stored: Mapping[str, str | Decimal]) -> Details:
    return {
        name: int(value) if isinstance(value, Decimal) else value for name, value in stored.items()
    }
