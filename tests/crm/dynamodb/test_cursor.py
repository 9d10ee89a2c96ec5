import json
import zlib
from base64 import urlsafe_b64encode

import pytest
from django.conf import LazySettings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from crm.dynamodb.cursor import MAX_LENGTH, InvalidCursorError, Position, decode, encode

TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
KEY = st.dictionaries(TEXT, TEXT, max_size=3)
POSITIONS = st.dictionaries(TEXT, TEXT | KEY | st.none(), max_size=4)
POSITION: Position = {"new": {"leadId": "a", "createdAt": "2026-01-01T00:00:00.000Z"}}


@given(POSITIONS, TEXT)
def test_round_trip(position: Position, scope: str) -> None:
    text = encode(position, scope)
    assert decode(text, scope) == position
    assert text.isascii()
    assert not set(text) & set(' "<>/?#&%+')


@pytest.mark.slow
@given(st.data())
def test_any_altered_character_is_noticed(data: st.DataObject) -> None:
    text = encode(POSITION, "leads")
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda char: char != text[at]))
    with pytest.raises(InvalidCursorError):
        decode(text[:at] + other + text[at + 1 :], "leads")


@given(st.text(max_size=200))
def test_any_other_text_is_invalid(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        decode(text, "leads")


@given(TEXT, TEXT)
def test_it_is_bound_to_its_list(scope: str, other: str) -> None:
    if scope != other:
        with pytest.raises(InvalidCursorError):
            decode(encode(POSITION, scope), other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "::",
        "a:b:c",
        "." + urlsafe_b64encode(zlib.compress(b"0" * 10_000_000)).decode(),
        urlsafe_b64encode(json.dumps(POSITION).encode()).decode(),
        "a" * (MAX_LENGTH + 1),
        "\ud800",
        "\0",
    ],
    ids=repr,
)
def test_forgeries(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        decode(text[: 2 * MAX_LENGTH], "leads")


def test_one_that_is_too_long_is_not_even_read(settings: LazySettings) -> None:
    text = encode({str(number): f"{number:x}" for number in range(10_000)}, "leads")
    assert len(text) > MAX_LENGTH
    with pytest.raises(InvalidCursorError):
        decode(text, "leads")


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="ascii"), min_size=1))
def test_it_is_bound_to_the_secret_key(settings: LazySettings, key: str) -> None:
    text = encode(POSITION, "leads")
    mine, settings.SECRET_KEY = settings.SECRET_KEY, key
    try:
        if key != mine:
            with pytest.raises(InvalidCursorError):
                decode(text, "leads")
    finally:
        settings.SECRET_KEY = mine


def test_a_secret_key_can_be_replaced_gently(settings: LazySettings) -> None:
    text = encode(POSITION, "leads")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert decode(text, "leads") == POSITION
