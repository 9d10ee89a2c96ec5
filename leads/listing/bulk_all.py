"""Acts on all leads of a list, however many: asked for once more, then done in steps."""

import re
from datetime import date
from typing import cast
from urllib.parse import urlencode
from uuid import uuid4

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.accounts import security_log
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.security_events import Kind
from leads import repository
from leads.formatting import number_text
from leads.listing.forms import BulkForm
from leads.models import EventType
from leads.repository.large_act import Chosen
from leads.web import due_count
from leads.web.acts import done_text, go_on, question_text
from leads.web.filters import FilterForm
from leads.web.requests import actor, write_id
from leads.web.responses import page, tell_done, with_act

# Filters that the totals tell the number of leads of.
_COUNTED = {"status", "owner", "outcome"}
_TOKEN = re.compile(r"[0-9a-f]{32}")


def act_on_all(request: AuthenticatedHttpRequest, form: BulkForm, back: str) -> HttpResponse:
    """Ask whether all leads of a list are meant; once that is confirmed, begin.

    What is done within a second is told where the user was. Everything else has a page, which
    goes on with it.
    """
    # A page that was confirmed is one act; the same list may be acted on again another day.
    token = request.POST.get("token", "")
    if "confirmed" not in request.POST or not _TOKEN.fullmatch(token):
        return _confirm(request, form, back)
    task, chosen, expected = form.task(), _chosen(form.filters), _expected(form.filters)
    if task.kind is EventType.DELETED:
        security_log.record(Kind.DELETED, number=expected)
    act = repository.steps.begin(
        task,
        chosen,
        expected=expected,
        actor=actor(request),
        write_id=write_id(request, task, chosen.query),
    )
    act = go_on(act)
    due_count.know_many(task.owner_id, request.user.id)
    if act.is_working or act.left:
        return with_act(redirect("change_detail", act.id), act.id)
    tell_done(request, done_text(task, act.done), act.id)
    return with_act(redirect(back), act.id)


def _confirm(request: AuthenticatedHttpRequest, form: BulkForm, back: str) -> HttpResponse:
    task, expected = form.task(), _expected(form.filters)
    context = {
        "question": question_text(task),
        "is_deletion": task.kind is EventType.DELETED,
        "expected": expected,
        "expected_text": number_text(expected),
        "filters": _told(form.filters),
        "fields": [(name, text) for name, text in form.cleaned_data.items() if text],
        "filter": form.data["filter"],
        "token": uuid4().hex,
        "back": back,
    }
    return page(request, "listing/bulk_all.html", context)


def _chosen(filters: FilterForm) -> Chosen:
    wanted, query = filters.asked_filter(), filters.query()
    text = query.get("q", "")
    if wanted.owner_id:
        # Who reads it later is somebody else.
        query["owner"] = wanted.owner_id
    return Chosen(wanted=wanted, text=text, query=urlencode(query))


def _expected(filters: FilterForm) -> int:
    """Return how many leads the list has, by the totals; 0 if they do not tell."""
    if filters.query().keys() - _COUNTED:
        return 0
    wanted = filters.asked_filter()
    totals = repository.counts().shown(wanted.owner_id)
    return sum(totals[standing] for standing in wanted.standings) if totals else 0


def _told(filters: FilterForm) -> list[tuple[str, str]]:
    """Return the filters that are set, as people read them."""
    labels = {"status": _("Stage"), "outcome": _("Closed as")}
    return [
        (labels.get(name) or str(filters[name].label), _shown(filters, name, text))
        for name, text in filters.query().items()
    ]


def _shown(filters: FilterForm, name: str, text: str) -> str:
    field = filters.fields[name]
    if isinstance(field, forms.ChoiceField):
        choices = cast("list[tuple[str, str]]", field.choices)
        return str(dict(choices)[text])
    day = filters.cleaned_data[name]
    return date_format(day) if isinstance(day, date) else text
