"""The mail of the morning: what is overdue and due today, to each person, on working days.

A job a person, which asks for itself again while they have an account; the first one is asked
for where a follow-up is set, or goes to somebody.
"""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.tasks import task
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from crm import zones
from crm.accounts.models import User
from crm.jobs import store, thread
from crm.jobs.models import Again
from crm.outbox import notices
from crm.remember import Remembered
from crm.texts import shorten
from leads.dues import FRIDAY, end_of_day, is_overdue, working_day_after
from leads.formatting import number_text
from leads.models import Lead
from leads.repository import agenda, morning_mails
from leads.repository.agenda_items import MOST_SHOWN
from leads.web.follow_ups import due_text

MORNING, NOON = time(8), time(12)
MOST = 50
# For whom this process has asked lately, and whether they did themselves: it is the same job
# however often it is asked for.
_asked: Remembered[set[tuple[str, bool]]] = Remembered(3600)


@task
def send_digest(person: str, zone: str) -> Again:
    """Tell somebody what is due today, and go on in the morning of the next working day."""
    user = User.objects.find(person)
    if user is None or not user.is_active:
        return None
    wants_it = user.can_work and user.mail_digest
    with timezone.override(_zone(user.zone or zone)), override(settings.LANGUAGE_CODE):
        now = timezone.localtime()
        # Somebody away is told on the first day back.
        if wants_it and _is_morning(now) and user.away_until < now.date().isoformat():
            tell(user, now)
        return next_morning(now)


def ask_for(lead: Lead, by: str) -> None:
    """See that who has to follow up a lead is told in the morning, whoever changed it."""
    if lead.follow_up_at:
        ask(lead.owner_id or lead.follow_up_by or "", by)


def ask(person_id: str, by: str) -> None:
    """See that somebody is told in the morning what is due: 2 WRU an hour for each.

    ``by`` is who asks, in whose zone this is.
    """
    asked, is_own = _asked.get_or_read(set), person_id == by
    if not person_id or {(person_id, True), (person_id, is_own)} & asked:
        return
    arguments = {"person": person_id, "zone": zones.present()}
    due = next_morning(timezone.localtime())
    asking = store.asking(send_digest, arguments, name=_job(person_id), due=due)
    morning_mails.begin(asking, is_own=is_own)
    asked.add((person_id, is_own))


def next_morning(now: datetime) -> datetime:
    """Return eight o'clock of this working day or of the next one, in the zone of ``now``."""
    is_ahead = now.isoweekday() <= FRIDAY and now.time() < MORNING
    day = now.date() if is_ahead else working_day_after(now.date(), 1)
    return datetime.combine(day, MORNING, now.tzinfo).astimezone(UTC)


def tell(user: User, now: datetime) -> None:
    """Send somebody what is due; nothing where nothing is. Once a day, whoever repeats it."""
    found = agenda.page(user.id, end_of_day(now.date()), limit=MOST + 1).leads
    leads, has_more = found[:MOST], len(found) > MOST
    if not leads:
        return
    overdue = [lead for lead in leads if is_overdue(lead.follow_up_at, now)]
    due = [lead for lead in leads if lead not in overdue]
    notice = notices.writes(
        to=user.email,
        subject=_subject(len(leads), len(overdue), has_more=has_more),
        text=_text(overdue, due, has_more=has_more),
        name=f"digest {user.id} {now.date()}",
    )
    if notice:
        morning_mails.ask_once(_job(user.id), now.date(), notice)
        thread.wake()


def _job(person_id: str) -> str:
    return f"digest {person_id}"


def _is_morning(now: datetime) -> bool:
    return now.isoweekday() <= FRIDAY and MORNING <= now.time() < NOON


def _zone(name: str) -> ZoneInfo:
    return zones.find(name) or ZoneInfo("UTC")


def _subject(number: int, overdue: int, *, has_more: bool) -> str:
    text = ngettext("%(number)s follow-up today", "%(number)s follow-ups today", number)
    counted = text % {"number": _number_text(number, has_more=has_more)}
    if not overdue:
        return counted
    # They come first: where there are more, and all are overdue, more may be.
    told = _number_text(overdue, has_more=has_more and overdue == number)
    return _("%(counted)s, overdue: %(number)s") % {"counted": counted, "number": told}


def _number_text(number: int, *, has_more: bool) -> str:
    text = number_text(number)
    return _("%(number)s+") % {"number": text} if has_more else text


def _text(overdue: list[Lead], due: list[Lead], *, has_more: bool) -> str:
    lines: list[str] = []
    for heading, leads in ((_("Overdue"), overdue), (_("Today"), due)):
        if leads:
            lines += [heading, *map(_line, leads), ""]
    if has_more:
        lines += [_("There are more: Leadbook has them all under “Today”."), ""]
    if settings.PUBLIC_URL:
        lines += [f"{settings.PUBLIC_URL}{reverse('today')}", ""]
    return "\n".join([*lines, _("You can switch these mails off under “Your account”.")])


def _line(lead: Lead) -> str:
    title, company = shorten(lead.title, MOST_SHOWN), shorten(lead.company, MOST_SHOWN)
    name = f"{title} ({company})" if company else title
    words = {"name": name, "day": due_text(lead.follow_up_at), "text": lead.follow_up_text}
    if lead.follow_up_text:
        return _("- %(name)s, %(day)s: %(text)s") % words
    return _("- %(name)s, %(day)s") % words
