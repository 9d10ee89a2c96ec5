"""The company's forms: the list, and writing, copying, switching and deleting one of them."""

from http import HTTPStatus
from itertools import count

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts import security_log
from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest, form_page, is_act
from crm.accounts.models import Role
from crm.accounts.security_events import Kind
from crm.public_url import public_url
from crm.traits import Trait, declares, takes_text
from leads.attribution import MAX_SLUG
from leads.definitions import BUILT_IN, Definition
from leads.forms.figures import figures, is_free
from leads.forms.forms import DefinitionForm, made_of, text_labels
from leads.forms.snippets import snippets
from leads.held import refused_sites
from leads.intake.pages import preview
from leads.intake.sites import EMBED
from leads.repository import brand, looks, registry
from leads.repository import forms as store
from leads.repository.form_index import Index, Listed
from leads.repository.forms import (
    FirstFormError,
    SlugTakenError,
    StaleFormError,
    TooManyFormsError,
)
from leads.web.responses import page

EDIT = "forms/edit.html"


@require_safe
@require_role(Role.ADMIN)
def form_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the company's forms, and how much came in by each."""
    index = store.index()
    found, called = figures(index.forms), looks.read()
    rows = [
        (one, called.title(one.slug), _path(index, one), found.by_slug[one.slug])
        for one in index.forms
    ]
    return page(request, "forms/list.html", {"rows": rows, "has_more": found.has_more})


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def form_add(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Write a new form; 422 with the errors beside the fields."""
    plain = Definition(slug="", fields=BUILT_IN.fields)
    form = _form(request, plain)
    if is_act(request) and form.is_valid() and _add(form):
        messages.success(request, _("The form was saved. It takes messages from now on."))
        return redirect("form_edit", form.definition.slug)
    return form_page(request, EDIT, {"form": form})


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def form_edit(request: AuthenticatedHttpRequest, slug: str) -> HttpResponse:
    """Change a form; 422 with errors, 409 if another admin changed it meanwhile."""
    index = store.index()
    listed = _listed_or_404(index, slug)
    now = store.definition(slug, listed.version)
    form = _form(request, now)
    if not is_act(request) or not form.is_valid():
        return form_page(request, EDIT, _context(request, index, listed, now) | {"form": form})
    try:
        with security_log.recording(Kind.SETTINGS_CHANGED) as event:
            store.save(
                form.definition,
                seen=form.cleaned_data["seen"],
                logo=form.new_logo,
                beside=[event, *form.made_of],
            )
    except StaleFormError as stale:
        return _conflict(request, stale.now, _context(request, index, listed, now))
    messages.success(request, _("The form was saved. Visitors see it within half a minute."))
    return redirect("form_edit", slug)


@csp_override(
    {
        "default-src": ["'self'"],
        # What is not saved yet has no address.
        "style-src": ["'self'", "data:"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'self'"],
        "form-action": ["'none'"],
    }
)
@xframe_options_sameorigin
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def form_preview(request: AuthenticatedHttpRequest, slug: str) -> HttpResponse:
    """Show a form as visitors see it: as it is stored, or as somebody is writing it."""
    listed = _listed_or_404(store.index(), slug)
    now = store.definition(slug, listed.version)
    if request.method != "POST":
        return preview(now, is_framed=EMBED in request.GET)
    form = _form(request, now)
    if form.is_valid():
        return preview(form.definition, new_logo=form.new_logo)
    context = {"form": form}
    return page(request, "forms/refused.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
@require_role(Role.ADMIN)
def form_copy(request: AuthenticatedHttpRequest, slug: str) -> HttpResponse:
    """Make a form that says the same under another address."""
    # Read before the form: were it written anew in between, they are others by then.
    basis = made_of(brand.read(), registry.read())
    index = store.index()
    now = store.definition(slug, _listed_or_404(index, slug).version)
    copy = now.changed(slug=_free_slug(index, slug))
    try:
        with security_log.recording(Kind.SETTINGS_CHANGED) as event:
            store.add(copy, beside=[event, *basis])
    except TooManyFormsError:
        messages.error(request, _too_many())
        return redirect("form_list")
    except SlugTakenError:
        messages.error(request, _("Another form got the address of the copy just now. Try again."))
        return redirect("form_edit", slug)
    messages.success(request, _("This is the copy. It takes messages from now on."))
    return redirect("form_edit", copy.slug)


@require_POST
@require_role(Role.ADMIN)
def form_switch(request: AuthenticatedHttpRequest, slug: str) -> HttpResponse:
    """Let a form take messages (``enabled`` = 1), or none."""
    is_on = request.POST.get("enabled") == "1"
    listed = _listed_or_404(store.index(), slug)
    # A second click is no event.
    if listed.is_on is not is_on:
        with security_log.recording(Kind.SETTINGS_CHANGED) as event:
            store.switch(slug, is_on=is_on, beside=[event])
    on = _("The form is on. Visitors see it within half a minute.")
    off = _("The form is off. Visitors read so within half a minute.")
    messages.success(request, on if is_on else off)
    return redirect("form_edit", slug)


@require_POST
@require_role(Role.ADMIN)
def form_delete(request: AuthenticatedHttpRequest, slug: str) -> HttpResponse:
    """Delete a form that nothing is of. What somebody has open is taken for another day."""
    listed = store.index().find(slug)
    if listed is None:
        raise Http404("There is no such form.")
    if listed.deleted_at:
        return _deleted(request)
    if not is_free(slug):
        text = _("Leads or held messages are of this form. Switch it off instead.")
        messages.error(request, text)
        return redirect("form_edit", slug)
    try:
        with security_log.recording(Kind.SETTINGS_CHANGED) as event:
            store.delete(slug, beside=[event])
    except FirstFormError:
        messages.error(request, _("The first form cannot be deleted. Switch it off instead."))
        return redirect("form_edit", slug)
    return _deleted(request)


def _deleted(request: AuthenticatedHttpRequest) -> HttpResponse:
    messages.success(request, _("The form was deleted."))
    return redirect("form_list")


def _listed_or_404(index: Index, slug: str) -> Listed:
    listed = index.living(slug)
    if listed is None:
        raise Http404("There is no such form.")
    return listed


def _form(request: AuthenticatedHttpRequest, now: Definition) -> DefinitionForm:
    """Return the form, filled in if it was posted; one that is stored keeps its slug."""
    everybodys = brand.read()
    if request.method != "POST":
        return DefinitionForm(now=now, everybodys=everybodys)
    posted = request.POST.copy()
    posted["slug"] = now.slug or posted.get("slug", "")
    return DefinitionForm(posted, request.FILES, now=now, everybodys=everybodys)


def _add(form: DefinitionForm) -> bool:
    """Store a new form, or have it say what is in the way; tell whether it was stored."""
    try:
        with security_log.recording(Kind.SETTINGS_CHANGED) as event:
            store.add(form.definition, logo=form.new_logo, beside=[event, *form.made_of])
    except SlugTakenError:
        form.add_error("slug", _("There is another form of this address."))
        return False
    except TooManyFormsError:
        form.add_error(None, _too_many())
        return False
    return True


def _too_many() -> str:
    return _("There are %(most)s forms, and more cannot be added.") % {"most": store.MOST}


def _free_slug(index: Index, slug: str) -> str:
    """Return the slug with the first number from 2 on that no form has."""
    stem = slug[: MAX_SLUG - 3]
    slugs = (f"{stem}-{number}" for number in count(2))
    return next(free for free in slugs if not index.find(free))


def _conflict(
    request: AuthenticatedHttpRequest, now: Definition | None, context: dict[str, object]
) -> HttpResponse:
    """Show what was typed, and where the form is another one by now."""
    if now is None:
        raise Http404("The form was deleted.")
    posted = request.POST.copy()
    posted["slug"], posted["seen"] = now.slug, now.version
    form = DefinitionForm(posted, request.FILES, now=now, everybodys=brand.read())
    context |= {"form": form, "is_stale": True}
    return page(request, EDIT, context, status=HTTPStatus.CONFLICT)


def _path(index: Index, listed: Listed) -> str:
    is_first = listed == index.first
    return reverse("contact") if is_first else reverse("contact_of", args=[listed.slug])


def _context(
    request: AuthenticatedHttpRequest, index: Index, listed: Listed, now: Definition
) -> dict[str, object]:
    path = _path(index, listed)
    site = public_url(request)
    return {
        "listed": listed,
        "title": now.title or now.slug,
        "is_first": listed == index.first,
        "path": path,
        "address": f"{site}{path}",
        "origins": now.origins,
        "refused": [site for site in refused_sites.recent(listed.slug) if site not in now.origins],
        "snippets": snippets(now, f"{site}{path}", site),
    }
