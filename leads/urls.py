"""The addresses of the leads app."""

from collections.abc import Callable
from importlib import import_module

from django.http import HttpRequest, HttpResponseBase
from django.urls import path, register_converter
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView

from leads.converters import LeadIdConverter
from leads.views import api, board, bulk, changelist, contact, lead, search


def later(module: str, name: str) -> Callable[..., HttpResponseBase]:
    """Give a view of ``leads.views`` that is imported when it is first asked.

    What files of leads need is a tenth of all code, and no page that a start is waited for
    with needs any of it.
    """

    def view(request: HttpRequest, **captured: str) -> HttpResponseBase:
        asked: Callable[..., HttpResponseBase]
        asked = getattr(import_module(f"leads.views.{module}"), name)
        return asked(request, **captured)

    return view


register_converter(LeadIdConverter, "lead")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="board"), name="home"),
    path("board/", board.page, name="board"),
    path("board/column/<str:status>/", board.column_page, name="board_column"),
    path("leads/", changelist.lead_list, name="lead_list"),
    path("leads/add/", lead.lead_add, name="lead_add"),
    path("leads/bulk/", bulk.lead_bulk, name="lead_bulk"),
    path("leads/search/", search.lead_search, name="lead_search"),
    path("leads/export/", later("exporting", "lead_export"), name="lead_export"),
    # It checks the CSRF token itself, with a limit for the upload.
    path("leads/import/", csrf_exempt(later("uploading", "import_list")), name="lead_import"),
    path("leads/import/<str:import_id>/", later("importing", "import_run"), name="lead_import_run"),
    path(
        "leads/import/<str:import_id>/step/",
        later("importing", "import_step"),
        name="lead_import_step",
    ),
    path(
        "leads/import/<str:import_id>/undo/",
        later("importing", "import_undo"),
        name="lead_import_undo",
    ),
    path(
        "leads/import/<str:import_id>/errors.csv",
        later("import_files", "import_errors"),
        name="lead_import_errors",
    ),
    path(
        "leads/import/<str:import_id>/kept.csv",
        later("import_files", "import_kept"),
        name="lead_import_kept",
    ),
    path("leads/<lead:lead_id>/", lead.lead_detail, name="lead_detail"),
    path("leads/<lead:lead_id>/edit/", lead.lead_edit, name="lead_edit"),
    path("leads/<lead:lead_id>/delete/", lead.lead_delete, name="lead_delete"),
    path("leads/<lead:lead_id>/move/", board.move, name="lead_move"),
    path("contact/", contact.contact, name="contact"),
    path("contact/thanks/", contact.thanks, name="contact_thanks"),
    path("api/v1/leads", api.leads, name="api_leads"),
]
