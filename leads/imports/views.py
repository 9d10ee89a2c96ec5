"""The pages of imports: the way in for a file, and one import from its columns to its undoing.

The page asks for one step after another. Where it is closed, a job goes on, or whoever opens
it again.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from time import monotonic

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts import drafts
from crm.accounts.access import require_role
from crm.accounts.drafts import never_keeps
from crm.accounts.http import AuthenticatedHttpRequest, form_page
from crm.accounts.models import Role
from crm.htmx import is_part
from crm.traits import Trait, declares
from leads.csv_escaping import BROKEN, BYTE_ORDER_MARK, csv_text
from leads.imports.columns.mapping import Mapping
from leads.imports.columns.saved_mappings import remember, suggested_mapping
from leads.imports.context import announcement, context, import_or_404, needs_rows, summary
from leads.imports.files.read import UnreadableFileError
from leads.imports.forms import MappingForm
from leads.imports.reading import ReadingForm, reading_context
from leads.imports.run import results, staging
from leads.imports.run.models import BusyError, ImportState, ImportStateError, Run
from leads.imports.run.steps import begin_work, step
from leads.imports.upload import TOO_LARGE, LimitHandler, UploadForm
from leads.models import timestamp
from leads.web.requests import actor
from leads.web.responses import download, page


@declares(Trait.FILE, Trait.UPLOAD)
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SALES)
def import_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Take a file, or show the form for one; 422 with the reason if it cannot be read."""
    # Checking the CSRF token reads the upload: the limit has to be there before.
    request.upload_handlers.insert(0, LimitHandler(request))
    return _import_list(request)


@csrf_protect
def _import_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _upload_page(request, UploadForm())
    files = request.FILES
    form = UploadForm(request.POST, files, is_too_large=TOO_LARGE in request.META)
    if not form.is_valid():
        return _upload_page(request, form)
    file = form.cleaned_data["file"]
    began = timestamp(datetime.now(UTC))
    try:
        run = staging.stage(file.name, file.file, actor(request), _options(request, form))
    except UnreadableFileError as error:
        form.add_error("file", str(error))
        return _upload_page(request, form)
    if run.staged_at < began:
        known = _("This file was uploaded before: here is how far its import has come.")
        messages.info(request, known)
    return redirect("lead_import_run", run.import_id)


def _options(request: AuthenticatedHttpRequest, form: UploadForm) -> staging.ReadOptions:
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    return staging.ReadOptions(
        delimiter=form.cleaned_data["delimiter"] or None,
        encoding=form.cleaned_data["encoding"] or None,
        languages=[language.partition("-")[0] for language, _quality in accepted],
    )


def _upload_page(request: AuthenticatedHttpRequest, form: UploadForm) -> HttpResponse:
    imports = [summary(run) for run in staging.recent()]
    return form_page(request, "imports/list.html", {"form": form, "imports": imports})


# A request ends soon, so that a closed page stops soon and a server stops quickly.
STEP_SECONDS = 1.0
# Without JavaScript each request is a click, which does as much as a few steps.
STEPS_A_CLICK = 5
SAMPLE_ROWS = 80
SHOWN_KEPT = 20
# Finding what was kept reads every chunk: of a larger import, only the file has it.
MOST_CHUNKS = 25
MEANWHILE = gettext_lazy(
    "Somebody else changed this import at the same moment. Look at it, then try again."
)
_OPEN = {ImportState.STAGED, ImportState.CHECKING, ImportState.CHECKED, ImportState.UNDONE}
_CAN_BE_UNDONE = {ImportState.IMPORTING, ImportState.DONE}


@declares(Trait.FILE, Trait.DRAFT)
@never_keeps(action="import")
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SALES)
@needs_rows
def import_run(request: AuthenticatedHttpRequest, import_id: str) -> HttpResponse:
    """Show how far an import is; POST begins the dry run (422 with errors) or the import."""
    run = import_or_404(import_id)
    if request.method != "POST":
        wants_columns = "columns" in request.GET and run.state in _OPEN
        if wants_columns or run.state is ImportState.STAGED:
            return _columns_page(request, run)
        return _run_page(request, run)
    if drafts.is_shown(request):
        return _draft_page(request, run)
    try:
        if refused := _do(request, run):
            return refused
    except ImportStateError as error:
        messages.error(request, str(error))
    except BusyError:
        messages.error(request, MEANWHILE)
    return redirect("lead_import_run", import_id)


def _do(request: AuthenticatedHttpRequest, run: Run) -> HttpResponse | None:
    """Do what a button of the page says; return the page again if that cannot be."""
    match request.POST.get("action"):
        case "import":
            _begin_import(request, run)
        case "read":
            return _read_again(request, run)
        case _:
            return _begin_check(request, run)
    return None


def _draft_page(request: AuthenticatedHttpRequest, run: Run) -> HttpResponse:
    """Show what was chosen in its form, if the import is still open to it."""
    if run.state not in _OPEN:
        messages.warning(request, MEANWHILE)
        return redirect("lead_import_run", run.import_id)
    if request.POST.get("action") == "read":
        return _columns_page(request, run, reading=ReadingForm(run, request.POST))
    return _columns_page(request, run, _posted_mapping(request, run))


