"""A log line is one JSON object, whatever is in it."""

import json
import logging
import sys

from crm.logs import JsonFormatter, request_id


def line(message: str, *arguments: object, **attributes: object) -> dict[str, object]:
    record = logging.LogRecord("crm.x", logging.WARNING, "x.py", 1, message, arguments, None)
    record.__dict__ |= attributes
    text = JsonFormatter().format(record)
    assert "\n" not in text
    found: dict[str, object] = json.loads(text)
    return found


def test_level_logger_message_and_time() -> None:
    found = line("%s of\n%d", "one", 2)
    assert (found["level"], found["logger"], found["message"]) == ("warning", "crm.x", "one of\n2")
    assert str(found["time"]).endswith("+00:00")
    assert "request_id" not in found


def test_fields_and_request_id_stand_beside_the_message() -> None:
    token = request_id.set("abc")
    try:
        found = line("x", fields={"status": 200, "odd": object})
    finally:
        request_id.reset(token)
    assert (found["request_id"], found["status"], found["odd"]) == ("abc", 200, "<class 'object'>")


def test_an_exception_is_a_field() -> None:
    try:
        raise ValueError("bad\nvalue")  # noqa: TRY301 - the shortest exception
    except ValueError:
        found = line("failed", exc_info=sys.exc_info())
    assert "ValueError: bad\nvalue" in str(found["exception"])
