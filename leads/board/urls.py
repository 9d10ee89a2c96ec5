"""Addresses of the board."""

from django.urls import path
from django.views.generic import RedirectView

from crm.paths import LEADS
from leads.board import views

_LEADS = LEADS.removeprefix("/")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="board"), name="home"),
    path("board/", views.page, name="board"),
    path("board/column/<str:status>/", views.column_page, name="board_column"),
    path(f"{_LEADS}<lead:lead_id>/move/", views.move, name="lead_move"),
]
