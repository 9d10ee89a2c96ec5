"""Entries of a conversation: notes, calls and mails. Rules, without any I/O."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext_lazy
from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from crm.dynamodb.long_texts import unpacked
from crm.outbox.models import Delivery, State
from crm.plain_text import plain_text
from leads.mails import Mail
from leads.models import (
    Actor,
    FrozenModel,
    moment,
    preview_of,
    with_something_visible,
)

MAX_TEXT = 10_000
# The first line of a text on a card.
MAX_LINE = 80
# Of a mail that says nothing.
NO_TEXT = "…"
MAX_EARLIER = 20
# Of all earlier texts together, in bytes: an entry stays far below what an item may hold.
MAX_EARLIER_BYTES = 100_000


class Kind(StrEnum):
    """What an entry is."""

    NOTE = "note"
    CALL = "call"
    REPLY = "reply"
    MAIL = "mail"

    @property
    def label(self) -> str:
        """The name that people see."""
        return str(_KINDS[self])


WRITTEN = (Kind.NOTE, Kind.CALL)
"""What people write down; a reply is sent, and a mail comes in."""


class CallOutcome(StrEnum):
    """What became of a call."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"

    @property
    def label(self) -> str:
        """The name that people see."""
        return str(_OUTCOMES[self])


_KINDS = {
    Kind.NOTE: pgettext_lazy("kind of entry", "Note"),
    Kind.CALL: pgettext_lazy("kind of entry", "Call"),
    Kind.REPLY: pgettext_lazy("kind of entry", "Reply"),
    Kind.MAIL: pgettext_lazy("kind of entry", "Mail"),
}
_OUTCOMES = {
    CallOutcome.REACHED: pgettext_lazy("outcome of a call", "Reached"),
    CallOutcome.NO_ANSWER: pgettext_lazy("outcome of a call", "No answer"),
    CallOutcome.VOICEMAIL: pgettext_lazy("outcome of a call", "Voicemail"),
}
# Cards hold these in English, whoever wrote the entry, and show them in the reader's language.
_CALL_LINES = {
    CallOutcome.REACHED: gettext_noop("Call: reached"),
    CallOutcome.NO_ANSWER: gettext_noop("Call: no answer"),
    CallOutcome.VOICEMAIL: gettext_noop("Call: voicemail"),
}


class Said(FrozenModel):
    """What somebody writes: a note, or what became of a call and perhaps a text.

    Raises pydantic's ``ValidationError`` that names each field at fault.
    """

    kind: Kind = Kind.NOTE
    outcome: Annotated[CallOutcome | None, Field(validate_default=True)] = None
    text: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=MAX_TEXT),
        AfterValidator(plain_text),
        AfterValidator(with_something_visible),
        Field(validate_default=True),
    ] = ""

    @field_validator("outcome")
    @classmethod
    def _only_of_calls(
        cls, outcome: CallOutcome | None, info: ValidationInfo
    ) -> CallOutcome | None:
        if info.data.get("kind") is not Kind.CALL:
            return None
        if outcome is None:
            raise ValueError(_("Say what became of the call."))
        return outcome

    @field_validator("text")
    @classmethod
    def _needed_in_notes(cls, text: str, info: ValidationInfo) -> str:
        if info.data.get("kind") is Kind.NOTE and not text:
            raise ValueError(_("Write something first."))
        return text

    @property
    def line(self) -> str:
        """What a card shows of it, as it is stored."""
        if not self.text and self.outcome:
            return _CALL_LINES[self.outcome]
        first = self.text.partition("\n")[0].strip()
        return first if len(first) <= MAX_LINE else f"{first[: MAX_LINE - 1]}…"


def line_text(line: str) -> str:
    """Return the line of a card in the present language."""
    return _(line) if line in _CALL_LINES.values() else line


class Earlier(FrozenModel):
    """What an entry said before it was edited, and until when."""

    text: str
    outcome: CallOutcome | None = None
    until: str

    @property
    def ended(self) -> datetime | None:
        """When it was edited."""
        return moment(self.until)


