"""Mails of a conversation: those that we send, and those that came in. Without any I/O."""

from typing import override

from pydantic import ConfigDict, field_validator
from pydantic.alias_generators import to_camel

from crm.dynamodb.items import Item
from crm.dynamodb.long_texts import packed, unpacked
from leads.models import FrozenModel


class Stored(FrozenModel):
    """A part of an item: its attributes have the names of the fields in camel case."""

    model_config = ConfigDict(
        frozen=True, defer_build=True, alias_generator=to_camel, validate_by_name=True
    )

    def attributes(self) -> Item:
        """Return what is stored of it: what is not as it mostly is."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class Attachment(Stored):
    """A file that came with a mail: it is named, and not kept. ``size`` is in bytes."""

    name: str
    type: str = ""
    size: int = 0


class Mail(Stored):
    """What a mail has beside its text: addresses, subject, what it answers, what it quotes.

    ``to`` is whom we write to, ``sender`` the address that wrote to us, with the name it
    gives. ``references`` are the ids of the mails before it, the last one last. Of one that
    came in, ``is_verified`` tells that it is from who it says, ``automatic`` what kind of
    machine wrote it, empty for a person, and ``is_cut`` that it was longer. ``signature``
    stands below the text of one of ours.
    """

    to: str = ""
    sender: str = ""
    sender_name: str = ""
    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    quoted: str = ""
    attachments: tuple[Attachment, ...] = ()
    is_verified: bool = True
    automatic: str = ""
    is_cut: bool = False
    signature: str = ""

    @field_validator("quoted", mode="before")
    @classmethod
    def _unpacked(cls, value: object) -> str:
        return unpacked(value)

    @override
    def attributes(self) -> Item:
        item = super().attributes()
        return item | {"quoted": packed(self.quoted)} if self.quoted else item
