"""Templates of answers: the list, and writing, changing and deleting one of them."""

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest, form_page, is_act
from crm.accounts.models import Role
from crm.traits import Trait, declares, takes_text
from leads.reply_templates.forms import TemplateForm, text_labels
from leads.repository import reply_templates as store
from leads.repository.reply_templates import StaleTemplateError, Template, TooManyTemplatesError
from leads.web.placeholders import LABELS
from leads.web.requests import posted_version
from leads.web.responses import page

EDIT = "reply_templates/edit.html"
MINE, DESK = "mine", "desk"
LONGEST_ID = 32


@require_safe
@require_role(Role.SALES)
def template_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the desk's templates and one's own."""
    context = {
        "desk": store.stored_of(store.DESK),
        "mine": store.stored_of(request.user.id),
    }
    return page(request, "reply_templates/list.html", context)


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SALES)
def template_add(request: AuthenticatedHttpRequest, owner: str) -> HttpResponse:
    """Write a template; 422 with the errors beside the fields."""
    whose = _whose(request, owner)
    form = TemplateForm(request.POST if request.method == "POST" else None)
    if is_act(request) and form.is_valid() and _is_saved(whose, form, version=0):
        messages.success(request, _("The template was saved."))
        return redirect("template_list")
    return form_page(request, EDIT, _context(owner, form))


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SALES)
def template_edit(request: AuthenticatedHttpRequest, owner: str, template_id: str) -> HttpResponse:
    """Change a template; 422 with errors, 409 if it was changed meanwhile."""
    whose = _whose(request, owner)
    now = _template_or_404(whose, template_id)
    form = TemplateForm(request.POST if request.method == "POST" else None, now=now)
    if not is_act(request) or not form.is_valid():
        return form_page(request, EDIT, _context(owner, form, now))
    wanted = form.template
    if wanted.id != template_id:
        raise Http404("There is no such template.")
    try:
        store.save(whose, wanted)
    except StaleTemplateError as stale:
        return _conflict(request, owner, form, stale.now)
    messages.success(request, _("The template was saved."))
    return redirect("template_list")


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SALES)
def template_delete(
    request: AuthenticatedHttpRequest, owner: str, template_id: str
) -> HttpResponse:
    """Ask, then delete a template; 409 if it was changed meanwhile."""
    whose = _whose(request, owner)
    template = "reply_templates/delete.html"
    if request.method != "POST":
        context = {"owner": owner, "template": _template_or_404(whose, template_id)}
        return page(request, template, context)
    try:
        store.remove(whose, template_id, posted_version(request))
    except StaleTemplateError as stale:
        context = {"owner": owner, "template": stale.now, "is_stale": True}
        return page(request, template, context, status=HTTPStatus.CONFLICT)
    messages.success(request, _("The template was deleted."))
    return redirect("template_list")


def _whose(request: AuthenticatedHttpRequest, owner: str) -> str:
    """Return whose templates an address names. The desk's are for admins alone."""
    if owner == MINE:
        return request.user.id
    if owner != DESK:
        raise Http404("There are no such templates.")
    if not request.user.is_admin:
        raise PermissionDenied(_("The templates of the desk are written by admins."))
    return store.DESK


def _template_or_404(whose: str, template_id: str) -> Template:
    found = store.one(whose, template_id) if len(template_id) <= LONGEST_ID else None
    if found is None:
        raise Http404("There is no such template.")
    return found


def _is_saved(whose: str, form: TemplateForm, *, version: int) -> bool:
    wanted = form.template
    if wanted.version != version:
        raise Http404("There is no such template.")
    try:
        store.save(whose, wanted)
    except TooManyTemplatesError:
        text = _("There are %(most)s templates, and more would be too many to choose from.")
        form.add_error(None, text % {"most": store.MOST})
        return False
    except StaleTemplateError:
        form.add_error(None, _("This template was saved already, and changed since."))
        return False
    return True


def _conflict(
    request: AuthenticatedHttpRequest, owner: str, form: TemplateForm, now: Template | None
) -> HttpResponse:
    """Show what was typed, and the template as it is now."""
    if now is None:
        raise Http404("The template was deleted.")
    posted = request.POST.copy()
    posted["version"] = str(now.version)
    form = TemplateForm(posted, now=now)
    context = _context(owner, form, now) | {"stale": now}
    return page(request, EDIT, context, status=HTTPStatus.CONFLICT)


def _context(owner: str, form: TemplateForm, now: Template | None = None) -> dict[str, object]:
    return {"form": form, "owner": owner, "now": now, "placeholders": LABELS.items()}
