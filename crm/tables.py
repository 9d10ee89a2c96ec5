"""The four tables, described once: ``create_tables``, the tests and the infrastructure read this.

Why they are four and what each index projects is told in ``docs/data-model.md``. What an
index includes can never be changed once it is there, so it stands here as it is.
"""

from crm.dynamodb.schema import Index, Table

# What a card shows. Every byte here is read 25 times a column: "updatedAt" stays out.
CARD_ATTRIBUTES = ("name", "email", "company", "subject", "version", "ownerId", "stageEnteredAt")
# What cards show where the index is younger than release 12, and what they are going to.
NEWER_CARD_ATTRIBUTES = (
    "preview",
    "note",
    "noteAt",
    "noteBy",
    "outcome",
    "reason",
    "closedBy",
    "followUpAt",
    "wroteAt",
    "answeredAt",
    "tags",
    "score",
)

STATUS_INDEX = Index(
    "STATUS_INDEX",
    "status-index",
    "status",
    "createdAt",
    (*CARD_ATTRIBUTES, *NEWER_CARD_ATTRIBUTES),
    newer=NEWER_CARD_ATTRIBUTES,
)
# Keys only, so that moving or editing a lead does not rewrite it.
EMAIL_INDEX = Index("EMAIL_INDEX", "email-index", "email", "createdAt")
# Of releases before 12: read until ``recount`` has filed all leads by their board, then dropped.
OWNER_INDEX = Index(
    "OWNER_INDEX",
    "owner-index",
    "ownerId",
    "createdAt",
    tuple(name for name in (*CARD_ATTRIBUTES, "status") if name != "ownerId"),
)
# A person's board, or nobody's: its key tells owner and stage, or how a lead was closed.
BOARD_INDEX = Index(
    "BOARD_INDEX",
    "board-index",
    "boardKey",
    "createdAt",
    tuple(name for name in (*CARD_ATTRIBUTES, *NEWER_CARD_ATTRIBUTES) if name != "ownerId"),
)
DUE_INDEX = Index("DUE_INDEX", "due-index", "ownerId", "dueAt")
# What a line of what is due shows; "leadId" and "kind" are for tasks, which are to come.
AGENDA_ATTRIBUTES = (
    "leadId",
    "kind",
    "title",
    "company",
    "status",
    "text",
    "personId",
    "version",
)
# What is due to a person, and what is to anybody: the same items.
AGENDA_INDEX = Index("AGENDA_INDEX", "agenda-index", "agendaKey", "dueAt", AGENDA_ATTRIBUTES)
TEAM_AGENDA_INDEX = Index(
    "TEAM_AGENDA_INDEX", "team-agenda-index", "teamKey", "dueAt", AGENDA_ATTRIBUTES
)

LEADS = Table(
    "TABLE_NAME",
    "ContactFormLeads",
    "leadId",
    indexes=(EMAIL_INDEX, STATUS_INDEX, BOARD_INDEX),
)
# What expires there is the security log and, in time, what nobody can take back any more.
RECORDS = Table(
    "RECORDS_TABLE_NAME",
    "CrmRecords",
    "PK",
    "SK",
    indexes=(DUE_INDEX, AGENDA_INDEX, TEAM_AGENDA_INDEX),
    ttl="expiresAt",
)
EPHEMERAL = Table("EPHEMERAL_TABLE_NAME", "CrmEphemeral", "PK", ttl="expiresAt", durable=False)

# What a list shows, never the message: a held one costs a unit in each index, however long.
HELD_ATTRIBUTES = ("name", "email", "subject", "source", "network", "actorName", "expiresAt")
HELD_INDEX = Index("HELD_INDEX", "held-index", "state", "heldAt", HELD_ATTRIBUTES)
HELD_NETWORK_INDEX = Index(
    "HELD_NETWORK_INDEX",
    "held-network-index",
    "heldNetwork",
    "heldAt",
    (*HELD_ATTRIBUTES, "state"),
)
HELD = Table(
    "HELD_TABLE_NAME",
    "CrmHeld",
    "PK",
    ttl="expiresAt",
    indexes=(HELD_INDEX, HELD_NETWORK_INDEX),
    stream=False,
)

TABLES = (LEADS, RECORDS, EPHEMERAL, HELD)
