"""DynamoDB's limit on the size of an item."""

from collections.abc import Mapping

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from crm.dynamodb.errors import ItemTooLargeError
from crm.dynamodb.items import Value

MAX_ITEM_BYTES = 400 * 1024
NUMBER_BYTES = 21


def check_size(item: Mapping[str, Value]) -> None:
    """Raise :class:`ItemTooLargeError` for an item over DynamoDB's 400 KB."""
    if (size := item_size(item)) > MAX_ITEM_BYTES:
        # Shown with the rows of an import, too.
        message = _("The item has %(size)s bytes; DynamoDB stores %(most)s at most.") % {
            "size": number_format(size, force_grouping=True),
            "most": number_format(MAX_ITEM_BYTES, force_grouping=True),
        }
        raise ItemTooLargeError(message)


def item_size(item: Mapping[str, Value]) -> int:
    """Return the bytes of an item, rather too many than too few.

    Strings count as DynamoDB counts them (UTF-8 bytes of names and values); numbers and
    containers are rounded up.
    """
    size = 3
    for name, value in item.items():
        size += _size(name) + 1 + _size(value)
    return size


def _size(value: Value) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, dict):
        return item_size(value)
    if isinstance(value, (list, set)):
        return 3 + sum(1 + _size(part) for part in value)
    return NUMBER_BYTES
