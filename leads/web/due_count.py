"""How much is due to somebody today, in the navigation of every page."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import zones
from crm.dynamodb.errors import DynamoDBError, InvalidRequestError, NotFoundError
from crm.remember import Remembered
from leads.dues import day_of, end_of_day, is_overdue, start
from leads.formatting import number_text
from leads.models import Lead, timestamp
from leads.repository import agenda
from leads.web import digest

logger = logging.getLogger(__name__)
MAX_AGE = 60  # seconds
# Ten are half a unit, and what tells that there are more.
MOST = 9
# By person and zone; all of it is as old as its first.
_due: Remembered[dict[tuple[str, str], list[Lead]]] = Remembered(MAX_AGE)


@dataclass(frozen=True)
class DueCount:
    """How much is due until the end of today, a minute old at most.

    ``begun`` are the leads whose moment has come, each with that; ``at`` is when it was counted.
    """

    number: int
    overdue: int
    begun: list[tuple[datetime, Lead]]
    at: datetime

    @property
    def text(self) -> str:
        """The number; "" for nothing."""
        if self.number > MOST:
            return _("%(number)s+") % {"number": number_text(MOST)}
        return number_text(self.number) if self.number else ""

    @property
    def asked_at(self) -> str:
        """When it was counted, for the page to ask what came since."""
        return timestamp(self.at)

    @property
    def stamp(self) -> str:
        """What changes with what somebody sees of it, and with the day."""
        return f"{self.number} {self.overdue} {timezone.localdate()}"

    def begun_since(self, since: datetime | None) -> list[Lead]:
        """Return the leads whose moment came after another one; none for ``None``."""
        return [lead for began, lead in self.begun if since and began > since]


def due_count(request: HttpRequest) -> dict[str, Callable[[], DueCount]]:
    """Give templates ``due_count`` of who is signed in, asked where it is shown."""
    return {"due_count": lambda: count_of(str(request.user.pk or ""))}


def count_of(user_id: str) -> DueCount:
    """Count what is due to somebody today: 0.5 RRU a minute in a process."""
    if not user_id:
        return DueCount(0, 0, [], datetime.now(UTC))
    known = _due.get_or_read(dict)
    key = (user_id, zones.present())
    if key not in known:
        known[key] = _read(user_id)
    now = datetime.now(UTC)
    leads = [one for one in known[key] if day_of(one.follow_up_at) <= timezone.localdate()]
    overdue = [one for one in leads if is_overdue(one.follow_up_at, now)]
    begun = [(began, one) for one in leads if (began := start(one.follow_up_at)) <= now]
    return DueCount(len(leads), len(overdue), begun, now)


def forget() -> None:
    """Count anew at the next question."""
    _due.forget()


def know(lead: Lead, by: str) -> None:
    """Take in how a lead is now, without asking an index that may lag behind the change.

    Whose it is to follow it up is told in the morning; ``by`` is the id of who changed it.
    """
    digest.ask_for(lead, by)
    person_id = lead.owner_id or lead.follow_up_by
    is_due = bool(lead.follow_up_at) and not lead.is_closed
    for (user_id, _zone), found in (_due.get() or {}).items():
        mine = [lead] if is_due and user_id == person_id else []
        found[:] = [*(one for one in found if one.lead_id != lead.lead_id), *mine]


def know_many(owner_id: str, by: str) -> None:
    """Take in that many leads were changed, or given to an owner, "" for nobody, by somebody."""
    forget()
    digest.ask(owner_id, by)


def _read(user_id: str) -> list[Lead]:
    try:
        return agenda.page(user_id, end_of_day(timezone.localdate()), limit=MOST + 1).leads
    except (InvalidRequestError, NotFoundError):
        return []  # A deployment of before that index: nothing can be due.
    except DynamoDBError as error:
        # No page may fail for what stands in its navigation.
        logger.warning("what is due was not counted: %s: %s", type(error).__name__, error)
        return []
