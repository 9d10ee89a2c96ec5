"""Held messages: the list, and releasing, discarding and taking back one of them."""

import logging
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from crm.dynamodb.errors import DynamoDBError, NotFoundError
from crm.dynamodb.parallel import submit
from crm.htmx import is_part
from crm.tables import HELD
from leads.held import notice, store
from leads.held.decisions import decide
from leads.held.forms import FilterForm
from leads.held.models import HeldMessage, HeldNotFoundError, State
from leads.held.overview import Selection, overview, overview_after
from leads.held.presentation import Card, card, count_text, list_url, number_of_messages
from leads.web.pagination import page_links
from leads.web.requests import actor, next_address
from leads.web.responses import page

LIST = "held/list.html"
logger = logging.getLogger(__name__)


@require_safe
@require_role(Role.VIEWER)
def held_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show a page of messages, newest first; 422 with the errors beside the filters.

    A cursor that is not of this list raises ``InvalidCursorError``.
    """
    form = FilterForm(request.GET)
    is_valid = form.is_valid()
    selection, query = form.selection, form.query()
    context: dict[str, object] = {
        "form": form,
        "is_filtered": bool(query.keys() - {"show"}),
        "is_discarded": selection.state is State.DISCARDED,
        "held_url": list_url(State.HELD),
        "discarded_url": list_url(State.DISCARDED),
        "here": request.get_full_path(),
    }
    status = HTTPStatus.OK if is_valid else HTTPStatus.UNPROCESSABLE_ENTITY
    if is_valid:
        try:
            context |= _found(request, form, selection, query)
        except NotFoundError:
            # A deployment of before that table: nothing is wrong, and nothing can be held.
            context["missing"] = HELD.name
    return page(request, LIST, context, part=f"{LIST}#changelist", status=status)


def _found(
    request: AuthenticatedHttpRequest,
    form: FilterForm,
    selection: Selection,
    query: dict[str, str],
) -> dict[str, object]:
    cursor, trail = request.GET.get("cursor", ""), request.GET.get("trail", "")
    everything = Selection(selection.state)
    counting = submit(partial(overview, everything))
    narrowing = submit(partial(overview, selection)) if selection != everything else counting
    cards, older = _cards(selection, cursor)
    all_found, found = counting.result(), narrowing.result()
    form.offer(all_found)
    is_of_some = bool(selection.network or selection.hour)
    return {
        "cards": cards,
        "pages": page_links(reverse("held_list"), query, cursor=cursor, trail=trail, older=older),
        "number": count_text(all_found),
        "bulk_number": number_of_messages(found) if is_of_some and found.number else "",
        "selection": selection,
    }


def _cards(selection: Selection, cursor: str) -> tuple[list[Card], str]:
    found = store.page(**selection._asdict(), cursor=cursor)
    whole = store.get_many([message.lead_id for message in found.messages])
    cards = [
        card(whole[one.lead_id])
        for one in found.messages
        # Somebody may have decided on it since the index was written.
        if one.lead_id in whole and whole[one.lead_id].state is selection.state
    ]
    return cards, found.cursor


@require_POST
@require_role(Role.SALES)
def held_release(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Make a message a lead; 409 with what it is now if somebody discarded it."""
    return _decide(request, lead_id, State.RELEASED)


@require_POST
@require_role(Role.SALES)
def held_discard(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Put a message away; 409 with what it is now if somebody released it."""
    return _decide(request, lead_id, State.DISCARDED)


@require_POST
@require_role(Role.SALES)
def held_take_back(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Hold a discarded message again; 409 with what it is now if somebody released it."""
    return _decide(request, lead_id, State.HELD)


def _decide(request: AuthenticatedHttpRequest, lead_id: str, to: State) -> HttpResponse:
    try:
        outcome = decide(lead_id, to, actor(request))
    except HeldNotFoundError as error:
        raise Http404("There is no such message.") from error
    notice.forget()
    back = next_address(request, reverse("held_list"))
    if outcome.is_done and not is_part(request):
        messages.success(request, outcome.text)
        return redirect(back)
    context: dict[str, object] = {
        "text": outcome.text,
        "is_done": outcome.is_done,
        "is_part": is_part(request),
        "card": card(outcome.message),
        "back": back,
        "here": back,
    }
    if is_part(request):
        context["number"] = _number_after(outcome.message, back)
    status = HTTPStatus.OK if outcome.is_done else HTTPStatus.CONFLICT
    return page(request, "held/decided.html", context, part="held/outcome.html", status=status)


def _number_after(decided: HeldMessage, listed: str) -> str:
    """Count anew what the list at an address and the navigation show the number of.

    Return "" if the table does not answer: what was decided is decided.
    """
    form = FilterForm(QueryDict(urlsplit(listed).query))
    is_discarded = form.is_valid() and form.selection.state is State.DISCARDED
    try:
        held = overview_after(decided, State.HELD)
        notice.know(held.number)
        found = overview_after(decided, State.DISCARDED) if is_discarded else held
    except DynamoDBError as error:
        logger.warning("held messages were not counted: %s: %s", type(error).__name__, error)
        return ""
    return count_text(found)
