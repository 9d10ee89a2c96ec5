"""What a company copies into its own site to have a form there: four ways, with its values."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from django.forms.boundfield import BoundField
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from crm.paths import EMBED_SCRIPT
from leads.definitions import Definition
from leads.intake.forms import CONSENT, ContactForm
from leads.intake.pages import speaking
from leads.intake.usual_texts import USUAL_TEXTS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# About what a form takes in pixels, until a browser has measured it.
_FRAME, _FIELD, _LONG = 260, 84, 110


class Snippet(NamedTuple):
    """A text to copy, and what it is for; scripts write measured heights into it if it has some."""

    label: "StrOrPromise"
    text: str
    help: "StrOrPromise"


def snippets(form: Definition, address: str, site: str) -> list[Snippet]:
    """Return the ways to have the form of an ``address`` on another site; ``site`` is ours."""
    with speaking(form):
        fields = list(ContactForm(form))
        title = form.title or pgettext("page", "Contact")
        height = _height(form)
        return [
            Snippet(
                _("Script"),
                _script(form.slug, site, title, height),
                _("As high as the form from the beginning. It passes on campaign and page."),
            ),
            Snippet(
                _("Frame"),
                format_html(
                    '<iframe src="{}?embed" title="{}" width="100%" height="{}"'
                    ' style="border:0;color-scheme:light"></iframe>',
                    address,
                    title,
                    height,
                ),
                _("Without a script. It knows where visitors come from by their browser alone."),
            ),
            Snippet(
                _("HTML"),
                _html(fields, form, address),
                _("Your own markup, which posts to us. It needs none of the sites above."),
            ),
            Snippet(
                _("JSON"),
                _fetch(fields, form, site),
                _("For a page of one of the sites above, or for a program."),
            ),
        ]


def _script(slug: str, site: str, title: str, height: int) -> str:
    return format_html(
        '<div style="display:grid"><div style="grid-area:1/1;padding-top:{}px"></div>'
        '<script src="{}{}" data-form="{}" data-title="{}" data-heights="0:{}" async></script>'
        "</div>",
        height,
        site,
        EMBED_SCRIPT,
        slug,
        title,
        height,
    )


def _html(fields: Iterable[BoundField], form: Definition, address: str) -> str:
    rows = format_html_join(
        "\n", "  <p>{}{}</p>", ((field.label_tag(), field.as_widget()) for field in fields)
    )
    button = form.button or USUAL_TEXTS["button"]
    html = format_html(
        '<form method="post" action="{}">\n{}\n  <p><button>{}</button></p>\n</form>',
        address,
        rows,
        button,
    )
    # Between the choices of a list stand empty lines.
    return "\n".join(filter(str.strip, html.splitlines()))


def _fetch(fields: Iterable[BoundField], form: Definition, site: str) -> str:
    example = {field.name: field.name == CONSENT or "…" for field in fields}
    body = json.dumps(example, ensure_ascii=False, indent=2).replace("\n", "\n  ")
    return (
        f'const answer = await fetch("{site}{reverse("api_leads")}?form={form.slug}", {{\n'
        '  method: "POST",\n'
        '  headers: { "Content-Type": "application/json", "Idempotency-Key": key },\n'
        f"  body: JSON.stringify({body}),\n"
        "}); // key: crypto.randomUUID(), one for each message; 201 or 202 if it was taken"
    )


def _height(form: Definition) -> int:
    long = [one for one in form.fields if one.field and one.field.multiline]
    return _FRAME + _FIELD * (len(form.fields) + bool(form.consent)) + _LONG * len(long)
