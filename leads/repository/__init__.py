"""What the application asks of the store, in leads and typed errors.

``reads`` answers pages, ``boards`` the columns of everybody or an owner, ``listing`` pages
through filtered lists, ``writes`` changes one
lead, ``intake`` takes new ones, ``counters`` knows the totals, ``search`` finds by words,
``addresses`` by an address.
"""

from leads.repository.addresses import by_email
from leads.repository.boards import Board, board, by_status
from leads.repository.counters import Counts, counts
from leads.repository.errors import LeadNotFoundError, StaleLeadError, SubmissionReusedError
from leads.repository.filters import Filter
from leads.repository.intake import Intake, create
from leads.repository.listing import listing
from leads.repository.reads import (
    LeadPage,
    Timeline,
    get,
    get_many,
    lead_and_timeline,
    timeline,
)
from leads.repository.search import SearchPage, search
from leads.repository.writes import assign, close, delete, edit, move

__all__ = [
    "Board",
    "Counts",
    "Filter",
    "Intake",
    "LeadNotFoundError",
    "LeadPage",
    "SearchPage",
    "StaleLeadError",
    "SubmissionReusedError",
    "Timeline",
    "assign",
    "board",
    "by_email",
    "by_status",
    "close",
    "counts",
    "create",
    "delete",
    "edit",
    "get",
    "get_many",
    "lead_and_timeline",
    "listing",
    "move",
    "search",
    "timeline",
]
