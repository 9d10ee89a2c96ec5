"""Leads and events in the shape of templates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from crm.accounts.directory import Person, people
from crm.texts import shorten
from leads import repository
from leads.addresses import mail_link
from leads.fields import (
    EMAIL,
    MESSAGE,
    PHONE,
    SPELLED_OUT,
    SUBJECT,
    Field,
    Kind,
    in_page_order,
    slug_of,
)
from leads.formatting import age, moment_text, number_text
from leads.models import (
    RULES,
    VISITOR,
    Actor,
    Change,
    ClosedAs,
    Event,
    EventType,
    Lead,
    Status,
    editable,
    is_date_only,
    moment,
)
from leads.phones import phone_link
from leads.repository import registry
from leads.repository.arrivals import NOBODY_FREE
from leads.web.owners import owner

LONG = 120
_SPELLED_OUT = {field.name: field for field in SPELLED_OUT}
MINUTE = 60
# What an event may tell of besides fields.
_MENTIONS = {
    "owner_id": pgettext_lazy("in a sentence", "owner"),
    "status": pgettext_lazy("in a sentence", "stage"),
    "outcome": pgettext_lazy("in a sentence", "how it was closed"),
    "reason": pgettext_lazy("in a sentence", "reason for closing"),
    "createdAt": pgettext_lazy("in a sentence", "received"),
    "updatedAt": pgettext_lazy("in a sentence", "last change"),
    "stageEnteredAt": pgettext_lazy("in a sentence", "in stage since"),
    "answeredAt": pgettext_lazy("in a sentence", "first answer"),
    "follow_up_at": pgettext_lazy("in a sentence", "follow-up"),
    "followUpAt": pgettext_lazy("in a sentence", "follow-up"),
    "followUpText": pgettext_lazy("in a sentence", "what the follow-up is for"),
}
# Their entries say whose the lead became.
_HANDOVERS = {EventType.MOVED, EventType.ASSIGNED}
_CLOSED_AS = {
    ClosedAs.LOST: pgettext_lazy("it was closed as", "lost"),
    ClosedAs.SPAM: pgettext_lazy("it was closed as", "spam"),
    ClosedAs.DUPLICATE: pgettext_lazy("it was closed as", "a duplicate"),
}
# Why nobody was free, as the timeline keeps it: see leads/arrivals/rules.py.
_OBSTACLES = {
    "nobody": pgettext_lazy("why nobody got a lead", "nobody was chosen to get leads"),
    "gone": pgettext_lazy("why nobody got a lead", "an account is not active or reads only"),
    "away": pgettext_lazy("why nobody got a lead", "away"),
    "closed": pgettext_lazy("why nobody got a lead", "outside working hours"),
    "full": pgettext_lazy("why nobody got a lead", "as many open leads as a person may have"),
    "unknown": pgettext_lazy("why nobody got a lead", "open leads not counted yet: run recount"),
}
_TIMES = {"createdAt", "updatedAt", "stageEnteredAt", "follow_up_at", "followUpAt"}

# Where leads come from; other programs write what they like.
_SOURCES = {
    "api": pgettext_lazy("source", "api"),
    "contact-form": pgettext_lazy("source", "contact-form"),
    "import": pgettext_lazy("source", "import"),
    "staff": pgettext_lazy("source", "staff"),
}


@dataclass(frozen=True)
class Fact:
    """A field of a lead on its page; ``link`` leads to a program that writes or calls.

    One that ``is_quiet`` is of a custom field that is retired, or that nobody here knows.
    A consent has its ``words``.
    """

    label: str
    text: str
    link: str = ""
    is_long: bool = False
    is_quiet: bool = False
    words: str = ""


@dataclass(frozen=True)
class Difference:
    """A field before and after."""

    label: str
    old: str
    new: str

    @property
    def is_long(self) -> bool:
        """Too long to stand in a line."""
        return len(self.old) + len(self.new) > LONG or "\n" in self.old + self.new


@dataclass(frozen=True)
class Entry:
    """An entry of the timeline; ``status`` is the stage that a move or the intake led to.

    ``at_text`` is the time as it is stored, for where it cannot be read. ``fields`` are all
    that changed, ``differences`` those whose values are told. ``handover`` tells whose it was
    and became, ``is_taken`` that this is who did it. ``is_of_act`` tells an undo of
    what somebody did from that of an import. ``nobody_free`` says why the assignment rules
    gave the lead to nobody.
    """

    type: EventType
    who: str
    at: datetime | None
    at_text: str
    status: str
    fields: list[str]
    differences: list[Difference]
    handover: Difference | None
    is_taken: bool
    is_of_act: bool
    closed: str = ""
    reason: str = ""
    reopened: str = ""
    nobody_free: str = ""

    @property
    def what(self) -> str:
        """What was changed, in a sentence."""
        return ", ".join(self.fields)


def waiting_text(leads: Iterable[Lead], *, has_more: bool) -> str:
    """Say how many leads no total counts: another program wrote them, and nobody changed them."""
    count = sum(lead.version == 0 for lead in leads)
    if not count:
        return ""
    if has_more:
        text = ngettext(
            "+%(number)s or more not counted yet", "+%(number)s or more not counted yet", count
        )
    else:
        text = ngettext("+%(number)s not counted yet", "+%(number)s not counted yet", count)
    return text % {"number": number_text(count)}


def facts(lead: Lead) -> list[Fact]:
    """Return what stands beside the message: what is required, and the rest if there is any."""
    answer = f"Re: {lead.subject}" if lead.subject else ""
    call = phone_link(lead.phone, lead.attribution.phone_region)
    links = {EMAIL: mail_link(lead.email, answer), PHONE: call}
    shown = {EMAIL: lead.readable_email}
    own = [
        Fact(str(field.label), shown.get(field, lead.text(field.name)), links.get(field, ""))
        for field in in_page_order()
        if field not in {SUBJECT, MESSAGE} and (field.required or lead.text(field.name))
    ]
    return [*own, *_custom_facts(lead)]


def _custom_facts(lead: Lead) -> list[Fact]:
    """Return the values of custom fields, those that no form offers last: 0.5 RRU at most."""
    if not lead.custom:
        return []
    known = registry.current()
    rows = {row.slug: row for row in known.rows if row.slug in lead.custom}
    told = [_custom_fact(row, lead.custom[slug]) for slug, row in rows.items()]
    unknown = sorted(lead.custom.keys() - rows.keys())
    others = [Fact(slug, lead.custom[slug], is_quiet=True) for slug in unknown]
    return sorted([*told, *others], key=lambda fact: fact.is_quiet)


def _custom_fact(row: Field, text: str) -> Fact:
    shown = custom_text(row, text)
    return Fact(str(row.label), shown, is_long=row.multiline, is_quiet=row.is_retired)


def custom_text(row: Field, text: str) -> str:
    """Write the value of a custom field: a date as people here write dates."""
    day = moment(text) if row.kind is Kind.DATE else None
    return moment_text(day) if day and is_date_only(day) else text


def source(lead: Lead) -> str:
    """Say where a lead came from; "" if nothing tells."""
    return source_text(lead.source or "")


def source_text(name: str) -> str:
    """Say what a stored source is called."""
    return str(_SOURCES.get(name, name))


def entries(events: Iterable[Event], lead: Lead) -> list[Entry]:
    """Return a timeline as people read it."""
    known = people()
    return [_entry(event, lead, known) for event in events]


def difference(field: str, change: Change, known: Mapping[str, Person]) -> Difference:
    """Return how a field changed, as people read it; ``known`` are those who may own leads."""
    return Difference(
        _mention(field), _value(field, change.old, known), _value(field, change.new, known)
    )


def brief_name(lead: Lead) -> str:
    """Name a lead in a message, which has to fit into a cookie."""
    return shorten(lead.title, 60)


def conflict_text(lead: Lead) -> str:
    """Say who was quicker with a lead and when, and where it stands now: 1 RRU."""
    event = repository.last_change(lead)
    names = {"name": brief_name(lead), "stage": lead.status.label}
    who = _who(event, lead) if event else ""
    if event is None or not who:
        return _changed_text(lead) % names
    names |= {"who": who, "age": _brief_age(event.happened)}
    if event.type is EventType.CLOSED:
        return _("%(who)s closed “%(name)s” %(age)s ago.") % names
    if "owner_id" in event.changes:
        return _handover_text(event, lead, names)
    if lead.is_closed:
        return _("%(who)s changed “%(name)s” %(age)s ago: it is closed now.") % names
    return _("%(who)s changed “%(name)s” %(age)s ago: it is in %(stage)s now.") % names


def _changed_text(lead: Lead) -> str:
    if lead.is_closed:
        return _("“%(name)s” was changed by someone else and is closed now.")
    return _("“%(name)s” was changed by someone else and is in %(stage)s now.")


def _handover_text(event: Event, lead: Lead, names: dict[str, str]) -> str:
    person = owner(lead.owner_id)
    if person is None:
        return _("%(who)s gave “%(name)s” back %(age)s ago: it belongs to nobody now.") % names
    if person.id == event.actor.id and "status" in event.changes:
        return _("%(who)s took “%(name)s” %(age)s ago: it is in %(stage)s now.") % names
    if person.id == event.actor.id:
        return _("%(who)s took “%(name)s” %(age)s ago.") % names
    return _("%(who)s gave “%(name)s” to %(owner)s %(age)s ago.") % {**names, "owner": person.name}


def _brief_age(at: datetime | None) -> str:
    """Write how long ago something was that is hardly a minute old."""
    seconds = int((datetime.now(UTC) - at).total_seconds()) if at else 0
    if seconds < MINUTE:
        return pgettext("age in seconds", "%(number)s s") % {"number": max(seconds, 1)}
    return age(at)


def _entry(event: Event, lead: Lead, known: Mapping[str, Person]) -> Entry:
    moved = event.changes.get("status") if event.type is EventType.MOVED else None
    given = event.changes.get("owner_id") if event.type in _HANDOVERS else None
    changes = sorted(event.changes.items(), key=_place)
    unfree = event.changes.get(NOBODY_FREE)
    return Entry(
        type=event.type,
        who=_who(event, lead),
        at=event.happened,
        at_text=event.at,
        status=moved.new if moved else "",
        fields=[_mention(field) for field, _change in changes],
        differences=[
            difference(field, change, known)
            for field, change in changes
            if change.old != change.new and change is not given
        ],
        handover=difference("owner_id", given, known) if given else None,
        is_taken=bool(given and given.new == event.actor.id),
        is_of_act=bool(event.undoes),
        nobody_free=_why_nobody(unfree.new) if unfree else "",
        **_ending(event),
    )


def _ending(event: Event) -> dict[str, str]:
    """Return how an event closed a lead and why, or to which stage it reopened it."""
    status = event.changes.get("status", Change())
    if event.type is EventType.MOVED and status.old == Status.CLOSED:
        return {"reopened": Status.read(status.new).label}
    if event.type is not EventType.CLOSED:
        return {}
    outcome = ClosedAs.read(event.changes.get("outcome", Change()).new)
    reason = event.changes.get("reason", Change()).new
    return {"closed": str(_CLOSED_AS[outcome]) if outcome else "", "reason": reason}


def _why_nobody(words: str) -> str:
    reasons = [str(_OBSTACLES[word]) for word in words.split() if word in _OBSTACLES]
    return ", ".join(reasons)


def actor_name(actor: Actor) -> str:
    """Return the name of who did something, programs of ours in the present language."""
    if actor == VISITOR:
        return _("Contact form")
    return _("Assignment rules") if actor == RULES else actor.name


def _who(event: Event, lead: Lead) -> str:
    if name := actor_name(event.actor):
        return name
    return _("A deleted account") if event.actor.id else source(lead)


def _place(change: tuple[str, Change]) -> tuple[int, str]:
    """Return where a change stands among others: DynamoDB keeps no order in maps."""
    field, _texts = change
    known = [*editable()]
    return (known.index(field) if field in known else len(known), field)


def _mention(field: str) -> str:
    if slug := slug_of(field):
        row = registry.current().by_name.get(field)
        return str(row.label) if row else slug
    known = _SPELLED_OUT.get(field)
    return str(known.mention if known else _MENTIONS.get(field, field))


def _value(field: str, text: str, known: Mapping[str, Person]) -> str:
    row = registry.current().by_name.get(field) if slug_of(field) else None
    if row:
        return custom_text(row, text)
    if field == "owner_id" and text:
        return known[text].name if text in known else text
    if field == "status" and text in list(Status):
        return Status(text).label
    if field == "outcome" and (outcome := ClosedAs.read(text)):
        return outcome.label
    if field in _TIMES and (at := moment(text)):
        # A day is read as midnight in UTC, which is a date to everybody.
        return moment_text(at)
    return text
