"""Leads and what happens to them: the rules, without any I/O.

Attribute names in DynamoDB are the published ones (``leadId``, ``createdAt`` …): see
``docs/data-model.md``. Timestamps are ISO 8601 in UTC with milliseconds and a ``Z``.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic import Field as ModelField
from pydantic_core import InitErrorDetails

from crm.plain_text import plain_text
from leads.addresses import normal_form, readable
from leads.attribution import NOWHERE, Attribution
from leads.fields import (
    COMPANY,
    CUSTOM,
    EMAIL,
    MAX_CUSTOM_BYTES,
    MESSAGE,
    NAME,
    PHONE,
    SPELLED_OUT,
    SUBJECT,
    Field,
    Kind,
    custom_name,
    slug_of,
)
from leads.numbers import normal_number

MAX_ID_BYTES = 1024
MAX_VERSION = 10**15
# What a sort key of an index may have.
MAX_TIME_BYTES = 1024
# A number from 1973 to 5138 as seconds since 1970; from there on it counts milliseconds.
FIRST_SECONDS = 10**8
FIRST_MILLISECONDS = 10**11
# Letters and a symbol that every font draws as nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# Enough to see what a text said before; the event stays small beside the lead.
MAX_LOGGED = 2_000
MAX_PREVIEW = 80
MAX_REASON = 80
MAX_FOLLOW_UP = 200
DAY_LENGTH = len("2026-12-03")


class FrozenModel(BaseModel):
    """A model whose objects are never changed.

    What checks its values is built with the first object: a start on Lambda has somebody
    waiting, who may need none.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)


class Status(StrEnum):
    """The stages of the pipeline, in order, and ``CLOSED`` for a lead that left it."""

    NEW = "new"
    CONTACTED = "contacted"
    QUALIFIED = "qualified"
    CONVERTED = "converted"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The name that people see."""
        return str(_LABELS[self])

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Return (value, label) pairs of the stages for a form."""
        return [(stage.value, stage.label) for stage in STAGES]

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a stored status; what other programs call otherwise counts as new."""
        try:
            return cls(text.strip().lower())
        except ValueError:
            return cls.NEW


STAGES = (Status.NEW, Status.CONTACTED, Status.QUALIFIED, Status.CONVERTED)
"""The columns of the board: who moves a lead chooses one of them."""
OPEN_STAGES = (Status.NEW, Status.CONTACTED, Status.QUALIFIED)
"""Where there is still work to do."""


class ClosedAs(StrEnum):
    """How a lead was closed: its ``outcome``."""

    LOST = "lost"
    SPAM = "spam"
    DUPLICATE = "duplicate"

    @property
    def label(self) -> str:
        """The name that people see."""
        return str(_OUTCOMES[self])

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Return (value, label) pairs for a form."""
        return [(outcome.value, outcome.label) for outcome in cls]

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read a stored outcome; ``None`` for what is none."""
        try:
            return cls(text.strip().lower())
        except ValueError:
            return None


type Standing = Status | ClosedAs
"""Where a lead stands: its stage, or how it was closed; ``CLOSED`` if nothing tells how."""
STANDINGS: tuple[Standing, ...] = (*STAGES, *ClosedAs, Status.CLOSED)

_OUTCOMES = {
    ClosedAs.LOST: pgettext_lazy("outcome", "Lost"),
    ClosedAs.SPAM: pgettext_lazy("outcome", "Spam"),
    ClosedAs.DUPLICATE: pgettext_lazy("outcome", "Duplicate"),
}
_LABELS = {
    Status.NEW: pgettext_lazy("stage", "New"),
    Status.CONTACTED: pgettext_lazy("stage", "Contacted"),
    Status.QUALIFIED: pgettext_lazy("stage", "Qualified"),
    Status.CONVERTED: pgettext_lazy("stage", "Converted"),
    Status.CLOSED: pgettext_lazy("stage", "Closed"),
}


def timestamp(moment: datetime) -> str:
    """Write a moment as it is stored: ``2026-11-21T09:30:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str | None) -> datetime | None:
    """Read a stored timestamp; ``None`` for what other programs wrote illegibly."""
    try:
        read = datetime.fromisoformat(text or "")
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def is_date_only(moment: datetime) -> bool:
    """Tell whether a stored time is a date without a time: midnight in UTC, as imports store it.

    It is that date to everybody, whatever zone they are in: see ADR 36.
    """
    return moment.astimezone(UTC).time() == time.min


