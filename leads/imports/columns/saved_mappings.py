"""How the columns of a kind of file were mapped last: the next such file starts from it."""

from collections.abc import Sequence

from pydantic import ValidationError

from crm.dynamodb.calls import get, put
from crm.tables import RECORDS
from leads import keys
from leads.imports.columns.mapping import Mapping, order_of_days, signature, suggest
from leads.repository import registry


def remember(header: Sequence[str], mapping: Mapping) -> None:
    """Keep a mapping for files with the same columns: one write."""
    key = keys.import_columns(signature(header))
    put(RECORDS, {**key, "mapping": mapping.model_dump(mode="json")})


def suggested_mapping(
    header: Sequence[str], rows: Sequence[Sequence[str]], file_format: str
) -> Mapping:
    """Return the mapping that was remembered, or guess one from names and ``rows``: one read.

    And what the registry of custom fields costs.
    """
    custom = registry.current()
    guessed = suggest(header, rows, file_format, custom.living)
    item = get(RECORDS, keys.import_columns(signature(header)))
    try:
        kept = Mapping.model_validate(item["mapping"]) if item else None
    except ValidationError:
        kept = None
    gone = {row.name for row in custom.rows if row.is_retired}
    if kept is None or any(index >= len(header) for index in kept.columns):
        return guessed
    # What the rows of this file tell of their dates is better than what was right for another.
    told = order_of_days(kept.columns, rows, custom.living)
    order = kept.day_first if told is None else told
    columns = {index: name for index, name in kept.columns.items() if name not in gone}
    present = {
        "columns": columns,
        "shielded": guessed.shielded,
        "zone": guessed.zone,
        "day_first": order,
    }
    return kept.model_copy(update=present)
