"""How the columns of a kind of file were mapped last: the next such file starts from it."""

from collections.abc import Sequence

from pydantic import ValidationError

from crm.dynamodb.calls import get, put
from crm.dynamodb.schema import RECORDS
from leads import keys
from leads.importing.mapping import Mapping, signature, suggest


def remember(header: Sequence[str], mapping: Mapping) -> None:
    """Keep a mapping for files with the same columns: one write."""
    key = keys.import_columns(signature(header))
    put(RECORDS, {**key, "mapping": mapping.model_dump(mode="json")})


def suggested(header: Sequence[str], rows: Sequence[Sequence[str]], file_format: str) -> Mapping:
    """Give the mapping that was remembered, or guess one from names and ``rows``: one read."""
    guessed = suggest(header, rows, file_format)
    item = get(RECORDS, keys.import_columns(signature(header)))
    try:
        kept = Mapping.model_validate(item["mapping"]) if item else None
    except ValidationError:
        kept = None
    if kept is None or any(index >= len(header) for index in kept.columns):
        return guessed
    return kept.model_copy(update={"shielded": guessed.shielded})
