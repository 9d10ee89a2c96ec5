"""What admins set: one record that two of them never overwrite unseen."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crm.accounts.security_events import Event, Kind, event_put
from crm.dynamodb import calls
from crm.dynamodb.capacity import count_requests
from crm.tables import RECORDS
from leads.repository import desk_settings
from leads.repository.desk_settings import DeskSettings, StaleSettingsError

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DEFAULTS = DeskSettings(
    {
        "lost": ("No budget", "No answer", "Went elsewhere", "Not a fit"),
        "spam": (),
        "duplicate": (),
    },
    {"new": 4 * HOUR, "contacted": 3 * DAY, "qualified": 7 * DAY, "converted": None},
)
OTHERS = DeskSettings(
    {"lost": (), "spam": ("Ads", "Ünïcode 🦊"), "duplicate": ("Twice",)},
    {"new": HOUR, "contacted": None, "qualified": 400 * DAY, "converted": None},
)


def test_the_defaults_hold_until_somebody_saves(store: str) -> None:
    assert (desk_settings.read(), desk_settings.read().version) == (DEFAULTS, 0)
    desk_settings.save(OTHERS)
    assert (desk_settings.read(), desk_settings.read().version) == (OTHERS, 1)


def test_of_two_who_save_one_is_told_what_the_other_set(store: str) -> None:
    mine = replace(DEFAULTS, reasons={**DEFAULTS.reasons, "lost": ("Mine",)})
    desk_settings.save(OTHERS)
    event = event_put(Event(Kind.SETTINGS_CHANGED, "a", "", ""))
    with pytest.raises(StaleSettingsError) as stale:
        desk_settings.save(mine, events=[event])
    assert (stale.value.now, stale.value.now.version) == (OTHERS, 1)
    with pytest.raises(StaleSettingsError):
        desk_settings.reset(0, events=[event])
    assert desk_settings.read() == OTHERS
    assert calls.get(RECORDS, RECORDS.key_of(event.item), consistent=True) is None
    desk_settings.save(replace(mine, version=1), events=[event])
    assert desk_settings.read() == mine
    assert calls.get(RECORDS, RECORDS.key_of(event.item), consistent=True)


def test_what_was_stored_already_is_no_clash(store: str) -> None:
    for _ in range(2):
        desk_settings.save(OTHERS)
    assert desk_settings.read().version == 1
    for _ in range(2):
        desk_settings.reset(1)
    assert desk_settings.read().version == 2


def test_a_reset_counts_on(store: str) -> None:
    """A form of before it must not fit again."""
    desk_settings.save(OTHERS)
    desk_settings.reset(1)
    assert (desk_settings.read(), desk_settings.read().version) == (DEFAULTS, 2)
    with pytest.raises(StaleSettingsError):
        desk_settings.save(OTHERS)


def test_a_page_asks_once_in_half_a_minute(tables: None) -> None:
    with count_requests() as usage:
        assert desk_settings.current() == DEFAULTS
        assert desk_settings.current() == DEFAULTS
    assert usage.requests == 1
    desk_settings.save(OTHERS)
    assert desk_settings.current() == OTHERS
    desk_settings.reset(1)
    assert desk_settings.current() == DEFAULTS
