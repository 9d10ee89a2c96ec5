"""What becomes of the rows of a chunk: decided before anything of it is stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from crm.dynamodb.calls import Item, batch_get, batch_put
from crm.tables import EPHEMERAL
from leads import keys
from leads.fields import slug_of
from leads.imports.columns.mapping import Candidate, Mapping, Rejection, to_lead
from leads.imports.columns.owners import owners
from leads.imports.columns.targets import OWNER
from leads.imports.run.chunks import NumberedRow, RowPlan
from leads.imports.run.models import Duplicates, Outcome, Run
from leads.repository import registry
from leads.repository.addresses import newest_of_each

REMEMBERED = timedelta(days=7)
MAX_REASON = 500


@dataclass(frozen=True)
class Work:
    """A row, and the lead that it asks for or why it cannot become one."""

    number: int
    line: int
    asked: Candidate | Rejection


@dataclass(frozen=True)
class _KnownLead:
    """Where an e-mail has been met: a lead of the table, or a row of the file."""

    lead_id: str
    line: int = 0


def works(run: Run, rows: Iterable[NumberedRow]) -> list[Work]:
    """Apply the mapping of an import to rows."""
    mapping = Mapping.model_validate(run.mapping)
    targets = mapping.columns.values()
    known = owners() if OWNER in targets else {}
    custom = registry.current().rows if any(map(slug_of, targets)) else ()
    return [
        Work(one.number, one.row.line, to_lead(one.row, mapping, known, custom)) for one in rows
    ]


def plan(run: Run, chunk: Sequence[Work], *, scope: str) -> list[RowPlan]:
    """Decide what becomes of each row of a chunk.

    ``scope`` is where e-mails of earlier rows are remembered: one for a dry run, one for an
    import. The index of e-mails lags behind, and a dry run stores no leads.
    """
    known = {} if run.duplicates is Duplicates.CREATE else _known_emails(run, chunk, scope)
    here: dict[str, tuple[int, int]] = {}
    planned: list[RowPlan] = []
    for work in chunk:
        if isinstance(work.asked, Rejection):
            planned.append(RowPlan(outcome=Outcome.REJECTED, reason=work.asked.reason[:MAX_REASON]))
            continue
        decided = _decide(run, work, work.asked, known, here)
        planned.append(decided.model_copy(update={"warnings": work.asked.warnings}))
    if run.duplicates is not Duplicates.CREATE:
        _remember(chunk, planned, scope)
    return planned


def lead_id_of(run: Run, number: int) -> str:
    """Return the id of the lead that a row becomes: the same at every attempt to store it."""
    return keys.lead_id_of(f"import:{run.import_id}:{run.attempt}:{number}")


def _decide(
    run: Run,
    work: Work,
    asked: Candidate,
    known: dict[str, _KnownLead],
    here: dict[str, tuple[int, int]],
) -> RowPlan:
    """Decide about a row; ``here`` are number and line of this chunk's new leads by e-mail."""
    email = asked.fields.email
    if run.duplicates is Duplicates.CREATE or (email not in known and email not in here):
        here[email] = work.number, work.line
        return RowPlan(outcome=Outcome.CREATED, lead_id=lead_id_of(run, work.number))
    number, line = here.get(email, (None, 0))
    if run.duplicates is Duplicates.SKIP:
        line = line or known[email].line
        reason = (
            _("Line %(line)s has the same e-mail.") % {"line": line}
            if line
            else _("A lead has this e-mail already.")
        )
        return RowPlan(outcome=Outcome.SKIPPED, reason=reason, above=line)
    if number is not None:
        return RowPlan(outcome=Outcome.UPDATED, lead_id=lead_id_of(run, number), into=number)
    return RowPlan(outcome=Outcome.UPDATED, lead_id=known[email].lead_id)


def _known_emails(run: Run, chunk: Sequence[Work], scope: str) -> dict[str, _KnownLead]:
    """Find out which e-mails of a chunk are in the table or in earlier rows."""
    spellings: dict[str, set[str]] = {}
    for work in chunk:
        if isinstance(work.asked, Candidate):
            email = work.asked.fields.email
            spellings.setdefault(email, {email}).update(work.asked.spellings)
    wanted = {str(keys.import_seen(scope, email)["PK"]): email for email in spellings}
    seen = batch_get(EPHEMERAL, [{"PK": key} for key in wanted], consistent=True)
    found = {email: _KnownLead(lead_id) for email, lead_id in newest_of_each(spellings).items()}
    for item in seen:
        number = int(str(item["row"]))
        # An earlier attempt at this chunk remembered its own rows.
        if number < chunk[0].number:
            found[wanted[str(item["PK"])]] = _KnownLead(
                lead_id_of(run, number), int(str(item["line"]))
            )
    return found


def _remember(chunk: Sequence[Work], planned: Sequence[RowPlan], scope: str) -> None:
    expires = int((datetime.now(UTC) + REMEMBERED).timestamp())
    items: list[Item] = [
        {
            **keys.import_seen(scope, work.asked.fields.email),
            "row": work.number,
            "line": work.line,
            "expiresAt": expires,
        }
        for work, decided in zip(chunk, planned, strict=True)
        if decided.outcome is Outcome.CREATED and isinstance(work.asked, Candidate)
    ]
    batch_put(EPHEMERAL, items)
