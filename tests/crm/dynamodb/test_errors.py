import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import botocore.session
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ReadTimeoutError,
)

from crm.dynamodb import calls, client, errors
from crm.dynamodb.engine import free_port
from crm.dynamodb.errors import (
    ConditionFailedError,
    ConflictError,
    DynamoDBError,
    InvalidRequestError,
    ItemTooLargeError,
    NotFoundError,
    ThrottledError,
    TransactionRefusedError,
    UnavailableError,
    UnknownOperationError,
    from_client_error,
    map_errors,
)
from crm.tables import LEADS
from tests.crm.dynamodb.wire import Wire, failure

if TYPE_CHECKING:
    from botocore.exceptions import _ClientErrorResponseTypeDef

DYNAMODB = botocore.session.get_session().get_service_model("dynamodb")
MODELLED = sorted(shape.name for shape in DYNAMODB.error_shapes)
# They have an error of their own, because they bring more than a message.
SPECIAL = {"ConditionalCheckFailedException", "TransactionCanceledException"}


def error_of(code: str, message: str = "") -> DynamoDBError:
    return from_client_error(
        ClientError({"Error": {"Code": code, "Message": message}}, "Operation")
    )


@pytest.mark.parametrize("code", MODELLED)
def test_every_modelled_error_of_dynamodb_is_mapped(code: str) -> None:
    assert code in errors._BY_CODE.keys() | SPECIAL  # noqa: SLF001 - a default would hide it


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ResourceNotFoundException", NotFoundError),
        ("TableNotFoundException", NotFoundError),
        ("ConditionalCheckFailedException", ConditionFailedError),
        ("TransactionConflictException", ConflictError),
        ("TransactionInProgressException", ConflictError),
        ("ProvisionedThroughputExceededException", ThrottledError),
        ("ThrottlingException", ThrottledError),
        ("RequestLimitExceeded", ThrottledError),
        ("InternalServerError", UnavailableError),
        ("IdempotentParameterMismatchException", InvalidRequestError),
        ("UnknownOperationException", UnknownOperationError),
        ("AccessDeniedException", UnavailableError),
        ("ExpiredTokenException", UnavailableError),
        ("", UnavailableError),
    ],
)
def test_errors_by_code(code: str, expected: type[DynamoDBError]) -> None:
    assert type(error_of(code, "why")) is expected
    assert "why" in str(error_of(code, "why"))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Item size has exceeded the maximum allowed size", ItemTooLargeError),
        ("Item size to update has exceeded the maximum allowed size", ItemTooLargeError),
        ("The table does not have the specified index: status-index", NotFoundError),
        ("One or more parameter values were invalid", InvalidRequestError),
    ],
)
def test_validation_errors_by_message(message: str, expected: type[DynamoDBError]) -> None:
    assert type(error_of("ValidationException", message)) is expected


def test_a_failed_condition_brings_the_stored_item(wire: Wire) -> None:
    stored = {"leadId": {"S": "a"}, "version": {"N": "3"}}
    wire.answer("PutItem", failure("ConditionalCheckFailedException", "no", Item=stored))
    with pytest.raises(ConditionFailedError) as caught:
        calls.put(LEADS, {"leadId": "a"}, condition="attribute_not_exists(#leadId)")
    assert caught.value.item == {"leadId": "a", "version": 3}


def test_a_failed_condition_on_a_missing_item_brings_none(wire: Wire) -> None:
    wire.answer("PutItem", failure("ConditionalCheckFailedException", "no"))
    with pytest.raises(ConditionFailedError) as caught:
        calls.put(LEADS, {"leadId": "a"}, condition="#version = :v", values={"v": 1})
    assert caught.value.item is None


def cancelled(*reasons: Mapping[str, object]) -> DynamoDBError:
    response = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": list(reasons),
    }
    return from_client_error(
        ClientError(cast("_ClientErrorResponseTypeDef", response), "TransactWriteItems")
    )


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["None", "TransactionConflict"], ConflictError),
        (["None", "ThrottlingError"], ThrottledError),
        (["ProvisionedThroughputExceeded", "TransactionConflict"], ThrottledError),
        (["TransactionConflict", "ConditionalCheckFailed"], TransactionRefusedError),
        (["ValidationError", "None"], InvalidRequestError),
        (["ItemCollectionSizeLimitExceeded"], ItemTooLargeError),
        ([], ConflictError),
    ],
)
def test_reasons_of_a_cancelled_transaction(
    codes: list[str], expected: type[DynamoDBError]
) -> None:
    assert type(cancelled(*({"Code": code} for code in codes))) is expected


def test_a_refused_transaction_tells_which_writes_met_what() -> None:
    error = cancelled(
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Item": {"version": {"N": "2"}}},
        {"Code": "ConditionalCheckFailed"},
    )
    assert isinstance(error, TransactionRefusedError)
    assert error.failed == {1: {"version": 2}, 2: None}


def test_a_transaction_with_too_large_an_item() -> None:
    message = "Item size to update has exceeded the maximum allowed size"
    assert isinstance(cancelled({"Code": "ValidationError", "Message": message}), ItemTooLargeError)


@pytest.mark.parametrize(
    "error",
    [
        BotoCoreError(),
        ConnectTimeoutError(endpoint_url="http://x"),
        EndpointConnectionError(endpoint_url="http://x", error="refused"),
        NoCredentialsError(),
        NoRegionError(),
        ReadTimeoutError(endpoint_url="http://x"),
    ],
)
def test_what_keeps_from_dynamodb_is_unavailable(error: BotoCoreError) -> None:
    with pytest.raises(UnavailableError), map_errors():
        raise error


def test_a_malformed_request_is_not_unavailable() -> None:
    with pytest.raises(InvalidRequestError), map_errors():
        raise ParamValidationError(report="leadId")


def test_other_exceptions_pass() -> None:
    with pytest.raises(KeyError), map_errors():
        raise KeyError


@pytest.mark.parametrize("body", [b"<html>a proxy</html>", b"[]", b"", b"\xff"])
def test_an_answer_that_is_not_dynamodbs_is_no_success(wire: Wire, body: bytes) -> None:
    wire.answer("GetItem", (200, body))
    with pytest.raises(UnavailableError):
        calls.get(LEADS, {"leadId": "a"})


def test_an_error_page_of_a_proxy(wire: Wire) -> None:
    wire.answer("GetItem", *[(502, b"<html>bad gateway</html>")] * 4)
    with pytest.raises(UnavailableError):
        calls.get(LEADS, {"leadId": "a"})


def test_nothing_listens(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port()}")
    client.reset()
    with pytest.raises(UnavailableError):
        calls.get(LEADS, {"leadId": "a"})


@pytest.mark.slow
def test_something_listens_and_never_answers(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        client.reset()
        with pytest.raises(UnavailableError, match=r"[Tt]imed? ?out"):
            calls.get(LEADS, {"leadId": "a"})


def test_a_missing_table(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.TABLE_NAME", "no-such-table")
    with pytest.raises(NotFoundError):
        calls.get(LEADS, {"leadId": "a"})


def test_a_missing_index(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.STATUS_INDEX", "no-such-index", raising=False)
    with pytest.raises(NotFoundError):
        calls.query(LEADS, "#status = :s", {"s": "new"}, index=next(iter(LEADS.indexes[1:2])))
