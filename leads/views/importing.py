"""One import: its columns, the dry run, the import itself, and taking it back.

There is no worker process: the page asks for one step after another. Where it is closed,
the work pauses, and whoever opens it goes on.
"""

from itertools import islice
from time import monotonic

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.http import AuthenticatedHttpRequest, form_page
from crm.accounts.models import Role
from leads.import_forms import MappingForm
from leads.importing import results, staging
from leads.importing.records import BusyError, ImportState, ImportStateError, Run
from leads.importing.run import begin, step
from leads.imports.columns.mapping import Mapping
from leads.imports.columns.saved_mappings import remember, suggested
from leads.views.imports import announcement, context, import_or_404, needs_rows
from leads.web.requests import actor

# A request ends soon, so that a closed page stops soon and a server stops quickly.
STEP_SECONDS = 1.0
# Without JavaScript each request is a click, which does as much as a few steps.
STEPS_A_CLICK = 5
SAMPLE_ROWS = 80
SHOWN_KEPT = 20
# Finding what was kept reads every chunk: of a larger import, only the file has it.
MOST_CHUNKS = 25
MEANWHILE = "Somebody else changed this import at the same moment. Look at it, then try again."
_OPEN = {ImportState.STAGED, ImportState.CHECKING, ImportState.CHECKED, ImportState.UNDONE}
_CAN_BE_UNDONE = {ImportState.IMPORTING, ImportState.DONE}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Role.SALES)
@needs_rows
def import_run(request: AuthenticatedHttpRequest, import_id: str) -> HttpResponse:
    """Show how far an import is; POST begins the dry run (422 with errors) or the import."""
    run = import_or_404(import_id)
    if request.method != "POST":
        wants_columns = "columns" in request.GET and run.state in _OPEN
        if wants_columns or run.state is ImportState.STAGED:
            return _columns_page(request, run)
        return _page(request, run)
    try:
        if request.POST.get("action") == "import":
            _begin_import(request, run)
        elif refused := _begin_check(request, run):
            return refused
    except ImportStateError as error:
        messages.error(request, str(error))
    except BusyError:
        messages.error(request, MEANWHILE)
    return redirect("lead_import_run", import_id)


@require_POST
@requires(Role.SALES)
@needs_rows
def import_step(request: AuthenticatedHttpRequest, import_id: str) -> HttpResponse:
    """Work for a little while; htmx gets how far it is then, and asks again."""
    before = import_or_404(import_id).progress
    run, is_busy = _advance(import_id, STEP_SECONDS * (1 if request.htmx else STEPS_A_CLICK))
    if not request.htmx:
        return redirect("lead_import_run", import_id)
    shown = _context(run) | {"is_busy": is_busy, "announcement": announcement(before, run)}
    return render(request, "leads/import_step.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Role.SALES)
def import_undo(request: AuthenticatedHttpRequest, import_id: str) -> HttpResponse:
    """Ask whether to take an import back, and begin to."""
    run = import_or_404(import_id)
    if request.method != "POST" and run.state in _CAN_BE_UNDONE:
        return render(request, "leads/import_undo.html", context(run, choosing=False))
    try:
        if request.method == "POST":
            begin(import_id, ImportState.UNDOING, actor(request))
    except ImportStateError as error:
        messages.error(request, str(error))
    except BusyError:
        messages.error(request, MEANWHILE)
    return redirect("lead_import_run", import_id)


def _begin_check(request: AuthenticatedHttpRequest, run: Run) -> HttpResponse | None:
    rows = staging.sample(run.import_id, SAMPLE_ROWS)
    form = MappingForm(run.header, _mapping(run, rows), run.duplicates, request.POST)
    if not form.is_valid():
        return _columns_page(request, run, form)
    staging.set_options(run.import_id, form.mapping, form.chosen_duplicates)
    remember(run.header, form.mapping)
    begin(run.import_id, ImportState.CHECKING, actor(request))
    return None


def _begin_import(request: AuthenticatedHttpRequest, run: Run) -> None:
    # What was checked is what is imported: not what somebody chose since.
    if request.POST.get("options") != str(run.options):
        raise BusyError
    begin(run.import_id, ImportState.IMPORTING, actor(request), options=run.options)


def _advance(import_id: str, seconds: float) -> tuple[Run, bool]:
    """Do steps for a while; True if somebody else is at it, too."""
    now = monotonic()
    until = now + seconds
    try:
        while True:
            run = step(import_id)
            before, now = now, monotonic()
            # Far from the table, updates of a chunk take a second: none that would end too late.
            if not run.state.is_working or now + (now - before) >= until:
                return run, False
    except BusyError:
        return staging.load(import_id), True


def _page(request: AuthenticatedHttpRequest, run: Run) -> HttpResponse:
    response = render(request, "leads/import_run.html", _context(run))
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie"])
    return response


def _context(run: Run) -> dict[str, object]:
    is_small = run.chunks <= MOST_CHUNKS
    has_kept = run.state is ImportState.UNDONE and run.undone.kept and is_small
    kept = list(islice(results.kept(run.import_id), SHOWN_KEPT)) if has_kept else []
    return context(run, choosing=False) | {"kept": kept}


def _columns_page(
    request: AuthenticatedHttpRequest, run: Run, form: MappingForm | None = None
) -> HttpResponse:
    rows = staging.sample(run.import_id, SAMPLE_ROWS)
    form = form or MappingForm(run.header, _mapping(run, rows), run.duplicates)
    shown = context(run, choosing=True) | {"form": form, "columns": form.columns(rows)}
    return form_page(request, "leads/import_run.html", shown)


def _mapping(run: Run, rows: list[list[str]]) -> Mapping:
    if run.mapping is None:
        return suggested(run.header, rows, run.format)
    return Mapping.model_validate(run.mapping)
