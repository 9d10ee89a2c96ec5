"""Acts that are done in steps: their page, which goes on with them, and taking them back."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from crm.dynamodb.errors import ConflictError
from crm.htmx import is_part
from crm.traits import Trait, declares
from leads import repository
from leads.formatting import number_text
from leads.repository import acts
from leads.repository.acts import Act, Undoing
from leads.repository.large_act import LargeAct, State, left_alone, load, portions, record_of
from leads.undo.presentation import (
    act_line,
    kept_texts,
    lead_lines,
    undone_before_text,
    with_titles,
)
from leads.web.acts import done_text, go_on
from leads.web.requests import actor, next_address
from leads.web.responses import page, tell_done, with_act

PAGE = "undo/steps.html"
# Without JavaScript each request is a click, which does as much as a few steps.
STEPS_A_CLICK = 5
# Of up to 25 leads each.
STEPS_A_PAGE = 4


@dataclass(frozen=True)
class Progress:
    """How far an act in steps is, as people read it; ``expected`` is empty if nobody knows."""

    act: LargeAct
    done: str
    expected: str
    total: int

    @property
    def summary(self) -> str:
        """What was done so far."""
        return done_text(self.act.task, self.act.done)

    @property
    def is_stopped(self) -> bool:
        """Whether it was undone before its end."""
        return self.act.state is State.STOPPED


def steps_page(request: AuthenticatedHttpRequest, act: Act) -> HttpResponse:
    """Show how far an act is, and what its steps did, a few at a time."""
    return _page(request, act, record_of(act))


@declares(Trait.FILE, Trait.POLLED)
@require_POST
@require_role(Role.SALES)
def change_step(request: AuthenticatedHttpRequest, act: str) -> HttpResponse:
    """Go on with an act for a little while; htmx gets how far it is then, and asks again."""
    try:
        large = load(act)
    except repository.ActNotFoundError as error:
        raise Http404("There is no such change that goes on.") from error
    large = go_on(large, times=1 if is_part(request) else STEPS_A_CLICK)
    if not is_part(request):
        return redirect("change_detail", act)
    return _page(request, acts.find(act), large)


def undo_steps(request: AuthenticatedHttpRequest, act: Act, name: str) -> HttpResponse:
    """Take back an act that was done in steps, in steps, as the act of the write id ``name``.

    What is done within a second is told where the user was. Everything else has a page, which
    goes on with it. 409 if somebody undid it before, or others kept at it.
    """
    try:
        undo = repository.steps.begin_undo(act.id, actor=actor(request), write_id=name)
    except ConflictError:
        text = _("It could not be undone just now.")
        return _answer(request, act, text, "leadbook:kept", HTTPStatus.CONFLICT)
    if isinstance(undo, Undoing):
        text = undone_before_text(undo)
        return _answer(request, act, text, "leadbook:kept", HTTPStatus.CONFLICT)
    undo = go_on(undo)
    if undo.is_working or undo.left:
        address = reverse("change_detail", args=[undo.id])
        answer = HttpResponseClientRedirect(address) if is_part(request) else redirect(address)
        return with_act(answer, undo.id)
    text = done_text(undo.task, undo.done)
    if is_part(request):
        return with_act(_answer(request, act, text, "leadbook:undone", HTTPStatus.OK), undo.id)
    tell_done(request, text, undo.id)
    return with_act(redirect(next_address(request, reverse("change_list"))), undo.id)


def _answer(
    request: AuthenticatedHttpRequest, act: Act, text: str, event: str, status: HTTPStatus
) -> HttpResponse:
    if not is_part(request):
        context = _context(request, act, load(act.id)) | {"text": text}
        return page(request, PAGE, context, status=status)
    context = {"line": act_line(acts.find(act.id))}
    answer = page(request, "undo/line.html", context, part="undo/line.html", status=status)
    return trigger_client_event(answer, event, {"text": text, "act": act.id})


def _page(request: AuthenticatedHttpRequest, act: Act, large: LargeAct) -> HttpResponse:
    return page(request, PAGE, _context(request, act, large), part=f"{PAGE}#state")


def _context(request: AuthenticatedHttpRequest, act: Act, large: LargeAct) -> dict[str, object]:
    total = max(large.expected, large.done + large.left)
    progress = Progress(
        act=large,
        done=number_text(large.done + large.left),
        expected=number_text(total) if large.expected else "",
        total=total,
    )
    context: dict[str, object] = {"line": act_line(act), "progress": progress}
    # While it goes on, the page asks every second, and only shows how far it is.
    return context if large.is_working else context | _what_it_did(request, act, large)


def _what_it_did(request: AuthenticatedHttpRequest, act: Act, large: LargeAct) -> dict[str, object]:
    first, first_left = _number(request, "step"), _number(request, "left")
    done = portions(large, first, STEPS_A_PAGE)
    left = left_alone(large, first_left, STEPS_A_PAGE)
    return {
        "leads": lead_lines(act.kind, done.changes),
        "next_step": done.next,
        "kept": kept_texts(with_titles(left.kept)),
        "next_left": left.next,
        "is_further": max(first, first_left) > 1,
    }


def _number(request: AuthenticatedHttpRequest, name: str) -> int:
    """Read the number of the step that a page begins with; 1 for what is none."""
    text = request.GET.get(name, "")
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,6}", text) else 1