def _read_again(request: AuthenticatedHttpRequest, run: Run) -> HttpResponse | None:
    form = ReadingForm(run, request.POST)
    if not form.is_valid():
        return _columns_page(request, run, reading=form)
    try:
        staging.read_again(run, **form.changes)
    except UnreadableFileError as error:
        form.add_error(None, str(error))
        return _columns_page(request, run, reading=form)
    return None


@declares(Trait.FILE, Trait.POLLED)
@require_POST
@require_role(Role.SALES)
@needs_rows
def import_step(request: AuthenticatedHttpRequest, import_id: str) -> HttpResponse:
    """Work for a little while; htmx gets how far it is then, and asks again."""
    before = import_or_404(import_id).progress
    steps = 1 if is_part(request) else STEPS_A_CLICK
    run, is_busy = _advance(import_id, STEP_SECONDS * steps)
    if not is_part(request):
        return redirect("lead_import_run", import_id)
    shown = _context(run) | {"is_busy": is_busy, "announcement": announcement(before, run)}
    return page(request, "imports/step.html", shown)


@declares(Trait.FILE)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SALES)
def import_undo(request: AuthenticatedHttpRequest, import_id: str) -> HttpResponse:
    """Ask whether to take an import back, and begin to."""
    run = import_or_404(import_id)
    if request.method != "POST" and run.state in _CAN_BE_UNDONE:
        return page(request, "imports/undo.html", context(run, choosing=False))
    try:
        if request.method == "POST":
            begin_work(import_id, ImportState.UNDOING, actor(request))
    except ImportStateError as error:
        messages.error(request, str(error))
    except BusyError:
        messages.error(request, MEANWHILE)
    return redirect("lead_import_run", import_id)


def _begin_check(request: AuthenticatedHttpRequest, run: Run) -> HttpResponse | None:
    form = _posted_mapping(request, run)
    if not form.is_valid():
        return _columns_page(request, run, form)
    staging.set_options(run.import_id, form.mapping, form.chosen_duplicates)
    remember(run.header, form.mapping)
    begin_work(run.import_id, ImportState.CHECKING, actor(request))
    return None


def _posted_mapping(request: AuthenticatedHttpRequest, run: Run) -> MappingForm:
    rows = staging.sample(run.import_id, SAMPLE_ROWS)
    return MappingForm(run.header, _mapping(run, rows), run.duplicates, request.POST)


def _begin_import(request: AuthenticatedHttpRequest, run: Run) -> None:
    # What was checked is what is imported: not what somebody chose since.
    if request.POST.get("options") != str(run.options):
        raise BusyError
    begin_work(run.import_id, ImportState.IMPORTING, actor(request), options=run.options)


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


def _run_page(request: AuthenticatedHttpRequest, run: Run) -> HttpResponse:
    return page(request, "imports/run.html", _context(run))


def _context(run: Run) -> dict[str, object]:
    is_small = run.chunks <= MOST_CHUNKS
    has_kept = run.state is ImportState.UNDONE and run.undone.kept and is_small
    kept = list(islice(results.kept_rows(run.import_id), SHOWN_KEPT)) if has_kept else []
    return context(run, choosing=False) | {"kept": kept}


def _columns_page(
    request: AuthenticatedHttpRequest,
    run: Run,
    form: MappingForm | None = None,
    *,
    reading: ReadingForm | None = None,
) -> HttpResponse:
    shown = context(run, choosing=True) | reading_context(run)
    shown["reading"] = reading or ReadingForm(run)
    if run.is_sure:
        rows = staging.sample(run.import_id, SAMPLE_ROWS)
        form = form or MappingForm(run.header, _mapping(run, rows), run.duplicates)
        shown |= {"form": form, "columns": form.columns(rows)}
    return form_page(request, "imports/run.html", shown)


def _mapping(run: Run, rows: list[list[str]]) -> Mapping:
    if run.mapping is None:
        return suggested_mapping(run.header, rows, run.format)
    return Mapping.model_validate(run.mapping)


@declares(Trait.FILE)
@require_safe
@require_role(Role.SALES)
@needs_rows
def import_errors(_request: AuthenticatedHttpRequest, import_id: str) -> HttpResponseBase:
    """Send the rejected rows: line, reason, and the columns as they were."""
    lines = results.rejected_lines(import_or_404(import_id))
    return _file(lines, f"rejected-{import_id[:8]}.csv")


@declares(Trait.FILE)
@require_safe
@require_role(Role.SALES)
@needs_rows
def import_kept(_request: AuthenticatedHttpRequest, import_id: str) -> HttpResponseBase:
    """Send the rows whose leads an undo left alone: line, reason, lead."""
    import_or_404(import_id)
    rows = (
        [str(one.line), one.reason, one.title, one.lead_id] for one in results.kept_rows(import_id)
    )
    # English, as in the file of rejected rows.
    return _file(chain([["Line", "Reason", "Lead", "leadId"]], rows), f"kept-{import_id[:8]}.csv")


def _file(lines: Iterable[Iterable[str]], name: str) -> StreamingHttpResponse:
    return download(_texts(lines), name, "text/csv; charset=utf-8")


def _texts(lines: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield each line as soon as it is found: between two of them there may be many rows.

    An error leaves a last line that says so; then it is raised.
    """
    yield BYTE_ORDER_MARK
    try:
        for line in lines:
            yield csv_text([line])
    except Exception:
        yield csv_text([[BROKEN]])
        raise
