"""What can go wrong with DynamoDB, and the one place that maps botocore's exceptions.

DynamoDBError
├── NotFoundError            a table or an index does not exist
├── ConditionFailedError     the condition of a single write did not hold
├── TransactionRefusedError  conditions of a transaction did not hold
├── ConflictError            other transactions kept touching the same items
├── ThrottledError           over the capacity, after all retries
├── UnavailableError         no answer, or a fault on the other side
├── ItemTooLargeError        over the 400 KB of an item
├── InvalidRequestError      DynamoDB rejects the request as malformed
└── UnknownOperationError    this engine does not have the call
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from crm.dynamodb.items import Item, plain_item


class DynamoDBError(Exception):
    """Any failed request to DynamoDB."""


class NotFoundError(DynamoDBError):
    """A table or an index does not exist."""


class ConditionFailedError(DynamoDBError):
    """The condition of a write did not hold; ``item`` is what is stored, if anything."""

    def __init__(self, message: str, item: Item | None = None) -> None:
        super().__init__(message)
        self.item = item


class TransactionRefusedError(DynamoDBError):
    """Conditions of a transaction did not hold.

    ``failed`` maps the position of each refused write to the item that is stored there,
    or to ``None`` where there is none.
    """

    def __init__(self, message: str, failed: dict[int, Item | None]) -> None:
        super().__init__(message)
        self.failed = failed


class ConflictError(DynamoDBError):
    """Other transactions kept touching the same items; the same request may work later."""


class ThrottledError(DynamoDBError):
    """DynamoDB refused for lack of capacity, after all retries."""


class UnavailableError(DynamoDBError):
    """DynamoDB could not be reached, did not answer in time, or failed."""


class ItemTooLargeError(DynamoDBError):
    """An item is larger than the 400 KB that DynamoDB stores."""


class InvalidRequestError(DynamoDBError):
    """DynamoDB rejects the request: a wrong type, an unknown key, a bad expression."""


class UnknownOperationError(DynamoDBError):
    """The engine does not have this call: embedded ones lack some of Amazon DynamoDB's."""


# Every error of the service model, and those that come before the service is reached.
_CODES: dict[type[DynamoDBError], tuple[str, ...]] = {
    NotFoundError: (
        "ResourceNotFoundException",
        "TableNotFoundException",
        "IndexNotFoundException",
        "BackupNotFoundException",
        "ExportNotFoundException",
        "GlobalTableNotFoundException",
        "ImportNotFoundException",
        "PolicyNotFoundException",
        "ReplicaNotFoundException",
    ),
    ConflictError: (
        "TransactionConflictException",
        "TransactionInProgressException",
        "ReplicatedWriteConflictException",
        "ResourceInUseException",
        "TableInUseException",
        "TableAlreadyExistsException",
        "BackupInUseException",
        # "Backups are being enabled": a table that has just been made is not ready for them.
        "ContinuousBackupsUnavailableException",
        "DuplicateItemException",
        "ExportConflictException",
        "GlobalTableAlreadyExistsException",
        "ImportConflictException",
        "ReplicaAlreadyExistsException",
    ),
    ThrottledError: (
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "Throttling",
        "LimitExceededException",
    ),
    UnavailableError: ("InternalServerError",),
    ItemTooLargeError: ("ItemCollectionSizeLimitExceededException",),
    InvalidRequestError: (
        "IdempotentParameterMismatchException",
        "SerializationException",
        "InvalidExportTimeException",
        "InvalidRestoreTimeException",
        "PointInTimeRecoveryUnavailableException",
    ),
    UnknownOperationError: ("UnknownOperationException",),
}
_BY_CODE = {code: error for error, codes in _CODES.items() for code in codes}
_TOO_LARGE = ("item size", "maximum allowed size")


@contextmanager
def map_errors() -> Iterator[None]:
    """Turn whatever botocore raises inside into one of the errors of this module."""
    try:
        yield
    except ClientError as error:
        raise from_client_error(error) from error
    except ParamValidationError as error:
        raise InvalidRequestError(str(error)) from error
    except BotoCoreError as error:
        raise UnavailableError(str(error)) from error


def from_client_error(error: ClientError) -> DynamoDBError:
    """Return the typed error for an error answer of the service."""
    code = error.response["Error"].get("Code", "")
    message = error.response["Error"].get("Message", "") or str(error)
    if code == "ConditionalCheckFailedException":
        raw = cast("dict[str, dict[str, dict[str, object]]]", error.response).get("Item")
        return ConditionFailedError(message, plain_item(raw) if raw else None)
    if code == "TransactionCanceledException":
        return _error_of_reasons(cast("dict[str, list[Reason]]", error.response), message)
    if code == "ValidationException":
        return _from_validation(message)
    if code in _BY_CODE:
        return _BY_CODE[code](message)
    # Refused credentials, and whatever stands between us and DynamoDB.
    return UnavailableError(f"{code}: {message}")


type Reason = dict[str, object]


def _from_validation(message: str) -> DynamoDBError:
    lowered = message.lower()
    if any(text in lowered for text in _TOO_LARGE):
        return ItemTooLargeError(message)
    if "does not have the specified index" in lowered:
        return NotFoundError(message)
    return InvalidRequestError(message)


def _error_of_reasons(response: dict[str, list[Reason]], message: str) -> DynamoDBError:
    reasons = response.get("CancellationReasons", [])
    codes = [str(reason.get("Code", "None")) for reason in reasons]
    if "ConditionalCheckFailed" in codes:
        failed: dict[int, Item | None] = {}
        for position, reason in enumerate(reasons):
            if reason.get("Code") == "ConditionalCheckFailed":
                raw = cast("dict[str, dict[str, object]] | None", reason.get("Item"))
                failed[position] = plain_item(raw) if raw else None
        return TransactionRefusedError(message, failed)
    if "ItemCollectionSizeLimitExceeded" in codes:
        return ItemTooLargeError(message)
    if "ValidationError" in codes:
        details = " ".join(str(reason.get("Message", "")) for reason in reasons)
        return _from_validation(f"{message} {details}")
    if {"ThrottlingError", "ProvisionedThroughputExceeded"} & set(codes):
        return ThrottledError(message)
    return ConflictError(message)
