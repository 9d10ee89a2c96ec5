"""Addresses and message ids that name a lead."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from leads.reply_addresses import address_of, lead_of, lead_of_message_id, message_id_of

LEAD = str(uuid4())
ENTRY = uuid4().hex


@pytest.fixture(autouse=True)
def _inbound(settings: Settings) -> None:
    settings.INBOUND_ADDRESS = "reply@in.example.com"


def test_an_address_names_its_lead() -> None:
    address = address_of(LEAD)
    assert address.startswith(f"reply+{LEAD}.")
    assert address.endswith("@in.example.com")
    assert len(address.partition("@")[0]) <= 64
    assert lead_of(address) == LEAD
    assert lead_of(address.upper()) == LEAD, "servers on the way may change letters"


def test_the_longest_local_part_that_the_settings_take_has_room(settings: Settings) -> None:
    settings.INBOUND_ADDRESS = f"{'r' * 10}@in.example.com"
    assert lead_of(address_of(LEAD)) == LEAD


def test_no_address_where_no_mail_comes_in(settings: Settings) -> None:
    address = address_of(LEAD)
    settings.INBOUND_ADDRESS = ""
    assert address_of(LEAD) == ""
    assert lead_of(address) is None
    assert lead_of("") is None


@pytest.mark.parametrize("lead_id", ["", "LEAD", "a b", "a.b", "a+b", "ä", "x" * 50, "a@b"])
def test_ids_of_other_programs_that_fit_into_no_address(lead_id: str) -> None:
    assert address_of(lead_id) == ""


def test_nobody_makes_one_up() -> None:
    address = address_of(LEAD)
    local_part, _, domain = address.partition("@")
    other = address_of(str(uuid4()))
    for forged in (
        "reply@in.example.com",
        f"reply+{LEAD}@{domain}",
        f"reply+{LEAD}.@{domain}",
        f"{local_part[:-1]}@{domain}",
        f"{local_part[:-1]}{'b' if local_part[-1] == 'a' else 'a'}@{domain}",
        f"{local_part}@other.example",
        address.replace("reply", "other"),
        f"{other.partition('.')[0]}.{local_part.partition('.')[2]}@{domain}",
        f"reply+{LEAD}.ä@{domain}",
    ):
        assert lead_of(forged) is None


def test_a_message_id_names_its_lead() -> None:
    message_id = message_id_of(LEAD, ENTRY)
    assert message_id.startswith(f"<{LEAD}.{ENTRY}.")
    assert message_id.endswith("@localhost>")
    assert lead_of_message_id(message_id) == LEAD
    assert lead_of_message_id(message_id.strip("<>")) == LEAD
    assert message_id_of("Lead_1", ENTRY) != message_id_of("Lead_2", ENTRY)


def test_a_message_id_of_nobody_names_none() -> None:
    message_id = message_id_of(LEAD, ENTRY)
    signature = message_id.rpartition("@")[0].rpartition(".")[2]
    assert lead_of_message_id(message_id.replace(ENTRY, uuid4().hex)) is None
    assert lead_of_message_id(message_id.replace(signature, "a" * 16)) is None
    assert lead_of_message_id(f"<{LEAD}@localhost>") is None
    assert lead_of_message_id(message_id_of("an id / of others", ENTRY)) is None
    address = address_of(LEAD).partition("@")[0].removeprefix("reply+")
    assert lead_of_message_id(f"<{address}@localhost>") is None, "signed for something else"


def test_a_key_that_was_replaced_is_believed_until_it_is_removed(settings: Settings) -> None:
    address, message_id, old = address_of(LEAD), message_id_of(LEAD, ENTRY), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [old]
    assert (lead_of(address), lead_of_message_id(message_id)) == (LEAD, LEAD)
    assert address_of(LEAD) != address
    settings.SECRET_KEY_FALLBACKS = []
    assert (lead_of(address), lead_of_message_id(message_id)) == (None, None)


@given(st.text(max_size=80))
def test_nothing_raises(text: str) -> None:
    assert lead_of(text) is None
    assert lead_of(f"reply+{text}@in.example.com") is None
    assert lead_of_message_id(text) is None
    assert message_id_of(text, ENTRY).count("@") >= 1
