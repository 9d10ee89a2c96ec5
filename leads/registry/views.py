"""Custom fields: the list in its order, adding and changing one, retiring it."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts import security_log
from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest, form_page, is_act
from crm.accounts.models import Role
from crm.accounts.security_events import Kind
from crm.traits import Trait, declares, takes_text
from leads.fields import Field
from leads.registry.forms import KINDS, FieldForm, text_labels
from leads.repository import registry
from leads.repository.forms import FormTooLargeError
from leads.repository.registry import MOST, Registry, StaleRegistryError
from leads.web.form_sizes import too_large_text
from leads.web.requests import posted_version
from leads.web.responses import page

LIST, EDIT = "registry/list.html", "registry/edit.html"
_STEPS = {"up": -1, "down": 1}


@require_safe
@require_role(Role.ADMIN)
def field_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the fields in their order, the retired ones apart."""
    return _list_page(request, registry.read())


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def field_add(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Add a field; 422 with errors, 409 if the fields were changed meanwhile."""
    now = registry.read()
    if request.method == "POST" and posted_version(request) == now.version - 1:
        # A repeat adds what is there already to what was there before, and so changes nothing.
        now = Registry(now.rows[:-1], now.version - 1)
    form = FieldForm(request.POST if request.method == "POST" else None, now=now)
    if not is_act(request) or not form.is_valid():
        return form_page(request, EDIT, {"form": form})
    return _save_form(request, form, _("The field was added."))


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def field_edit(request: AuthenticatedHttpRequest, name: str) -> HttpResponse:
    """Change a field; 422 with errors, 409 if the fields were changed meanwhile."""
    now = registry.read()
    field = _field_or_404(now, name)
    form = FieldForm(request.POST if request.method == "POST" else None, now=now, field=field)
    if not is_act(request) or not form.is_valid():
        return form_page(request, EDIT, _context(form, field))
    return _save_form(request, form, _("The field was changed."), field)


@require_POST
@require_role(Role.ADMIN)
def field_move(request: AuthenticatedHttpRequest, name: str) -> HttpResponse:
    """Move a field ``up`` or ``down`` among the living ones; 409 if they were changed meanwhile."""
    step = _STEPS.get(request.POST.get("direction", ""))
    if step is None:
        raise BadRequest("A field moves up or down.")
    now = registry.read()
    field = _field_or_404(now, name)
    return _save_list(request, _moved(now, field, step), "")


@require_POST
@require_role(Role.ADMIN)
def field_retire(request: AuthenticatedHttpRequest, name: str) -> HttpResponse:
    """Take a field out of all forms, or for ``back`` into them again; its values stay.

    409 if the fields were changed meanwhile.
    """
    now = registry.read()
    field = _field_or_404(now, name)
    is_retired = not request.POST.get("back")
    rows = [replace(row, is_retired=is_retired) if row is field else row for row in now.rows]
    text = _("“%(name)s” is retired: its values stay.") if is_retired else _("“%(name)s” is back.")
    return _save_list(request, rows, text % {"name": field.label})


def _moved(now: Registry, field: Field, step: int) -> list[Field]:
    """Return the rows with a living one in the place of its neighbour."""
    rows, living = [*now.rows], now.living
    if field not in living:
        return rows
    at = living.index(field) + step
    if 0 <= at < len(living):
        here, there = rows.index(field), rows.index(living[at])
        rows[here], rows[there] = rows[there], rows[here]
    return rows


def _save_form(
    request: AuthenticatedHttpRequest, form: FieldForm, text: str, field: Field | None = None
) -> HttpResponse:
    try:
        _save(form.rows, form.cleaned_data["version"])
    except StaleRegistryError as stale:
        return _conflict(request, stale.now, field)
    except FormTooLargeError as large:
        form.add_error(None, too_large_text(large))
        return form_page(request, EDIT, _context(form, field))
    messages.success(request, text)
    return redirect("field_list")


def _save_list(request: AuthenticatedHttpRequest, rows: Sequence[Field], text: str) -> HttpResponse:
    try:
        _save(rows, posted_version(request))
    except StaleRegistryError as stale:
        return _list_page(request, stale.now, is_stale=True)
    if text:
        messages.success(request, text)
    return redirect("field_list")


def _save(rows: Sequence[Field], version: int) -> None:
    with security_log.recording(Kind.SETTINGS_CHANGED) as event:
        registry.save(rows, version, events=[event])


def _conflict(
    request: AuthenticatedHttpRequest, now: Registry, field: Field | None
) -> HttpResponse:
    """Show what was typed, and the field as it is now."""
    fresh = _field_or_404(now, field.name) if field else None
    posted = request.POST.copy()
    posted["version"] = str(now.version)
    form = FieldForm(posted, now=now, field=fresh)
    context = _context(form, fresh) | {"is_stale": True}
    return page(request, EDIT, context, status=HTTPStatus.CONFLICT)


def _list_page(
    request: AuthenticatedHttpRequest, now: Registry, *, is_stale: bool = False
) -> HttpResponse:
    context = {
        "living": [(row, KINDS[row.kind]) for row in now.living],
        "retired": [(row, KINDS[row.kind]) for row in now.rows if row.is_retired],
        "version": now.version,
        "is_full": len(now.rows) >= MOST,
        "is_stale": is_stale,
    }
    status = HTTPStatus.CONFLICT if is_stale else HTTPStatus.OK
    return page(request, LIST, context, status=status)


def _context(form: FieldForm, field: Field | None) -> dict[str, object]:
    kind = KINDS[field.kind] if field else ""
    return {"form": form, "field": field, "kind": kind}


def _field_or_404(now: Registry, name: str) -> Field:
    field = now.by_name.get(name)
    if field is None:
        raise Http404("There is no such field.")
    return field
