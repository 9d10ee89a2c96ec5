"""What strangers see of a form: its page, its thanks, and why it takes nothing just now.

All is written without the request: no template can then read a session or a user.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import get_language, override

from crm.typed_texts import TypedText, posted_texts
from leads.brand.accents import style_sheet
from leads.brand.logos import Logo
from leads.definitions import BUILT_IN, Definition
from leads.intake.context import HONEYPOT
from leads.intake.forms import ContactForm
from leads.intake.meant import Meant
from leads.intake.sites import EMBED, guarded, is_for_frames
from leads.intake.usual_texts import USUAL_TEXTS
from leads.repository.known_forms import known_form
from leads.web.form_fields import text_labels

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SENT = "sent"
"""The parameter of the address to which a form is sent.

What is sent to the address of a page makes browsers forget that page, its hidden id included:
whoever went back and sent the same again would be heard twice.
"""
_OF_FORMS = {"contact", "contact_of", "contact_thanks", "contact_thanks_of"}
# What goes along is shown again as far as it is short.
MOST_CARRIED = 200


def speaking(definition: Definition) -> override:
    """Return the context in which texts are of a form's language."""
    return override(definition.language or get_language())


def address(meant: Meant, name: str) -> str:
    """Return an address of a form, ``contact`` or ``contact_thanks``: the first has short ones.

    What is a part of another page stays one.
    """
    path = reverse(name) if meant.is_first else reverse(f"{name}_of", args=[meant.newest.slug])
    return f"{path}?{EMBED}" if meant.is_framed else path


def _action(meant: Meant) -> str:
    path = address(meant, "contact")
    return f"{path}&{SENT}" if meant.is_framed else f"{path}?{SENT}"


def form_page(
    meant: Meant,
    form: ContactForm,
    carried: Mapping[str, str],
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Return the page of a form as it is filled in; ``carried`` goes along with it, unseen."""
    context = {
        "definition": form.definition,
        "action": _action(meant),
        "form": form,
        "carried": {name: text[:MOST_CARRIED] for name, text in carried.items() if text},
        "honeypot": HONEYPOT,
        "is_outdated": not meant.is_known,
        "unavailable": status == HTTPStatus.SERVICE_UNAVAILABLE,
        "full": status == HTTPStatus.TOO_MANY_REQUESTS,
    }
    return _page(meant, "intake/form.html", context, status)


def off_page(meant: Meant, typed: Sequence[TypedText] = ()) -> HttpResponse:
    """Say that a form takes no messages, with what was typed into it."""
    context = {"definition": meant.newest, "typed": typed}
    return _page(meant, "intake/off.html", context, HTTPStatus.GONE)


def too_large_page(meant: Meant) -> HttpResponse:
    """Say that a message is longer than the form takes."""
    context = {"definition": meant.newest, "back": address(meant, "contact")}
    return _page(meant, "intake/too_large.html", context, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def thanks_page(meant: Meant) -> HttpResponse:
    """Say thank you."""
    context = {"definition": meant.newest, "back": address(meant, "contact")}
    return _page(meant, "intake/thanks.html", context, HTTPStatus.OK)


def error_page(
    request: HttpRequest, status: HTTPStatus, context: Mapping[str, object]
) -> HttpResponse:
    """Say what went wrong, as the form that was asked for says things, or the first one.

    The store may be what fails: then that is told by what is remembered. In a frame, sites of
    the form show such a page, too. ``context`` is what ``intake/error.html`` shows.
    """
    slug, may_ask = _slug_asked_for(request), status.is_client_error
    form = None if slug is None else known_form(slug, may_ask=may_ask)
    shown = form or known_form(may_ask=may_ask) or BUILT_IN
    is_framed = form is not None and is_for_frames(request, form)
    typed = typed_texts(request, shown) if context["typed"] else []
    with speaking(shown):
        more = {"definition": shown, "typed": typed}
        page = _drawn("intake/error.html", {**context, **more}, is_framed=is_framed)
    return guarded(HttpResponse(page, status=status), shown, is_framed=is_framed)


def typed_texts(request: HttpRequest, form: Definition) -> list[TypedText]:
    """Return what was typed into a form, as it calls it; also what it does not ask for now."""

    def labels() -> "Mapping[str, StrOrPromise]":
        asked = {one.name: label for one in form.fields if (label := one.label or one.usual)}
        known = {**text_labels(), **asked}
        return {one.name: known[one.name] for one in form.fields if one.name in known} | known

    return posted_texts(request, labels)


def _slug_asked_for(request: HttpRequest) -> str | None:
    """Return the slug of the form whose address it is, "" for the first one; ``None`` for none.

    Django may not have looked for it yet.
    """
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return None
    return str(match.kwargs.get("slug", "")) if match.url_name in _OF_FORMS else None


def _page(
    meant: Meant, template: str, context: Mapping[str, object], status: HTTPStatus
) -> HttpResponse:
    page = _drawn(template, context, is_framed=meant.is_framed)
    return guarded(HttpResponse(page, status=status), meant.newest, is_framed=meant.is_framed)


def preview(
    definition: Definition, *, is_framed: bool = False, new_logo: Logo | None = None
) -> HttpResponse:
    """Return the page of a form as visitors would see it, which sends nothing.

    Its accent and a new logo, which may not be stored yet, are in the page, as ``data:``.
    """
    accent = definition.brand.accent
    context = {
        "definition": definition,
        "is_preview": True,
        "sheet": _data("text/css", style_sheet(accent).encode()) if accent else "",
        "logo": _data(new_logo.content_type, new_logo.data) if new_logo else "",
    }
    with speaking(definition):
        form = {"form": ContactForm(definition)}
        return HttpResponse(_drawn("intake/form.html", context | form, is_framed=is_framed))


def _data(content_type: str, content: bytes) -> str:
    return f"data:{content_type};base64,{b64encode(content).decode()}"


def _drawn(template: str, context: Mapping[str, object], *, is_framed: bool) -> str:
    return render_to_string(template, {**context, "usual": USUAL_TEXTS, "is_framed": is_framed})
