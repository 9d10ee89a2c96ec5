"""Dry run, import and undo: each is begun once, and then done step by step."""

from leads.importing.records import ImportState, Run
from leads.models import Actor


def begin(import_id: str, work: ImportState, by: Actor) -> Run:
    """Begin (or go on with) ``work``: ``CHECKING``, ``IMPORTING`` or ``UNDOING``.

    A dry run and an import need options (``set_options``); an import does not need a dry
    run; an undo takes back a finished import or what there is of an unfinished one. Work
    that has begun already is left as it is, so a second click does no harm.

    Raises :class:`UnknownImportError`, and :class:`ImportStateError` with a message for
    people if the import is in another state.
    """
    raise NotImplementedError


def step(import_id: str) -> Run:
    """Do the next part (at most 80 rows) of the work that was begun, and give the import.

    Nothing happens if no work is open: go on while ``run.state.is_working``. Whatever
    cuts a step off, doing it again completes it. Raises :class:`UnknownImportError`,
    :class:`BusyError` if another process did the same step, and the errors of DynamoDB.
    """
    raise NotImplementedError