def known_due(text: str) -> str:
    """Return a stored day or moment; "" for what other programs wrote otherwise."""
    if not text:
        return ""
    try:
        if len(text) == DAY_LENGTH:
            return date.fromisoformat(text).isoformat()
        read = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return timestamp(read) if read.tzinfo else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def with_something_visible(text: str) -> str:
    """Return a text. Raises ``ValueError`` for one of white space and invisible characters."""
    if text and not any(map(_is_visible, text)):
        message = _("Something to see is needed.")
        raise ValueError(message)
    return text


def _is_visible(character: str) -> bool:
    return character.isprintable() and not character.isspace() and character not in _BLANK


def clean_line(text: str) -> str:
    """Return a text as one line. Raises ``ValueError`` as for a name of a lead."""
    return with_something_visible(_one_line(plain_text(text)))


def _normal_address(text: str) -> str:
    address = normal_form(text)
    if not address:
        message = _("Enter an e-mail address, such as ada@example.com.")
        raise ValueError(message)
    return address


type Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(clean_line),
]


class LeadFields(FrozenModel):
    """What people write into a lead: trimmed, the e-mail in its normal form, lengths limited.

    Raises pydantic's ``ValidationError`` that names each field at fault.
    """

    name: Annotated[Line, StringConstraints(min_length=1, max_length=NAME.limit)]
    email: Annotated[
        str, AfterValidator(_normal_address), StringConstraints(max_length=EMAIL.limit)
    ]
    company: Annotated[Line, StringConstraints(max_length=COMPANY.limit)] = ""
    phone: Annotated[Line, StringConstraints(max_length=PHONE.limit)] = ""
    subject: Annotated[Line, StringConstraints(max_length=SUBJECT.limit)] = ""
    message: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=MESSAGE.limit),
        AfterValidator(plain_text),
    ] = ""

    custom: Annotated[dict[str, str], ModelField(exclude=True)] = {}
    """The values of custom fields, by slug."""

    @classmethod
    def read(cls, texts: Mapping[str, str], custom: Iterable[Field] = ()) -> Self:
        """Return the fields with these texts, by the names of fields, ``custom`` ones included.

        Names that are none of a field are left out.
        """
        values, wrong = _read_custom(texts, custom, {})
        known = {field.name: texts[field.name] for field in SPELLED_OUT if field.name in texts}
        try:
            fields = cls.model_validate(known)
        except ValidationError as error:
            raise _with_more(error, wrong) from error
        if wrong:
            raise ValidationError.from_exception_data(cls.__name__, wrong)
        return fields.model_copy(
            update={CUSTOM: {slug: text for slug, text in values.items() if text}}
        )

    @staticmethod
    def from_texts(texts: Mapping[str, str]) -> "LeadFields":
        """Return the fields with texts that were read and stored before: they stay as they are."""
        custom = {slug: text for name, text in texts.items() if (slug := slug_of(name))}
        return LeadFields.model_construct(None, **texts, custom=custom)

    @property
    def texts(self) -> dict[str, str]:
        """The text of every field by its name; of custom ones, of those that have any."""
        return self.model_dump() | {custom_name(slug): text for slug, text in self.custom.items()}

    @property
    def contents(self) -> str:
        """All of it as one text, the same for the same fields."""
        own = self.model_dump_json()
        return f"{own}{json.dumps(self.custom, sort_keys=True)}" if self.custom else own


