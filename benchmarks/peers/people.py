"""The leads of Leadbook's benchmark as plain rows, for the peers to store."""

from pathlib import Path

import orjson

from benchmarks.scale.dataset import RUN
from leads.demo_data.history import seeded_lead


def write_people(path: Path, count: int) -> None:
    """Write ``count`` leads, a JSON object a line, oldest number first."""
    with path.open("wb") as file:
        for number in range(count):
            lead = seeded_lead(RUN, number).lead
            first, _, last = lead.name.partition(" ")
            row = {
                "first_name": first,
                "last_name": last or first,
                # One peer takes an address only once.
                "email": lead.email.replace("@", f".{number}@"),
                "company": lead.company,
                "subject": lead.subject,
                "message": lead.message,
                "status": lead.status.value,
                "created_at": lead.created_at,
            }
            file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
