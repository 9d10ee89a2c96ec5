"""What a table and an index are: the shape of their description.

A deployment may name them otherwise: the setting tells, if there is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from django.conf import settings

from crm.dynamodb.items import Key, Value


@dataclass(frozen=True)
class Index:
    """A global secondary index; ``include`` lists the projected attributes beside the keys.

    An empty ``include`` projects the keys only. What is ``newer`` of it, an index that was
    made before may lack: what an index includes cannot be changed.
    """

    setting: str
    default: str
    partition_key: str
    sort_key: str
    include: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name in this deployment."""
        return cast("str", getattr(settings, self.setting, self.default))


@dataclass(frozen=True)
class Table:
    """A table; all keys are strings.

    ``durable`` asks for backup, protection and, unless ``stream`` is off, a stream.
    """

    setting: str
    default: str
    partition_key: str
    sort_key: str | None = None
    indexes: tuple[Index, ...] = ()
    ttl: str | None = None
    durable: bool = True
    stream: bool = True

    @property
    def name(self) -> str:
        """The name in this deployment."""
        return cast("str", getattr(settings, self.setting, self.default))

    @property
    def has_stream(self) -> bool:
        """Whether somebody may follow its changes."""
        return self.durable and self.stream

    @property
    def key_attributes(self) -> tuple[str, ...]:
        """The attributes of the primary key."""
        return (self.partition_key, self.sort_key) if self.sort_key else (self.partition_key,)

    def key_of(self, item: Mapping[str, Value]) -> Key:
        """Return the key of an item of the table."""
        return {name: str(item[name]) for name in self.key_attributes}