class Entry(FrozenModel):
    """An entry of a conversation as stored; ``deleted_by`` tells that its text is gone.

    A reply and a mail that came in have a ``mail``, a reply a ``delivery``, too.
    """

    id: str
    at: str
    kind: Kind
    outcome: CallOutcome | None = None
    text: str = ""
    author: Actor
    version: int = 1
    write_id: str = ""
    history: tuple[Earlier, ...] = ()
    deleted_by: Actor | None = None
    mail: Mail | None = None
    delivery: Delivery | None = None

    @classmethod
    def from_item(cls, item: Mapping[str, object]) -> Self:
        """Read an item of the table."""
        deleted = "deletedBy" in item
        return cls(
            id=str(item["SK"]).partition("#")[2],
            at=str(item["at"]),
            kind=Kind(str(item["kind"])),
            outcome=CallOutcome(str(item["outcome"])) if "outcome" in item else None,
            text=unpacked(item.get("text")),
            author=Actor(str(item["actorId"]), str(item["actorName"])),
            version=int(str(item["version"])),
            write_id=str(item.get("writeId", "")),
            history=tuple(
                Earlier.model_validate(one)
                for one in cast("list[dict[str, object]]", item.get("history", []))
            ),
            deleted_by=Actor(str(item["deletedById"]), str(item["deletedBy"])) if deleted else None,
            mail=Mail.model_validate(item["mail"]) if "mail" in item else None,
            delivery=Delivery.from_item(item),
        )

    @property
    def is_gone(self) -> bool:
        """Whether its text was deleted, or it was taken back before it was sent."""
        is_withdrawn = bool(self.delivery and self.delivery.state is State.WITHDRAWN)
        return bool(self.deleted_by) or is_withdrawn

    @property
    def is_silent(self) -> bool:
        """Whether no card shows it: a mail of a machine, a colleague, or who knows whom."""
        if self.kind is not Kind.MAIL or not self.mail:
            return False
        return bool(self.author.id or self.mail.automatic or not self.mail.is_verified)

    @property
    def line(self) -> str:
        """What a card shows of it."""
        if self.kind is not Kind.MAIL or not self.mail:
            return self.said.line
        return "" if self.is_silent else preview_of(self.text) or self.mail.subject or NO_TEXT

    @property
    def happened(self) -> datetime | None:
        """When it was written."""
        return moment(self.at)

    @property
    def edited(self) -> datetime | None:
        """When it was edited last."""
        return self.history[0].ended if self.history else None

    @property
    def said(self) -> Said:
        """What it says; was judged when it was written."""
        return Said.model_construct(kind=self.kind, outcome=self.outcome, text=self.text)

    def with_text(self, said: Said, at: str, write_id: str) -> Self:
        """Return the entry as it is after an edit; its kind stays."""
        before = Earlier(text=self.text, outcome=self.outcome, until=at)
        return self.model_copy(
            update={
                "outcome": said.outcome,
                "text": said.text,
                "version": self.version + 1,
                "write_id": write_id,
                "history": _shortened((before, *self.history)),
            }
        )

    def without_text(self, by: Actor, write_id: str) -> Self:
        """Return what stays of the entry when it is deleted: who wrote it, and who deleted it."""
        return self.model_copy(
            update={
                "outcome": None,
                "text": "",
                "version": self.version + 1,
                "write_id": write_id,
                "history": (),
                "mail": None,
                "deleted_by": by,
            }
        )


def _shortened(history: tuple[Earlier, ...]) -> tuple[Earlier, ...]:
    """Keep the newest of the earlier texts, as many as fit."""
    kept: list[Earlier] = []
    size = 0
    for one in history[:MAX_EARLIER]:
        size += len(one.text.encode())
        if size > MAX_EARLIER_BYTES:
            break
        kept.append(one)
    return tuple(kept)
