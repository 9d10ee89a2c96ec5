"""What the application asks of the store, in leads and typed errors.

``reads`` answers pages, ``boards`` the columns of everybody or an owner, ``listing`` pages
through filtered lists, ``writes`` changes one lead, ``bulk`` many at once, ``steps`` all of a
list; ``acts`` tells what was done and ``undo`` takes it back, ``intake`` takes new ones,
``counters`` knows the totals, ``search`` finds by words, ``addresses`` by an address.
``conversation`` keeps what people write about a lead, ``agenda`` when to get back to it.
"""

from leads.repository import agenda, conversation, steps
from leads.repository.acts import act_of
from leads.repository.addresses import by_email
from leads.repository.boards import Board, board, by_status
from leads.repository.bulk import Report, assign_many, close_many, delete_many, move_many
from leads.repository.counters import Counts, counts
from leads.repository.errors import (
    ActNotFoundError,
    EntryDeletedError,
    EntryNotFoundError,
    LeadNotFoundError,
    StaleEntryError,
    StaleLeadError,
    SubmissionReusedError,
)
from leads.repository.filters import Filter
from leads.repository.history import lead_and_timeline
from leads.repository.intake import Intake, create
from leads.repository.listing import listing
from leads.repository.reads import (
    LeadPage,
    Timeline,
    get,
    get_many,
    has_given,
    last_change,
    timeline,
)
from leads.repository.search import SearchPage, search
from leads.repository.undo import Undone, undo
from leads.repository.writes import assign, close, delete, edit, follow_up, move

__all__ = [
    "ActNotFoundError",
    "Board",
    "Counts",
    "EntryDeletedError",
    "EntryNotFoundError",
    "Filter",
    "Intake",
    "LeadNotFoundError",
    "LeadPage",
    "Report",
    "SearchPage",
    "StaleEntryError",
    "StaleLeadError",
    "SubmissionReusedError",
    "Timeline",
    "Undone",
    "act_of",
    "agenda",
    "assign",
    "assign_many",
    "board",
    "by_email",
    "by_status",
    "close",
    "close_many",
    "conversation",
    "counts",
    "create",
    "delete",
    "delete_many",
    "edit",
    "follow_up",
    "get",
    "get_many",
    "has_given",
    "last_change",
    "lead_and_timeline",
    "listing",
    "move",
    "move_many",
    "search",
    "steps",
    "timeline",
    "undo",
]
