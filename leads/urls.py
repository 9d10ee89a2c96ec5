"""The addresses of the leads app. See :mod:`crm.later` for why nothing is imported here."""

from functools import partial

from django.urls import path, register_converter
from django.views.generic import RedirectView

from crm.later import Later
from leads.web.converters import LeadIdConverter

# Pages that anybody may see; none of them knows a session whose rights could be borrowed.
_public = partial(Later, login_required=False, csrf_exempt=True)

register_converter(LeadIdConverter, "lead")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="board"), name="home"),
    path("board/", Later("leads.board.views.page"), name="board"),
    path("board/column/<str:status>/", Later("leads.board.views.column_page"), name="board_column"),
    path("leads/", Later("leads.listing.views.lead_list"), name="lead_list"),
    path("leads/add/", Later("leads.detail.views.lead_add"), name="lead_add"),
    path("leads/bulk/", Later("leads.listing.bulk.lead_bulk"), name="lead_bulk"),
    path(
        "leads/search/",
        Later("leads.listing.suggestions.lead_search"),
        name="lead_search",
    ),
    path("leads/export/", Later("leads.exports.views.lead_export"), name="lead_export"),
    # It checks the CSRF token itself, with a limit for the upload.
    path(
        "leads/import/",
        Later("leads.imports.views.import_list", csrf_exempt=True),
        name="lead_import",
    ),
    path(
        "leads/import/<str:import_id>/",
        Later("leads.imports.views.import_run"),
        name="lead_import_run",
    ),
    path(
        "leads/import/<str:import_id>/step/",
        Later("leads.imports.views.import_step"),
        name="lead_import_step",
    ),
    path(
        "leads/import/<str:import_id>/undo/",
        Later("leads.imports.views.import_undo"),
        name="lead_import_undo",
    ),
    path(
        "leads/import/<str:import_id>/errors.csv",
        Later("leads.imports.views.import_errors"),
        name="lead_import_errors",
    ),
    path(
        "leads/import/<str:import_id>/kept.csv",
        Later("leads.imports.views.import_kept"),
        name="lead_import_kept",
    ),
    path("leads/<lead:lead_id>/", Later("leads.detail.views.lead_detail"), name="lead_detail"),
    path("leads/<lead:lead_id>/edit/", Later("leads.detail.views.lead_edit"), name="lead_edit"),
    path(
        "leads/<lead:lead_id>/delete/", Later("leads.detail.views.lead_delete"), name="lead_delete"
    ),
    path("leads/<lead:lead_id>/move/", Later("leads.board.views.move"), name="lead_move"),
    path("contact/", _public("leads.intake.views.contact"), name="contact"),
    path("contact/thanks/", _public("leads.intake.views.thanks"), name="contact_thanks"),
    path("api/v1/leads", _public("leads.intake.api.leads"), name="api_leads"),
]
