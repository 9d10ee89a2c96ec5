"""What strangers see of a form: its page, its thanks, and why it takes nothing just now.

All is written without the request: no template can then read a session or a user.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, override

from crm.typed_texts import TypedText
from leads.definitions import Definition
from leads.intake.context import HONEYPOT
from leads.intake.forms import ContactForm
from leads.intake.meant import Meant

# What goes along is shown again as far as it is short.
MOST_CARRIED = 200


def speaking(definition: Definition) -> override:
    """Return the context in which texts are of a form's language."""
    return override(definition.language or get_language())


def address(meant: Meant, name: str) -> str:
    """Return an address of a form, ``contact`` or ``contact_thanks``: the first has short ones."""
    return reverse(name) if meant.is_first else reverse(f"{name}_of", args=[meant.newest.slug])


def form_page(
    meant: Meant,
    form: ContactForm,
    carried: Mapping[str, str],
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Return the page of a form as it is filled in; ``carried`` goes along with it, unseen."""
    context = {
        "definition": form.definition,
        "action": address(meant, "contact"),
        "form": form,
        "carried": {name: text[:MOST_CARRIED] for name, text in carried.items() if text},
        "honeypot": HONEYPOT,
        "is_outdated": not meant.is_known,
        "unavailable": status == HTTPStatus.SERVICE_UNAVAILABLE,
        "full": status == HTTPStatus.TOO_MANY_REQUESTS,
    }
    return HttpResponse(render_to_string("intake/form.html", context), status=status)


def off_page(meant: Meant, typed: Sequence[TypedText] = ()) -> HttpResponse:
    """Say that a form takes no messages, with what was typed into it."""
    context = {"definition": meant.newest, "typed": typed}
    return HttpResponse(render_to_string("intake/off.html", context), status=HTTPStatus.GONE)


def too_large_page(meant: Meant) -> HttpResponse:
    """Say that a message is longer than the form takes."""
    context = {"definition": meant.newest, "back": address(meant, "contact")}
    page = render_to_string("intake/too_large.html", context)
    return HttpResponse(page, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def thanks_page(meant: Meant) -> HttpResponse:
    """Say thank you."""
    context = {"definition": meant.newest, "back": address(meant, "contact")}
    return HttpResponse(render_to_string("intake/thanks.html", context))


def preview(definition: Definition) -> HttpResponse:
    """Return the page of a form as visitors would see it, which sends nothing."""
    with speaking(definition):
        context = {"definition": definition, "form": ContactForm(definition), "is_preview": True}
        return HttpResponse(render_to_string("intake/form.html", context))
