"""Acts, and what an undo of one came to, in the shape of templates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.accounts.directory import Person, people
from crm.dynamodb.items import Item
from crm.outbox.models import State
from crm.texts import shorten
from leads import repository
from leads.formatting import moment_text, number_text
from leads.models import Change, EventType, editable, moment
from leads.repository import Undone
from leads.repository.acts import Act, Kept, Undoing
from leads.repository.large_act import Task, record_of
from leads.repository.lead_changes import LeadChange
from leads.undo.forms import kind_text
from leads.web.acts import done_text
from leads.web.presentation import Difference, actor_name, brief_name, difference

# They go with the stage, or with the follow-up.
_UNSAID = {"stageEnteredAt", "closedBy", "answeredAt", "followUpBy"}


@dataclass(frozen=True)
class LeadLine:
    """A lead that an act changed: ``gone`` says so of one that it deleted.

    ``fate`` tells what an undo made of a whole lead.
    """

    title: str
    url: str
    differences: list[Difference]
    gone: bool
    fate: str


@dataclass(frozen=True)
class ActLine:
    """An act; ``undone_by`` names who undid it, empty while nobody has.

    The leads of one that is done in steps stand on its page alone: here is a ``summary``.
    """

    id: str
    what: str
    who: str
    at: datetime | None
    leads: list[LeadLine]
    undone_by: str
    count: int
    summary: str = ""
    is_working: bool = False

    @property
    def is_of_many(self) -> bool:
        """Its leads stand on a page of their own."""
        return len(self.leads) != 1

    @property
    def subject(self) -> str:
        """What it changed: a lead, or how many."""
        if not self.is_of_many:
            return shorten(self.leads[0].title, 80)
        text = ngettext("%(number)s lead", "%(number)s leads", self.count)
        return text % {"number": number_text(self.count)}


def act_lines(acts: Iterable[Act]) -> list[ActLine]:
    """Return acts as people read them."""
    known = people()
    return [_act_line(act, known) for act in acts]


def act_line(act: Act) -> ActLine:
    """Return an act as people read it."""
    return _act_line(act, people())


def lead_lines(kind: EventType, changes: Iterable[LeadChange]) -> list[LeadLine]:
    """Return leads that an act of a kind changed, as people read them."""
    known = people()
    return [_lead_line(kind, change, known) for change in changes]


def outcome_text(act: Act, outcome: Undone) -> str:
    """Say in a sentence what an undo came to."""
    if outcome.before:
        return undone_before_text(outcome.before)
    if outcome.mail:
        return _mail_text(outcome)
    number = len(outcome.leads) + len(outcome.deleted)
    if not number:
        return _nothing_text(outcome.kept)
    if len(act.changes) > 1 and not outcome.kept:
        return done_text(Task(kind=EventType.UNDONE), number)
    name = brief_name(outcome.leads[0]) if outcome.leads else shorten(act.changes[0].title, 60)
    if outcome.kept and len(act.changes) == 1:
        text = _("“%(name)s” is as it was before, but for what others have changed since.")
    elif outcome.kept:
        text = ngettext(
            "%(number)s lead was given back what others have not changed since.",
            "%(number)s leads were given back what others have not changed since.",
            number,
        )
    elif outcome.deleted:
        text = _("“%(name)s” is deleted again.")
    else:
        text = _("“%(name)s” is as it was before.")
    return text % {"number": number_text(number), "name": name}


def undone_before_text(before: Undoing) -> str:
    """Say who undid an act before."""
    return _("This was undone already, by %(who)s.") % {"who": actor_name(before.actor)}


def kept_texts(kept: Iterable[Kept]) -> list[tuple[str, str]]:
    """Say of each lead or field why it stays as it is, beside the name of the lead."""
    return [(one.title, _kept_text(one)) for one in kept]


def with_titles(kept: Sequence[Kept]) -> list[Kept]:
    """Return what was left as it is, with the names that the leads have now: one batch read."""
    leads = repository.get_many(list({one.lead_id for one in kept}))
    titles = {lead.lead_id: lead.title for lead in leads}
    return [one._replace(title=titles.get(one.lead_id, one.lead_id)) for one in kept]


def _nothing_text(kept: list[Kept]) -> str:
    names = {one.who for one in kept if one.who}
    if len(names) == 1:
        return _("Nothing was undone: %(who)s has changed it since.") % {"who": names.pop()}
    return _("Nothing was undone: others have changed it since.")


def _mail_text(outcome: Undone) -> str:
    """Say what became of an answer, and of what followed from it."""
    if outcome.mail is State.WITHDRAWN:
        return _("The answer was taken back and is not sent. Its text is in the conversation.")
    if outcome.mail is State.FAILED:
        return _("The answer had not been sent. What followed from it was taken back.")
    if outcome.mail is State.RETURNED:
        return _("The mail had come back. What followed from it was taken back.")
    if not outcome.is_done:
        return _("The mail is out, and there is nothing else to take back.")
    return _("What followed from the answer was taken back. The mail itself is out.")


def _kept_text(kept: Kept) -> str:
    at = moment(kept.at)
    words = {
        "who": kept.who or _("Another program"),
        "at": moment_text(at) if at else _("at an unknown time"),
        "field": difference(kept.field, Change(), {}).label if kept.field else "",
    }
    if kept.field:
        return _("%(who)s changed %(field)s since (%(at)s).") % words
    return _("%(who)s changed or deleted the lead since (%(at)s).") % words


def _act_line(act: Act, known: Mapping[str, Person]) -> ActLine:
    undone, large = act.undone, record_of(act) if act.steps else None
    return ActLine(
        id=act.id,
        what=kind_text(act.kind),
        who=actor_name(act.actor) or _("A deleted account"),
        at=act.happened,
        leads=[_lead_line(act.kind, change, known) for change in act.changes],
        undone_by=actor_name(undone.actor) if undone else "",
        count=large.done if large else len(act.changes),
        summary=done_text(large.task, large.done) if large else "",
        is_working=bool(large and large.is_working),
    )


def _lead_line(kind: EventType, change: LeadChange, known: Mapping[str, Person]) -> LeadLine:
    is_whole = change.before is None or change.after is None
    return LeadLine(
        title=change.title,
        url=reverse("lead_detail", args=[change.lead_id]),
        differences=[] if is_whole else _differences(change, known),
        gone=change.after is None,
        fate=_fate(change) if kind is EventType.UNDONE else "",
    )


def _fate(change: LeadChange) -> str:
    if change.after is None:
        return _("Deleted again")
    return _("Brought back") if change.before is None else ""


def _differences(change: LeadChange, known: Mapping[str, Person]) -> list[Difference]:
    fields = {attribute: name for name, attribute in editable().items()}
    before, after = change.before or {}, change.after or {}
    changed = [name for name in {**before, **after} if name not in _UNSAID]
    order = [*fields, *changed]
    return [
        difference(
            fields.get(name, name), Change(old=_text(before, name), new=_text(after, name)), known
        )
        for name in sorted(changed, key=order.index)
    ]


def _text(item: Item, name: str) -> str:
    return str(item.get(name) or "")
