"""Releasing or discarding all messages of a network or an hour, some with each request."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import batched

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from crm.dynamodb.capacity import running_account
from crm.dynamodb.errors import DynamoDBError
from crm.dynamodb.pace import Bucket
from crm.dynamodb.parallel import parallel
from crm.htmx import is_part
from crm.traits import Trait, declares
from leads.formatting import number_text
from leads.held import notice, store
from leads.held.forms import BulkForm
from leads.held.models import HeldChangedError, HeldMessage, HeldNotFoundError, State
from leads.held.overview import overview
from leads.held.presentation import count_text, hour_text, list_url, network_text
from leads.models import Actor
from leads.repository import SubmissionReusedError
from leads.web.requests import actor
from leads.web.responses import page

# Of the threads that pages use, as many as for a bulk change of leads.
AT_ONCE = 8
# A release writes a lead with all its search tokens; both take about two seconds at the pace.
EACH_REQUEST = {"release": 16, "discard": 96}
# A table that `make deploy` makes takes 1,000 a second, of which people at work need theirs.
WRU_A_SECOND = 300
PAGE = "held/all.html"
type Change = Callable[[str, Actor], object]
logger = logging.getLogger(__name__)
_pace = Bucket(WRU_A_SECOND)


@dataclass
class Report:
    """What became of messages: ids; those of ``kept`` cannot be leads, and stay held."""

    done: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@declares(Trait.FILE)
@require_POST
@require_role(Role.SALES)
def held_all(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Ask first; then release or discard some, and show how far that is.

    htmx goes on by itself, other browsers with another press. Nothing is kept between the
    requests: where it was interrupted, what is left is still held.
    """
    form = BulkForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
        return redirect("held_list")
    if "confirmed" not in request.POST:
        return _ask(request, form)
    given = form.cleaned_data
    report, cursor = work(form, actor(request))
    notice.forget()
    failed = len(report.failed)
    done = (given["done"] or 0) + len(report.done)
    context = _context(form) | {
        "state": "working" if cursor or failed else "done",
        # What failed is tried once more: it stands where this request began.
        "cursor": given["cursor"] if failed else cursor,
        "failed": failed,
        "done": done,
        "others": (given["others"] or 0) + len(report.others),
        # Those are met again then, and counted then.
        "kept": (given["kept"] or 0) + (0 if failed else len(report.kept)),
        "is_part": is_part(request),
        "text": _done_text(given["action"], done),
    }
    return page(request, PAGE, context, part=f"{PAGE}#state")


def work(form: BulkForm, who: Actor) -> tuple[Report, str]:
    """Release or discard the next messages; return what became of them, and the cursor after."""
    given = form.cleaned_data
    limit = EACH_REQUEST[given["action"]]
    found = store.page(**form.selection._asdict(), cursor=given["cursor"], limit=limit)
    due = [message for message in found.messages if message.held_at <= given["until"]]
    report = Report()
    apply(due, given["action"], who, report)
    return report, found.cursor


def apply(due: Iterable[HeldMessage], action: str, who: Actor, report: Report) -> None:
    """Decide on each message, a few at a time and slowly; none stops the others."""
    account = running_account()
    change = store.release if action == "release" else store.discard
    for some in batched(due, AT_ONCE):
        before = account.wru
        parallel(*(partial(_decide, change, one.lead_id, who, report) for one in some))
        _pace.pay(account.wru - before)


def _decide(change: Change, lead_id: str, who: Actor, report: Report) -> None:
    try:
        change(lead_id, who)
    except (HeldChangedError, HeldNotFoundError):
        report.others.append(lead_id)
    except SubmissionReusedError:
        report.kept.append(lead_id)
    except DynamoDBError as error:
        logger.warning("a held message was left: %s: %s", type(error).__name__, error)
        report.failed.append(lead_id)
    else:
        report.done.append(lead_id)


def _ask(request: AuthenticatedHttpRequest, form: BulkForm) -> HttpResponse:
    found = overview(form.selection)
    if not found.number:
        messages.info(request, _("None of these messages is held any more."))
        return redirect("held_list")
    context = _context(form) | {
        "state": "asking",
        "number": count_text(found),
        "total": "" if found.more else found.number,
        "until": found.newest,
    }
    return page(request, PAGE, context)


def _context(form: BulkForm) -> dict[str, object]:
    given = form.cleaned_data
    _state, network, hour = form.selection
    return {
        "action": given["action"],
        "network": network,
        "network_text": network_text(network),
        "hour": hour,
        "hour_text": hour_text(hour),
        "total": given["total"] or "",
        "until": given["until"],
        "back": list_url(State.HELD, network=network, hour=hour),
        "discarded_url": list_url(State.DISCARDED),
    }


def _done_text(action: str, number: int) -> str:
    if action == "release":
        text = ngettext(
            "%(number)s message is a lead now.", "%(number)s messages are leads now.", number
        )
    else:
        text = ngettext(
            "%(number)s message was discarded.", "%(number)s messages were discarded.", number
        )
    return text % {"number": number_text(number)}
