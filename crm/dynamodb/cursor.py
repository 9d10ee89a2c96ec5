"""Signed page positions: opaque to the visitor, bound to the list they came from."""

from django.core import signing

from crm.dynamodb.errors import DynamoDBError

type Position = dict[str, str | dict[str, str] | None]

MAX_LENGTH = 8192


class InvalidCursorError(DynamoDBError):
    """A cursor that was not made here, or was made for another list."""


def encode(position: Position, scope: str) -> str:
    """Return the URL-safe text for a position within the list called ``scope``."""
    return signing.dumps(position, salt=f"cursor:{scope}", compress=True)


def decode(text: str, scope: str) -> Position:
    """Read a cursor back.

    Raises :class:`InvalidCursorError` if it was altered or belongs to another list.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidCursorError("The page address is too long.")
    try:
        position: Position = signing.loads(text, salt=f"cursor:{scope}")
    except (signing.BadSignature, ValueError) as error:
        raise InvalidCursorError("The page address was altered or is of another list.") from error
    return position
