"""What admins change is stored with its event in the security log, or not at all."""

from collections.abc import Callable

import pytest

from crm.accounts.security_events import Event, Kind, event_put
from crm.dynamodb import calls
from crm.dynamodb.calls import Put
from crm.dynamodb.errors import TransactionRefusedError
from leads.definitions import Brand
from leads.fields import custom_field
from leads.repository import brand, desk_settings, registry

pytestmark = pytest.mark.usefixtures("tables")


@pytest.mark.parametrize(
    ("save", "read"),
    [
        (
            lambda event: brand.save(Brand(site_name="Acme"), seen=0, beside=[event]),
            brand.read,
        ),
        (
            lambda event: registry.save([custom_field("size", "Size")], 0, events=[event]),
            registry.read,
        ),
        (
            lambda event: desk_settings.save(desk_settings.read(), events=[event]),
            desk_settings.read,
        ),
    ],
    ids=["brand", "registry", "desk_settings"],
)
def test_nothing_is_changed_unrecorded(
    save: Callable[[Put], object], read: Callable[[], object]
) -> None:
    before = read()
    event = event_put(Event(Kind.SETTINGS_CHANGED, "a", "", ""))
    calls.put(event.table, event.item)
    with pytest.raises(TransactionRefusedError):
        save(event)
    assert read() == before
