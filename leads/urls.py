"""The addresses of the leads app."""

from django.urls import path, register_converter
from django.views.generic import RedirectView

from leads.converters import LeadIdConverter
from leads.views import api, board, contact

register_converter(LeadIdConverter, "lead")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="board"), name="home"),
    path("board/", board.page, name="board"),
    path("board/column/<str:status>/", board.column_page, name="board_column"),
    path("leads/<lead:lead_id>/move/", board.move, name="lead_move"),
    path("contact/", contact.contact, name="contact"),
    path("contact/thanks/", contact.thanks, name="contact_thanks"),
    path("api/v1/leads", api.leads, name="api_leads"),
]
