"""The list of leads: filters, totals, pages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from crm.dynamodb.parallel import submit
from crm.htmx import is_part
from leads import repository
from leads.listing.forms import bulk_owners
from leads.listing.suggestions import searched_back_to
from leads.models import ClosedAs, Standing, Status
from leads.repository.search_terms import words
from leads.web.closing import closings
from leads.web.filters import FilterForm
from leads.web.lead_page import open_panel
from leads.web.pagination import address_of, page_links
from leads.web.presentation import waiting_text
from leads.web.responses import page
from leads.web.rows import rows


@dataclass(frozen=True)
class Choice:
    """A link that narrows the list; ``waiting`` says how many of its leads are in no total yet."""

    label: str
    url: str
    is_current: bool
    status: str = ""
    count: int | None = None
    waiting: str = ""


@require_safe
@require_role(Role.VIEWER)
def lead_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show a page of leads, newest first; 422 with the errors beside the filters.

    htmx gets the same page from the tabs down. A cursor that is not of this list raises
    ``InvalidCursorError``.
    """
    form = FilterForm(request.GET, request.user.id)
    is_valid = form.is_valid()
    query = form.query()
    context = {
        "form": form,
        "is_part": is_part(request),
        "exports": _exports(query),
        "tabs": _tabs(query),
        "outcomes": _outcomes(query),
        "closings": closings(),
        "presets": _presets(query),
        "is_filtered": bool(query),
        "filter": urlencode(query),
        "statuses": Status.choices(),
        "owners": bulk_owners(request.user.id),
        "here": request.get_full_path(),
        "words": [],
    }
    if not is_part(request):
        context |= open_panel(request)
    if is_valid:
        context |= (_found_context if "q" in query else _page)(request, form, query)
    status = HTTPStatus.OK if is_valid else HTTPStatus.UNPROCESSABLE_ENTITY
    part = "listing/list.html#changelist"
    return page(request, "listing/list.html", context, part=part, status=status)


def _page(
    request: AuthenticatedHttpRequest, form: FilterForm, query: dict[str, str]
) -> dict[str, object]:
    cursor, trail = request.GET.get("cursor", ""), request.GET.get("trail", "")
    # The totals are of all leads, or an owner's: beside another filter they would mislead.
    has_totals = not query.keys() - {"status", "owner", "outcome"}
    wanted = form.asked_filter()
    counting = submit(repository.counts) if has_totals else None
    found = repository.listing(wanted, cursor)
    form.offer_reasons(found.leads)
    path = reverse("lead_list")
    context: dict[str, object] = {
        "rows": rows(found.leads),
        "pages": page_links(path, query, cursor=cursor, trail=trail, older=found.cursor),
    }
    if counting:
        uncounted = waiting_text(found.leads, has_more=bool(found.cursor))
        totals = counting.result().shown(wanted.owner_id)
        context["tabs"] = [
            replace(tab, waiting=uncounted) if tab.is_current else tab
            for tab in _tabs(query, totals)
        ]
        context["outcomes"] = _outcomes(query, totals)
    return context


def _found_context(
    request: AuthenticatedHttpRequest, form: FilterForm, query: dict[str, str]
) -> dict[str, object]:
    wanted, text, path = form.asked_filter(), query["q"], reverse("lead_list")
    cursor, trail = request.GET.get("cursor", ""), request.GET.get("trail", "")
    found = repository.search(text, wanted, cursor=cursor)
    since = searched_back_to(found.searched_until)
    pages = page_links(path, query, cursor=cursor, trail=trail, older=found.cursor)
    leads = [lead for lead in found.leads if wanted.is_match(lead)]
    form.offer_reasons(leads)
    return {
        "rows": rows(leads),
        "words": words(text),
        "looked_since": since,
        "next_label": _("Look further back") if since else "",
        # Where nothing was found, the way on stands in its place.
        "further_url": "" if leads else pages.pop("next_url"),
        "pages": pages,
    }


def _tabs(query: dict[str, str], totals: Mapping[Standing, int] | None = None) -> list[Choice]:
    present = query.get("status", "")
    query = query | {"outcome": "", "reason": ""}
    every = Choice(
        label=pgettext("stages", "All"),
        url=address_of(reverse("lead_list"), query | {"status": ""}),
        is_current=not present,
        count=sum(totals.values()) if totals else None,
    )
    return [every] + [
        Choice(
            label=status.label,
            url=address_of(reverse("lead_list"), query | {"status": status.value}),
            is_current=present == status,
            status=status.value,
            count=_count(totals, status),
        )
        for status in Status
    ]


def _outcomes(query: dict[str, str], totals: Mapping[Standing, int] | None = None) -> list[Choice]:
    """Return the tabs within *Closed*; none elsewhere."""
    if query.get("status") != Status.CLOSED:
        return []
    present = query.get("outcome", "")
    choices: list[tuple[str, str, int | None]] = [
        ("", pgettext("closed leads", "All"), _count(totals, Status.CLOSED))
    ]
    choices += [(one.value, one.label, totals[one] if totals else None) for one in ClosedAs]
    return [
        Choice(
            label=label,
            url=address_of(reverse("lead_list"), query | {"outcome": value}),
            is_current=present == value,
            status=value,
            count=count,
        )
        for value, label, count in choices
    ]


def _count(totals: Mapping[Standing, int] | None, status: Status) -> int | None:
    if not totals:
        return None
    closed = (status, *ClosedAs) if status is Status.CLOSED else (status,)
    return sum(totals[one] for one in closed)


def _exports(query: dict[str, str]) -> list[tuple[str, str]]:
    path = reverse("lead_export")
    formats = {"csv": _("CSV, for spreadsheets"), "jsonl": _("JSON lines, for programs")}
    return [(label, address_of(path, query | {"format": kind})) for kind, label in formats.items()]


def _presets(query: dict[str, str]) -> list[Choice]:
    today = timezone.localdate()
    firsts = [
        (_("Today"), today),
        (_("Last 7 days"), today - timedelta(days=6)),
        (_("This month"), today.replace(day=1)),
        (_("Last 30 days"), today - timedelta(days=29)),
    ]
    ranges = [(_("Any time"), {"since": "", "until": ""})] + [
        (label, {"since": first.isoformat(), "until": today.isoformat()}) for label, first in firsts
    ]
    return [
        Choice(
            label=label,
            url=address_of(reverse("lead_list"), query | bounds),
            is_current=all(query.get(name, "") == text for name, text in bounds.items()),
        )
        for label, bounds in ranges
    ]