def cleaned_fields(
    changes: Mapping[str, str],
    custom: Iterable[Field] = (),
    present: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Clean the given fields alone, and leave other names as they are.

    ``custom`` are the custom ones that there are, ``present`` the values by slug that a lead
    has of all of them. Raises pydantic's ``ValidationError`` that names each field at fault.
    """
    required = {field.name: "-" for field in SPELLED_OUT if field.required}
    own = {name: text for name, text in changes.items() if not slug_of(name)}
    asked = [field for field in custom if field.name in changes]
    values, wrong = _read_custom(changes, asked, present or {})
    unknown = changes.keys() - own.keys() - {field.name for field in asked}
    wrong += [_wrong(name, changes[name], _("There is no such field.")) for name in sorted(unknown)]
    try:
        valid = LeadFields.read({**required, "email": "-@-", **own}).texts
    except ValidationError as error:
        raise _with_more(error, wrong) from error
    if wrong:
        raise ValidationError.from_exception_data(LeadFields.__name__, wrong)
    valid |= {custom_name(slug): text for slug, text in values.items()}
    return {name: valid.get(name, text) for name, text in changes.items()}


def custom_bytes(values: Mapping[str, str]) -> int:
    """Return how much the values of custom fields have together, of ``MAX_CUSTOM_BYTES``."""
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in values.values())


def _read_custom(
    texts: Mapping[str, str], custom: Iterable[Field], present: Mapping[str, str]
) -> tuple[dict[str, str], list[InitErrorDetails]]:
    """Return the values of custom fields by slug, and what is wrong with them.

    What other programs stored beyond the limit may stay, and grow no further.
    """
    values: dict[str, str] = {}
    wrong: list[InitErrorDetails] = []
    size = custom_bytes(present)
    for field in custom:
        typed = texts.get(field.name, "")
        try:
            text = _custom_text(field, typed)
        except ValueError as error:
            wrong.append(_wrong(field.name, typed, str(error)))
            continue
        if len(text) > field.limit:
            most = {"max_length": field.limit}
            too_long = InitErrorDetails(
                type="string_too_long", loc=(field.name,), input=text, ctx=most
            )
            wrong.append(too_long)
            continue
        more = custom_bytes({"": text}) - custom_bytes({"": present.get(field.slug, "")})
        size += more
        if more > 0 and size > MAX_CUSTOM_BYTES:
            full = _("These fields hold 4 KB together: please say less here.")
            wrong.append(_wrong(field.name, typed, full))
        values[field.slug] = text
    return values, wrong


def _custom_text(field: Field, typed: str) -> str:
    """Return what a custom field keeps of a text. Raises ``ValueError`` for what it cannot."""
    typed = typed.strip()
    text = with_something_visible(plain_text(typed)) if field.multiline else clean_line(typed)
    if not text:
        return ""
    if field.kind is Kind.NUMBER:
        text = normal_number(text)
    if field.kind is Kind.DATE:
        text = _day(text)
    return _choice(field, text) if field.kind is Kind.CHOICE else text


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError(_("Enter a date, such as 2026-12-31.")) from error


def _choice(field: Field, text: str) -> str:
    """Return the choice that a text names, however its capitals are."""
    known = {one.casefold(): one for one in field.choices}
    if text.casefold() not in known:
        raise ValueError(_("This is none of the choices."))
    return text if text in field.choices else known[text.casefold()]


def _wrong(name: str, typed: str, text: str) -> InitErrorDetails:
    return InitErrorDetails(
        type="value_error", loc=(name,), input=typed, ctx={"error": ValueError(text)}
    )


def _with_more(error: ValidationError, wrong: list[InitErrorDetails]) -> ValidationError:
    own = [
        InitErrorDetails(
            type=one["type"], loc=one["loc"], input=one["input"], ctx=one.get("ctx", {})
        )
        for one in error.errors()
    ]
    return ValidationError.from_exception_data(error.title, [*own, *wrong])


def editable() -> dict[str, str]:
    """Return the names of what an edit may change, with their attributes; see also ``custom``."""
    return {field.name: field.attribute for field in SPELLED_OUT} | {"owner_id": "ownerId"}


class Lead(FrozenModel):
    """A lead as stored.

    ``version`` 0 means that another program wrote it: it has none of Leadbook's own
    attributes and is in no counter yet. Leads read from an index have no message: ``preview``
    is how it begins. A closed one has an ``outcome`` (not if another program closed it), and
    may have a ``reason``. ``note`` is the line of the last entry of the conversation,
    ``note_by`` the id of who wrote it; ``wrote_at`` is when the visitor wrote last, and
    ``answered_at`` when it was first answered, or called. ``follow_up_at`` is the day or the
    moment at which somebody wants to get back to it (:mod:`leads.dues`), ``follow_up_text``
    what for, ``follow_up_by`` the id of who said so. ``attribution`` is where it came from, which
    nobody changes. ``custom`` has the values of custom fields by slug, as texts whatever other
    programs stored, and of slugs that nobody knows, too; ``has_custom`` tells that the map is
    stored, be it empty.
    """

    lead_id: str
    name: str = ""
    email: str = ""
    company: str = ""
    phone: str = ""
    subject: str = ""
    message: str = ""
    status: Status = Status.NEW
    created_at: str = ""
    updated_at: str = ""
    version: int = 0
    owner_id: str | None = None
    source: str | None = None
    stage_entered_at: str | None = None
    outcome: ClosedAs | None = None
    reason: str = ""
    closed_by: str | None = None
    preview: str = ""
    write_id: str | None = None
    note: str = ""
    note_at: str = ""
    note_by: str = ""
    wrote_at: str = ""
    answered_at: str = ""
    follow_up_at: str = ""
    follow_up_text: str = ""
    follow_up_by: str = ""
    attribution: Attribution = NOWHERE
    custom: dict[str, str] = {}
    has_custom: bool = False

    @classmethod
    def from_item(cls, item: Mapping[str, object]) -> Self:
        """Read an item of the table or of an index, whoever wrote it."""
        status = Status.read(_text(item, "status"))
        return cls(
            lead_id=_text(item, "leadId"),
            name=_text(item, "name"),
            email=_text(item, "email"),
            company=_text(item, "company"),
            phone=_text(item, "phone"),
            subject=_text(item, "subject"),
            message=_text(item, "message"),
            status=status,
            created_at=_time(item, "createdAt"),
            updated_at=_time(item, "updatedAt"),
            version=_version(item.get("version")),
            owner_id=_text(item, "ownerId") or None,
            source=_text(item, "source") or None,
            stage_entered_at=_text(item, "stageEnteredAt") or None,
            outcome=ClosedAs.read(_text(item, "outcome")) if status is Status.CLOSED else None,
            reason=_text(item, "reason"),
            closed_by=_text(item, "closedBy") or None,
            preview=_text(item, "preview"),
            write_id=_text(item, "writeId") or None,
            note=_text(item, "note"),
            note_at=_text(item, "noteAt"),
            note_by=_text(item, "noteBy"),
            wrote_at=_text(item, "wroteAt"),
            answered_at=_text(item, "answeredAt"),
            follow_up_at=known_due(_text(item, "followUpAt")),
            follow_up_text=_text(item, "followUpText"),
            follow_up_by=_text(item, "followUpBy"),
            attribution=Attribution.from_item(item),
            custom=_custom_texts(item.get(CUSTOM)),
            has_custom=isinstance(item.get(CUSTOM), dict),
        )

    def text(self, name: str) -> str:
        """Return what the lead has of what an edit may change; nothing if it has none."""
        if slug := slug_of(name):
            return self.custom.get(slug, "")
        return getattr(self, name) or ""

    def with_changes(self, changes: Mapping[str, object]) -> Self:
        """Return the lead with other values, by the names of its fields and attributes here."""
        own = {name: value for name, value in changes.items() if not slug_of(name)}
        if "owner_id" in own:
            own["owner_id"] = own["owner_id"] or None
        if "message" in own:
            own["preview"] = preview_of(str(own["message"]))
        typed = {slug_of(name): str(changes[name] or "") for name in changes.keys() - own.keys()}
        if typed:
            custom = self.custom | typed
            own[CUSTOM] = {slug: text for slug, text in custom.items() if text}
            own["has_custom"] = self.has_custom or bool(own[CUSTOM])
        return self.model_copy(update=own)

    @property
    def standing(self) -> Standing:
        """Its stage, or how it was closed."""
        return self.outcome or self.status

    @property
    def has_written(self) -> bool:
        """Whether the last word is the visitor's: nobody here has said anything since."""
        return bool(self.note and self.wrote_at and self.wrote_at == self.note_at)

    @property
    def is_closed(self) -> bool:
        """Whether it left the board."""
        return self.status is Status.CLOSED

    @property
    def created(self) -> datetime | None:
        """When the lead came in."""
        return moment(self.created_at)

    @property
    def updated(self) -> datetime | None:
        """When the lead last changed."""
        return moment(self.updated_at)

    @property
    def answered(self) -> datetime | None:
        """When the lead was first answered or called, if it was."""
        return moment(self.answered_at)

    @property
    def is_open(self) -> bool:
        """Whether there is work to do with it: it is neither won nor closed."""
        return self.status in OPEN_STAGES

    @property
    def stage_entered(self) -> datetime | None:
        """When the lead came into its stage."""
        return moment(self.stage_entered_at or self.created_at)

    @property
    def title(self) -> str:
        """What to call the lead on a page."""
        return self.name or self.readable_email or self.lead_id

    @property
    def readable_email(self) -> str:
        """The address, as people read it."""
        return readable(self.email)


@dataclass(frozen=True)
class Actor:
    """Who does something: a user's id and name, or an empty id for a program."""

    id: str
    name: str


VISITOR = Actor(id="", name="Contact form")
"""Who writes to the public form."""
RULES = Actor(id="", name="Assignment rules")
"""Who gives leads that came in to people."""


class EventType(StrEnum):
    """What can happen to a lead."""

    CREATED = "created"
    RELEASED = "released"
    MOVED = "moved"
    EDITED = "edited"
    ASSIGNED = "assigned"
    CLOSED = "closed"
    DATED = "dated"
    DELETED = "deleted"
    ADOPTED = "adopted"
    NOTED = "noted"
    REPLIED = "replied"
    UNDONE = "undone"
    RESTORED = "restored"


class Change(FrozenModel):
    """One field before and after, or neither, if only its name is told."""

    old: str = ""
    new: str = ""


class Event(FrozenModel):
    """One entry of a lead's timeline; ``undoes`` is the write id of what it took back."""

    type: EventType
    at: str
    actor: Actor
    write_id: str
    version: int
    changes: dict[str, Change] = {}
    undoes: str = ""

    @property
    def happened(self) -> datetime | None:
        """When it happened."""
        return moment(self.at)


def preview_of(message: str) -> str:
    """Return how a message begins, for a card: one line."""
    return " ".join(message[: 10 * MAX_PREVIEW].split())[:MAX_PREVIEW].rstrip()


def shorten_for_timeline(text: str | None) -> str:
    """Cut a value for the timeline."""
    text = text or ""
    return text if len(text) <= MAX_LOGGED else text[: MAX_LOGGED - 1] + "…"


def _version(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return 0
    return int(value) if 1 <= value < MAX_VERSION and value == int(value) else 0


def _time(item: Mapping[str, object], name: str) -> str:
    """Read a time as text; other programs may count seconds or milliseconds."""
    value = item.get(name)
    if isinstance(value, str):
        return value if len(value.encode()) <= MAX_TIME_BYTES else ""
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        return ""
    seconds = value / 1000 if value >= FIRST_MILLISECONDS else value
    is_likely = FIRST_SECONDS <= seconds < FIRST_MILLISECONDS
    return timestamp(datetime.fromtimestamp(float(seconds), UTC)) if is_likely else ""


def _custom_texts(stored: object) -> dict[str, str]:
    """Read the map of custom values, whatever it is."""
    if not isinstance(stored, dict):
        return {}
    return {slug: text for slug, value in stored.items() if slug and (text := _as_text(value))}


def _as_text(value: object) -> str:
    match value:
        case str():
            return value
        case Decimal():
            return f"{value:f}"
        case None | bytes():
            return ""
        case set():
            return ", ".join(sorted(map(str, value)))
    return json.dumps(value, ensure_ascii=False, default=str)


def _text(item: Mapping[str, object], name: str) -> str:
    value = item.get(name)
    return "" if value is None else str(value)
