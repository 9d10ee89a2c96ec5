"""Custom fields as tests need them."""

from leads.fields import Field, Kind, custom_field
from leads.repository import registry

BUDGET = custom_field("budget", "Annual budget", Kind.NUMBER)
NOTES = custom_field("notes", "Background", Kind.LONG, searched=True)
SIZE = custom_field("size", "Team size", Kind.CHOICE, choices=("1 to 10", "11 to 50", "More"))
START = custom_field("start", "Start", Kind.DATE)
TRADE = custom_field("trade", "Trade", searched=True)
FIELDS = (TRADE, BUDGET, NOTES, SIZE, START)


def set_fields(*rows: Field) -> None:
    """Let the installation have these custom fields."""
    registry.save(rows, registry.read().version)
