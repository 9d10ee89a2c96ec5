"""Values of custom fields within the item of a lead: one map, written slug by slug.

Whoever changes one value leaves all others as they are stored, also those of slugs that nobody
here knows, and of another type. Between reading and writing they are attributes of their own,
called by their paths, ``custom.budget``: so an act or an import keeps them one by one.
"""

from collections.abc import Mapping, Sequence

from crm.dynamodb.items import Item, Value, set_expression
from leads.fields import CUSTOM, custom_path, slug_at
from leads.models import Lead


def flat(item: Item) -> Item:
    """Return the item of a lead with the values of its map as attributes by their paths."""
    stored = item.get(CUSTOM)
    if not isinstance(stored, dict) or not stored:
        return dict(item)
    values = {custom_path(slug): value for slug, value in stored.items()}
    return {name: value for name, value in item.items() if name != CUSTOM} | values


def nested(item: Mapping[str, Value]) -> Item:
    """Return the item with the map in it again."""
    values: Item = {slug: value for name, value in item.items() if (slug := slug_at(name))}
    own = {name: value for name, value in item.items() if not slug_at(name)}
    return own | {CUSTOM: values} if values else own


def changed_values(before: Lead, after: Lead) -> Item:
    """Return the values that differ by their paths; ``None`` stands for one that is to go."""
    slugs = sorted(before.custom.keys() | after.custom.keys())
    return {
        custom_path(slug): after.custom.get(slug)
        for slug in slugs
        if before.custom.get(slug, "") != after.custom.get(slug, "")
    }


def set_values(
    attributes: Mapping[str, Value], removed: Sequence[str], *, has_map: bool
) -> tuple[str, Item]:
    """Return the update that writes attributes and values by their paths, and its values.

    A lead whose map is not stored gets one.
    """
    if not has_map:
        written = nested(attributes)
        return set_expression(written, [name for name in removed if not slug_at(name)]), written
    paths = {
        name: f"{CUSTOM}.#{slug}" for name in [*attributes, *removed] if (slug := slug_at(name))
    }
    named = {name: f"x_{slug_at(name)}" if name in paths else name for name in attributes}
    change = "SET " + ", ".join(f"#{paths.get(name, name)} = :{named[name]}" for name in attributes)
    gone = ", ".join(f"#{paths.get(name, name)}" for name in removed)
    values = {named[name]: value for name, value in attributes.items()}
    return f"{change} REMOVE {gone}" if gone else change, values
