"""Which part of Leadbook sends a request to DynamoDB: told where it enters, and kept in threads."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, cast

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.management.base import BaseCommand
from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse

from crm import paths
from crm.dynamodb import batch
from crm.dynamodb.client import DYNAMODB
from crm.dynamodb.transport import Response, Transport
from crm.jobs.thread import Runner
from tests.plugins.called import called

PARTS = ("form", "web", "maintenance", "erasure")
# Commands that are no maintenance: what makes tables has rights of its own.
# What comes in by mail may do what people do on pages.
_COMMANDS = {
    "serve": "web",
    "receive_command": "web",
    "create_tables": "",
    "demo": "",
    "erase_command": "erasure",
}
_NOBODY = "nobody"

_part: ContextVar[str] = ContextVar("part", default="")
_is_bulk: ContextVar[bool] = ContextVar("is_bulk", default=False)


class Listener(Protocol):
    """Who wants to know."""

    def hear(self, part: str, call: str) -> None:
        """Take note of a call of a part."""


@contextmanager
def acting(part: str) -> Iterator[None]:
    """Let what is sent inside be of a part."""
    token = _part.set(part)
    try:
        yield
    finally:
        _part.reset(token)


@contextmanager
def aside() -> Iterator[None]:
    """Let what is sent inside be the test's own, also in the middle of a command."""
    with acting(_NOBODY):
        yield


def listen(listener: Listener) -> Callable[[], None]:
    """Tell of every request that a part sends, before it is sent; return what ends that."""
    ask, transact = Transport.ask, batch._transact  # noqa: SLF001 -- the one place
    respond, execute = BaseHandler.get_response, BaseCommand.execute
    do_due = Runner.do_due
    running: list[str] = []

    def asked(
        transport: Transport,
        method: str,
        parameters: dict[str, object],
        *,
        is_repeatable: bool = True,
    ) -> Response:
        # Not every thread of a command has its context.
        part = _part.get() or (running[-1] if running else "")
        if part in PARTS and transport.service is DYNAMODB:
            for call in called(method, parameters, is_bulk=_is_bulk.get(), is_told=part == "form"):
                listener.hear(part, call)
        return ask(transport, method, parameters, is_repeatable=is_repeatable)

    def transacted(part: Sequence[batch.BulkWrite]) -> None:
        """Elsewhere this is a batch."""
        token = _is_bulk.set(True)
        try:
            transact(part)
        finally:
            _is_bulk.reset(token)

    def responded(handler: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        is_signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES
        is_form = request.path_info.startswith(paths.FORM) and not is_signed_in
        with acting("form" if is_form else "web"):
            response = respond(handler, request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            chunks = cast("Iterator[bytes]", response.streaming_content)
            response.streaming_content = _in_part("web", chunks)
        return response

    def executed(command: BaseCommand, *arguments: object, **options: object) -> object:
        name = type(command).__module__.rpartition(".")[2]
        running.append(_COMMANDS.get(name, "maintenance"))
        try:
            return execute(command, *arguments, **options)
        finally:
            running.pop()

    def done(runner: Runner) -> float:
        with acting("web"):
            return do_due(runner)

    Transport.ask = asked  # type: ignore[method-assign, assignment]
    batch._transact = transacted  # noqa: SLF001
    BaseHandler.get_response = responded  # type: ignore[method-assign, assignment]
    BaseCommand.execute = executed  # type: ignore[method-assign, assignment]
    Runner.do_due = done  # type: ignore[method-assign, assignment]

    def stop() -> None:
        Transport.ask = ask  # type: ignore[method-assign]
        batch._transact = transact  # noqa: SLF001
        BaseHandler.get_response = respond  # type: ignore[method-assign]
        BaseCommand.execute = execute  # type: ignore[method-assign]
        Runner.do_due = do_due  # type: ignore[method-assign]

    return stop


def _in_part(part: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    while True:
        with acting(part):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk
