"""The tables, described once: ``create_tables``, the tests and the infrastructure read this.

Why three tables and what each index projects is told in ``docs/data-model.md``.
"""

from dataclasses import dataclass
from typing import cast

from django.conf import settings


@dataclass(frozen=True)
class Index:
    """A global secondary index; ``include`` lists the projected attributes beside the keys.

    An empty ``include`` projects the keys only.
    """

    setting: str
    default: str
    partition_key: str
    sort_key: str
    include: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name in this deployment."""
        return cast("str", getattr(settings, self.setting, self.default))


@dataclass(frozen=True)
class Table:
    """A table; all keys are strings. ``durable`` asks for backup, stream and protection."""

    setting: str
    default: str
    partition_key: str
    sort_key: str | None = None
    indexes: tuple[Index, ...] = ()
    ttl: str | None = None
    durable: bool = True

    @property
    def name(self) -> str:
        """The name in this deployment."""
        return cast("str", getattr(settings, self.setting, self.default))

    @property
    def key_attributes(self) -> tuple[str, ...]:
        """The attributes of the primary key."""
        return (self.partition_key, self.sort_key) if self.sort_key else (self.partition_key,)


# What a card shows. Every byte here is read 25 times a column: "updatedAt" stays out.
CARD_ATTRIBUTES = ("name", "email", "company", "subject", "version", "ownerId", "stageEnteredAt")

STATUS_INDEX = Index("STATUS_INDEX", "status-index", "status", "createdAt", CARD_ATTRIBUTES)
# Keys only, so that moving or editing a lead does not rewrite it.
EMAIL_INDEX = Index("EMAIL_INDEX", "email-index", "email", "createdAt")
OWNER_INDEX = Index(
    "OWNER_INDEX",
    "owner-index",
    "ownerId",
    "createdAt",
    tuple(name for name in (*CARD_ATTRIBUTES, "status") if name != "ownerId"),
)
DUE_INDEX = Index("DUE_INDEX", "due-index", "ownerId", "dueAt")

LEADS = Table(
    "TABLE_NAME",
    "ContactFormLeads",
    "leadId",
    indexes=(EMAIL_INDEX, STATUS_INDEX, OWNER_INDEX),
)
RECORDS = Table("RECORDS_TABLE_NAME", "CrmRecords", "PK", "SK", indexes=(DUE_INDEX,))
EPHEMERAL = Table("EPHEMERAL_TABLE_NAME", "CrmEphemeral", "PK", ttl="expiresAt", durable=False)

TABLES = (LEADS, RECORDS, EPHEMERAL)
