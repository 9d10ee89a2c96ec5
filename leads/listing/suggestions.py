"""Search: what the box of every page finds as one types, and the pages of all results."""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from crm.htmx import is_part
from crm.texts import shorten
from leads import repository
from leads.formatting import day_text, word_spans
from leads.models import moment
from leads.repository.search_terms import words
from leads.web.filters import SearchForm
from leads.web.pagination import address_of, page_links
from leads.web.responses import page

SHOWN = 8


@require_safe
@require_role(Role.VIEWER)
def lead_search(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the newest leads that match ``q``, for under the box; 422 says what is wrong with it.

    Opened as a page it goes to the list.
    """
    if not is_part(request):
        return redirect(address_of(reverse("lead_list"), {"q": request.GET.get("q", "")}))
    form = SearchForm(request.GET)
    is_valid = form.is_valid()
    context = _found_context(form.cleaned_data["q"]) if is_valid else {"said": form.errors["q"][0]}
    status = HTTPStatus.OK if is_valid else HTTPStatus.UNPROCESSABLE_ENTITY
    return page(request, "listing/suggestions.html", context, status=status)


def searched_back_to(searched_until: str | None) -> str:
    """Return the day back to which a search has looked; "" if it has seen everything."""
    day = moment(searched_until)
    return day_text(day) if day else shorten(searched_until or "", 40)


def _found_context(text: str) -> dict[str, object]:
    wanted = words(text)
    if _is_short(wanted):
        return {"said": _("Keep typing…")}
    found = repository.search(text, size=SHOWN)
    since = searched_back_to(found.searched_until)
    links = {"all_url": address_of(reverse("lead_list"), {"q": text}), "further_url": ""}
    if found.cursor and not found.leads:
        query = {"q": text}
        pages = page_links(reverse("lead_list"), query, cursor="", trail="", older=found.cursor)
        links["further_url"] = pages["next_url"]
    said = _announcement(len(found.leads), since, is_cut=bool(found.cursor))
    leads = [(lead, bool(word_spans(lead.subject, wanted))) for lead in found.leads]
    return {"leads": leads, "words": wanted, "q": text, "said": said, "since": since, **links}


def _is_short(wanted: list[str]) -> bool:
    """Tell whether words say too little to look anything up while somebody still types.

    One letter of the alphabet begins a word of most leads; one Chinese character is a name.
    """
    return not wanted or (len(wanted) == 1 and len(wanted[0]) == 1 and wanted[0].isascii())


def _announcement(count: int, day: str, *, is_cut: bool) -> str:
    if not count and day:
        text = _("Nothing found in leads received since %(day)s.")
    elif not count:
        text = _("Nothing found.")
    elif day:
        text = ngettext(
            "%(number)s lead found, received since %(day)s.",
            "%(number)s leads found, received since %(day)s.",
            count,
        )
    elif is_cut:
        text = ngettext("The %(number)s newest lead.", "The %(number)s newest leads.", count)
    else:
        text = ngettext("%(number)s lead found.", "%(number)s leads found.", count)
    return text % {"number": count, "day": day}
