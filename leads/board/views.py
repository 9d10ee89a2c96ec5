"""The board: its page, the next cards of a column, and moving a card."""

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from crm import metrics
from crm.accounts import drafts
from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from crm.compression import gzip_page
from crm.dynamodb.parallel import submit
from crm.htmx import is_part
from crm.traits import Trait, declares
from leads import repository
from leads.board import etag
from leads.board.columns import Column, column, limits
from leads.board.owners import owner_filter
from leads.models import STAGES, Lead, Status
from leads.repository.boards import are_leads_filed
from leads.repository.reads import PAGE_SIZE
from leads.web import due_count, responses
from leads.web.cards import cards
from leads.web.changed import changed_part
from leads.web.closing import closings
from leads.web.lead_page import address_after, open_panel
from leads.web.owners import UnknownPersonError, asked_owner
from leads.web.pagination import address_of
from leads.web.presentation import brief_name, conflict_text
from leads.web.requests import actor, posted_version, write_id

# A refresh brings as many cards as a column shows, so that all of them are up to date;
# deeper ones are checked when they are moved.
MOST_CARDS = 100


@declares(Trait.POLLED)
@gzip_page
@require_safe
@require_role(Role.VIEWER)
def page(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the four columns; ``304`` or ``204`` if nothing changed since the tag sent along.

    ``lead`` is open in the panel; a poll says by ``seen`` which stamp of it is shown.
    """
    try:
        owner_id = asked_owner(request.GET.get("owner", ""), request.user.id)
    except UnknownPersonError:
        return _unknown_person(request)
    wanted = limits(request.GET.get("show", ""), PAGE_SIZE, MOST_CARDS)
    counts = None
    if etag.sent_tags(request):
        # Counted first, alone: an unchanged board costs one Query.
        counts = repository.counts()
        _measure(counts)
        if tag := etag.tag_still_right(request, counts, owner_id):
            return _unchanged(request, tag)
    board = repository.board(wanted, counts, owner_id)
    _measure(board.counts)
    tag = etag.board_tag(request, board, owner_id)
    owner = request.GET.get("owner", "")
    columns = [column(stage, board.columns[stage], board.totals, owner) for stage in STAGES]
    context = _context(request, columns, tag) | {
        "filter": owner_filter(request.user.id, owner_id),
        "is_unfiled": board.totals is None,
        **open_panel(request),
    }
    response = responses.page(request, "board/board.html", context, part="board/poll.html")
    return _tagged(request, response, tag)


@gzip_page
@require_safe
@require_role(Role.VIEWER)
def column_page(request: AuthenticatedHttpRequest, status: str) -> HttpResponse:
    """Show the next cards of one column: alone for htmx, else as a page of that column."""
    if status not in STAGES:
        raise Http404("There is no such column.")
    owner = request.GET.get("owner", "")
    try:
        owner_id = asked_owner(owner, request.user.id)
    except UnknownPersonError:
        return _unknown_person(request)
    stage, cursor = Status(status), request.GET.get("cursor", "")
    is_filed = owner_id is None or are_leads_filed()
    read = partial(repository.by_status, stage, owner_id=owner_id, is_filed=is_filed)
    reading = submit(partial(read, cursor=cursor))
    totals = None if is_part(request) else repository.counts().shown(owner_id)
    shown = column(stage, reading.result(), totals, owner)
    context = _context(request, [shown]) | {
        "column": shown,
        "plain": not is_part(request),
        "later": is_part(request),
        "board_url": address_of(reverse("board"), {"owner": owner}),
    }
    return responses.page(request, "board/board.html", context, part="board/cards.html")


@declares(Trait.DRAFT)
@require_POST
@require_role(Role.SALES)
def move(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Move a lead to the posted ``status``, if it still has the posted ``version``.

    Answers htmx with the changed card and the totals, or 409 with the card as it is now;
    a plain form goes back to ``next`` or to the board.
    """
    if drafts.is_shown(request):
        messages.warning(request, _("The lead was not moved yet. Choose again where it belongs."))
        return redirect("lead_detail", lead_id)
    wanted = request.POST.get("status", "")
    if wanted not in STAGES:
        text = _("“%(stage)s” is no stage of the pipeline.") % {"stage": wanted[:50]}
        return _refusal(request, text)
    to, version = Status(wanted), posted_version(request)
    act = write_id(request, "move", lead_id, to.value, version)
    try:
        lead = repository.move(
            lead_id,
            to,
            version=version,
            actor=actor(request),
            write_id=act,
            take=request.user.take_by_moving,
        )
    except repository.LeadNotFoundError as error:
        raise Http404("This lead has been deleted.") from error
    except repository.StaleLeadError as stale:
        return _conflict(request, stale.lead)
    if lead.status != to:
        return _conflict(request, lead)
    due_count.know(lead, request.user.id)
    done = repository.act_of(lead, act)
    # Whoever owns it may have owned it before.
    is_own = lead.owner_id == request.user.id
    text = _moved_text(lead, is_taken=bool(done) and is_own and repository.has_given(lead))
    if not is_part(request):
        responses.tell_done(request, text, done)
        return responses.with_act(redirect(address_after(request, lead)), done)
    response = responses.with_act(changed_part(request, lead), done)
    return trigger_client_event(response, "leadbook:moved", {"lead": lead.lead_id, "text": text})


def _moved_text(lead: Lead, *, is_taken: bool) -> str:
    names = {"name": brief_name(lead), "stage": lead.status.label}
    if is_taken:
        return _("“%(name)s” is now in %(stage)s, and yours.") % names
    return _("“%(name)s” is now in %(stage)s.") % names


def _conflict(request: AuthenticatedHttpRequest, lead: Lead) -> HttpResponse:
    text = conflict_text(lead)
    refusal = f"{text} {_('Your move was not made.')}"
    if is_part(request):
        response = changed_part(request, lead, HTTPStatus.CONFLICT, refusal=refusal)
        return trigger_client_event(response, "leadbook:refused", {"text": text})
    context = _context(request) | {
        "text": refusal,
        "cards": cards([lead]),
        "back": address_after(request, lead),
        "plain": True,
    }
    return responses.page(request, "board/conflict.html", context, status=HTTPStatus.CONFLICT)


def _unknown_person(request: HttpRequest) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return responses.page(request, "board/unknown_person.html", {}, status=status)


def _refusal(request: HttpRequest, text: str) -> HttpResponse:
    context = {"text": text, "back": reverse("board")}
    return responses.page(request, "board/refused.html", context, status=HTTPStatus.BAD_REQUEST)


def _measure(counts: repository.Counts) -> None:
    metrics.write_leads({stage: counts.totals[stage] for stage in STAGES})


def _context(
    request: AuthenticatedHttpRequest, columns: Sequence[Column] = (), tag: str = ""
) -> dict[str, object]:
    return {
        "columns": columns,
        "tag": tag,
        # A board without cards has nothing else that keys could scroll it by.
        "is_empty": not any(column.cards for column in columns),
        "closings": closings() if request.user.can_work else [],
        # Both are asked for by each of a hundred cards: found out once.
        "can_move": request.user.can_work,
        "csrf_token": get_token(request),
    }


def _tagged(request: AuthenticatedHttpRequest, response: HttpResponse, tag: str) -> HttpResponse:
    response["ETag"] = etag.etag(request, tag)
    response[responses.TAG_HEADER] = tag
    return response


def _unchanged(request: AuthenticatedHttpRequest, tag: str) -> HttpResponse:
    if responses.TAG_HEADER in request.headers:
        return responses.nothing_new(tag)
    return responses.revalidated(_tagged(request, HttpResponseNotModified(), tag))
