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
from leads.intake.sites import EMBED, guarded
from leads.intake.usual_texts import USUAL_TEXTS

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


def _page(
    meant: Meant, template: str, context: Mapping[str, object], status: HTTPStatus
) -> HttpResponse:
    page = _drawn(template, context, is_framed=meant.is_framed)
    return guarded(HttpResponse(page, status=status), meant)


def preview(definition: Definition, *, is_framed: bool = False) -> HttpResponse:
    """Return the page of a form as visitors would see it, which sends nothing."""
    with speaking(definition):
        context: dict[str, object] = {"definition": definition, "form": ContactForm(definition)}
        context["is_preview"] = True
        return HttpResponse(_drawn("intake/form.html", context, is_framed=is_framed))


def _drawn(template: str, context: Mapping[str, object], *, is_framed: bool) -> str:
    return render_to_string(template, {**context, "usual": USUAL_TEXTS, "is_framed": is_framed})
