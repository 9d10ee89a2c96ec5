"""What the tests of this folder stand on."""

from crm.dynamodb.creation import create_tables
from crm.tables import TABLES

# The emulator takes these properties and forgets them; test_data has them on the template. A
# stage that is no production has no deletion protection.
IGNORED = (
    "it has no deletion protection",
    "it has no point-in-time recovery",
    "its items do not expire by expiresAt",
)


def test_create_tables_finds_them_as_it_would_have_made_them(store: str) -> None:
    lines = create_tables(TABLES)
    assert len({line.split(": ")[1] for line in lines}) == 4
    assert all("leadbook-scratch-" in line for line in lines)
    assert [line for line in lines if line.startswith("created") or "skipped" in line] == []
    differing = [line for line in lines if line.startswith("differs")]
    assert [line for line in differing if not line.endswith(IGNORED)] == []
