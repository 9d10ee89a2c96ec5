"""``manage.py erase_lead``: erases for good what is left of a lead."""

from argparse import ArgumentParser
from typing import TypedDict, Unpack, override

from django.core.management.base import BaseCommand

from crm.cli import confirm, one_line_refusals, refusal
from leads.imports.run.store import find
from leads.repository.erasure import Erased, erase, remains
from leads.repository.errors import LeadNotFoundError

SHOWN = 60


class _Options(TypedDict):
    lead_id: str
    yes: bool


class Command(BaseCommand):
    """Erases a lead, whether it was deleted or not; every refusal is one line."""

    help = (
        "Erases a lead for good, with its notes, with what its changes wrote over, and with the"
        " words in its timeline. Who did what when to which field stays. Safe any number of"
        " times; a run that was cut off is finished by the next one."
    )
    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("lead_id", metavar="ID", help="as in the address /leads/ID/")
        parser.add_argument("--yes", action="store_true", help="erase without asking")

    @override
    def handle(self, *_args: object, **options: Unpack[_Options]) -> None:
        lead_id = options["lead_id"]
        with one_line_refusals("what was erased stays so, run it again to go on"):
            try:
                left = remains(lead_id)
            except LeadNotFoundError as error:
                message = f"There is no lead {lead_id[:SHOWN]!r}, and nothing is left of one."
                raise refusal(message) from error
            if not options["yes"]:
                which = f"“{left.title[:SHOWN]}”" if left.title else "which was deleted"
                confirm(f"Erase lead {lead_id}, {which}, for good? Nobody can bring it back.")
            self._report(lead_id, erase(lead_id))

    def _report(self, lead_id: str, erased: Erased) -> None:
        parts = [
            *(["the lead itself"] if erased.is_lead else []),
            *(["its held message"] if erased.is_held else []),
            *(_counted(erased.entries, "note or call", "notes and calls")),
            *(_counted(erased.acts, "act that told of it", "acts that told of it")),
            *(_counted(erased.events, "event of its timeline", "events of its timeline")),
        ]
        text = f"erased: {', '.join(parts)}." if parts else "nothing was left to erase."
        self.stdout.write(f"Lead {lead_id}: {text}")
        self.stdout.write(
            "Its timeline keeps who did what when to which field, stages, owners and outcomes."
        )
        self._say_imports(erased.imports)
        self.stdout.write(
            "Copies end by themselves: backups after 35 days, news that could not be delivered"
            " after 14 days. Mail that was sent and exports are out of reach: tell who has them."
        )

    def _say_imports(self, imports: list[str]) -> None:
        for import_id in imports:
            if run := find(import_id):
                self.stdout.write(
                    f"The file {run.file_name[:SHOWN]!r} holds it still:"
                    f" import_leads --forget {import_id} removes its rows."
                )


def _counted(number: int, one: str, many: str) -> list[str]:
    return [f"{number:,} {one if number == 1 else many}"] if number else []
